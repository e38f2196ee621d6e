"""The ledger: tickets filtered, sorted, counted, and paged by key; never by offset.

A page must come quickly whatever is asked of a million tickets, also where what fits lies all at
the far end. So nothing is left to a guess of the planner about how far it must walk: first all
that fits is gathered, as far as people count (`MANY`). Is that all, the page is taken from it.
If more fits, the first page's worth is near in most orders, and is looked for within `NEAR` rows;
where it is not, what fits is sorted. Each of the three has an end that is known.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, and_, cast, func, or_, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import aliased
from sqlalchemy.types import Interval
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import figures, tickets
from storage.figures import Scope
from storage.models import State, Ticket

#: Exactly this many are counted; of more it is only said that they are more.
MANY = 10_000
#: How far a page of a long list is looked for in its order.
NEAR = 20_000
#: For one transaction: plans that know the values asked for, and an index that is in memory.
PLANNED = {
    "plan_cache_mode": "force_custom_plan", "random_page_cost": "1.1", "jit": "off",
    "work_mem": "32MB",
}  # fmt: skip

Key = Literal["no", "due_at", "reported_at"]


class Order(NamedTuple):
    """In which order the tickets stand."""

    by: Key = "no"
    descending: bool = True


class Place(NamedTuple):
    """Where a ticket stands in an order: its key, and its number among equals."""

    key: int | datetime
    no: int


@dataclass(frozen=True, slots=True)
class Behind:
    """The tickets that a figure counts: a name of `figures.conditions`, in a scope."""

    figure: str
    scope: Scope
    present: bool = False  # as they stand now, not at some instant before


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which tickets a list shows; what is not given asks for nothing."""

    statuses: Sequence[str] = ()
    kind: str | None = None
    category: str | None = None
    unit_id: int | None = None
    district: str | None = None
    group_id: str | None = None
    source: str | None = None
    enterprise: str | None = None  # a part of its name
    urgent: bool = False
    reopened: bool = False
    unassigned: bool = False
    overdue: datetime | None = None  # open past the deadline at this instant
    due_since: datetime | None = None  # open, and due from here on …
    due_until: datetime | None = None  # … until before this
    since: datetime | None = None  # reported from here on …
    until: datetime | None = None  # … until before this
    words: Sequence[str] = ()  # each of them in text, enterprise or address
    no: int | None = None
    behind: Behind | None = None
    confidential: bool = False  # True: also those; for inspectors alone
    own: tuple[int | None, str | None] | None = None  # of this reporter, or of this enterprise
    serves: int | None = None  # led by this unit; 0 is none


@dataclass(frozen=True, slots=True)
class Page:
    """Some tickets of a list, in its order."""

    rows: Sequence[Ticket]
    count: int  # of the whole list; MANY + 1 stands for more than MANY


NEWEST = Order()


async def page(
    session: AsyncSession,
    wanted: Filter,
    *,
    order: Order = NEWEST,
    after: Place | None = None,
    before: Place | None = None,
    most: int = 50,
) -> Page:
    """The tickets next after a place, or next before one; without either the first."""
    await _plan(session)
    way, place = order, after
    if before is not None:
        way, place = Order(order.by, not order.descending), before
    count, numbers = await _gathered(session, wanted, way, place, most)
    if count > MANY:
        numbers = await _near(session, wanted, way, place, most)
        if len(numbers) < most:
            numbers = await _sorted(session, wanted, way, place, most)
    rows = await _rows(session, wanted, numbers if before is None else numbers[::-1])
    return Page(rows, count)


async def count(session: AsyncSession, wanted: Filter) -> int:
    """How many there are; MANY + 1 stands for more than MANY."""
    await _plan(session)
    return (await _gathered(session, wanted, NEWEST, None, 0))[0]


async def by_group(
    session: AsyncSession, wanted: Filter, group_ids: Sequence[str]
) -> dict[str, int]:
    """How many there are of each of these groups that has any."""
    found = await session.exec(
        select(Ticket.group_id, func.count())
        .where(col(Ticket.group_id).in_(group_ids), *_where(wanted, Ticket))
        .group_by(col(Ticket.group_id))
    )
    return {group: many for group, many in found.all() if group is not None}


async def longer(session: AsyncSession, wanted: Filter, most: int) -> bool:
    """Whether there are more than so many."""
    await _plan(session)
    some = select(Ticket.no).where(*_where(wanted, Ticket)).limit(most + 1).subquery()
    return (await session.exec(select(func.count()).select_from(some))).one() > most


