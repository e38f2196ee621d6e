"""确认销号: the enterprise says that it is solved."""

import re

from actions import steps
from actions.base import Action, Context
from storage.models import Ticket

#: Words that name a rating, the ones that contain another first; rules, section 8.
RATINGS = (
    ("satisfied", re.compile(r"(?:没|无|没有)(?:什么|任何|哪里|啥|一点)?不满意")),
    (
        "dissatisfied",
        re.compile(r"不是?(?:[太大很算够]|怎么|十分|特别|那么)?满意|[谈说]不上满意"),
    ),
    ("fairly", re.compile(r"基本上?满意|较为?满意|还算满意|还可以|还行")),
    ("satisfied", re.compile(r"满意")),
)


def rating(text: str) -> str | None:
    """The rating that the words name, or None."""
    return next((name for name, words in RATINGS if words.search(text)), None)


async def run(context: Context, ticket: Ticket | None) -> None:
    """Close the ticket, with the rating that the words name."""
    if ticket is None:
        return
    named = rating(context.words)
    await steps.take(
        context.session, ticket, "confirm", by=context.sender, now=context.now,
        args={"rating": named} if named else {}, message=context.message,
    )  # fmt: skip
    context.acted("confirm", ticket)
    await context.reply("closed", about=[ticket.no], no=ticket.no, rating=named)


ACTION = Action(
    intent="confirm_resolved",
    run=run,
    roles=frozenset({"member", "coordinator"}),
    step="confirm",
    statuses=("resolved", "assigned", "accepted"),
)
