"""帮助: what one can say, in a few lines."""

from actions.base import Action, Context
from actions.rights import ROLES
from storage.models import Ticket


async def run(context: Context, _ticket: Ticket | None) -> None:
    """Say what the sender can say."""
    await context.reply("help", role=context.sender.role)
    context.acted("help")


ACTION = Action(intent="ask_help", run=run, roles=frozenset(ROLES))
