"""不认可结果: the enterprise says that it is not done, and the work starts again."""

from actions import audience, steps
from actions.base import Action, Context
from storage.models import Ticket


async def run(context: Context, ticket: Ticket | None) -> None:
    """Reopen the ticket; the answer names who has it again, and until when."""
    if ticket is None:
        return
    await steps.take(
        context.session, ticket, "dispute", by=context.sender, now=context.now,
        args={"reason": context.words}, message=context.message,
    )  # fmt: skip
    context.acted("dispute", ticket)
    handlers = await audience.handler(context.session, ticket)
    await context.reply(
        "reopened", about=[ticket.no], also=handlers, no=ticket.no, due_at=ticket.due_at,
        handlers=[handler.name for handler in handlers[:3]],
    )  # fmt: skip


ACTION = Action(
    intent="dispute_result",
    run=run,
    roles=frozenset({"member"}),
    step="dispute",
    statuses=("resolved", "closed"),
    asks=True,
)
