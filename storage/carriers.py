"""How channels call the groups, and what platforms delivered that nobody set up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, or_, select
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


async def by_group(session: AsyncSession) -> dict[str, list[Carrier]]:
    """All carriers, by the ids of their groups."""
    found: dict[str, list[Carrier]] = {}
    for carrier in (await session.exec(select(Carrier).order_by(Carrier.channel))).all():
        found.setdefault(carrier.group_id, []).append(carrier)
    return found


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


async def unblock(session: AsyncSession, group_id: str, channel: str) -> str | None:
    """It is mended: sent again from now on. What blocked it, or None where nothing did."""
    found = await session.exec(
        select(Carrier)
        .where(Carrier.group_id == group_id, Carrier.channel == channel)
        .with_for_update()
    )
    carrier = found.first()
    if carrier is None or carrier.blocked is None:
        return None
    why, carrier.blocked, carrier.blocked_at = carrier.blocked, None, None
    session.add(carrier)
    return why


async def blocked(session: AsyncSession) -> int:
    """How many groups can't be spoken to by a channel by which they should be."""
    found = await session.exec(
        select(func.count(col(Group.id).distinct()))
        .join(Carrier, col(Carrier.group_id) == col(Group.id))
        .where(
            col(Carrier.blocked).is_not(None),
            or_(Carrier.channel == Group.answers, Carrier.channel == Group.pushes),
        )
    )
    return found.one()


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


async def settled(
    session: AsyncSession, channel: str, address: str, *, sets_up: bool = False
) -> None:
    """Wait until nobody sets this address up; with `sets_up`, until nobody keeps anything of it.

    Holds until the transaction ends: what is kept of a group that is just set up is never left.
    """
    lock = "pg_advisory_xact_lock" if sets_up else "pg_advisory_xact_lock_shared"
    connection = await session.connection()
    await connection.execute(
        sql(f"SELECT {lock}(hashtextextended(:name, 0))"), {"name": f"{channel}:{address}"}
    )


@dataclass(frozen=True, slots=True)
class Stranger:
    """A group that a platform delivered from and that nobody set up; or of which something is left.

    `group_id`: set up meanwhile, while what came before still waits.
    """

    channel: str
    address: str
    many: int
    since: datetime
    last: datetime
    first: str  # the payload that came first
    group_id: str | None


STRANGERS = sql(
    """
    SELECT kept.channel, kept.address, many, since, last, payload, carriers.group_id FROM (
        SELECT channel, address, count(*) AS many, min(at) AS since, max(at) AS last,
               min(id) AS first
        FROM unplaced WHERE why = 'group' GROUP BY channel, address
        ORDER BY last DESC, channel, address LIMIT :most
    ) kept
    JOIN unplaced ON unplaced.id = kept.first
    LEFT JOIN carriers ON (carriers.channel, carriers.address) = (kept.channel, kept.address)
    ORDER BY last DESC, kept.channel, kept.address
    """
)


async def strangers(session: AsyncSession, most: int = 50) -> Sequence[Stranger]:
    """Groups that nobody set up: the one that was heard last first."""
    connection = await session.connection()
    found = await connection.execute(STRANGERS, {"most": most})
    return [Stranger(*row) for row in found.all()]


async def strange(session: AsyncSession) -> int:
    """How many groups nobody set up."""
    named = select(Unplaced.channel, Unplaced.address).where(Unplaced.why == "group").distinct()
    return (await session.exec(select(func.count()).select_from(named.subquery()))).one()


async def kept_of(
    session: AsyncSession, channel: str, address: str, most: int = 20
) -> Sequence[Unplaced]:
    """What came last of a group that nobody set up, the latest first."""
    found = await session.exec(
        select(Unplaced).where(*_of(channel, address)).order_by(col(Unplaced.id).desc()).limit(most)
    )
    return found.all()


async def placed(
    session: AsyncSession, channel: str, address: str, most: int = 500
) -> Sequence[Unplaced]:
    """The first that came for a group before it was set up, in order; not kept here any more."""
    first = (
        select(Unplaced.id).where(*_of(channel, address)).order_by(col(Unplaced.id)).limit(most)
    ).with_for_update()
    found = await session.exec(
        delete(Unplaced).where(col(Unplaced.id).in_(first)).returning(Unplaced)
    )
    return sorted((row[0] for row in found.all()), key=lambda row: row.id or 0)


async def dismiss(session: AsyncSession, channel: str, address: str) -> int:
    """Give up what came of a group that nobody sets up; how much that was."""
    found = await session.exec(delete(Unplaced).where(*_of(channel, address)))
    return int(found.rowcount)


def _of(channel: str, address: str) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Unplaced.channel) == channel, col(Unplaced.address) == address,
        col(Unplaced.why) == "group",
    )  # fmt: skip


async def odd(session: AsyncSession, most: int = 20) -> tuple[Sequence[Unplaced], int]:
    """What is of a kind that is not known: the latest, and how many there are."""
    found = await session.exec(
        select(Unplaced).where(Unplaced.why == "kind").order_by(col(Unplaced.id).desc()).limit(most)
    )
    many = await session.exec(select(func.count(col(Unplaced.id))).where(Unplaced.why == "kind"))
    return found.all(), many.one()


async def forget(session: AsyncSession, before: datetime) -> int:
    """Drop what is of an unknown kind and older than this: private chats with the bot, mostly.

    What was said in groups that nobody set up stays until somebody decides. Returns how much.
    """
    found = await session.exec(
        delete(Unplaced).where(col(Unplaced.why) == "kind", col(Unplaced.at) < before)
    )
    return found.rowcount
