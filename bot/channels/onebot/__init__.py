"""OneBot v11: QQ groups, through a bot program that connects to us (or is asked over HTTP).

Reverse WebSocket and HTTP post at `/in/onebot`. No such program comes with us, and it is nobody's
default: docs/channels/onebot.md says what is risked.
"""

import contextlib
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx

from bot.channels.base import (
    Answer,
    Channel,
    Closed,
    Door,
    Health,
    Later,
    Outgoing,
    Permanent,
    Powers,
    Received,
    Rejected,
    Request,
    Sent,
    Shared,
    Socket,
    Unknown,
    parse,
)
from bot.channels.onebot import media, replies
from bot.channels.onebot.events import BOTS, NAME, NUMBER, Event, means, quoting
from bot.channels.onebot.lines import PATIENCE, Line, Reply, Silent, of_group
from bot.channels.onebot.memory import Memory
from bot.channels.onebot.roster import Roster
from bot.channels.onebot.serving import Serving, admitted
from bot.channels.onebot.settings import OneBotSettings
from bot.channels.wording import split
from bot.settings import Settings
from bot.streams import Away

#: QQ takes about 4,500 bytes in a message; a longer one leaves in parts of at most so many.
LONGEST = 3000
NOWHERE = "没有连接着的机器人在这个群里,等它连上来(在“系统”页可以看到哪些机器人在线)"


