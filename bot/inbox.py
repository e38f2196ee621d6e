"""The door: what is accepted here is on disk, and will be handled once."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.channels.base import Channel, Health, Incoming, Received, Rejected
from bot.streams import Streams
from storage import carriers, media
from storage.database import Database


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
        if received.messages or received.raw:
            async with self.database.transaction() as session:
                for raw in received.raw:
                    await carriers.unplaced(
                        session, channel=channel.name, address=raw.address, why="kind",
                        payload=raw.payload, at=self.now(),
                    )  # fmt: skip
                placed = await self._placed(session, channel, received.messages)
        for incoming in placed:
            await accept(self.streams, incoming)
        for hint in received.hints:
            await self.streams.hint(hint.name, json.dumps(dict(hint.about), ensure_ascii=False))
        return placed

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
            group = await carriers.group_at(session, channel.name, incoming.group)
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

    async def _media(self, session: AsyncSession, incoming: Incoming) -> None:
        """They are fetched from now on: platforms keep them for minutes."""
        for place, one in enumerate(incoming.images):
            if one.source is not None:
                await media.wanted(
                    session, group_id=incoming.group, external_id=incoming.id, place=place,
                    channel=incoming.channel, kind=one.kind, name=one.name, source=one.source,
                    at=self.now(),
                )  # fmt: skip
