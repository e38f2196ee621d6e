"""What inspectors look after: misconduct, who looked at it, letters, re-checks, the chain."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import events
from storage.events import Walked
from storage.models import Event, Head, Letter, State, Ticket
from storage.tickets import OPEN

#: So far back are letters counted.
LATELY = 500


class Looked(NamedTuple):
    """How often somebody looked at a ticket, and the last time."""

    times: int
    last: Event


async def misconduct(session: AsyncSession, *, most: int) -> Sequence[Ticket]:
    """Confidential tickets: first what is open, by its deadline; then the rest, newest first."""
    open_ = col(Ticket.status).in_(OPEN)
    query = select(Ticket).where(col(Ticket.confidential))
    waiting = await session.exec(query.where(open_).order_by(col(Ticket.due_at), col(Ticket.no)))
    ended = await session.exec(query.where(~open_).order_by(col(Ticket.no).desc()).limit(most))
    return [*waiting.all(), *ended.all()]


async def looked(session: AsyncSession, numbers: Sequence[int]) -> dict[int, Looked]:
    """How often each of these was looked at, and by whom the last time."""
    counts = await session.exec(
        select(func.max(Event.seq), func.count())
        .where(col(Event.ticket_no).in_(set(numbers)), Event.step == "look")
        .group_by(col(Event.ticket_no))
    )
    times = dict(counts.all())
    last = await session.exec(select(Event).where(col(Event.seq).in_(times)))
    return {event.ticket_no: Looked(times[event.seq], event) for event in last.all()}


async def taken(
    session: AsyncSession, step: str, *, before: int | None = None, most: int
) -> Sequence[tuple[Event, Ticket]]:
    """Each `look` or `recheck` there was, with its ticket; newest first, below `before`."""
    query = (
        select(Event, Ticket)
        .join(Ticket, col(Ticket.no) == col(Event.ticket_no))
        .where(Event.step == step, col(Event.step).in_(("look", "recheck")))
        .order_by(col(Event.seq).desc())
        .limit(most)
    )
    if before is not None:
        query = query.where(col(Event.seq) < before)
    return (await session.exec(query)).all()


async def recheckable(
    session: AsyncSession, since: datetime, until: datetime, *, most: int
) -> tuple[Sequence[Ticket], int]:
    """What was closed in a time against somebody's liking, and not looked at again since.

    The oldest closing first, and how many there are. Found by the states that ended then.
    """
    ended = select(State.ticket_no).where(
        col(State.past), col(State.until) >= since, col(State.until) <= until,
        col(State.status) != "closed",
    )  # fmt: skip
    again = exists().where(
        col(Event.ticket_no) == col(Ticket.no),
        col(Event.step) == "recheck",
        col(Event.at) >= col(Ticket.closed_at),
    )
    found = await session.exec(
        select(Ticket, func.count().over())
        .where(
            col(Ticket.no).in_(ended),
            Ticket.status == "closed",
            col(Ticket.closed_at) >= since,
            col(Ticket.closed_at) <= until,
            or_(col(Ticket.reopened) > 0, Ticket.rating == "dissatisfied"),
            ~again,
        )
        .order_by(col(Ticket.closed_at), col(Ticket.no))
        .limit(most)
    )
    rows = found.all()
    return [ticket for ticket, _ in rows], rows[0][1] if rows else 0


async def letters(
    session: AsyncSession, *, before: int | None = None, most: int
) -> Sequence[tuple[Letter, Ticket]]:
    """Letters, each with its ticket; newest first, below `before`."""
    query = (
        select(Letter, Ticket)
        .join(Ticket, col(Ticket.no) == col(Letter.ticket_no))
        .order_by(col(Letter.id).desc())
        .limit(most)
    )
    if before is not None:
        query = query.where(col(Letter.id) < before)
    return (await session.exec(query)).all()


async def letter(session: AsyncSession, number: int) -> Letter | None:
    """The letter of this number, or None."""
    return await session.get(Letter, number)


async def letters_since(session: AsyncSession, since: datetime) -> int:
    """How many of the latest letters were drawn up since then."""
    latest = select(Letter.at).order_by(col(Letter.id).desc()).limit(LATELY).subquery()
    found = await session.exec(select(func.count()).select_from(latest).where(latest.c.at >= since))
    return found.one()


# --- verifying the chain, some events at a time ---------------------------------------------------


async def place(session: AsyncSession) -> Walked:
    """How far the verification that is under way has come; nobody else goes on meanwhile."""
    kept = await events.head(session, "audit")
    return Walked(kept.last, kept.hash)


async def keep(session: AsyncSession, walked: Walked) -> None:
    """Keep how far it has come; what has ended begins anew the next time."""
    kept = await events.head(session, "audit")
    kept.last, kept.hash = (0, "") if walked.ended else (walked.seq, walked.hash)
    session.add(kept)
    await session.flush()


async def progress(session: AsyncSession) -> int:
    """Up to which event it has come; 0 where none is under way."""
    found = await session.exec(select(Head.last).where(Head.name == "audit"))
    return found.first() or 0
