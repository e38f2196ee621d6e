"""How channels call the groups, and what platforms delivered that nobody set up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Carrier, Group, Unplaced


async def group_at(session: AsyncSession, channel: str, address: str) -> str | None:
    """The id of the group that a channel calls so, or None."""
    found = await session.exec(
        select(Carrier.group_id).where(Carrier.channel == channel, Carrier.address == address)
    )
    return found.first()


async def of_group(session: AsyncSession, group_id: str) -> Sequence[Carrier]:
    """All channels that a group has, by name."""
    found = await session.exec(
        select(Carrier).where(Carrier.group_id == group_id).order_by(Carrier.channel)
    )
    return found.all()


async def one(session: AsyncSession, group_id: str, channel: str | None) -> Carrier | None:
    """How a channel calls a group, or None."""
    found = await session.exec(
        select(Carrier).where(Carrier.group_id == group_id, Carrier.channel == channel)
    )
    return found.first()


async def of_channel(session: AsyncSession, channel: str) -> Sequence[tuple[Carrier, Group]]:
    """All groups that a channel carries, by address."""
    found = await session.exec(
        select(Carrier, Group)
        .join(Group, col(Carrier.group_id) == col(Group.id))
        .where(Carrier.channel == channel)
        .order_by(Carrier.address)
    )
    return found.all()


async def put(session: AsyncSession, group_id: str, channel: str, address: str) -> None:
    """Let a channel call a group so; what blocked it before is mended with it."""
    row = insert(Carrier).values(channel=channel, address=address, group_id=group_id, about={})
    fresh = {"address": address, "blocked": None, "blocked_at": None}
    await session.exec(
        row.on_conflict_do_update(index_elements=["group_id", "channel"], set_=fresh)
    )


async def drop(session: AsyncSession, group_id: str, channel: str) -> None:
    """A channel does not carry a group any more."""
    await session.exec(
        delete(Carrier).where(col(Carrier.group_id) == group_id, col(Carrier.channel) == channel)
    )


async def block(session: AsyncSession, carrier: Carrier, why: str, at: datetime) -> None:
    """Nothing is sent there until somebody mends it."""
    carrier.blocked, carrier.blocked_at = why, at
    session.add(carrier)


async def told(session: AsyncSession, channel: str, address: str, about: Mapping[str, Any]) -> None:
    """Keep what the platform told of a group, beside what it told before."""
    carrier = await session.get(Carrier, (channel, address), with_for_update=True)
    if carrier is not None:
        carrier.about = {**carrier.about, **about}
        session.add(carrier)


# --- what nobody set up -------------------------------------------------------------------------


async def unplaced(
    session: AsyncSession, *, channel: str, address: str, why: str, payload: str, at: datetime
) -> None:
    """Keep what came for a group, or is of a kind, that is not known."""
    session.add(Unplaced(channel=channel, address=address, why=why, payload=payload, at=at))
    await session.flush()


@dataclass(frozen=True, slots=True)
class Stranger:
    """A group that a platform delivered from and that nobody set up."""

    channel: str
    address: str
    many: int
    since: datetime
    last: datetime


STRANGERS = sql(
    """
    SELECT channel, address, count(*), min(at), max(at) FROM unplaced WHERE why = 'group'
    GROUP BY channel, address ORDER BY max(at) DESC LIMIT :most
    """
)


async def strangers(session: AsyncSession, most: int = 50) -> Sequence[Stranger]:
    """Groups that nobody set up: the one that was heard last first."""
    connection = await session.connection()
    found = await connection.execute(STRANGERS, {"most": most})
    return [Stranger(*row) for row in found.all()]


async def placed(session: AsyncSession, channel: str, address: str) -> Sequence[Unplaced]:
    """What came for a group before it was set up, in order; it is not kept here any more."""
    found = await session.exec(
        delete(Unplaced)
        .where(
            col(Unplaced.channel) == channel, col(Unplaced.address) == address,
            col(Unplaced.why) == "group",
        )
        .returning(Unplaced)
    )  # fmt: skip
    return sorted((row[0] for row in found.all()), key=lambda row: row.id or 0)
