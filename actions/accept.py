"""签收: a handler takes the work on."""

from actions import working
from actions.base import Action, Context
from storage.models import Ticket


async def run(context: Context, ticket: Ticket | None) -> None:
    """Accept the ticket in the handler's name; the enterprise reads who has it."""
    if ticket is not None:
        await working.take(context, ticket, "accept")


ACTION = Action(
    intent="accept_task",
    run=run,
    roles=frozenset({"handler"}),
    step="accept",
    # 收到 is said of what is new; where all is accepted already it is progress
    of_unit=(("assigned",), ("accepted",)),
)
