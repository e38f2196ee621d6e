"""A reader of the archive, and the town that it reads for."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from pydantic import SecretStr
from sqlmodel import col, select

from bot.channels.base import Health
from bot.channels.wecom_archive import ArchiveSettings, WecomArchive
from bot.channels.wecom_archive.pulling import Puller
from bot.inbox import Inbox
from bot.streams import Streams
from bot.worker import Worker
from nlu.keywords import Keywords
from storage import archive as kept
from storage import carriers
from storage.models import Message, Recorded
from tests.bot.channels.fakes.archive import CORP, SECRET, Vault, library
from tests.bot.channels.test_wecom_archive import ROOM, TEXT
from tests.fixtures.cast import Town


class Reader:
    """The channel, a door, and the town behind it."""

    def __init__(self, town: Town, streams: Streams, vault: Vault, keywords: Keywords) -> None:
        self.town, self.streams, self.vault, self.keywords = town, streams, vault, keywords
        self.database = town.database
        self.channel = self.another()
        self.door = Inbox(self.database, streams, town.clock)
        self.puller = self.pulls()

    def another(self) -> WecomArchive:
        ours = ArchiveSettings(
            library=library(), corp_id=CORP, secret=SecretStr(SECRET), keys=self.vault.keys
        )  # fmt: skip
        return WecomArchive(ours, self.streams)

    def pulls(self) -> Puller:
        """A reader that has just been started."""
        channel = self.channel
        return Puller(channel, self.streams, channel._reading, channel.keys, bot="名城助手")

    async def turn(self, times: int = 1) -> float:
        for _ in range(times):
            rest = await self.puller.turn(self.door)
        return rest

    async def works(self) -> None:
        """All that was handed over is done."""
        worker = Worker("a", self.database, self.streams, self.keywords, self.town.clock)
        while await self.streams.lag():
            await worker.step()
        await self.streams.leave("a", worker.leased)

    async def reads(self) -> None:
        await self.turn()
        await self.works()

    async def rows(self) -> list[tuple[int, str]]:
        found: Sequence[Recorded] = await self.all(select(Recorded).order_by(col(Recorded.seq)))
        return [(row.seq, row.status) for row in found]

    async def reasons(self) -> list[str | None]:
        found: Sequence[Recorded] = await self.all(select(Recorded).order_by(col(Recorded.seq)))
        return [row.error for row in found]

    async def texts(self) -> list[str]:
        found: Sequence[Message] = await self.all(select(Message).order_by(col(Message.said)))
        return [row.text for row in found]

    async def all(self, query: Any) -> Sequence[Any]:
        async with self.database.transaction() as session:
            found: Sequence[Any] = (await session.exec(query)).all()
            return found

    async def seq(self) -> int:
        async with self.database.transaction() as session:
            return (await kept.cursor(session))[0]

    async def health(self) -> Health:
        async with self.database.transaction() as session:
            parked, first = await kept.parked(session)
        return self.puller.watch.health(self.town.now, parked, first)


@contextlib.asynccontextmanager
async def reading(
    town: Town, streams: Streams, vault: Vault, keywords: Keywords
) -> AsyncIterator[Reader]:
    async with town.database.transaction() as session:
        await carriers.put(session, "g1", "wecom_archive", ROOM)
    made = Reader(town, streams, vault, keywords)
    yield made
    await made.channel.close()
    assert vault.alive() == 0


def text(words: str, id_: str, **more: Any) -> dict[str, Any]:
    return {**TEXT, "msgid": id_, "text": {"content": words}} | more
