"""答复咨询: what a handler says to a consult of the own unit answers it; rules, section 8."""

import re

from actions import rights, targets
from actions.base import Context
from nlu.addressed import behind
from storage import tickets
from storage.models import Ticket

#: They say something else of the ticket than its answer. Misconduct is opened, whoever says it.
OTHERWISE = frozenset(
    {
        "accept_task", "report_progress", "transfer", "request_extension", "ask_progress",
        "report_misconduct",
    }
)  # fmt: skip
#: 收到 is no answer to anybody's question.
BARE = re.compile(r"\W*(?:收到|好的?|嗯+|知道了|明白|谢谢|ok|1)\W*", re.IGNORECASE)


async def meant(context: Context) -> Ticket | None:
    """The consult of the sender's unit that the message answers, or None."""
    if context.sender.role != "handler" or context.parse.intent.name in OTHERWISE:
        return None
    said = context.message.text
    if BARE.fullmatch(said, behind(said)):
        return None
    no = await targets.pointed(context)
    ticket = await tickets.lock(context.session, no) if no is not None else None
    if ticket is None or ticket.kind != "consult" or not rights.serves(context.sender, ticket):
        return None
    return ticket if ticket.status in {"assigned", "accepted"} else None
