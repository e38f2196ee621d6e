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
    if not ticket.enterprise and ticket.reporter_id == context.sender.id:
        ticket.enterprise = context.sender.enterprise  # named only now
    told = ticket.asked and bool(context.message.text.strip())  # a picture alone does not answer
    if not ticket.confidential and (told or context.completes or context.message.mentions_bot):
        ticket.asked = ticket.asked and not told
        await context.reply("added", about=[ticket.no], no=ticket.no)
    context.session.add(ticket)


ACTION = Action(
    intent="add_detail",
    run=run,
    roles=frozenset({"member", "handler", "coordinator"}),
    step="add",
    statuses=("new", "assigned", "accepted", "suspended", "resolved"),
    of_unit=(("assigned", "accepted", "suspended"), ("resolved",)),
    recent=True,
    follows=True,
)
