"""报告问题: a report becomes a ticket, and the group hears its number, unit and date."""

from dataclasses import replace
from typing import NamedTuple

from actions import similar
from actions.base import Action, Context
from actions.opening import Report, open_ticket
from actions.urgent import urgent
from storage import people
from storage.models import Ticket


class Opened(NamedTuple):
    """A new ticket, the name of its unit, and the number of the one that it looks like."""

    ticket: Ticket
    unit: str | None
    alike: int | None


async def run(context: Context, _ticket: Ticket | None) -> None:
    """Open a ticket from the message, one for each of several problems; one answer for all."""
    parts = context.parse.parts or (context.parse,)
    whole = context.message.text
    told = [
        replace(context, parse=part, words=part.text if len(parts) > 1 else whole) for part in parts
    ]
    opened = [await _open(one) for one in told]
    first, *others = [one.ticket for one in opened]
    context.message.also = [ticket.no for ticket in others]
    context.acted("open", first)
    about = [no for one in opened for no in (one.ticket.no, one.alike) if no]
    if others:
        await context.reply("opened_several", about=about, opened=opened)
        return
    (only,) = opened
    await context.reply(
        "opened", about=about, no=first.no, category=first.category, vague=first.asked,
        unit=only.unit, due_at=first.due_at, urgent=first.urgent, alike=only.alike,
        kind=first.kind,
    )  # fmt: skip


async def _open(context: Context) -> Opened:
    """Open one ticket, and link it to the one that it looks like."""
    category = context.parse.category.name if context.parse.category else None
    place = context.entity("address")
    enterprise = context.sender.enterprise or context.entity("enterprise")
    ticket = await open_ticket(
        context.session,
        Report(
            text=context.words,
            category=category,
            district=await context.district(),
            address=place,
            enterprise=enterprise,
            urgent=urgent(context.words, category),
            group_id=context.group.id,
            message=context.message,
            at=context.told,
            asked=not (place or context.entity("project") or enterprise),
        ),
        by=context.sender,
        now=context.now,
    )
    alike = await similar.link(context.session, ticket, context.clock.policy.similar_days)
    unit = await people.unit(context.session, ticket.unit_id)
    return Opened(ticket, unit.name if unit else None, alike)


ACTION = Action(intent="report_issue", run=run, roles=frozenset({"member", "coordinator"}))
