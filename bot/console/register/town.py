"""导入城市: CITY.yaml, first to be looked at, then taken."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import announced
from actions.deadlines import Clock
from actions.policy import Policy
from bot import city, documents
from bot.channels.base import clean
from bot.city import City
from bot.console.page import Enter, Visit, sealed
from bot.console.register import form as forms
from bot.console.register.uploads import plain, uploaded
from bot.documents import Invalid
from storage import articles, calendar, changes, people, register, settings
from storage.models import Day

router = APIRouter(prefix="/city")

PATH = "/register/city"
#: What a browser may bring; more goes by the command line. In bytes.
LARGEST = 900_000
May = Annotated[Visit, Depends(Enter("registrar"))]


class Count(NamedTuple):
    """How many of a sort the file has, and how many of them are new."""

    what: str
    all: int
    new: int


class Role(NamedTuple):
    """Somebody whose role the file changes."""

    name: str
    was: str
    becomes: str


@dataclass(frozen=True, slots=True)
class Read:
    """A city, and what would come of it; or what is wrong with the file."""

    text: str = ""
    city: City | None = None
    counts: list[Count] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    moved: int = 0
    yourself: bool = False  # it takes the administrator's role from who brings it
    fault: Invalid | None = None

    @property
    def mark(self) -> str:
        """What is agreed to."""
        told = str((self.counts, self.roles, self.moved))
        return forms.mark({"text": plain(self.text), "told": told})


@router.get("")
async def ask(visit: May) -> Response:
    """Where the file is put in."""
    saved = "saved" in visit.request.query_params
    return _page(visit, Read(), saved=saved)


@router.post("", dependencies=[Depends(sealed)])
async def take(visit: May) -> Response:
    """Say what the file would change; agreed to, load it."""
    given = await forms.sent(visit)
    found = await _read(visit, given.get("text", ""))
    if found.city is None:
        return _page(visit, found, 422)
    async with visit.app.database.transaction() as session:
        found = await _compared(session, visit, found.text, found.city)
        agreed = given.get("agreed") == found.mark and not found.yourself
        if agreed and found.city is not None:
            await _write(session, visit, found, found.city)
    if not agreed:
        return _page(visit, found, 422 if found.yourself else 200)
    await visit.app.streams.wake("")
    return RedirectResponse(f"{PATH}?saved=1", 303)


async def _read(visit: Visit, text: str) -> Read:
    content = await uploaded(visit, LARGEST)
    try:
        if content is None:
            raise Invalid(0, "文件超过 900 KB,请在服务器上用 ./mingcheng city load 载入")
        text = clean(documents.text(content)) if content else text
        if not text.strip():
            raise Invalid(0, "请选一个文件")
        # so many lines take seconds to read: other people's pages go on meanwhile
        return Read(text, await asyncio.to_thread(city.parse, text.encode()))
    except Invalid as fault:
        return Read(fault=fault)


async def _compared(session: AsyncSession, visit: Visit, text: str, read: City) -> Read:
    pairs = [(member.channel, member.id) for member in read.members]
    roles = await register.roles_of(session, pairs)
    known: dict[str, Collection[Any]] = {
        "group": {row.id for row in await people.groups(session)},
        "unit": {row.name for row in await people.units(session)},
        "district": {row.name for row in await people.districts(session)},
        "route": set(await register.routes(session)),
        "article": await articles.titles(session),
        "setting": set(await settings.read(session)),
        "day": {row.day for row in await calendar.of_city(session)},
        "member": set(roles),
    }
    keys: dict[str, Collection[Any]] = {
        "group": [row.id for row in read.groups],
        "unit": [row.name for row in read.units],
        "district": [row.name for row in read.districts],
        "route": [(row.category, row.district) for row in read.routes],
        "article": [row.title for row in read.articles],
        "setting": list(read.settings),
        "day": [row.date for row in read.calendar],
        "member": pairs,
    }
    mine = (visit.who.channel, visit.who.external_id)
    changed = [
        Role(member.name, roles.get((member.channel, member.id), "member"), member.role)
        for member in read.members
        if roles.get((member.channel, member.id), "member") != member.role
    ]
    moved = await announced.foresee(session, await _trial(session, read))
    return Read(
        text, read, moved=len(moved), roles=changed,
        counts=[Count(what, len(of), len(set(of) - set(known[what]))) for what, of in keys.items()],
        yourself=any((m.channel, m.id) == mine and m.role != "admin" for m in read.members),
    )  # fmt: skip


async def _trial(session: AsyncSession, read: City) -> Clock:
    policy = Policy.from_mapping({**await settings.read(session), **read.settings})
    days = [
        Day(day=one.date, working=one.working, why="", source=calendar.BY_CITY, official=True)
        for one in read.calendar
    ]
    return await announced.trial(session, policy=policy, days=days)


async def _write(session: AsyncSession, visit: Visit, found: Read, read: City) -> None:
    await city.load(session, read)
    if read.settings or read.calendar:
        await announced.recount(session, visit.now)
    await changes.note(
        session, at=visit.now, by=visit.who.external_id, what="city", of=clean(read.city),
        became={
            **{count.what: f"{count.all}(新增{count.new})" for count in found.counts if count.all},
            **({"moved": found.moved} if found.moved else {}),
            **({"roles": [f"{one.name}:{one.was}→{one.becomes}" for one in found.roles]}
               if found.roles else {}),
        },
    )  # fmt: skip


def _page(visit: Visit, found: Read, code: int = 200, *, saved: bool = False) -> Response:
    return visit.show(
        "register/city.html", code, here="register", tab="city", found=found, saved=saved
    )
