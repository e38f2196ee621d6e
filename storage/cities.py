"""A city's groups, units, people and routes, written as they are given."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import articles as knowledge
from storage import carriers
from storage import settings as changed
from storage.calendar import BY_CITY
from storage.models import Day, District, Group, Member, Route, Unit


async def load(
    session: AsyncSession,
    *,
    districts: Mapping[str, Sequence[str]],
    units: Mapping[str, tuple[Sequence[str], str | None]],
    groups: Sequence[Mapping[str, Any]],
    members: Sequence[Mapping[str, Any]],
    routes: Sequence[Mapping[str, Any]],
    days: Mapping[date, bool],
    articles: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> None:
    """Insert what is new, change what is known by its name or id, leave the rest."""
    for name, aliases in districts.items():
        await _put(session, District, {"name": name}, {"aliases": list(aliases)})
    for name, (aliases, head) in units.items():
        await _put(session, Unit, {"name": name}, {"aliases": list(aliases), "head": head})
    ids = {unit.name: unit.id for unit in (await session.exec(select(Unit))).all()}
    for group in groups:
        rest = {key: group[key] for key in ("name", "district", "reads", "answers", "pushes")}
        await _put(session, Group, {"id": group["id"]}, rest)
        for channel, address in group["carriers"].items():
            await carriers.put(session, group["id"], channel, address)
    for member in members:
        key = {"channel": member["channel"], "external_id": member["id"]}
        rest = {field: member[field] for field in ("name", "role")}
        if member["enterprise"]:  # else what was learned stays
            rest |= {"enterprise": member["enterprise"], "enterprise_from": "register"}
        unit_id = ids[member["unit"]] if member["unit"] else None
        await _put(session, Member, key, {**rest, "unit_id": unit_id})
    for route in routes:
        key = {field: route[field] for field in ("category", "district")}
        await _put(session, Route, key, {"unit_id": ids[route["unit"]]})
    for day, working in days.items():
        why = "本市安排上班" if working else "本市安排休息"
        rest = {"working": working, "why": why, "source": BY_CITY, "official": True}
        await _put(session, Day, {"day": day}, rest)
    await knowledge.load(session, articles)
    await changed.write(session, settings)
    await session.flush()


async def _put(
    session: AsyncSession,
    table: type[District | Unit | Group | Member | Route | Day],
    key: Mapping[str, Any],
    rest: Mapping[str, Any],
) -> None:
    row = insert(table).values(**key, **rest)
    await session.exec(row.on_conflict_do_update(index_elements=list(key), set_=dict(rest)))


async def empty(session: AsyncSession) -> bool:
    """Whether no group was ever set up."""
    return (await session.exec(select(Group.id).limit(1))).first() is None
