"""签收: a handler takes the work on."""

from actions import steps
from actions.base import Action, Context
from storage import people
from storage.models import Ticket


async def run(context: Context, ticket: Ticket | None) -> None:
    """Accept the ticket in the handler's name; the enterprise reads who has it."""
    if ticket is None:
        return
    again = ticket.status == "accepted"
    await steps.take(
        context.session, ticket, "accept", by=context.sender, now=context.now,
        args={"text": context.words}, message=context.message,
    )  # fmt: skip
    context.acted("accept", ticket)
    reporter = await people.member(context.session, ticket.reporter_id)
    unit = await people.unit(context.session, ticket.unit_id)
    await context.reply(
        "accepted", about=[ticket.no], also=[reporter] if reporter else [], no=ticket.no,
        reporter=reporter.name if reporter else "", due_at=ticket.due_at, again=again,
        unit=unit.name if unit else None,
    )  # fmt: skip


ACTION = Action(
    intent="accept_task",
    run=run,
    roles=frozenset({"handler"}),
    step="accept",
    # 收到 is said of what is new; where all is accepted already it is progress
    of_unit=(("assigned",), ("accepted",)),
)
