"""A 智能机器人 on its long connection: its server, its door, and what it is given to say."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.channels.base import Channel, Health, Incoming, Outgoing, Raw, Received, Shared
from bot.channels.wecom_bot import WecomBot, WecomBotSettings, standing
from bot.channels.wecom_bot.link import Pace
from bot.streams import Away
from storage.database import Database
from tests.bot.channels.fakes.wecom_bot_server import BOT, SECRET, WecomBotServer, serving
from tests.fixtures.cast import START

#: As in the program, but nobody waits for long.
QUICK = Pace(
    open=5, ack=5, lease=2, renew=0.05, first=0.05, longest=0.2, refused=0.2, kicked=0.2,
    patience=0.4, tell=0.02, retry=0.01,
)  # fmt: skip


@dataclass
class Door:
    """What comes in; it may be away for some tries."""

    away: int = 0
    error: Exception = field(default_factory=lambda: Away("ConnectionError"))
    taken: list[Incoming] = field(default_factory=list)
    raw: list[Raw] = field(default_factory=list)
    told: list[Health] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nobody waits yet."""
        self._moved = asyncio.Condition()

    @property
    def database(self) -> Database:
        raise AssertionError("it has none")

    def now(self) -> datetime:
        return START

    async def take(self, channel: Channel, received: Received) -> list[Incoming]:
        async with self._moved:
            self._moved.notify_all()
            if self.away > 0:
                self.away -= 1
                raise self.error
            self.taken += received.messages
            self.raw += received.raw
        return list(received.messages)

    async def report(self, channel: Channel, health: Health) -> None:
        async with self._moved:
            self.told.append(health)
            self._moved.notify_all()

    async def until(self, so: Callable[[], object], seconds: float = 20) -> None:
        """Wait until it is so, looking whenever something came or was told."""
        async with asyncio.timeout(seconds), self._moved:
            await self._moved.wait_for(so)

    async def tells(self, words: str, state: str) -> None:
        """Wait until this is told."""
        await self.until(lambda: any(words in h.words and h.state == state for h in self.told))

    async def heard(self, many: int = 1) -> list[Incoming]:
        """So many messages."""
        await self.until(lambda: len(self.taken) >= many)
        return self.taken


@dataclass
class House:
    """A server, and bots that run in this process as if in several."""

    fake: WecomBotServer
    shared: Shared
    stack: AsyncExitStack

    def bot(self, *, secret: str = SECRET, shared: Shared | None = None, pace: Pace = QUICK,
            url: str = "") -> WecomBot:  # fmt: skip
        given = WecomBotSettings(bot_id=BOT, secret=secret, url=url or self.fake.url)  # type: ignore[arg-type]
        return WecomBot(given, "https://qyapi.weixin.qq.com", shared or self.shared, pace)

    async def run(self, channel: WecomBot, door: Door) -> "asyncio.Task[None]":
        """Run its loop until the test ends."""
        task = asyncio.create_task(channel.run(door))
        self.stack.push_async_callback(ended, task)
        return task

    async def connected(self, door: Door, **more: Any) -> WecomBot:
        """A bot that is subscribed."""
        channel = self.bot(**more)
        await self.run(channel, door)
        await door.tells(standing.OK.words, "ok")
        return channel


async def ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@asynccontextmanager
async def linked(shared: Shared) -> AsyncIterator[House]:
    async with serving() as fake, AsyncExitStack() as stack:
        yield House(fake, shared, stack)


def post(text: str = "已受理 #12", **more: Any) -> Outgoing:
    return replace(
        Outgoing(id="post-7", group="wr1", text=text, to=[], about=[12], why="reply", at=START),
        **more,
    )


async def handle(house: House, door: Door) -> dict[str, Any]:
    """Of a message that was just heard."""
    await house.fake.says("@监督助手 路灯坏了")
    found = (await door.heard(len(door.taken) + 1))[-1].handle
    assert found is not None
    return found
