"""What each ticket was and when: written with each step, asked for any instant."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import FOREVER, State, Ticket

#: What a state keeps under the ticket's own names.
KEPT = (
    "reported_at", "kind", "status", "category", "district", "unit_id", "group_id", "due_at",
    "responded_at", "resolved_at", "suspended_at", "resolve_count", "reopened", "rating",
    "confidential", "alone",
)  # fmt: skip


async def write(session: AsyncSession, ticket: Ticket, now: datetime) -> None:
    """Keep what a ticket is from `now` on; several steps at one instant make one state."""
    new: dict[str, Any] = {name: getattr(ticket, name) for name in KEPT}
    new["respond_by"] = ticket.first_respond_by
    mine = (col(State.ticket_no) == ticket.no, col(State.past).is_(False))
    found = await session.exec(select(State.since).where(*mine))
    since = found.first()
    if since == now:
        await session.exec(update(State).where(*mine).values(**new))
        return
    if since is not None:
        await session.exec(update(State).where(*mine).values(until=now, past=True))
    row = {"ticket_no": ticket.no, "since": now, "past": False, "until": FOREVER, **new}
    await session.exec(insert(State).values(**row))


def at(moment: datetime) -> ColumnElement[bool]:
    """The one state of each ticket that held at an instant; steps of that instant are done."""
    return and_(col(State.since) <= moment, col(State.until) > moment)


def opened(since: datetime | None, until: datetime | None) -> ColumnElement[bool]:
    """Tickets reported from `since` on until before `until`; None leaves an end open."""
    bounds = []
    if since is not None:
        bounds.append(col(State.reported_at) >= since)
    if until is not None:
        bounds.append(col(State.reported_at) < until)
    return and_(True, *bounds)
