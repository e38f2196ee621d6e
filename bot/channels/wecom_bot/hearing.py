"""What a connection brings is kept before anything is answered: the platform sends nothing twice.

Until it is on disk it waits in memory, in its order, also beyond the connection that brought it.
"""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from bot.channels.base import (
    Channel,
    Door,
    Incoming,
    Later,
    Permanent,
    Raw,
    Received,
    Rejected,
    Shared,
    Unknown,
)
from bot.channels.wecom_bot import frames
from bot.channels.wecom_bot.link import Link, Pace, req_id_of
from bot.streams import Away
from storage import database

log = structlog.get_logger()

CALLS = frozenset({"aibot_msg_callback", "aibot_event_callback"})
#: What passes: until then it is tried again.
PASSES = (Away, *database.PASSES, OSError)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What was heard and is not yet kept, and the connection over which it is answered."""

    link: Link
    req_id: str
    heard: frames.Heard
    since: float  # on the loop's clock


class Hearing:
    """Hears, keeps, and answers what must be answered within seconds."""

    def __init__(self, channel: Channel, shared: Shared, pace: Pace) -> None:
        """Nothing is heard yet."""
        self.channel, self.shared, self.pace = channel, shared, pace
        self._waiting: deque[Waiting] = deque()
        self._more = asyncio.Event()
        self._replies: set[asyncio.Task[None]] = set()

    def hear(self, door: Door, link: Link, frame: dict[str, Any]) -> None:
        """Take a frame; what can't be read is kept as it came."""
        now, req_id = door.now(), req_id_of(frame)
        body = frame.get("body")
        handle = {"req_id": req_id, "link": link.id, "at": now.isoformat()}
        try:
            if str(frame.get("cmd")) not in CALLS or not isinstance(body, Mapping):
                raise Rejected(400, "cmd: not known")
            # an event can't be answered like a message (doc 101463)
            found = frames.heard(body, now, lambda read: None if read.event else handle)
        except Rejected as rejected:
            log.warning("frame kept as it came", channel=self.channel.name, why=rejected.reason)
            found = _as_it_came(frame)
        one = Waiting(link, req_id, found, asyncio.get_running_loop().time())
        if found.received.messages or found.received.raw:
            self._waiting.append(one)
            self._more.set()
        else:
            self._soon(one)

    async def keep(self, door: Door) -> None:
        """Keep what is heard, until cancelled."""
        while True:
            await self._more.wait()
            await self._empty(door)

    async def close(self, door: Door) -> None:
        """Keep what is left, for some seconds at most; what is lost then is told."""
        for reply in self._replies:
            reply.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.pace.rest):
                await self._empty(door)
        if self._waiting:
            log.error("messages lost", channel="wecom_bot", many=len(self._waiting))

    async def _empty(self, door: Door) -> None:
        while self._waiting:
            one = self._waiting[0]
            await self._kept(door, one.heard.received)
            self._waiting.popleft()
            self._soon(one)
        self._more.clear()

    async def _kept(self, door: Door, received: Received) -> None:
        """Back when it is on disk; what can't be kept as it is, is kept as it came."""
        pause = self.pace.retry
        while True:
            try:
                await door.take(self.channel, received)
            except PASSES as error:
                log.warning("can't keep now", channel="wecom_bot", error=type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 10)
            except Exception as error:  # its words may hold a secret: the type must do
                log.error("can't keep", channel="wecom_bot", error=type(error).__name__)
                if not received.messages:
                    return
                received = Received(raw=[_as_raw(said) for said in received.messages])
            else:
                return

    # --- answers within seconds ---------------------------------------------------------------

    def _soon(self, one: Waiting) -> None:
        if one.heard.reply is not None:
            reply = asyncio.create_task(self._answer(one, *one.heard.reply))
            self._replies.add(reply)
            reply.add_done_callback(self._replies.discard)

    async def _answer(self, one: Waiting, cmd: str, body: Mapping[str, Any]) -> None:
        if asyncio.get_running_loop().time() - one.since > self.pace.reply:
            log.warning("too late to answer", channel="wecom_bot", cmd=cmd)
            return
        try:
            code = await one.link.ask(cmd, body, one.req_id)
        except (Later, Permanent, Unknown):
            code = None
        if code != 0:
            log.warning("not answered", channel="wecom_bot", cmd=cmd, errcode=code)


def _as_it_came(frame: Mapping[str, Any]) -> frames.Heard:
    try:
        return frames.Heard(Received(raw=[Raw("", frames.unsecret(frame))]))
    except RecursionError:
        return frames.Heard(Received())


def _as_raw(said: Incoming) -> Raw:
    return Raw(said.group, frames.unsecret(json.loads(said.as_json())))
