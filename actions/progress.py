"""反馈进展: a handler tells what has been done so far."""

from actions import steps
from actions.base import Action, Context
from storage import people
from storage.models import Ticket


async def run(context: Context, ticket: Ticket | None) -> None:
    """Record the progress; on a ticket that is only assigned it accepts first."""
    if ticket is None:
        return
    await steps.take(
        context.session, ticket, "progress", by=context.sender, now=context.now,
        args={"text": context.words}, message=context.message,
    )  # fmt: skip
    context.acted("progress", ticket)
    reporter = await people.member(context.session, ticket.reporter_id)
    unit = await people.unit(context.session, ticket.unit_id)
    await context.reply(
        "accepted", about=[ticket.no], also=[reporter] if reporter else [], no=ticket.no,
        reporter=reporter.name if reporter else "", due_at=ticket.due_at, again=True,
        unit=unit.name if unit else None,
    )  # fmt: skip


ACTION = Action(
    intent="report_progress",
    run=run,
    roles=frozenset({"handler"}),
    step="progress",
    of_unit=(("assigned", "accepted"),),
)
