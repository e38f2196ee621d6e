"""Members, units, routes and districts: who somebody is, and who is responsible."""

from collections.abc import Sequence

from sqlalchemy import case
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import District, Group, Member, Route, Unit


async def meet(session: AsyncSession, channel: str, external_id: str, name: str) -> Member:
    """Who is known by (channel, external id); an unknown sender becomes a `member`, rules 1."""
    known = await find(session, channel, external_id)
    if known is None:
        made = insert(Member).values(
            channel=channel, external_id=external_id, name=name, role="member"
        )
        await session.exec(made.on_conflict_do_nothing())
        known = await find(session, channel, external_id)
    if known is None:
        raise LookupError(f"{external_id} was not kept")
    return known


async def member(session: AsyncSession, member_id: int | None) -> Member | None:
    """The member with this row id, or None."""
    return await session.get(Member, member_id) if member_id is not None else None


async def known(session: AsyncSession, external_id: str) -> Member | None:
    """The member with this external id, whatever the channel; the first one where several are."""
    found = await session.exec(
        select(Member).where(Member.external_id == external_id).order_by(col(Member.id)).limit(1)
    )
    return found.first()


async def with_role(session: AsyncSession, *roles: str) -> Sequence[Member]:
    """Everybody of these roles, in a fixed order."""
    found = await session.exec(
        select(Member).where(col(Member.role).in_(roles)).order_by(col(Member.id))
    )
    return found.all()


async def handlers(session: AsyncSession, unit_id: int) -> Sequence[Member]:
    """The handlers of a unit, in a fixed order."""
    found = await session.exec(
        select(Member)
        .where(Member.unit_id == unit_id, Member.role == "handler")
        .order_by(col(Member.id))
    )
    return found.all()


async def unit(session: AsyncSession, unit_id: int | None) -> Unit | None:
    """The unit with this row id, or None."""
    return await session.get(Unit, unit_id) if unit_id is not None else None


async def units(session: AsyncSession) -> Sequence[Unit]:
    """All units by name."""
    return (await session.exec(select(Unit).order_by(Unit.name))).all()


async def unit_named(session: AsyncSession, name: str) -> Unit | None:
    """The unit of this name or alias, or None."""
    found = await session.exec(
        select(Unit)
        .where(or_(Unit.name == name, col(Unit.aliases).contains([name])))
        .order_by(case((col(Unit.name) == name, 0), else_=1), col(Unit.id))
        .limit(1)
    )
    return found.first()


async def district_named(session: AsyncSession, written: str) -> str | None:
    """The city's own name of a district as somebody wrote it, or None."""
    found = await session.exec(
        select(District.name)
        .where(or_(District.name == written, col(District.aliases).contains([written])))
        .order_by(case((col(District.name) == written, 0), else_=1), District.name)
        .limit(1)
    )
    return found.first()


async def districts(session: AsyncSession) -> Sequence[District]:
    """All districts, in the order in which the city was loaded."""
    return (await session.exec(select(District))).all()


async def route(session: AsyncSession, category: str | None, district: str | None) -> Unit | None:
    """The unit of the best route: category and district, then category, then district; rules 2."""
    found = await fitting(session, category, district)
    return found[0][1] if found else None


async def fitting(
    session: AsyncSession, category: str | None, district: str | None
) -> Sequence[tuple[Route, Unit]]:
    """The routes that fit, and their units: the best one first."""
    fits = (
        or_(col(Route.category).is_(None), Route.category == category),
        or_(col(Route.district).is_(None), Route.district == district),
    )
    weight = case((col(Route.category).is_not(None), 2), else_=0) + case(
        (col(Route.district).is_not(None), 1), else_=0
    )
    found = await session.exec(
        select(Route, Unit)
        .join(Unit, col(Route.unit_id) == col(Unit.id))
        .where(*fits)
        .order_by(weight.desc())
    )
    return found.all()


async def group(session: AsyncSession, group_id: str | None) -> Group | None:
    """The group of this id, or None."""
    return await session.get(Group, group_id) if group_id is not None else None


async def groups(session: AsyncSession) -> Sequence[Group]:
    """All groups by id."""
    return (await session.exec(select(Group).order_by(Group.id))).all()


async def find(session: AsyncSession, channel: str, external_id: str) -> Member | None:
    """The member of this channel and id, or None."""
    found = await session.exec(
        select(Member).where(Member.channel == channel, Member.external_id == external_id)
    )
    return found.first()


async def in_channel(session: AsyncSession, channel: str, most: int = 200) -> Sequence[Member]:
    """The people of a channel, in the order in which they came."""
    found = await session.exec(
        select(Member).where(Member.channel == channel).order_by(col(Member.id)).limit(most)
    )
    return found.all()


async def by_ids(session: AsyncSession, ids: Sequence[int]) -> dict[int, Member]:
    """These members by row id."""
    found = await session.exec(select(Member).where(col(Member.id).in_(set(ids))))
    return {row.id: row for row in found.all() if row.id is not None}


async def called(session: AsyncSession, external_ids: Sequence[str]) -> dict[str, str]:
    """The names of these people by external id."""
    found = await session.exec(
        select(Member.external_id, Member.name).where(
            col(Member.external_id).in_(set(external_ids))
        )
    )
    return dict(found.all())
