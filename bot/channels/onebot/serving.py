"""One connection of a bot, from its request to its end: what it brings is kept in its order."""

import asyncio
import contextlib
import hmac
import itertools
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog

from bot.channels.base import Channel, Door, Hint, Received, Rejected, parse
from bot.channels.onebot.events import BOTS, NUMBER, Event
from bot.channels.onebot.lines import ROLES, Line, Role
from bot.streams import Away
from storage import database

log = structlog.get_logger()

#: How often a connection says that it is there, in seconds.
BEAT = 15.0
#: How long is waited until what came can be kept, in seconds; the last one is repeated.
KEEPING = (1, 2, 5, 10, 30)
#: What passes: also a database that only reads for now, or has no connection free.
PASSES = (Away, *database.PASSES)
BEARER = re.compile(r"(?:bearer|token) +(\S+)", re.IGNORECASE)

Meaning = Callable[[Event, str, datetime], Received]


def admitted(headers: Mapping[str, str], token: str) -> tuple[str, Role]:
    """Who connects, and for what. Rejected for who may not."""
    found = BEARER.fullmatch(headers.get("authorization", "").strip())
    if found is None:
        raise Rejected(401, "Authorization: Bearer … is needed")
    if not hmac.compare_digest(found[1].encode("utf-8", "replace"), token.encode()):
        raise Rejected(403, "the token does not fit")
    self_id = headers.get("x-self-id", "")
    if not NUMBER.fullmatch(self_id):
        raise Rejected(400, "X-Self-ID must be a number")
    role = ROLES.get(headers.get("x-client-role", "universal").lower())
    if role is None:
        raise Rejected(400, "X-Client-Role must be API, Event or Universal")
    return self_id, role


class Serving:
    """Reads frames, and has what they bring kept; who answers is not held up by who keeps."""

    def __init__(
        self, channel: Channel, line: Line, door: Door, lines: list[Line], meant: Meaning
    ) -> None:
        """Serve this connection; while it is open it stands among `lines`."""
        self.channel, self.line, self.door = channel, line, door
        self.lines, self.meant = lines, meant

    async def run(self) -> None:
        """Until it closes (Closed)."""
        line = self.line
        # the first to send or to receive opens the socket: one after the other
        asked = await line.begin("get_group_list", {}) if line.acts else None
        jobs = [self._beat(), self._keep(), *([line.learn(asked)] if asked else [])]
        self.lines.append(line)
        tasks = [asyncio.create_task(job) for job in jobs]
        log.info("bot connected", bot=line.self_id, role=line.role)
        try:
            while True:
                await self._frame(await line.socket.receive())
        finally:
            self.lines.remove(line)
            line.end()
            log.info("bot gone", bot=line.self_id, role=line.role)
            try:
                await self._ended()
            finally:
                for task in tasks:
                    task.cancel()

    async def _ended(self) -> None:
        """What came is kept, whoever is gone."""
        await self.line.events.join()
        if not any(other.self_id == self.line.self_id for other in self.lines):
            await self._hint({"gone": True})

    async def _frame(self, text: str) -> None:
        """Take one frame; a bad one is passed over."""
        try:
            received = self._read(text)
        except (ValueError, RecursionError, Rejected) as error:
            log.warning("bad frame", bot=self.line.self_id, error=type(error).__name__)
            return
        if received is not None and (received.messages or received.raw or received.hints):
            await self.line.events.put(received)

    def _read(self, text: str) -> Received | None:
        """What a frame brings; None for an answer to what was asked."""
        frame = json.loads(text)
        if not isinstance(frame, dict):
            raise ValueError("no object")
        if "post_type" not in frame:
            self.line.answered(frame)
            return None
        event = parse(Event, text.encode("utf-8", "replace"))
        if event.self_id != self.line.self_id:
            raise ValueError("of another bot")
        received = self.meant(event, text, self.door.now())
        self._noticed(event, received)
        return received

    def _noticed(self, event: Event, received: Received) -> None:
        """What an event tells of the bot itself: whether it is well, and in which group it is."""
        line = self.line
        for hint in received.hints:
            line.online = bool(hint.about["online"])
        if line.groups is None or not event.group_id:
            return
        left = event.notice_type == "group_decrease" and event.user_id == line.self_id
        (line.groups.discard if left else line.groups.add)(event.group_id)

    async def _keep(self) -> None:
        """Keep what came, in its order."""
        while True:
            received = await self.line.events.get()
            try:
                await self._kept(received)
            finally:
                self.line.events.task_done()

    async def _kept(self, received: Received) -> None:
        pauses = itertools.chain(KEEPING, itertools.repeat(KEEPING[-1]))
        while True:
            try:
                await self.door.take(self.channel, received)
            except PASSES as error:
                log.warning("can't keep yet", error=type(error).__name__)
                await asyncio.sleep(next(pauses))
            except Exception as error:  # not to be kept, whenever it is tried
                log.warning("can't keep", error=type(error).__name__)
                return
            else:
                return

    async def _beat(self) -> None:
        """Say again and again that the bot is there."""
        while True:
            await self._hint(
                {"since": self.line.since.isoformat(), "online": self.line.online},
            )
            await asyncio.sleep(BEAT)

    async def _hint(self, about: Mapping[str, Any]) -> None:
        told = Hint(BOTS, {"bot": self.line.self_id, **about})
        with contextlib.suppress(Away):
            await self.door.take(self.channel, Received(hints=[told]))
