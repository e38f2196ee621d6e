"""How a group of the tests is reached: by which channels, how they are, and that one stopped."""

from typing import Any

from bot.channels.base import Health
from bot.inbox import Inbox
from storage import carriers
from storage.models import Group
from tests.bot.console.conftest import Console

MARKUP = "<script>alert(1)</script>"

STRANGER = "731002233"


async def routed(console: Console, **routes: str | None) -> None:
    """Let g1 have these channels, each with an address."""
    async with console.app.database.transaction() as session:
        group = await session.get(Group, "g1")
        assert group is not None
        for way, channel in routes.items():
            setattr(group, way, channel)
            if channel and channel != "sandbox":
                await carriers.put(session, "g1", channel, f"of g1 in {channel}")


async def told(console: Console, channel: str, state: Any, words: str = "已连接") -> None:
    """A channel says how it is."""
    door = Inbox(console.app.database, console.app.streams, console.app.now)
    await door.report(console.app.channels[channel], Health(state, words))


async def blocks(console: Console) -> None:
    """The platform takes nothing more for g1."""
    async with console.app.database.transaction() as session:
        carrier = await carriers.one(session, "g1", "wecom_webhook")
        assert carrier is not None
        await carriers.block(session, carrier, f"机器人不在群里{MARKUP}", console.app.now())
