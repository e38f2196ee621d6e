"""Counts behind the figures; rules, section 6. Rates are made of them in `actions.figures`."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from storage.models import Ticket, Unit

Facet = Literal["unit", "district", "category"]


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


def conditions(now: datetime) -> dict[str, ColumnElement[bool]]:
    """Which tickets each count counts, as they stand at `now`; exactly at a deadline is in time."""
    done = col(Ticket.status).in_(("resolved", "closed"))
    late = and_(
        col(Ticket.due_at) < now,
        or_(
            col(Ticket.status).in_(("new", "assigned", "accepted")),
            # a suspended one only if it was late when it was suspended; rules, section 8
            and_(col(Ticket.status) == "suspended", col(Ticket.due_at) < col(Ticket.suspended_at)),
        ),
    )
    responded = col(Ticket.responded_at).is_not(None)
    rating = col(Ticket.rating)
    return {
        "collected": counted(),
        "done": done,
        "on_time": and_(done, col(Ticket.resolved_at) <= col(Ticket.due_at)),
        "overdue": late,
        "responded": responded,
        "in_time": and_(responded, col(Ticket.responded_at) <= col(Ticket.first_respond_by)),
        "unanswered": and_(~responded, col(Ticket.first_respond_by) < now),
        "rated": rating.is_not(None),
        "content": rating.in_(("satisfied", "fairly")),
        "once_done": col(Ticket.resolve_count) > 0,
        "reopened": and_(col(Ticket.resolve_count) > 0, col(Ticket.reopened) > 0),
    }


def counted() -> ColumnElement[bool]:
    """`collected`: without what was rejected, merged or withdrawn, and without misconduct."""
    return and_(
        col(Ticket.status).not_in(("rejected", "merged", "withdrawn")),
        col(Ticket.kind) != "misconduct",
        col(Ticket.confidential).is_(False),
    )


async def total(session: AsyncSession, now: datetime) -> Counts:
    """The counts over all tickets."""
    row = (await session.exec(_counts(now))).one()
    return Counts(*row)


async def by(session: AsyncSession, facet: Facet, now: datetime) -> dict[str, Counts]:
    """The counts for each unit, district or category that has a ticket, by name."""
    key = {
        "unit": col(Unit.name),
        "district": col(Ticket.district),
        "category": col(Ticket.category),
    }
    query = _counts(now, key[facet]).where(key[facet].is_not(None)).group_by(key[facet])
    if facet == "unit":
        query = query.join(Unit, col(Unit.id) == col(Ticket.unit_id))
    rows = (await session.exec(query.order_by(key[facet]))).all()
    return {name: Counts(*counts) for *counts, name in rows}


def _counts(now: datetime, *more: Any) -> Select[*tuple[Any, ...]]:
    meant = conditions(now)
    columns = [func.count().filter(meant[field.name]) for field in fields(Counts)]
    return Select(*columns, *more).select_from(Ticket).where(counted())
