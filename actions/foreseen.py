"""What opening a message of the review list would do, said before it is done."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import dispatch, knowledge
from actions.decide import OPENING
from actions.review import MISCONDUCT
from actions.urgent import urgent
from nlu.parse import Parse
from storage import people
from storage.models import Message

KINDS = {"report_issue": "issue", "consult": "consult", MISCONDUCT: "misconduct"}


class Foreseen(NamedTuple):
    """The ticket as it would be."""

    kind: str
    category: str | None
    unit: str | None
    due_at: datetime
    urgent: bool
    article: str | None  # which answers a consult


async def foreseen(
    session: AsyncSession, message: Message, verdict: Parse, now: datetime
) -> Foreseen | None:
    """What would come of it; None where the intent opens nothing."""
    intent = verdict.intent.name
    if intent not in OPENING:
        return None
    context = await dispatch.of_message(session, message, verdict, now, told=message.at)
    kind, category = KINDS[intent], verdict.category.name if verdict.category else None
    at_once = kind == "issue" and urgent(message.text, category)
    counted = context.clock.opened(kind, message.at, urgent=at_once)
    article = await knowledge.best(session, message.text) if kind == "consult" else None
    routed = kind != "misconduct" and article is None
    unit = await people.route(session, category, await context.district()) if routed else None
    return Foreseen(
        kind, category, unit.name if unit else None, context.clock.end(counted.resolve).at,
        at_once, article.title if article else None,
    )  # fmt: skip
