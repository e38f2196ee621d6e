"""The door: what is accepted here is on disk, and will be handled once."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.channels.base import Channel, Health, Incoming, Raw, Received, Rejected
from bot.streams import Streams
from storage import carriers, media, poison
from storage.database import Database

#: So long, in seconds, it is remembered what was kept raw.
DAY = 24 * 3600


async def accept(streams: Streams, incoming: Incoming) -> None:
    """Append to the stream of the group's partition; Away when it can't be kept."""
    await streams.append(incoming.group, incoming.as_json())


class Inbox:
    """Where channels bring what they heard, and tell how they are."""

    def __init__(self, database: Database, streams: Streams, now: Callable[[], datetime]) -> None:
        """Keep in these."""
        self.database, self.streams, self._now = database, streams, now

    def now(self) -> datetime:
        """The instant that it is."""
        return self._now()

    async def take(self, channel: Channel, received: Received) -> list[Incoming]:
        """Keep what came; on disk when it returns. Returns what will be handled.

        Away or a database's error when it can't be kept; what is sent again then is absorbed.
        Rejected(404) for a group that is not known, where no platform is behind the channel; what
        a platform brings of one waits until it is set up.
        """
        placed: list[Incoming] = []
        fresh = [raw for raw in received.raw if not await self._had(channel, raw)]
        if received.messages or fresh:
            async with self.database.transaction() as session:
                for raw in fresh:
                    await carriers.unplaced(
                        session, channel=channel.name, address=raw.address, why="kind",
                        payload=raw.payload, at=self.now(),
                    )  # fmt: skip
                placed = await self._placed(session, channel, received.messages)
        for raw in fresh:
            if raw.id:
                await self.streams.keep(f"raw:{channel.name}:{raw.id}", "had", DAY)
        for incoming in placed:
            await accept(self.streams, incoming)
        for hint in received.hints:
            await self.streams.hint(hint.name, json.dumps(dict(hint.about), ensure_ascii=False))
        return placed

    async def place(self, channel: str, address: str) -> int:
        """Handle what came of a group before it was set up, in its order; how much that was.

        In the streams before it is gone here: found twice, it still acts once. Away when it can't
        be; then it stays here.
        """
        many = 0
        while moved := await self._place(channel, address):
            many += moved
        return many

    async def _place(self, channel: str, address: str) -> int:
        async with self.database.transaction() as session:
            group = await carriers.group_at(session, channel, address)
            if group is None:
                return 0
            kept = await carriers.placed(session, channel, address)
            for row in kept:
                try:
                    incoming = replace(Incoming.from_json(row.payload), group=group)
                except ValueError as error:
                    why = f"not readable: {error}"
                    await poison.keep(session, payload=row.payload, error=why, at=self.now())
                    continue
                await self._media(session, incoming)
                await accept(self.streams, incoming)
        return len(kept)

    async def _had(self, channel: Channel, raw: Raw) -> bool:
        """Whether it was kept before: a platform delivers again what it heard no answer to."""
        return bool(raw.id) and await self.streams.kept(f"raw:{channel.name}:{raw.id}") is not None

    async def report(self, channel: Channel, health: Health) -> None:
        """Tell how the channel is."""
        told = {"state": health.state, "words": health.words, "at": self.now().isoformat()}
        await self.streams.note(channel.name, json.dumps(told, ensure_ascii=False))

    async def _placed(
        self, session: AsyncSession, channel: Channel, messages: Sequence[Incoming]
    ) -> list[Incoming]:
        """With our own names of their groups; their pictures wait to be fetched."""
        placed = []
        for incoming in messages:
            group = await self._group(session, channel, incoming.group)
            if group is not None:
                placed.append(replace(incoming, group=group))
                await self._media(session, placed[-1])
            elif channel.platform:
                await carriers.unplaced(
                    session, channel=channel.name, address=incoming.group, why="group",
                    payload=incoming.as_json(), at=self.now(),
                )  # fmt: skip
            else:
                raise Rejected(404, f"there is no group {incoming.group} in channel {channel.name}")
        return placed

    async def _group(self, session: AsyncSession, channel: Channel, address: str) -> str | None:
        group = await carriers.group_at(session, channel.name, address)
        if group is None and channel.platform:  # unless somebody sets it up just now
            await carriers.settled(session, channel.name, address)
            group = await carriers.group_at(session, channel.name, address)
        return group

    async def _media(self, session: AsyncSession, incoming: Incoming) -> None:
        """They are fetched from now on: platforms keep them for minutes."""
        for place, one in enumerate(incoming.images):
            if one.source is not None:
                await media.wanted(
                    session, group_id=incoming.group, external_id=incoming.id, place=place,
                    channel=incoming.channel, kind=one.kind, name=one.name, source=one.source,
                    at=self.now(),
                )  # fmt: skip
