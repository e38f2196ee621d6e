"""The connections that bots open to us: what they bring, and what they are asked to do."""

import asyncio
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from bot.channels.base import Closed, Socket, Words

#: How long a bot may take for what it is asked, in seconds.
PATIENCE = 15.0
#: So many events of a bot wait to be kept; then it is not listened to until there is room.
ROOM = 1000

Role = Literal["api", "event", "universal"]
#: By the words of the header.
ROLES: Mapping[str, Role] = {"api": "api", "event": "event", "universal": "universal"}


class Silent(Exception):
    """The bot does not answer: perhaps it did what it was asked, perhaps not."""


class Reply(BaseModel):
    """What a bot answers to an action."""

    model_config = ConfigDict(extra="ignore")

    status: Words = ""
    retcode: int | None = None
    data: Any = None
    message: Words | None = None
    msg: Words | None = None
    wording: Words | None = None

    @property
    def well(self) -> bool:
        """Whether it was done, or is being done."""
        return self.retcode in (0, 1) or (self.retcode is None and self.status in ("ok", "async"))

    @property
    def words(self) -> str:
        """What it says about it."""
        return " ".join(word for word in (self.wording, self.message, self.msg) if word)

    @property
    def about(self) -> Mapping[str, Any]:
        """What it found, by name; empty where that is something else."""
        return self.data if isinstance(self.data, dict) else {}


@dataclass(eq=False)
class Line:
    """One connection: events come by it, actions leave by it, or both."""

    socket: Socket
    self_id: str
    role: Role
    since: datetime
    online: bool = True
    groups: set[str] | None = None  # that the bot is in; None where it did not say yet
    waiting: dict[str, "asyncio.Future[Reply]"] = field(default_factory=dict)
    events: "asyncio.Queue[Any]" = field(default_factory=lambda: asyncio.Queue(ROOM))
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def acts(self) -> bool:
        """Whether actions can be asked of it."""
        return self.role != "event"

    async def begin(self, action: str, params: Mapping[str, Any]) -> "asyncio.Future[Reply]":
        """Ask for something; the answer comes later. Closed where nobody is there to ask."""
        echo = f"{id(self):x}-{next(self.numbers)}"
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.waiting[echo] = future
        future.add_done_callback(lambda _: self.waiting.pop(echo, None))
        frame = {"action": action, "params": dict(params), "echo": echo}
        try:
            await self.socket.send(json.dumps(frame, ensure_ascii=False))
        except BaseException:
            future.cancel()
            raise
        return future

    async def ask(self, action: str, params: Mapping[str, Any], patience: float) -> Reply:
        """Ask and wait for the answer. Closed where it can't be asked, Silent where none comes."""
        future = await self.begin(action, params)
        try:
            async with asyncio.timeout(patience):
                return await future
        except (TimeoutError, Closed) as error:
            raise Silent(f"{action}: {type(error).__name__}") from error

    def answered(self, frame: Mapping[str, Any]) -> None:
        """An answer came; one that nobody waits for is dropped."""
        future = self.waiting.get(str(frame.get("echo")))
        if future is not None and not future.done():
            future.set_result(Reply.model_validate(frame))

    def end(self) -> None:
        """It is closed: no answer comes any more."""
        for future in list(self.waiting.values()):
            if not future.done():
                future.set_exception(Closed())
                future.exception()  # nobody may be waiting any more

    async def learn(self, asked: "asyncio.Future[Reply]") -> None:
        """Keep in which groups the bot is, once it says so."""
        try:
            async with asyncio.timeout(PATIENCE):
                reply = await asked
        except (TimeoutError, Closed):
            return
        if reply.well and isinstance(reply.data, list):
            rows = [row for row in reply.data if isinstance(row, dict)]
            self.groups = {str(row.get("group_id")) for row in rows}


def of_group(lines: Sequence[Line], group: str) -> Line | None:
    """The connection by which something is said in a group: of those that are in it the newest.

    One that did not say where it is comes after those that did.
    """
    able = [line for line in lines if line.acts]
    inside = [line for line in able if line.groups is not None and group in line.groups]
    unsaid = [line for line in able if line.groups is None]
    found = inside or unsaid
    found.sort(key=lambda line: line.online)  # stable: the newest of those that are well
    return found[-1] if found else None
