"""What people decide of a message on the review list; rules, section 5."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import dispatch, rights
from actions.base import Refused
from actions.render import render
from actions.review import MISCONDUCT
from nlu.parse import CATEGORISED, Parse
from storage import reviews
from storage.models import Member, Message, Review, Ticket

#: What may be opened; all else is only learned from.
OPENING = (*CATEGORISED, MISCONDUCT)
#: How a judgement names itself where a parser would.
PEOPLE = "people"


def judged(
    message: Message,
    *,
    intent: str | None = None,
    category: str | None = None,
    entities: list[dict[str, Any]] | None = None,
) -> Parse:
    """What a message is, in a person's words; what is not given is as it was guessed.

    Raises Refused for what the schema does not know, or a category that is missing.
    """
    guess: Mapping[str, Any] = message.parse or {}
    name = intent or guess["intent"]["name"]
    told = category or ((guess.get("category") or {}).get("name"))
    if name not in CATEGORISED:
        told = None
    elif told is None:
        raise Refused(render("refused_category"))
    spans = guess.get("entities", []) if entities is None else entities
    try:
        return Parse.from_json(
            {
                "text": message.text,
                "intent": {"name": name, "confidence": 1.0},
                "category": {"name": told, "confidence": 1.0} if told else None,
                "entities": [{**span, "confidence": 1.0} for span in spans],
                "parser": PEOPLE,
            }
        )
    except ValueError as error:
        raise Refused(render("refused_label", fault=str(error))) from error


async def find(session: AsyncSession, number: int, by: Member) -> tuple[Review, Message]:
    """A row that somebody may decide, locked; Refused where there is none, or no longer."""
    found = await reviews.lock(session, number)
    if found is None or not rights.judges(by, misconduct=suspected(found[1])):
        raise Refused(render("refused_review", no=number))
    if found[0].decided_at is not None:
        raise Refused(render("refused_decided", no=number, at=found[0].decided_at))
    return found


def suspected(message: Message) -> bool:
    """Whether a message was guessed to be about misconduct."""
    return bool(message.parse) and message.parse["intent"]["name"] == MISCONDUCT


def secret(message: Message, about: Iterable[Ticket]) -> bool:
    """Whether a message is, or was guessed to be, about misconduct; `about`: its tickets."""
    return suspected(message) or any(ticket.confidential for ticket in about)


async def decide(
    session: AsyncSession,
    review: Review,
    message: Message,
    verdict: Parse,
    *,
    opens: bool,
    by: Member,
    now: datetime,
) -> int | None:
    """Settle a row that `find` gave; what is said of it is what the next model learns.

    With `opens` the message opens its ticket now as it would have at once, and its deadlines
    count from when it was said. Returns the ticket's number, where `by` may know it.
    Raises Refused where the intent opens none.
    """
    if opens:
        await _open(session, message, verdict, now)
    review.decided_at, review.by = now, by.external_id
    review.decision = {**verdict.as_json(), "opens": opens}
    session.add(review)
    hidden = verdict.intent.name == MISCONDUCT and by.role != "inspector"
    return message.ticket_no if opens and not hidden else None


async def _open(session: AsyncSession, message: Message, verdict: Parse, now: datetime) -> None:
    intent = verdict.intent.name
    if intent not in OPENING:
        raise Refused(render("refused_opens", intent=intent))
    context = await dispatch.of_message(session, message, verdict, now, told=message.at)
    await dispatch.actions()[intent].run(context, None)
