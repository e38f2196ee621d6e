"""看板: the figures of a period, and the lists behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Annotated, Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import board as rules
from actions.board import MEANING, RATES, Period
from actions.figures import NONE, figures, ranked
from actions.names import name
from bot.console import charts
from bot.console.page import Enter, Visit
from storage import board as asked
from storage import figures as counts
from storage import people
from storage.figures import Counts, Facet, Scope

router = APIRouter(prefix="/board")

Here = Annotated[Visit, Depends(Enter("board"))]
Text = Annotated[str, Query(max_length=100)]

FACETS: tuple[Facet, ...] = get_args(Facet)
Table = dict[str, Counts]
#: What a table can be sorted by; a minus turns it round.
SORTS = ("name", *MEANING)
#: Days of silence that can be chosen.
DAYS, CHOICES = 14, (7, 14, 30, 60, 90)
#: So many rows of a table, until somebody wants all.
ROWS = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to look at: all that stands in the address."""

    period: str = "month"
    first: str = ""
    last: str = ""
    facet: Facet = "unit"
    sort: str = "-collected"
    days: int = DAYS
    whole: int = 0  # 1: all rows of the table
    wall: int = 0  # 1: for the wall of a room

    def address(self, **other: Any) -> str:
        """The address of this, or of something else from here."""
        return "/board?" + urlencode(replace(self, **other).said())

    def said(self) -> dict[str, str]:
        """What of it must stand in the address."""
        plain = asdict(Wanted())
        return {
            WRITTEN.get(key, key): str(value)
            for key, value in asdict(self).items()
            if value != plain[key]
        }


#: What the address calls it where that is another word.
WRITTEN = {"first": "from", "last": "to", "facet": "by"}


@router.get("")
async def board(
    visit: Here,
    period: Text = "",
    first: Annotated[str, Query(alias="from", max_length=100)] = "",
    last: Annotated[str, Query(alias="to", max_length=100)] = "",
    by: Text = "",
    sort: Text = "",
    days: Text = "",
    whole: Text = "",
    wall: Text = "",
) -> Response:
    """The figures of a period beside those of the one before."""
    own = rules.own_days(first, last) if period == rules.OWN else None
    unclear = period == rules.OWN and own is None
    looked = rules.period(period, visit.now, own)
    handles = visit.who.role == "handler"
    facets = [facet for facet in FACETS if facet != "unit" or not handles]
    wanted = Wanted(
        period=looked.name, first=own[0].isoformat() if own else "",
        last=own[1].isoformat() if own else "",
        facet=next((facet for facet in facets if facet == by), facets[0]),
        sort=sort if sort.removeprefix("-") in SORTS else "-collected", days=_days(days),
        whole=int(whole == "1"), wall=int(wall == "1"),
    )  # fmt: skip
    async with visit.app.database.transaction() as session:
        unit = await people.unit(session, visit.who.unit_id) if handles else None
        own_unit = (unit.id if unit else 0) if handles else None
        found = await _gather(session, visit.now, wanted, looked, own_unit)
    shown = {
        **found, "wanted": wanted, "period": looked, "facets": facets, "handles": handles,
        "unit": unit, "link": partial(link, unit=unit.name if unit else None),
        "unclear": unclear, "typed": (first, last), "rates": RATES, "choices": CHOICES,
        "change": rules.change,
    }  # fmt: skip
    if wanted.wall:
        return visit.show("board_wall.html", **shown | {"who": None})
    return visit.show("board.html", 400 if unclear else 200, **shown)


def link(period: Period, figure: str, **only: str | None) -> str:
    """The address of the list of exactly the tickets that a figure counts."""
    query = {
        "figure": figure, "since": _written(period.since), "until": _written(period.until),
        "at": _written(period.at), **only,
    }  # fmt: skip
    return "/tickets?" + urlencode({key: value for key, value in query.items() if value})


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _days(written: str) -> int:
    """So many days of silence; what is no sensible number is the usual one."""
    digits = written.isascii() and written.isdecimal() and len(written) <= 4
    return max(int(written), 1) if digits else DAYS


def _scope(period: Period, unit: int | None) -> Scope:
    """The tickets of a period; of one unit those that were its own then, and are so today."""
    only = {} if unit is None else {"unit_id": unit}
    return Scope(at=period.at, since=period.since, until=period.until, only=only, led_by=unit)


