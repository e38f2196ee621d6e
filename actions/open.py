"""报告问题: a report becomes a ticket, and the group hears its number, unit and date."""

from actions import similar
from actions.base import Action, Context
from actions.opening import Report, open_ticket
from actions.urgent import urgent
from storage import people
from storage.models import Ticket


async def run(context: Context, _ticket: Ticket | None) -> None:
    """Open a ticket from the message, and link it to the one that it looks like."""
    category = context.parse.category.name if context.parse.category else None
    place = context.entity("address")
    enterprise = context.sender.enterprise or context.entity("enterprise")
    vague = not (place or context.entity("project") or enterprise)
    ticket = await open_ticket(
        context.session,
        Report(
            text=context.message.text,
            category=category,
            district=await context.district(),
            address=place,
            enterprise=enterprise,
            urgent=urgent(context.message.text, category),
            group_id=context.group.id,
            message=context.message,
            at=context.told,
            asked=vague,
        ),
        by=context.sender,
        now=context.now,
    )
    alike = await similar.link(context.session, ticket, context.clock.policy.similar_days)
    unit = await people.unit(context.session, ticket.unit_id)
    context.acted("open", ticket)
    await context.reply(
        "opened", about=[ticket.no, *([alike] if alike else [])], no=ticket.no, category=category,
        vague=vague, unit=unit.name if unit else None, due_at=ticket.due_at, urgent=ticket.urgent,
        alike=alike, kind=ticket.kind,
    )  # fmt: skip


ACTION = Action(intent="report_issue", run=run, roles=frozenset({"member", "coordinator"}))
