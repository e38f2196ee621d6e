"""咨询: answered from the knowledge base where an article fits well, else by a unit."""

from actions import knowledge, similar, steps
from actions.base import Action, Context
from actions.move import KNOWLEDGE
from actions.opening import Report, open_ticket
from storage import people
from storage.models import Ticket


async def run(context: Context, _ticket: Ticket | None) -> None:
    """Open a consult; an article that fits answers it at once."""
    category = context.parse.category.name if context.parse.category else None
    found = await knowledge.best(context.session, context.message.text)
    ticket = await open_ticket(
        context.session,
        Report(
            text=context.message.text,
            kind="consult",
            category=category,
            district=await context.district(),
            address=context.entity("address"),
            enterprise=context.sender.enterprise or context.entity("enterprise"),
            group_id=context.group.id,
            message=context.message,
            at=context.told,
        ),
        by=context.sender,
        now=context.now,
        routed=found is None,
    )
    context.acted("open", ticket)
    if found is not None:
        ticket.alone = True
        await steps.take(
            context.session, ticket, "resolve", by=None, now=context.now, actor=KNOWLEDGE,
            args={"text": found.title}, message=context.message,
        )  # fmt: skip
        await context.reply(
            "consult_answered", about=[ticket.no], no=ticket.no, title=found.title,
            body=found.body, source=found.source, dated=found.dated,
            days=context.clock.policy.silence_days,
        )  # fmt: skip
        return
    alike = await similar.link(context.session, ticket, context.clock.policy.similar_days)
    unit = await people.unit(context.session, ticket.unit_id)
    await context.reply(
        "opened", about=[ticket.no, *([alike] if alike else [])], no=ticket.no, category=category,
        vague=False, unit=unit.name if unit else None, due_at=ticket.due_at, urgent=False,
        alike=alike, kind=ticket.kind,
    )  # fmt: skip


ACTION = Action(intent="consult", run=run, roles=frozenset({"member", "coordinator"}))
