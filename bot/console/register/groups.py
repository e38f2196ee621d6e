"""群: where each is, by which channels it is reached, what is possible in it, and how that goes."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import rights
from actions.names import name
from actions.render import moment
from bot.channels import powers
from bot.channels.base import clean
from bot.condition import conditions
from bot.console.bubbles import bubbles
from bot.console.page import Enter, Missing, Visit, sealed
from bot.console.register import addresses, desk, listing, strangers
from bot.console.register.desk import Desk, Here
from bot.console.register.form import Choices, Fault, Faults, Field, Given
from bot.console.register.listing import Cell, Listing, Narrow
from bot.console.standing import WAYS, Standing, standing
from storage import carriers, changes, chats, people, register
from storage.models import Group
from storage.register import Health

router = APIRouter(prefix="/groups")

Registrar = Annotated[Visit, Depends(Enter("registrar"))]
Text = Annotated[str, Query(max_length=100)]
#: So many groups stand on a page; and how many stand before it.
PAGE = 100
#: So many days of what a platform counted are shown.
DAYS = 7
After = Annotated[int, Query(ge=0, le=1_000_000)]


class Groups(Desk[Group]):
    """One group."""

    what, path, table = "group", "/register/groups", Group
    fields = (
        Field("name", "群名", needed=True, most=100),
        Field("district", "区县", "choice"),
        Field("reads", "接收", "choice"),
        Field("answers", "回复", "choice"),
        Field("pushes", "推送", "choice"),
        Field("id", "群编号", needed=True, once=True),
        *addresses.FIELDS,
    )

    def key(self, text: str) -> str:
        """Our own id."""
        return text

    def of(self, row: Group) -> str:
        """Our own id."""
        return row.id

    async def choices(self, session: AsyncSession) -> Choices:
        """Districts and channels."""
        districts = [(row.name, row.name) for row in await people.districts(session)]
        return {"district": [("", "无"), *districts]} | {
            way: [("", "无"), *((which, name("channel", which)) for which in _able(way))]
            for way in WAYS
        }

    async def shown(self, session: AsyncSession, row: Group) -> Given:
        """As its form has it: with how channels call it."""
        told = {one.name: one.typed(getattr(row, one.name, None)) for one in self.fields}
        return told | addresses.shown(await addresses.of(session, row.id))

    async def preset(
        self, session: AsyncSession, visit: Visit
    ) -> tuple[Given, tuple[str, Mapping[str, Any]] | None]:
        """For a group that a platform delivered from: what that channel can, and its address."""
        return await strangers.preset(session, visit)

    async def check(
        self, session: AsyncSession, _visit: Visit, row: Group | None, values: dict[str, Any]
    ) -> Faults:
        """No address is of two groups; a platform must be told which of its groups is meant."""
        group_id = values["id"] if row is None else row.id
        if "/" in group_id:
            return {"id": Fault("slash")}
        return await addresses.faults(session, group_id, _used(values), values)

    async def put(self, session: AsyncSession, row: Group, values: Mapping[str, Any]) -> None:
        """Its routes, and what each channel calls it."""
        own = {key: value for key, value in values.items() if key in Group.model_fields}
        await super().put(session, row, own)
        await register.keep(session, row)
        await addresses.write(session, row, _used(values), values)

    async def settled(self, visit: Visit, of: str) -> str:
        """What a platform brought before is handled now."""
        placed = await strangers.place(visit, of)
        return f"&placed={placed}" if placed else ""

    async def held(self, session: AsyncSession, row: Group) -> Mapping[str, int]:
        """Its tickets, and all that was said in it."""
        return await register.at_group(session, row.id)

    async def more(
        self, session: AsyncSession, visit: Visit, row: Group
    ) -> tuple[str, Mapping[str, Any]]:
        """What is possible in it, how it is, and what was not said."""
        app = visit.app
        health = await register.health(session, row.id)
        found = await conditions(app.channels, app.streams, visit.now)
        placed = visit.request.query_params.get("placed", "")
        carried = await carriers.of_group(session, row.id)
        told = [one for one in carried if one.about.get("owner") or one.about.get("fault")]
        counts = {one.channel: await chats.counted(session, one.channel, row.id) for one in told}
        return "register/group.html", {
            "group": row, "health": health.get(row.id, Health()),
            "unsaid": await bubbles(session, await register.unsaid(session, row.id), visit.who),
            "latest": register.LATEST, "may": rights.enters(visit.who, "registrar"),
            "repeats": rights.enters(visit.who, "system"),
            "placed": placed if re.fullmatch("[0-9]{1,9}", placed) else "",
            "standing": standing(row, carried, found), "told": told, "counts": counts,
            "days": DAYS,
        }  # fmt: skip


def _used(values: Mapping[str, Any]) -> set[str]:
    """The channels that a group is to have."""
    return {values[way] for way in WAYS if values[way]}


def _able(way: str) -> list[str]:
    """The channels by which a group can be read, answered or pushed to."""
    return [which for which, can in powers().items() if getattr(can, way) != "none"]


router.include_router(strangers.router)


@router.post("/{group_id}/unblock", dependencies=[Depends(sealed)])
async def unblock(
    group_id: str, visit: Registrar, channel: Annotated[str, Form(max_length=50)] = ""
) -> Response:
    """What kept a channel from speaking in a group is mended."""
    of, which = clean(group_id), clean(channel)
    async with visit.app.database.transaction() as session:
        if await people.group(session, of) is None:
            raise Missing
        why = await carriers.unblock(session, of, which)
        if why is not None:
            await changes.note(
                session, at=visit.now, by=visit.who.external_id, what="unblocked", of=of,
                was=why, became=name("channel", which),
            )  # fmt: skip
    await visit.app.streams.wake(of)
    return RedirectResponse(f"/register/groups/{quote(of, safe='')}?saved=1", 303)


desk.add(router, Groups())


@router.get("")
async def groups(visit: Here, q: Text = "", state: Text = "", after: After = 0) -> Response:
    """A page of the groups; those that ail first, and before them what nobody set up."""
    words = clean(q).split()[:5]
    found = await conditions(visit.app.channels, visit.app.streams, visit.now)
    async with visit.app.database.transaction() as session:
        rows = await people.groups(session)
        health = await register.health(session)
        carried = await carriers.by_group(session)
        strange = await carriers.strangers(session)
    known = [
        Known(row, health.get(row.id, Health()), standing(row, carried.get(row.id, ()), found))
        for row in rows
    ]
    known = [
        one
        for one in known
        if (state != "ails" or one.ails or one.health.failed)
        and all(word in f"{one.row.name} {one.row.id} {one.row.district or ''}" for word in words)
    ]
    known.sort(key=lambda one: (not one.ails, not one.health.failed))
    more = {"q": " ".join(words), "state": state, "after": str(after + PAGE)}
    return listing.show(visit, Listing(
        what="group", path="/register/groups", may=rights.enters(visit.who, "registrar"),
        live=True, columns=("群", "区县", "能做什么", "最近发言", "最近推送", "收发情况"),
        narrows=(
            Narrow(name="q", label="群名、编号或区县", value=" ".join(words)),
            Narrow(name="state", label="收发情况", value="ails" if state == "ails" else "",
                   choices=[("ails", "只看有问题的")]),
        ),
        rows=[_row(one) for one in known[after : after + PAGE]],
        further=urlencode(more) if len(known) > after + PAGE else "",
        more=("register/strangers.html", {
            "strangers": strangers.known(strange), "may": rights.enters(visit.who, "registrar"),
            "unreasoned": "reason" in visit.request.query_params,
        }) if strange and not after else None,
    ))  # fmt: skip


class Known(NamedTuple):
    """A group, how its posts go, and what is possible in it."""

    row: Group
    health: Health
    standing: Standing

    @property
    def ails(self) -> bool:
        """Whether something must be done about it."""
        return self.health.ails or self.standing.halts


def _row(one: Known) -> list[Cell]:
    row, health = one.row, one.health
    return [
        Cell(text=row.name, href=f"/register/groups/{quote(row.id, safe='')}"),
        Cell(text=row.district or ""),
        Cell(text=one.standing.brief, note="、".join(_carried(row))),
        Cell(text=moment(health.heard_at) if health.heard_at else "还没有人发言"),
        Cell(text=moment(health.sent_at) if health.sent_at else "还没有推送"),
        state(one),
    ]


def _carried(row: Group) -> list[str]:
    """The channels of a group, each once."""
    given = dict.fromkeys(getattr(row, way) for way in WAYS)
    return [name("channel", which) for which in given if which]


def state(one: Known) -> Cell:
    """How it goes in a group, in a word and a reason."""
    health, standing_ = one.health, one.standing
    if standing_.blocked:
        return Cell(text="停发", chip="late", note=standing_.blocked[0].blocked or "")
    if health.ails:
        word = {"unknown": "不知是否送达", "failed": "没有发出"}.get(health.status or "", "重试中")
        return Cell(text=word, chip="late", note=health.error or "")
    if standing_.halts:
        halted = next(way for way in standing_.ways if way.halts)
        return Cell(text="通道没接好", chip="late", note=name("channel", halted.channel))
    if health.awaiting:
        return Cell(text=f"等群主确认{health.awaiting}条", chip="soon")
    if health.failed:
        return Cell(text=f"正常,此前有{health.failed}条没发出", chip="soon")
    return Cell(text="正常" if health.status else "还没有推送", chip="")
