"""撤回: the enterprise takes its own report back."""

from actions import steps
from actions.base import Action, Context
from storage.models import Ticket


async def run(context: Context, ticket: Ticket | None) -> None:
    """Withdraw the ticket."""
    if ticket is None:
        return
    await steps.take(
        context.session, ticket, "withdraw", by=context.sender, now=context.now,
        args={"reason": context.words}, message=context.message,
    )  # fmt: skip
    context.acted("withdraw", ticket)
    await context.reply("withdrawn", about=[ticket.no], no=ticket.no)


ACTION = Action(
    intent="withdraw",
    run=run,
    roles=frozenset({"member"}),
    step="withdraw",
    statuses=("new", "assigned", "accepted"),
    asks=True,
)
