"""What a unit asked for and does not get: it is told so, and the ticket goes on as it was."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import audience, rights
from actions.base import Refused
from actions.deadlines import Clock
from actions.render import plain, render
from storage import events, posts, today
from storage.models import Member, Ticket


async def decline(
    session: AsyncSession, ticket: Ticket, reason: str, *, by: Member, now: datetime
) -> None:
    """Answer all that is still asked for of a locked ticket with a no, and why; Refused else."""
    if not rights.declines(by, ticket) or not await today.asked(session, ticket.no):
        raise Refused(render("refused_decline", no=ticket.no, why=""))
    if not plain(reason):
        raise Refused(render("refused_decline", no=ticket.no, why="empty"))
    # an extension that is asked for again is in time or late by that new wish
    ticket.extension_asked_at = None
    session.add(ticket)
    await events.append(
        session, ticket_no=ticket.no, at=now, by=by.external_id, step="decline",
        was=ticket.status, became=ticket.status, words=reason,
    )  # fmt: skip
    clock = await Clock.read(session)
    await posts.tell(
        session,
        await audience.unit(session, ticket),
        level="declined",
        text=render("notice_declined", no=ticket.no, reason=reason, due_at=ticket.due_at),
        at=now,
        ticket_no=ticket.no,
        not_before=clock.speak(now, urgent=ticket.urgent),
    )
