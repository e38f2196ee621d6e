"""台账: the list of tickets; what it is asked for stands in its address: `ledger_asked`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import lateness
from actions.deadlines import Clock
from bot.channels.base import clean
from bot.console import ledger_batch, ledger_export
from bot.console.ledger_asked import CODES, FLAGS, SORTS, Asked, Unknown, place, place_of
from bot.console.page import Enter, Missing, Visit, sealed
from storage import ledger as lists
from storage import people, views
from storage.models import Group, Ticket, Unit

router = APIRouter(prefix="/tickets")
router.include_router(ledger_export.router)
router.include_router(ledger_batch.router)

PAGE = 50
#: As many lists as fit into a row of links, and as much as is read of a name.
VIEWS, NAME = 20, 30
#: The columns that may be chosen, beside number, text and deadline, and those that stand at first.
COLUMNS = {
    "status": "状态", "unit": "承办单位", "district": "区县", "enterprise": "企业",
    "category": "类别", "kind": "类型", "source": "来源", "group": "群", "reported": "反映时间",
    "rating": "评价", "extended": "延期",
}  # fmt: skip
FIRST = ("status", "unit", "district", "reported")
#: The lists that are asked for most, above the filter.
OFTEN = {
    "全部": Asked(), "待交办": Asked(status=("new",)), "超期": Asked(overdue=True, sort="due"),
    "今天到期": Asked(today=True, sort="due"), "紧急未结": Asked(
        urgent=True, status=("new", "assigned", "accepted", "suspended"), sort="due"
    ), "待评价": Asked(status=("resolved",)),
}  # fmt: skip

Here = Annotated[Visit, Depends(Enter("tickets"))]
#: The list that a form stands on, as in its address.
Back = Annotated[str, Form(max_length=4000)]


@dataclass(frozen=True, slots=True)
class City:
    """The names that a list needs."""

    units: Sequence[Unit]
    districts: Sequence[str]
    groups: Sequence[Group]

    @classmethod
    async def read(cls, session: AsyncSession) -> "City":
        """As they are now."""
        return cls(
            await people.units(session),
            [row.name for row in await people.districts(session)],
            await people.groups(session),
        )

    @property
    def options(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """What may be chosen, and how it is called."""
        return {
            "unit": [(row.name, row.name) for row in self.units],
            "district": [(name, name) for name in self.districts],
            "group": [(row.id, row.name) for row in self.groups],
        }

    @property
    def unit_ids(self) -> Mapping[str, int | None]:
        """Units by name."""
        return {row.name: row.id for row in self.units}

    @property
    def unit_names(self) -> Mapping[int | None, str]:
        """Their names."""
        return {row.id: row.name for row in self.units}

    @property
    def group_names(self) -> Mapping[str, str]:
        """The names of groups by id."""
        return {row.id: row.name for row in self.groups}


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket of the list, and how its deadline presses."""

    ticket: Ticket
    late: lateness.Late


@router.get("")
async def ledger(
    visit: Here,
    after: Annotated[str, Query()] = "",
    before: Annotated[str, Query()] = "",
) -> Response:
    """One page of a list."""
    who, asked = visit.who, Asked.read(visit.request.query_params.multi_items())
    order = asked.order
    async with visit.app.database.transaction() as session:
        city = await City.read(session)
        kept = await views.of(session, who.id or 0)
        clock = await Clock.read(session)
        try:
            wanted = asked.filter(who, city.unit_ids, visit.now, phones=visit.phones)
        except Unknown as unknown:
            raise Missing from unknown
        found = await lists.page(
            session, wanted, order=order, after=place(after, order),
            before=place(before, order), most=PAGE + 1,
        )  # fmt: skip
    rows, earlier, later = _turned(found.rows, place(after, order), place(before, order))
    return visit.show(
        "ledger.html", asked=asked, said=list(asked.said(city.group_names)), city=city,
        rows=[Row(row, lateness.lateness(row, visit.now, clock)) for row in rows],
        count=found.count, many=lists.MANY, kept=kept, full=len(kept) >= VIEWS,
        earlier=place_of(rows[0], order) if earlier and rows else "",
        later=place_of(rows[-1], order) if later and rows else "",
        columns=_columns(visit.request.cookies.get("columns")), all_columns=COLUMNS,
        often=OFTEN, sorts=SORTS, flags=FLAGS, codes=CODES,
        batch=ledger_batch.steps_for(rows, who), unreadable=asked.by_phone and not visit.phones,
    )  # fmt: skip


def _turned(
    rows: Sequence[Ticket], after: object, before: object
) -> tuple[Sequence[Ticket], bool, bool]:
    """The rows of a page, and whether there are some before and after it; one more was read."""
    more = len(rows) > PAGE
    if before is not None:
        return rows[1:] if more else rows, more, True
    return rows[:PAGE], after is not None, more


# --- columns --------------------------------------------------------------------------------------


def _columns(cookie: str | None) -> list[str]:
    if cookie is None:
        return list(FIRST)
    chosen = cookie.split(".")
    return [column for column in COLUMNS if column in chosen]


@router.post("/columns", dependencies=[Depends(sealed)])
async def columns(
    visit: Here,
    back: Back = "",
    column: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Choose what stands in the table; this browser keeps it."""
    answer = _back(back)
    chosen = [name for name in COLUMNS if name in (column or ())]
    answer.set_cookie(
        "columns", ".".join(chosen), max_age=365 * 86400, httponly=True, samesite="lax",
        secure=visit.request.url.scheme == "https",
    )  # fmt: skip
    return answer


def _back(query: str) -> RedirectResponse:
    """To the list that this address asks for, and nowhere else."""
    asked = Asked.read(parse_qsl(query)).query
    return RedirectResponse(f"/tickets?{asked}" if asked else "/tickets", 303)


# --- lists that somebody keeps --------------------------------------------------------------------


@router.post("/views", dependencies=[Depends(sealed)])
async def keep(
    visit: Here,
    name: Annotated[str, Form(max_length=1000)] = "",
    back: Back = "",
) -> Response:
    """Keep the list that is shown under a name."""
    called = " ".join(clean(name).split())[:NAME]
    query = Asked.read(parse_qsl(back)).query
    async with visit.app.database.transaction() as session:
        kept = {view.name for view in await views.of(session, visit.who.id or 0)}
        if called and (called in kept or len(kept) < VIEWS):
            await views.keep(session, visit.who.id or 0, called, query)
    return _back(back)


@router.post("/views/{view_id}/drop", dependencies=[Depends(sealed)])
async def drop(visit: Here, view_id: int, back: Back = "") -> Response:
    """Forget a list of one's own."""
    if 0 < view_id < 2**31:
        async with visit.app.database.transaction() as session:
            await views.drop(session, visit.who.id or 0, view_id)
    return _back(back)
