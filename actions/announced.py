"""How far the calendar is announced: open deadlines counted anew, and a warning in time."""

from datetime import date, datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import digests, terms
from actions.deadlines import ZONE, Clock
from actions.render import render
from storage import calendar, due, events, people, posts, states, tickets
from storage.models import Ticket

#: So long before the announced days run out somebody is told; rules, section 3.
AHEAD = timedelta(days=40)
#: By whom a deadline is moved that a notice moves.
BY = "calendar"


async def plan(session: AsyncSession, now: datetime) -> None:
    """Plan the warning, for the morning 40 days before the last announced day."""
    await due.cancel(session, "calendar")
    last = await calendar.last_announced(session)
    if last is None:
        return
    clock = await Clock.read(session)
    at = clock.morning(last - AHEAD)
    if at > now or last >= now.astimezone(ZONE).date():
        await due.plan(session, "calendar", max(at, now + timedelta(seconds=1)))


async def warn(session: AsyncSession, now: datetime) -> None:
    """Tell administrators and coordinators that the next year's notice is wanted."""
    last = await calendar.last_announced(session)
    if last is None or last - AHEAD > now.astimezone(ZONE).date():
        return  # imported since
    await posts.tell(
        session,
        await people.with_role(session, "admin", "coordinator"),
        level="calendar",
        text=render("notice_calendar", last=last),
        at=now,
    )


async def recount(session: AsyncSession, now: datetime) -> list[int]:
    """Count all open deadlines anew after the calendar changed; the numbers of those that moved.

    Each that moved, or is not provisional any more, gets an event; the ladder of one that moved
    starts again.
    """
    clock = await Clock.read(session)
    moved: list[int] = []
    for no in await tickets.running(session):
        ticket = await tickets.lock(session, no)
        if ticket is not None and await _recounted(session, ticket, clock, now):
            moved.append(no)
    await digests.plan(session, clock, now)
    await plan(session, now)
    return moved


async def _recounted(session: AsyncSession, ticket: Ticket, clock: Clock, now: datetime) -> bool:
    was = (ticket.respond_by, ticket.due_at, ticket.provisional)
    first = ticket.first_respond_by == ticket.respond_by
    terms.count(ticket, terms.counts(ticket), clock)
    if first:
        ticket.first_respond_by = ticket.respond_by
    if (ticket.respond_by, ticket.due_at, ticket.provisional) == was:
        return False
    if ticket.status != "suspended":
        await terms.climb(session, ticket, clock, now)
    await events.append(
        session, ticket_no=ticket.no, at=now, by=BY, step="recount", was=ticket.status,
        became=ticket.status, words=f"{_day(was[1])} → {_day(ticket.due_at)}",
    )  # fmt: skip
    session.add(ticket)
    await session.flush()
    await states.write(session, ticket, now)
    return True


def _day(at: datetime) -> date:
    return at.astimezone(ZONE).date()
