"""办结: a handler says it is done, and the enterprise is asked whether it is."""

from actions import steps
from actions.base import Action, Context
from storage import people
from storage.models import Ticket


async def run(context: Context, ticket: Ticket | None) -> None:
    """Resolve the ticket; the answer in the group asks its reporter."""
    if ticket is None:
        return
    await steps.take(
        context.session, ticket, "resolve", by=context.sender, now=context.now,
        args={"text": context.words}, message=context.message,
    )  # fmt: skip
    context.acted("resolve", ticket)
    reporter = await people.member(context.session, ticket.reporter_id)
    await context.reply(
        "resolved", about=[ticket.no], also=[reporter] if reporter else [], no=ticket.no,
        reporter=reporter.name if reporter else "", kind=ticket.kind,
        days=context.clock.policy.silence_days,
    )  # fmt: skip


ACTION = Action(
    intent="report_done",
    run=run,
    roles=frozenset({"handler"}),
    step="resolve",
    of_unit=(("assigned", "accepted"),),
)
