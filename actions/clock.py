"""What the clock does; rules, sections 2, 4, 7 and 8 ("Clocks")."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import announced, digests, reminders, steps
from actions.deadlines import Clock
from storage import settings, tickets
from storage.models import Due


async def begin(session: AsyncSession, now: datetime) -> None:
    """Plan what happens by itself, from the first instant on; a second time changes nothing."""
    start = await settings.began(session, now)
    if start == now:
        clock = await Clock.read(session)
        await digests.plan(session, clock, now)
        await announced.plan(session, now)


async def run(session: AsyncSession, due: Due, now: datetime) -> None:
    """Do what is due. What has become pointless since it was planned is passed over."""
    match due.what:
        case "silence" if due.ticket_no is not None:
            ticket = await tickets.lock(session, due.ticket_no)
            if ticket is not None and ticket.status == "resolved":
                await steps.take(session, ticket, "silence", by=None, now=now)
        case "reminders":
            await reminders.run(session, due.at, now)
        case "daily" | "weekly" | "monthly":
            await digests.run(session, due.what, due.at, now)
        case "calendar":
            await announced.warn(session, now)
        case unknown:
            raise ValueError(f"nobody knows what to do about {unknown}")
