"""What people decided on the review list, as training examples; rules, section 5."""

from collections.abc import AsyncIterator

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import decide
from actions.review import MISCONDUCT
from nlu.examples import Example
from nlu.parse import Parse
from nlu.text import Span
from storage import reviews

#: So many digits of a telephone number stay; the rest are noughts.
PREFIX = 3


async def examples(session: AsyncSession) -> AsyncIterator[Example]:
    """Each judged message, once. What may be misconduct stays where the inspectors are."""
    async for review, message in reviews.decided(session):
        verdict = Parse.from_json({k: v for k, v in review.decision.items() if k != "opens"})
        if decide.suspected(message) or verdict.intent.name == MISCONDUCT:
            continue
        yield _example(verdict)


def _example(verdict: Parse) -> Example:
    text, spans = verdict.text, []
    for found in verdict.entities:
        spans.append(Span(found.entity, found.start, found.end))
        if found.entity == "phone":
            text = text[: found.start] + _fictional(found.value) + text[found.end :]
    category = verdict.category.name if verdict.category else None
    return Example(text, verdict.intent.name, category, tuple(spans))


def _fictional(phone: str) -> str:
    rest = phone[PREFIX:]
    return phone[:PREFIX] + "".join("0" if char.isdigit() else char for char in rest)