async def every(
    session: AsyncSession, wanted: Filter, order: Order, *, most: int, at_once: int = 500
) -> AsyncIterator[Sequence[Ticket]]:
    """All of them in order, some at once, `most` at most; what nobody keeps is forgotten."""
    await _plan(session)
    query = (
        select(Ticket)
        .where(*_where(wanted, Ticket))
        .order_by(*_ordered(order, Ticket))
        .limit(most)
        .execution_options(yield_per=at_once)
    )
    result = await session.stream(query)
    try:
        async for part in result.scalars().partitions(at_once):
            yield part
            for row in part:
                session.expunge(row)
    finally:
        await result.close()


# --- three ways to a page -------------------------------------------------------------------------


async def _gathered(
    session: AsyncSession, wanted: Filter, order: Order, place: Place | None, most: int
) -> tuple[int, Sequence[int]]:
    """How many fit, and the page where they are not more than can be gathered."""
    no, key, where = _source(wanted, order)
    all_ = select(no, key.label("key")).where(*where).limit(MANY + 1).cte("all_")
    some = select(all_.c[0])
    if place is not None:
        some = some.where(_beyond(all_.c.key, all_.c[0], order, place))
    turned = [part.desc() if order.descending else part for part in (all_.c.key, all_.c[0])]
    some = some.order_by(*turned).limit(most)
    many = select(func.count()).select_from(all_).scalar_subquery()
    row = (await session.exec(select(many, func.array(some.scalar_subquery())))).one()
    return row[0], row[1]


async def _near(
    session: AsyncSession, wanted: Filter, order: Order, place: Place | None, most: int
) -> Sequence[int]:
    """What fits among the next `NEAR` in the order."""
    there = select(Ticket).order_by(*_ordered(order, Ticket)).limit(NEAR)
    if place is not None:
        there = there.where(_beyond(*_key(order, Ticket), order, place))
    near = aliased(Ticket, there.subquery())
    query = (
        select(near.no)
        .where(*_where(wanted, near, indexed=False))
        .order_by(*_ordered(order, near))
        .limit(most)
    )
    return (await session.exec(query)).all()


async def _sorted(
    session: AsyncSession, wanted: Filter, order: Order, place: Place | None, most: int
) -> Sequence[int]:
    """The first of all that fits, found without walking in the order."""
    no, key, where = _source(wanted, order)
    nothing: Any = 0 if order.by == "no" else cast("0", Interval)
    keys = (key + nothing, no + 0)  # by no index: such a walk may have to go to the end
    query = select(no).where(*where)
    if place is not None:
        query = query.where(_beyond(key, no, order, place))
    turned = [part.desc() if order.descending else part for part in keys]
    return (await session.exec(query.order_by(*turned).limit(most))).all()


def _source(wanted: Filter, order: Order) -> tuple[Any, Any, list[ColumnElement[bool]]]:
    """Where numbers and keys come from, and what must hold of them.

    What a figure counts is found among the states alone, where nothing else is asked: confidential
    ones are in no figure. The deadlines of now are those of the states only at present.
    """
    more = _where(replace(wanted, behind=None, confidential=True), Ticket)
    behind = wanted.behind
    if behind is None or more or (order.by == "due_at" and not behind.present):
        return col(Ticket.no), col(getattr(Ticket, order.by)), _where(wanted, Ticket)
    key = col(getattr(State, "ticket_no" if order.by == "no" else order.by))
    return col(State.ticket_no), key, figures.counted_by(behind.figure, behind.scope)


async def _rows(session: AsyncSession, wanted: Filter, numbers: Sequence[int]) -> list[Ticket]:
    """These tickets; what may not be seen is not read, whatever led to it."""
    of_them = (col(Ticket.no).in_(numbers), *_allowed(wanted, Ticket))
    by_number = {row.no: row for row in (await session.exec(select(Ticket).where(*of_them))).all()}
    return [by_number[no] for no in numbers if no in by_number]


async def _plan(session: AsyncSession) -> None:
    settings = [func.set_config(name, value, True) for name, value in PLANNED.items()]
    await session.exec(select(*settings))


# --- conditions -----------------------------------------------------------------------------------


def _key(order: Order, of: Any) -> tuple[ColumnElement[Any], ColumnElement[int]]:
    return getattr(of, order.by), of.no


