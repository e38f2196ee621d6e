"""Counts behind the figures, as of any instant; rules, section 6.

Each count is a condition, so that the list behind a figure asks for the same. Rates are made of
counts in `actions.figures`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select, SelectOfScalar

from storage import states
from storage.models import State, Ticket, Unit

Facet = Literal["unit", "district", "category", "group"]
OPEN = ("new", "assigned", "accepted")
#: Ends that are no closing: as if it had never been collected.
VOID = ("rejected", "merged", "withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which tickets, and as they stood when.

    Args:
        at: the instant at which they are looked at.
        since: opened from here on.
        until: opened before this; exclusive.
        only: columns of `State` and the value that they must have.
        led_by: led by this unit today, whoever led them then: its handlers can open no others.

    """

    at: datetime
    since: datetime | None = None
    until: datetime | None = None
    only: Mapping[str, Any] = field(default_factory=dict)
    led_by: int | None = None

    def where(self) -> ColumnElement[bool]:
        """The condition that a state fulfils."""
        only = [getattr(State, name) == value for name, value in self.only.items()]
        if self.led_by is not None:
            own = select(Ticket.no).where(Ticket.unit_id == self.led_by)
            only.append(col(State.ticket_no).in_(own))
        return and_(states.at(self.at), states.opened(self.since, self.until), *only)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of the tickets collected are so: one number a condition."""

    collected: int = 0
    done: int = 0
    on_time: int = 0  # done, and resolved at or before the deadline
    overdue: int = 0  # open past the deadline
    responded: int = 0
    in_time: int = 0  # responded at or before *respond by*
    unanswered: int = 0  # past *respond by*
    rated: int = 0
    content: int = 0  # rated satisfied or fairly
    once_done: int = 0  # done at least once
    reopened: int = 0


def conditions(at: datetime) -> dict[str, ColumnElement[bool]]:
    """Which of the collected each count counts at an instant; exactly at a deadline is in time."""
    done = col(State.status).in_(("resolved", "closed"))
    late = and_(
        col(State.due_at) < at,
        or_(
            col(State.status).in_(OPEN),
            # a suspended one only if it was late when it was suspended; rules, section 8
            and_(col(State.status) == "suspended", col(State.due_at) < col(State.suspended_at)),
        ),
    )
    responded = col(State.responded_at).is_not(None)
    rating = col(State.rating)
    return {
        "collected": collected(),
        "done": done,
        "on_time": and_(done, col(State.resolved_at) <= col(State.due_at)),
        "overdue": late,
        "responded": responded,
        "in_time": and_(responded, col(State.responded_at) <= col(State.respond_by)),
        "unanswered": and_(~responded, col(State.respond_by) < at),
        "rated": rating.is_not(None),
        "content": rating.in_(("satisfied", "fairly")),
        "once_done": col(State.resolve_count) > 0,
        "reopened": and_(col(State.resolve_count) > 0, col(State.reopened) > 0),
    }


def collected() -> ColumnElement[bool]:
    """`collected`: without what was void, misconduct, and what the bot answered alone."""
    return and_(
        col(State.status).not_in(VOID),
        col(State.confidential).is_(False),
        col(State.alone).is_(False),
    )


async def total(session: AsyncSession, scope: Scope) -> Counts:
    """The counts over all tickets of a scope."""
    row = (await session.exec(counted(scope.at).where(scope.where()))).one()
    return Counts(*row)


async def by(session: AsyncSession, facet: Facet, scope: Scope) -> dict[str, Counts]:
    """The counts for each unit, district, category or group that has a ticket, by name."""
    key = {
        "unit": col(Unit.name),
        "district": col(State.district),
        "category": col(State.category),
        "group": col(State.group_id),
    }[facet]
    query = counted(scope.at, key).where(scope.where(), key.is_not(None)).group_by(key)
    if facet == "unit":
        query = query.join(Unit, col(Unit.id) == col(State.unit_id))
    rows = (await session.exec(query.order_by(key))).all()
    return {name: Counts(*counts) for *counts, name in rows}


async def behind(
    session: AsyncSession, figure: str, scope: Scope, *, before: int | None = None, most: int = 50
) -> Sequence[int]:
    """The numbers of the tickets that a count counts, newest first, below `before`."""
    query = numbers(figure, scope)
    if before is not None:
        query = query.where(col(State.ticket_no) < before)
    found = await session.exec(query.order_by(col(State.ticket_no).desc()).limit(most))
    return found.all()


def numbers(figure: str, scope: Scope) -> SelectOfScalar[int]:
    """What asks for the numbers of the tickets that a count counts."""
    return select(State.ticket_no).where(*counted_by(figure, scope))


def counted_by(figure: str, scope: Scope) -> list[ColumnElement[bool]]:
    """What holds of the states that a count counts."""
    return [scope.where(), collected(), conditions(scope.at)[figure]]


async def answered_alone(session: AsyncSession, scope: Scope) -> int:
    """How many consults the bot answered alone: counted apart, in no rate."""
    found = await session.exec(
        select(func.count())
        .select_from(State)
        .where(scope.where(), col(State.alone), col(State.status).not_in(VOID))
    )
    return found.one()


def counted(at: datetime, *more: Any) -> Select[*tuple[Any, ...]]:
    """The query for the counts over all states at an instant, and these columns beside them."""
    meant = conditions(at)
    columns: list[Any] = [func.count().filter(meant[field.name]) for field in fields(Counts)]
    query: Select[*tuple[Any, ...]] = select(*columns, *more)
    return query.select_from(State).where(collected())
