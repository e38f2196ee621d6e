"""转办: a handler asks for it, a coordinator does it; rules, section 8."""

from actions import called, steps
from actions.base import Action, Context
from storage import people
from storage.models import Ticket


async def run(context: Context, ticket: Ticket | None) -> None:
    """Ask for another unit: the one that the message names, else give it back."""
    if ticket is None:
        return
    unit = await _named(context, ticket)
    step = "transfer" if unit else "return"
    if ticket.status == "new" and unit:
        step = "assign"
    args = {"unit": unit, "reason": context.words} if unit else {"reason": context.words}
    taken = await steps.take(
        context.session, ticket, step, by=context.sender, now=context.now, args=args,
        message=context.message,
    )  # fmt: skip
    context.acted(step if taken else "request", ticket)
    reporter = await people.member(context.session, ticket.reporter_id)
    await context.reply(
        "transferred" if taken else "requested", about=[ticket.no],
        also=[reporter] if reporter and taken else [], no=ticket.no, step=step, unit=unit,
        reporter=reporter.name if reporter and taken else "", due_at=ticket.due_at,
    )  # fmt: skip


async def _named(context: Context, ticket: Ticket) -> str | None:
    """The last unit named that the city knows and that does not have the ticket already."""
    for entity in reversed(context.parse.entities):
        if entity.entity != "unit":
            continue
        unit = await called.unit(context.session, entity.value, ticket.district)
        if unit is not None and unit.id != ticket.unit_id:
            return unit.name
    return None


ACTION = Action(
    intent="transfer",
    run=run,
    roles=frozenset({"handler", "coordinator"}),
    step="transfer",
    of_unit=(("assigned", "accepted"),),
)