def _ordered(order: Order, of: Any) -> list[ColumnElement[Any]]:
    keys = _key(order, of)[1:] if order.by == "no" else _key(order, of)
    return [key.desc() if order.descending else key.asc() for key in keys]


def _beyond(
    key: ColumnElement[Any], no: ColumnElement[int], order: Order, place: Place
) -> ColumnElement[bool]:
    """What comes after a place in an order."""
    if order.by == "no":
        return no < place.no if order.descending else no > place.no
    there = tuple_(place.key, place.no)
    return tuple_(key, no) < there if order.descending else tuple_(key, no) > there


def _where(wanted: Filter, of: Any, *, indexed: bool = True) -> list[ColumnElement[bool]]:
    """The conditions of a filter; `indexed`: also those that only say how an index finds it."""
    return [
        *_equal(wanted, of), *_timed(wanted, of), *_allowed(wanted, of),
        *_told(wanted, of, indexed=indexed),
    ]  # fmt: skip


def _equal(wanted: Filter, of: Any) -> list[ColumnElement[bool]]:
    fields = ("kind", "category", "unit_id", "district", "group_id", "source", "no")
    found = [
        getattr(of, name) == value
        for name in fields
        if (value := getattr(wanted, name)) is not None
    ]
    if wanted.statuses:
        found.append(of.status.in_(wanted.statuses))
    if wanted.urgent:
        found.append(of.urgent)
    if wanted.reopened:
        found.append(of.reopened > 0)
    if wanted.unassigned:
        found.append(of.unit_id.is_(None))
    return found


def _timed(wanted: Filter, of: Any) -> list[ColumnElement[bool]]:
    found = []
    if wanted.overdue is not None:
        found += [of.status.in_((*figures.OPEN, "suspended")), _late(of, wanted.overdue)]
    if wanted.due_since is not None:
        found += [of.status.in_(figures.OPEN), of.due_at >= wanted.due_since]
    if wanted.due_until is not None:
        found += [of.status.in_(figures.OPEN), of.due_at < wanted.due_until]
    if wanted.since is not None:
        found.append(of.reported_at >= wanted.since)
    if wanted.until is not None:
        found.append(of.reported_at < wanted.until)
    if wanted.behind is not None:
        behind = figures.numbers(wanted.behind.figure, wanted.behind.scope)
        found.append(of.no.in_(behind))
    return found


def _late(of: Any, at: datetime) -> ColumnElement[bool]:
    """Open past the deadline, as `figures.conditions` has it; here of what a ticket is now."""
    suspended = and_(of.status == "suspended", of.due_at < of.suspended_at)
    return or_(and_(of.status.in_(figures.OPEN), of.due_at < at), suspended)


def _allowed(wanted: Filter, of: Any) -> list[ColumnElement[bool]]:
    found = []
    if not wanted.confidential:
        found.append(of.confidential.is_(False))
    if wanted.own is not None:
        found.append(tickets.own(*wanted.own, of=of))
    if wanted.serves is not None:
        found.append(of.unit_id == wanted.serves)
    return found


# --- words in the text ----------------------------------------------------------------------------


def _told(wanted: Filter, of: Any, *, indexed: bool) -> list[ColumnElement[bool]]:
    found = []
    for word in wanted.words:
        places = (of.text, of.enterprise, of.address)
        found.append(or_(*(place.icontains(word, autoescape=True) for place in places)))
    if wanted.enterprise:
        found.append(of.enterprise.icontains(wanted.enterprise, autoescape=True))
    asked = [*wanted.words, *([wanted.enterprise] if wanted.enterprise else [])]
    if asked and indexed:
        pairs = func.pairs(of.text, of.enterprise, of.address)
        found.append(pairs.op("@@")(cast(_pairs(asked), TSQUERY)))
    return found


def _pairs(words: Sequence[str]) -> str:
    """What the index of pairs of letters is asked for; of one letter, a pair that begins so."""
    asked: dict[str, None] = {}
    for word in (part for words_ in words for part in words_.lower().split()):
        if len(word) == 1:
            asked[_quoted(word) + ":*"] = None
        asked |= dict.fromkeys(_quoted(word[at : at + 2]) for at in range(len(word) - 1))
    return " & ".join(asked)


def _quoted(letters: str) -> str:
    return "'" + letters.replace("\\", "\\\\").replace("'", "''") + "'"
