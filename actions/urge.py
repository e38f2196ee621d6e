"""催办: passed on to the handler, once in four hours; rules, sections 4 and 8."""

from actions import urging
from actions.base import Action, Context
from storage import people
from storage.models import Ticket


async def run(context: Context, ticket: Ticket | None) -> None:
    """Tell the handler, at once or in the morning; the enterprise hears until when it is due."""
    if ticket is None:
        return
    passed = ticket.status in urging.OPEN and await urging.pass_on(
        context.session,
        ticket,
        context.clock,
        context.now,
        who=context.message.name,
        by=context.sender,
    )
    unit = await people.unit(context.session, ticket.unit_id)
    context.acted("urge", ticket)
    await context.reply(
        "urged", about=[ticket.no], no=ticket.no, status=ticket.status, passed=passed,
        unit=unit.name if unit else None, due_at=ticket.due_at,
        waits=bool(passed and ticket.urged_at and ticket.urged_at > context.now),
    )  # fmt: skip


ACTION = Action(
    intent="urge",
    run=run,
    roles=frozenset({"member", "coordinator", "inspector", "leader"}),
    step="urge",
    statuses=urging.OPEN,
    asks=True,
    follows=True,
)
