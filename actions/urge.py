"""催办: passed on to the handler, once in four hours; rules, sections 4 and 8."""

from datetime import timedelta

from actions import audience
from actions.base import Action, Context
from actions.render import render
from storage import people, posts
from storage.models import Ticket

OPEN = ("new", "assigned", "accepted", "suspended")


async def run(context: Context, ticket: Ticket | None) -> None:
    """Tell the handler, at once or in the morning; the enterprise hears until when it is due."""
    if ticket is None:
        return
    clock, now = context.clock, context.now
    passed = ticket.status in OPEN and _may_again(context, ticket)
    if passed:
        ticket.urged_at = clock.speak(now, urgent=ticket.urgent)
        context.session.add(ticket)
        told = await audience.handler(context.session, ticket)
        text = render("notice_urge", no=ticket.no, text=ticket.text, due_at=ticket.due_at,
                      who=context.message.name)  # fmt: skip
        await posts.tell(
            context.session,
            told or await audience.overseers(context.session, ticket),
            level="urge",
            text=text,
            at=now,
            ticket_no=ticket.no,
            not_before=ticket.urged_at,
        )
    unit = await people.unit(context.session, ticket.unit_id)
    context.acted("urge", ticket)
    await context.reply(
        "urged", about=[ticket.no], no=ticket.no, status=ticket.status, passed=passed,
        unit=unit.name if unit else None, due_at=ticket.due_at,
        waits=bool(passed and ticket.urged_at and ticket.urged_at > now),
    )  # fmt: skip


def _may_again(context: Context, ticket: Ticket) -> bool:
    pause = timedelta(hours=context.clock.policy.urge_hours)
    return ticket.urged_at is None or context.now >= ticket.urged_at + pause


ACTION = Action(
    intent="urge",
    run=run,
    roles=frozenset({"member", "coordinator", "inspector", "leader"}),
    step="urge",
    statuses=OPEN,
    asks=True,
    follows=True,
)
