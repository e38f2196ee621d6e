"""询问进展: where a ticket stands, who has it and until when."""

from actions.base import Action, Context
from storage import events, people
from storage.models import Ticket

TOLD = ("progress", "accept", "resolve")
ENTERPRISE = (
    "new", "assigned", "accepted", "suspended", "resolved", "closed", "withdrawn", "rejected",
    "merged",
)  # fmt: skip


async def run(context: Context, ticket: Ticket | None) -> None:
    """Tell the state of the ticket, and the last that its unit said."""
    if ticket is None:
        return
    unit = await people.unit(context.session, ticket.unit_id)
    told = [event for event in await events.of_ticket(context.session, ticket.no)
            if event.step in TOLD and event.words]  # fmt: skip
    context.acted("ask", ticket)
    await context.reply(
        "status", about=[ticket.no], no=ticket.no, status=ticket.status,
        unit=unit.name if unit else None, due_at=ticket.due_at, closed_at=ticket.closed_at,
        overdue=ticket.status in {"new", "assigned", "accepted"} and ticket.due_at < context.now,
        last=told[-1] if told else None,
    )  # fmt: skip


ACTION = Action(
    intent="ask_progress",
    run=run,
    roles=frozenset({"member", "handler", "coordinator", "inspector", "leader"}),
    step="ask",
    statuses=ENTERPRISE,
    of_unit=(("assigned", "accepted", "suspended"), ("resolved",)),
    asks=True,
    follows=True,
)
