"""What the clock does; rules, sections 2 and 8 ("Clocks")."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import steps
from storage import tickets
from storage.models import Due


async def run(session: AsyncSession, due: Due, now: datetime) -> None:
    """Do what is due. What has become pointless since it was planned is passed over."""
    if due.what == "silence" and due.ticket_no is not None:
        ticket = await tickets.lock(session, due.ticket_no)
        if ticket is not None and ticket.status == "resolved":
            await steps.take(session, ticket, "silence", by=None, now=now)
