"""The deadlines of a ticket and its ladder of reminders, set together."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from actions.deadlines import Clock, Count, Part, Terms
from actions.ladder import rungs
from storage import due, reminders
from storage.models import Ticket


def counts(ticket: Ticket) -> Terms:
    """How a ticket's deadlines were counted."""
    respond, resolve = (
        tuple(Part.from_json(part) for part in ticket.counted[of]) for of in ("respond", "resolve")
    )
    return Terms(respond, resolve)


def count(ticket: Ticket, terms: Terms, clock: Clock) -> None:
    """Give a ticket the deadlines that these counts come to."""
    respond, resolve = clock.end(terms.respond), clock.end(terms.resolve)
    ticket.respond_by, ticket.due_at = respond.at, resolve.at
    ticket.provisional = respond.provisional or resolve.provisional
    ticket.counted = {
        "respond": [part.as_json() for part in terms.respond],
        "resolve": [part.as_json() for part in terms.resolve],
    }


async def climb(
    session: AsyncSession, ticket: Ticket, clock: Clock, now: datetime, *, but: Sequence[str] = ()
) -> None:
    """Plan the ladder for the deadline that was set now; the levels `but` stay as they are."""
    levels = {
        rung.level: rung.at
        for rung in rungs(
            clock, respond_by=ticket.respond_by, due_at=ticket.due_at, set_at=now,
            urgent=ticket.urgent,
        )
        if rung.level not in but
    }  # fmt: skip
    await reminders.plan(session, ticket.no, ticket.due_at, levels, but=but)
    await due.plan(session, "reminders", *levels.values())


async def move(
    session: AsyncSession, ticket: Ticket, part: Part, clock: Clock, now: datetime
) -> bool:
    """Count one more part to the deadline; False where it stays as it was."""
    was = ticket.due_at
    terms = counts(ticket)
    longer: Count = (*terms.resolve, part)
    count(ticket, Terms(terms.respond, longer), clock)
    if ticket.due_at == was:
        return False
    # by when it must be answered was not set now
    await climb(session, ticket, clock, now, but=("unanswered",))
    return True
