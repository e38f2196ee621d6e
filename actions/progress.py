"""反馈进展: a handler tells what has been done so far."""

from actions import working
from actions.base import Action, Context
from storage.models import Ticket


async def run(context: Context, ticket: Ticket | None) -> None:
    """Record the progress; on a ticket that is only assigned it accepts first."""
    if ticket is not None:
        await working.take(context, ticket, "progress")


ACTION = Action(
    intent="report_progress",
    run=run,
    roles=frozenset({"handler"}),
    step="progress",
    of_unit=(("assigned", "accepted"),),
)
