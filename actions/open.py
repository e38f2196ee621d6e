"""报告问题: a report becomes a ticket, and the group hears its number, unit and date."""

from actions.base import Action, Context
from actions.opening import Report, open_ticket
from actions.urgent import urgent
from storage import people
from storage.models import Ticket


async def run(context: Context, _ticket: Ticket | None) -> None:
    """Open a ticket from the message."""
    parse = context.parse
    category = parse.category.name if parse.category else None
    place = context.entity("address")
    enterprise = context.sender.enterprise or context.entity("enterprise")
    vague = not (place or context.entity("project") or enterprise)
    ticket, unit = await open_ticket(
        context.session,
        Report(
            text=context.message.text,
            category=category,
            district=await _district(context),
            address=place,
            enterprise=enterprise,
            urgent=urgent(context.message.text, category),
            group_id=context.group.id,
            message=context.message.external_id,
        ),
        by=context.sender,
        now=context.now,
        policy=context.policy,
    )
    context.acted("open", ticket)
    await context.reply(
        "opened", about=[ticket.no], no=ticket.no, category=category, vague=vague,
        unit=unit.name if unit else None, due_at=ticket.due_at, urgent=ticket.urgent,
    )  # fmt: skip


async def _district(context: Context) -> str | None:
    """The city's own name of the district that the text names, else the group's."""
    written = context.entity("district")
    known = await people.district_named(context.session, written) if written else None
    return known or context.group.district


ACTION = Action(intent="report_issue", run=run, roles=frozenset({"member", "coordinator"}))
