"""催办: passed on to the handler, once in some hours, whoever urges; rules, sections 4 and 8."""

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import audience
from actions.deadlines import Clock
from actions.render import render
from storage import posts
from storage.models import Ticket

#: What is on its way.
OPEN = ("new", "assigned", "accepted", "suspended")


def again_at(ticket: Ticket, clock: Clock) -> datetime | None:
    """From when it may be urged again; None where nobody has urged yet."""
    if ticket.urged_at is None:
        return None
    return ticket.urged_at + timedelta(hours=clock.policy.urge_hours)


async def pass_on(
    session: AsyncSession, ticket: Ticket, clock: Clock, now: datetime, *, who: str, words: str = ""
) -> bool:
    """Tell the handler, or who looks after what no unit has, at once or in the morning.

    Returns False, with nobody told, where it was urged too short ago.
    """
    before = again_at(ticket, clock)
    if before is not None and now < before:
        return False
    ticket.urged_at = clock.speak(now, urgent=ticket.urgent)
    session.add(ticket)
    told = await audience.handler(session, ticket)
    await posts.tell(
        session,
        told or await audience.overseers(session, ticket),
        level="urge",
        text=render("notice_urge", no=ticket.no, text=ticket.text, due_at=ticket.due_at, who=who,
                    words=words),
        at=now,
        ticket_no=ticket.no,
        not_before=ticket.urged_at,
    )  # fmt: skip
    return True
