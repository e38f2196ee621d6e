"""反映涉纪线索: one neutral sentence in the group, and the inspectors know; rules, 5 and 8."""

from actions.base import Action, Context
from actions.opening import Report, open_ticket
from actions.rights import ROLES
from storage.models import Ticket


async def run(context: Context, _ticket: Ticket | None) -> None:
    """Open a confidential ticket. What the bot says names no number, unit or content."""
    ticket = await open_ticket(
        context.session,
        Report(
            text=context.message.text,
            kind="misconduct",
            district=await context.district(),
            address=context.entity("address"),
            enterprise=context.sender.enterprise or context.entity("enterprise"),
            group_id=context.group.id,
            message=context.message,
            at=context.told,
        ),
        by=context.sender,
        now=context.now,
    )
    context.acted("open", ticket)
    await context.reply("misconduct")


ACTION = Action(intent="report_misconduct", run=run, roles=frozenset(ROLES))
