"""What a handler says of work that goes on: the step is taken, and the enterprise reads it."""

from actions import steps
from actions.base import Context
from storage import people
from storage.models import Ticket


async def take(context: Context, ticket: Ticket, step: str) -> None:
    """Take `accept` or `progress` in the handler's name; the answer names who has the ticket."""
    again = step == "progress" or ticket.status == "accepted"
    await steps.take(
        context.session, ticket, step, by=context.sender, now=context.now,
        args={"text": context.words}, message=context.message,
    )  # fmt: skip
    context.acted(step, ticket)
    reporter = await people.member(context.session, ticket.reporter_id)
    unit = await people.unit(context.session, ticket.unit_id)
    await context.reply(
        "accepted", about=[ticket.no], also=[reporter] if reporter else [], no=ticket.no,
        reporter=reporter.name if reporter else "", due_at=ticket.due_at, again=again,
        unit=unit.name if unit else None,
    )  # fmt: skip
