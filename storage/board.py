"""What the board asks for beyond the figures: trends, where it presses, groups without life."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ARRAY, func, literal, null, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import figures
from storage.figures import Counts, Scope
from storage.models import Group, Instant, Message, State


async def first(session: AsyncSession, scope: Scope) -> datetime | None:
    """When the first of the tickets collected was reported; None where there is none."""
    found = await session.exec(
        select(State.reported_at)
        .where(scope.where(), figures.collected())
        .order_by(col(State.reported_at))
        .limit(1)
    )
    return found.first()


async def trend(session: AsyncSession, scope: Scope, edges: Sequence[datetime]) -> list[Counts]:
    """The counts of what was reported between each edge and the next, as of the scope's instant."""
    part = func.width_bucket(col(State.reported_at), literal(edges, ARRAY(Instant)))
    rows = await session.exec(
        figures.counted(scope.at, part)
        .where(scope.where(), State.reported_at >= edges[0], State.reported_at < edges[-1])
        .group_by(part)
    )
    found = {number: Counts(*counts) for *counts, number in rows.all()}
    return [found.get(number, Counts()) for number in range(1, len(edges))]


class Spot(NamedTuple):
    """A kind of problem at a place."""

    category: str
    district: str


async def spots(session: AsyncSession, scope: Scope) -> dict[Spot, int]:
    """How many were collected of each category in each district."""
    rows = await session.exec(
        select(col(State.category), col(State.district), func.count())
        .where(
            scope.where(), figures.collected(), col(State.category).is_not(None),
            col(State.district).is_not(None),
        )
        .group_by(col(State.category), col(State.district))
    )  # fmt: skip
    return {Spot(str(category), str(district)): many for category, district, many in rows.all()}


class Silent(NamedTuple):
    """A group in which nobody wrote for long."""

    id: str
    name: str
    district: str | None
    last: datetime | None  # None: nobody ever did


async def silent(
    session: AsyncSession, now: datetime, days: int, most: int = 50
) -> tuple[int, Sequence[Silent]]:
    """Groups without a message for so many days: how many, and those that are so for longest."""
    last = (
        select(Message.at)
        .where(Message.group_id == Group.id)
        .order_by(col(Message.said).desc())
        .limit(1)
        .scalar_subquery()
    )
    fits = or_(last.is_(null()), last <= now - timedelta(days=days))
    many = (await session.exec(select(func.count()).select_from(Group).where(fits))).one()
    rows = await session.exec(
        select(col(Group.id), col(Group.name), col(Group.district), last)
        .where(fits)
        .order_by(last.asc().nulls_first(), col(Group.id))
        .limit(most)
    )
    return many, [Silent(*row) for row in rows.all()]
