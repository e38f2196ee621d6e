"""群: where each is, by which channel it is reached, and whether that works."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import rights
from actions.names import name
from actions.render import moment
from bot.channels import powers
from bot.console.bubbles import bubbles
from bot.console.page import Visit
from bot.console.register import desk, listing
from bot.console.register.desk import Desk, Here
from bot.console.register.form import Choices, Field
from bot.console.register.listing import Cell, Listing, Narrow
from storage import carriers, people, register
from storage.models import Group
from storage.register import Health

router = APIRouter(prefix="/groups")

#: What a group may have a channel for.
WAYS = ("reads", "answers", "pushes")

Text = Annotated[str, Query(max_length=100)]


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
    )

    def key(self, text: str) -> str:
        """The channel's own id."""
        return text

    def of(self, row: Group) -> str:
        """The channel's own id."""
        return row.id

    async def choices(self, session: AsyncSession) -> Choices:
        """Districts and channels."""
        districts = [(row.name, row.name) for row in await people.districts(session)]
        return {"district": [("", "无"), *districts]} | {
            way: [("", "无"), *((which, name("channel", which)) for which in _able(way))]
            for way in WAYS
        }

    async def put(self, session: AsyncSession, row: Group, values: Mapping[str, Any]) -> None:
        """A channel that nobody gave another name of the group calls it as we do."""
        await super().put(session, row, values)
        await register.keep(session, row)
        known = {carrier.channel for carrier in await carriers.of_group(session, row.id)}
        for channel in {getattr(row, way) for way in WAYS} - known - {None}:
            await carriers.put(session, row.id, channel, row.id)

    async def held(self, session: AsyncSession, row: Group) -> Mapping[str, int]:
        """Its tickets, and all that was said in it."""
        return await register.at_group(session, row.id)

    async def more(
        self, session: AsyncSession, visit: Visit, row: Group
    ) -> tuple[str, Mapping[str, Any]]:
        """How it is, and what was not said."""
        health = await register.health(session, row.id)
        return "register/group.html", {
            "group": row, "health": health.get(row.id, Health()),
            "unsaid": await bubbles(session, await register.unsaid(session, row.id), visit.who),
            "latest": register.LATEST,
            "known": {getattr(row, way) for way in WAYS} - {None} <= set(visit.app.channels),
        }  # fmt: skip


def _able(way: str) -> list[str]:
    """The channels by which a group can be read, answered or pushed to."""
    return [which for which, can in powers().items() if getattr(can, way) != "none"]


desk.add(router, Groups())


@router.get("")
async def groups(visit: Here, state: Text = "") -> Response:
    """All groups; those that ail first."""
    async with visit.app.database.transaction() as session:
        rows = await people.groups(session)
        health = await register.health(session)
    known = [(row, health.get(row.id, Health())) for row in rows]
    if state == "ails":
        known = [pair for pair in known if pair[1].ails or pair[1].failed]
    known.sort(key=lambda pair: (not pair[1].ails, not pair[1].failed))
    return listing.show(visit, Listing(
        what="group", path="/register/groups", may=rights.enters(visit.who, "registrar"),
        live=True, columns=("群", "区县", "通道", "最近发言", "最近推送", "推送情况"),
        narrows=(Narrow(name="state", label="推送情况", value="ails" if state == "ails" else "",
                        choices=[("ails", "只看有问题的")]),),
        rows=[_row(row, one) for row, one in known],
    ))  # fmt: skip


def _row(row: Group, health: Health) -> list[Cell]:
    return [
        Cell(text=row.name, href=f"/register/groups/{quote(row.id, safe='')}"),
        Cell(text=row.district or ""),
        Cell(
            text="、".join(
                {name("channel", getattr(row, way)): 0 for way in WAYS if getattr(row, way)}
            )
        ),
        Cell(text=moment(health.heard_at) if health.heard_at else "还没有人发言"),
        Cell(text=moment(health.sent_at) if health.sent_at else "还没有推送"),
        state(health),
    ]


def _carried(row: Group) -> list[str]:
    """The channels of a group, each once."""
    given = dict.fromkeys(getattr(row, way) for way in WAYS)
    return [name("channel", which) for which in given if which]


def state(health: Health) -> Cell:
    """How the posts of a group go, in a word and a reason."""
    if health.ails:
        word = {"waiting": "重试中", "unknown": "不知是否送达"}.get(health.status or "", "没有发出")
        return Cell(text=word, chip="late", note=health.error or "")
    if health.failed:
        return Cell(text=f"正常,此前有{health.failed}条没发出", chip="soon")
    return Cell(text="正常" if health.status else "还没有推送", chip="")