class OneBot(Channel):
    """All bots of an installation; each by its own connection, or all by one HTTP interface."""

    name, title = NAME, "QQ(OneBot)"
    powers = Powers("all", "auto", "auto")
    callback = True
    people = NAME
    served = True
    #: The keys in QQ's addresses of pictures are good for about an hour.
    lasts = 2 * 3600.0

    def __init__(self, found: OneBotSettings, shared: Shared) -> None:
        """Without a token nothing is taken and nobody may connect."""
        self.token = found.token.get_secret_value()
        self.secret = found.secret.get_secret_value() or self.token
        self.api, self.inside, self.per_minute = found.api, found.inside, found.per_minute
        self.shared = shared
        self.lines: list[Line] = []
        self.memory = Memory(NUMBER.findall(found.bots))
        self.account = ""  # of the HTTP interface
        self._client: httpx.AsyncClient | None = None

    @classmethod
    def address(cls, given: str) -> str:
        """The number of a QQ group."""
        if not re.fullmatch(r"[1-9][0-9]{4,11}", given.strip()):
            raise ValueError("QQ 群号是 5 到 12 位数字")
        return given.strip()

    def by_settings(self) -> Health | None:
        """Off without a token."""
        return (
            None if self.token or self.secret else Health("off", "没有设置 MINGCHENG_ONEBOT_TOKEN")
        )

    # --- what comes ---------------------------------------------------------------------------

    def receive(self, request: Request, now: datetime) -> Received:
        """An event as HTTP post, signed over its bytes; answered with 204: nothing to be done."""
        if not self.secret:
            raise Rejected(401, "onebot is off: set MINGCHENG_ONEBOT_TOKEN")
        given = request.headers.get("x-signature", "")
        if not given:
            raise Rejected(401, "X-Signature is needed")
        made = "sha1=" + hmac.new(self.secret.encode(), request.body, hashlib.sha1).hexdigest()
        if not hmac.compare_digest(made.encode(), given.encode("utf-8", "replace")):
            raise Rejected(403, "the signature does not fit")
        event = parse(Event, request.body)
        received = self._meant(event, request.body.decode("utf-8", "replace"), now)
        return replace(received, answer=Answer(status=204))

    async def serve(self, socket: Socket, door: Door) -> None:
        """A bot's connection, until it closes; several of one bot may be there at once."""
        if not self.token:
            raise Rejected(401, "onebot is off: set MINGCHENG_ONEBOT_TOKEN")
        self_id, role = admitted(socket.headers, self.token)
        self.memory.met(self_id)
        line = Line(socket, self_id, role, door.now())
        await Serving(self, line, door, self.lines, self._meant).run()

    def _meant(self, event: Event, payload: str, now: datetime) -> Received:
        """What an event brings; what our bots said is remembered, for who quotes it."""
        self.memory.heard(event)
        return quoting(means(event, payload, self.memory.ours, now), self.memory.meant)

    # --- how it is -----------------------------------------------------------------------------

    async def run(self, door: Door) -> None:
        """Tell how the bots are, of whatever process they are connected to."""
        if self.by_settings() is not None:
            return
        roster = Roster()
        async for hint in self.shared.hints(BOTS):
            roster.note(hint, door.now())
            if self.api and not hint:
                await self._asked(roster, door.now())
            await door.report(self, roster.health(door.now()))

    async def _asked(self, roster: Roster, now: datetime) -> None:
        """How the bot behind the HTTP interface is; where it does not answer it gets old."""
        with contextlib.suppress(Later, Permanent, Unknown):
            account = await self._account()
            reply = await self._call("get_status", {})
            told = {"bot": account, "online": reply.about.get("online") is not False}
            if account and reply.well:
                roster.note(json.dumps(told), now)

    # --- what leaves --------------------------------------------------------------------------

    def ready(self) -> bool:
        """Where a bot is connected to this process, or can be asked over HTTP."""
        return bool(self.api) or any(line.acts for line in self.lines)

    def split(self, post: Outgoing) -> list[str]:
        """In parts, on the borders of sentences."""
        return split(post.text, LONGEST)

    async def send(self, post: Outgoing, now: datetime) -> Sent:
        """Say it by a bot that is in the group."""
        line = of_group(self.lines, post.group)
        if line is None and not self.api:
            raise Later(NOWHERE, after=2)
        self_id = line.self_id if line is not None else await self._account()
        await self._turn(self_id)
        body = {
            "group_id": int(post.group) if NUMBER.fullmatch(post.group) else post.group,
            "message": replies.segments(post),
            "auto_escape": True,
        }
        self.memory.sends(post)
        if line is None:
            return replies.settled(await self._call("send_group_msg", body), self_id)
        try:
            reply = await line.ask("send_group_msg", body, PATIENCE)
        except Closed as error:
            raise Later(NOWHERE, after=2) from error
        except Silent as error:
            raise Unknown("机器人没有回应,不知是否送达,请到群里看一眼") from error
        return replies.settled(reply, self_id)

    async def fetch(self, source: Mapping[str, Any], most: int) -> bytes:
        """The bytes of a picture, voice or file."""
        return await media.fetched(str(source.get("url", "")), most, inside=self.inside)

    async def close(self) -> None:
        """End what is asked over HTTP."""
        if self._client is not None:
            await self._client.aclose()

    async def _turn(self, self_id: str) -> None:
        try:
            pause = await self.shared.wait(f"onebot:{self_id}", [(self.per_minute, 60)])
        except Away as error:
            raise Later("消息队列暂时连不上", after=2) from error
        if pause:
            raise Later(f"一分钟最多发 {self.per_minute} 条,以免账号被风控", after=pause)

    async def _account(self) -> str:
        """The number of the bot behind the HTTP interface; empty where it doesn't say."""
        if not self.account:
            try:
                reply = await self._call("get_login_info", {})
            except Unknown as error:
                raise Later("机器人程序的 HTTP 接口没有回应") from error
            self.account = str(reply.about.get("user_id") or "")
            self.memory.met(self.account)
        return self.account

    async def _call(self, action: str, body: Mapping[str, Any]) -> Reply:
        if self._client is None:
            headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
            self._client = httpx.AsyncClient(timeout=PATIENCE, trust_env=False, headers=headers)
        return await replies.posted(self._client, f"{self.api}/{action}", body)


def channel(settings: Settings, shared: Shared) -> OneBot:
    """QQ groups as they are set."""
    return OneBot(OneBotSettings.of(NAME), shared)