async def _gather(
    session: AsyncSession, now: datetime, wanted: Wanted, period: Period, unit: int | None
) -> dict[str, Any]:
    """All that the page shows."""
    scope = _scope(period, unit)
    first = await asked.first(session, replace(scope, since=None, until=None))
    before = rules.before(period)
    if before is not None and (first is None or before.until <= first):
        before = None  # nobody counted then
    past = _scope(before, unit) if before else None
    total = await counts.total(session, scope)
    past_total = await counts.total(session, past) if past else None
    step, edges = rules.edges(period, first)
    trend = await asked.trend(session, replace(scope, since=None, until=None), edges)
    parts = [replace(period, since=one, until=end) for one, end in pairwise(edges)]
    found: dict[str, Any] = {
        "first": first, "before": before, "counts": total, "figures": figures(total),
        "past": figures(past_total) if past_total else None,
        "step": step, "trend": list(zip(parts, trend, strict=True)),
        "chart": charts.columns(trend),
    }  # fmt: skip
    asking: set[Facet] = {"unit", "district"} if unit is None else set()
    if not wanted.wall:
        asking |= {"category", wanted.facet}
    tables = {facet: await counts.by(session, facet, scope) for facet in FACETS if facet in asking}
    found["ranking"] = await _places(session, tables) if unit is None else ()
    if wanted.wall:
        return found
    return (
        found
        | await _pressing(session, scope, past, tables["category"])
        | await _table(session, wanted, tables[wanted.facet])
        | await _silent(session, now, wanted, staff=unit is None)
    )


async def _places(session: AsyncSession, tables: Mapping[Facet, Table]) -> list[Any]:
    """The ranking of units and of districts, and who stands apart."""
    every: dict[Facet, Sequence[str]] = {
        "unit": [unit.name for unit in await people.units(session)],
        "district": [district.name for district in await people.districts(session)],
    }
    return [
        (
            facet,
            ranked(tables[facet]),
            [one for one in names if one not in tables[facet]],
            tables[facet],
        )
        for facet, names in every.items()
    ]


async def _pressing(
    session: AsyncSession, scope: Scope, past: Scope | None, now: Table
) -> dict[str, Any]:
    """What rose against the period before; the categories beside each other."""
    old = await counts.by(session, "category", past) if past else None
    spots = await asked.spots(session, scope)
    hot = rules.hot(spots, await asked.spots(session, past)) if past else ()
    return {
        "hot": hot, "bars": charts.bars(now, old), "categories": now, "old_categories": old or {},
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    key: str  # as in the address of its list
    name: str
    counts: Counts
    figures: Mapping[str, int | str]


async def _table(session: AsyncSession, wanted: Wanted, of: Table) -> dict[str, Any]:
    """The same figures for each unit, district, category or group."""
    names = {group.id: group.name for group in await people.groups(session)}
    called = {"category": lambda key: name("category", key), "group": lambda key: names[key]}
    rows = [
        Row(key, called.get(wanted.facet, str)(key), each, figures(each))
        for key, each in of.items()
    ]
    rows.sort(key=lambda row: row.name)
    by = wanted.sort.removeprefix("-")
    rows.sort(key=lambda row: _place(row, by), reverse=wanted.sort.startswith("-"))
    return {
        "rows": rows if wanted.whole else rows[:ROWS], "many": len(rows),
        "placed": sum(each.collected for each in of.values()),
    }  # fmt: skip


def _place(row: Row, by: str) -> tuple[str, Decimal]:
    """Where a line stands; a rate of nothing is below all others."""
    if by == "name":
        return row.name, Decimal(0)
    value = row.figures[by]
    return "", Decimal(-1) if value == NONE else Decimal(str(value).rstrip("%"))


async def _silent(
    session: AsyncSession, now: datetime, wanted: Wanted, *, staff: bool
) -> dict[str, Any]:
    """Groups without life; not for one unit, whose groups are those of others too."""
    if not staff:
        return {"silent": (), "silent_many": 0}
    many, groups = await asked.silent(session, now, wanted.days)
    return {"silent": groups, "silent_many": many}
