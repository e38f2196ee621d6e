"""What waits for somebody today: each query walks what is open, or what was told to one person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists
from sqlalchemy.orm import aliased
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import (
    Event,
    Follow,
    Member,
    Notice,
    Poisoned,
    Post,
    Reminder,
    Route,
    Ticket,
    Unit,
)
from storage.tickets import OPEN

#: Its clock runs.
RUNNING = ("new", "assigned", "accepted")
#: What answers a handler's wish, or makes it pointless.
SETTLES = (
    "assign", "transfer", "return", "extend", "decline", "reject", "merge", "suspend", "resolve",
    "confirm",
)  # fmt: skip
#: Where a unit, or whoever has the ticket, says something of the work.
TELLS = ("accept", "progress", "resolve", "extend", "suspend", "reject", "return")


class Listed(NamedTuple):
    """The first tickets of a list, and how many it has."""

    rows: Sequence[Ticket]
    total: int


class Wish(NamedTuple):
    """What a handler asks the coordinators for."""

    ticket: Ticket
    words: str
    at: datetime


# --- tickets ------------------------------------------------------------------------------------


async def reminded(
    session: AsyncSession, level: str, *, beyond: str | None = None, most: int
) -> Listed:
    """What is still open after this level of its present deadline, and not yet at `beyond`."""
    wanted = [_running(), _fired(level)]
    if beyond is not None:
        wanted.append(~_fired(beyond))
    found = await session.exec(
        select(Ticket, func.count().over())
        .where(*wanted)
        .order_by(col(Ticket.due_at), col(Ticket.no))
        .limit(most)
    )
    return _listed(found.all())


def _running() -> ColumnElement[bool]:
    """Open, and no misconduct; in the words of the index of what is open."""
    return and_(
        col(Ticket.status).in_(OPEN),
        col(Ticket.status).in_(RUNNING),
        col(Ticket.confidential).is_(False),
    )


def _fired(level: str) -> ColumnElement[bool]:
    return exists().where(
        col(Reminder.ticket_no) == col(Ticket.no),
        col(Reminder.level) == level,
        col(Reminder.deadline) == col(Ticket.due_at),
        col(Reminder.fired_at).is_not(None),
    )


async def wishes(session: AsyncSession, *, most: int) -> tuple[Sequence[Wish], int]:
    """What handlers asked for and nobody has answered; what is due first comes first."""
    settled = exists().where(
        col(Event.ticket_no) == col(Ticket.no),
        col(Event.at) > func.max(Notice.at),
        col(Event.step).in_(SETTLES),
    )
    # each coordinator was told: one row a ticket and wording
    found = await session.exec(
        select(Ticket, Notice.text, func.max(Notice.at), func.count().over())
        .join(Notice, col(Notice.ticket_no) == col(Ticket.no))
        .where(_running(), Notice.level == "request")
        .group_by(col(Ticket.no), col(Notice.text))
        .having(~settled)
        .order_by(col(Ticket.due_at), col(Ticket.no), func.max(Notice.at))
        .limit(most)
    )
    rows = found.all()
    return [Wish(*row[:3]) for row in rows], rows[0][3] if rows else 0


async def asked(session: AsyncSession, ticket_no: int) -> bool:
    """Whether something is asked for of this ticket that nobody has answered."""
    return (await session.exec(_unanswered(Notice.id, ticket_no))).first() is not None


async def wish(session: AsyncSession, ticket_no: int) -> Mapping[str, Any] | None:
    """The latest that is asked for of a ticket and not answered: a step and its arguments."""
    found: Mapping[str, Any] | None = (
        await session.exec(_unanswered(Notice.wish, ticket_no))
    ).first()
    return found


def _unanswered(what: Any, ticket_no: int) -> Any:
    """Of the latest request about a ticket, unless somebody has answered it."""
    answered = exists().where(
        col(Event.ticket_no) == ticket_no,
        col(Event.at) > col(Notice.at),
        col(Event.step).in_(SETTLES),
    )
    return (
        select(what)
        .where(Notice.ticket_no == ticket_no, Notice.level == "request", ~answered)
        .order_by(col(Notice.id).desc())
        .limit(1)
    )


async def followed(session: AsyncSession, member: Member, *, most: int) -> Listed:
    """What somebody follows: first what is open, by its deadline; then the rest, newest first."""
    waits = col(Ticket.status).in_(OPEN)
    mine = [col(Follow.member_id) == member.id]
    if member.role != "inspector":
        mine.append(col(Ticket.confidential).is_(False))
    found = await session.exec(
        select(Ticket, func.count().over())
        .join(Follow, col(Follow.ticket_no) == col(Ticket.no))
        .where(*mine)
        .order_by(waits.desc(), col(Ticket.due_at), col(Ticket.no))
        .limit(most)
    )
    return _listed(found.all())


def _listed(rows: Sequence[tuple[Ticket, int]]) -> Listed:
    return Listed([ticket for ticket, _ in rows], rows[0][1] if rows else 0)


async def last_told(session: AsyncSession, numbers: Sequence[int]) -> dict[int, Event]:
    """What was last said of the work on each of these."""
    last = (
        select(func.max(Event.seq))
        .where(
            col(Event.ticket_no).in_(set(numbers)), col(Event.step).in_(TELLS), Event.words != ""
        )
        .group_by(col(Event.ticket_no))
    )
    found = await session.exec(select(Event).where(col(Event.seq).in_(last)))
    return {event.ticket_no: event for event in found.all()}


async def provisional(session: AsyncSession) -> int:
    """How many open ones rest on days that no notice has announced; misconduct left out."""
    found = await session.exec(
        select(func.count()).select_from(Ticket).where(_running(), col(Ticket.provisional))
    )
    return found.one()


# --- told to one person -------------------------------------------------------------------------


async def notices(
    session: AsyncSession, member: Member, now: datetime, *, before: int | None = None, most: int
) -> Sequence[tuple[Notice, Ticket | None]]:
    """What somebody was told, each with its ticket; newest first, below `before`.

    What waits for the morning is not there yet. Of misconduct only inspectors read, also where
    somebody was one before.
    """
    query = (
        select(Notice, Ticket)
        .join(Ticket, col(Ticket.no) == col(Notice.ticket_no), isouter=True)
        .where(Notice.member_id == member.id, col(Notice.not_before) <= now)
        .order_by(col(Notice.id).desc())
        .limit(most)
    )
    if member.role != "inspector":
        query = query.where(or_(col(Ticket.no).is_(None), col(Ticket.confidential).is_(False)))
    if before is not None:
        query = query.where(col(Notice.id) < before)
    return (await session.exec(query)).all()


# --- for who looks after the service ------------------------------------------------------------


async def poisoned(session: AsyncSession) -> int:
    """How many messages could not be handled."""
    return (await session.exec(select(func.count()).select_from(Poisoned))).one()


async def stuck(session: AsyncSession) -> int:
    """How many posts were tried and still wait."""
    found = await session.exec(
        select(func.count()).select_from(Post).where(Post.status == "waiting", col(Post.tries) > 0)
    )
    return found.one()


async def strangers(session: AsyncSession) -> int:
    """How many members have no enterprise."""
    found = await session.exec(
        select(func.count())
        .select_from(Member)
        .where(Member.role == "member", col(Member.enterprise).is_(None))
    )
    return found.one()


async def deserted(session: AsyncSession) -> Sequence[str]:
    """The units to which a route leads and for which nobody works, by name."""
    handler = aliased(Member)
    works = exists().where(col(handler.unit_id) == col(Unit.id), col(handler.role) == "handler")
    found = await session.exec(
        select(Unit.name)
        .where(exists().where(col(Route.unit_id) == col(Unit.id)), ~works)
        .order_by(Unit.name)
    )
    return found.all()
