"""催办: passed on to the handler, once in some hours, whoever urges; rules, sections 4 and 8."""

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import audience
from actions.deadlines import Clock
from actions.lateness import lateness
from actions.render import render
from storage import posts
from storage.models import Member, Ticket

#: What is on its way.
OPEN = ("new", "assigned", "accepted", "suspended")


def again_at(ticket: Ticket, clock: Clock) -> datetime | None:
    """From when it may be urged again; None where nobody has urged yet."""
    if ticket.urged_at is None:
        return None
    return ticket.urged_at + timedelta(hours=clock.policy.urge_hours)


async def pass_on(
    session: AsyncSession,
    ticket: Ticket,
    clock: Clock,
    now: datetime,
    *,
    who: str,
    by: Member | None,
    words: str = "",
) -> bool:
    """Tell the handlers, or who looks after what has none, at once or in the morning; not `by`.

    Returns False, with nobody told, where it was urged too short ago.
    """
    before = again_at(ticket, clock)
    if before is not None and now < before:
        return False
    ticket.urged_at = clock.speak(now, urgent=ticket.urgent)
    session.add(ticket)
    handlers = await audience.handler(session, ticket)
    urged = handlers or await audience.overseers(session, ticket)
    stands = lateness(ticket, now, clock)
    await posts.tell(
        session,
        [member for member in urged if by is None or member.id != by.id],
        level="urge",
        text=render("notice_urge", no=ticket.no, text=ticket.text, due_at=ticket.due_at, who=who,
                    words=words, status=ticket.status,
                    late=stands.words if stands.grade == "late" else ""),
        at=now,
        ticket_no=ticket.no,
        not_before=ticket.urged_at,
    )  # fmt: skip
    return True
