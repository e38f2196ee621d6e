"""补充情况: details, pictures and files join the ticket, without a word."""

from actions.base import Action, Context
from storage.models import Ticket


async def run(context: Context, ticket: Ticket | None) -> None:
    """Add the message to the ticket; a word is said where the bot was asked, or had asked."""
    if ticket is None:
        return
    context.acted("add", ticket)
    if not ticket.address and (place := context.entity("address")):
        ticket.address = place
    spoken = bool(context.message.text.strip()) and not ticket.confidential
    if spoken and (context.message.mentions_bot or ticket.asked):
        ticket.asked = False  # a picture alone does not answer
        await context.reply("added", about=[ticket.no], no=ticket.no)
    context.session.add(ticket)


ACTION = Action(
    intent="add_detail",
    run=run,
    roles=frozenset({"member", "handler", "coordinator"}),
    step="add",
    statuses=("new", "assigned", "accepted", "suspended", "resolved"),
    recent=True,
    follows=True,
)
