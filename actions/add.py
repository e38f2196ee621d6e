"""补充情况: details, pictures and files join the ticket, without a word."""

from actions.base import Action, Context
from actions.calendar import Calendar
from actions.deadlines import Clock
from actions.moves import listen
from storage.models import Ticket


async def run(context: Context, ticket: Ticket | None) -> None:
    """Add the message to the ticket; an enterprise that still writes is not silent."""
    if ticket is None:
        return
    context.acted("add", ticket)
    if ticket.status == "resolved" and context.sender.role == "member":
        calendar = await Calendar.around(context.session, context.now.date())
        await listen(context.session, ticket, context.now, Clock(context.policy, calendar))
    if not ticket.address and (place := context.entity("address")):
        ticket.address = place
        context.session.add(ticket)
    if context.message.mentions_bot:
        await context.reply("added", about=[ticket.no], no=ticket.no)


ACTION = Action(
    intent="add_detail",
    run=run,
    roles=frozenset({"member", "coordinator"}),
    step="add",
    statuses=("new", "assigned", "accepted", "suspended", "resolved"),
    recent=True,
)
