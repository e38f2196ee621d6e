"""延期: a handler asks for more time, a coordinator grants it; rules, sections 3 and 8."""

import re

from actions import steps
from actions.args import Reason
from actions.base import Action, Context
from storage import people
from storage.models import Ticket

DIGITS = {"一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
          "十": 10}  # fmt: skip
DAYS = re.compile(r"(\d{1,3}|[一二两三四五六七八九十])\s*个?\s*(?:工作日|天|日(?!前))")
WEEKS = re.compile(r"(\d|[一二两])\s*个?\s*(?:周|星期|礼拜)")
WEEK = 5  # working days


async def run(context: Context, ticket: Ticket | None) -> None:
    """Ask for so many working days; the ticket stays as it is until a coordinator decides."""
    if ticket is None:
        return
    days = asked(context.words)
    if days is None and context.sender.role == "coordinator":
        await context.reply("which_days", about=[ticket.no], no=ticket.no)
        return
    # without a number the coordinators decide on it
    args = Reason(reason=context.words) if days is None else {"days": days, "reason": context.words}
    taken = await steps.take(
        context.session, ticket, "extend", by=context.sender, now=context.now, args=args,
        message=context.message,
    )  # fmt: skip
    context.acted("extend" if taken else "request", ticket)
    reporter = await people.member(context.session, ticket.reporter_id) if taken else None
    await context.reply(
        "extended" if taken else "requested", about=[ticket.no],
        also=[reporter] if reporter else [], no=ticket.no, step="extend", unit=None,
        due_at=ticket.due_at, reporter=reporter.name if reporter else "", reason=context.words,
    )  # fmt: skip


def asked(words: str) -> int | None:
    """How many working days the words ask for, or None."""
    if found := DAYS.search(words):
        return _number(found[1])
    if found := WEEKS.search(words):
        return WEEK * _number(found[1])
    return None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else DIGITS[text]


ACTION = Action(
    intent="request_extension",
    run=run,
    roles=frozenset({"handler", "coordinator"}),
    step="extend",
    of_unit=(("assigned", "accepted"),),
    asks=True,
)
