"""待审: messages that people must judge, one after the other, with the keyboard alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import decide, rights
from actions.base import Refused
from actions.foreseen import Foreseen, foreseen
from actions.names import names
from actions.render import render
from actions.review import MISCONDUCT
from bot.channels.base import clean
from bot.console.page import Enter, Missing, Visit, sealed
from nlu.parse import CATEGORIES, CATEGORISED, ENTITIES, INTENTS
from storage import people, reviews, tickets
from storage.models import Group, Member, Message, Review

router = APIRouter(prefix="/reviews")

PAGE = 15
LARGEST = 2**31 - 1
#: What opens a ticket stands first, as it is chosen most.
CHOICES = (*decide.OPENING, *(name for name in INTENTS if name not in decide.OPENING))
#: What the keys 1 to 9, 0 and n mark words as.
KEYS = dict(zip(ENTITIES, "1234567890n", strict=True))
#: What a message is when it is dismissed as talk.
TALK = "chitchat"

Here = Annotated[Visit, Depends(Enter("reviews"))]
Place = Annotated[int, Query(ge=0, le=LARGEST)]
Chosen = Annotated[str, Form(max_length=50)]
Verdict = Annotated[Literal["open", "talk", "keep"], Form()]
Asked = Annotated[str, Query(max_length=50)]


class Mark(BaseModel):
    """Some words of a text, and what they are; places count code points."""

    model_config = ConfigDict(extra="forbid", strict=True)

    entity: str
    start: int
    end: int


_marks = TypeAdapter(list[Mark])


@dataclass(frozen=True, slots=True)
class Row:
    """A message as it is laid before who judges it."""

    review: Review
    message: Message
    sender: Member
    group: Group | None
    before: Sequence[Message]
    after: Sequence[Message]
    hidden: frozenset[int | None]  # those around it that this person may not read
    outcome: Foreseen | str | None

    @property
    def guess(self) -> dict[str, Any]:
        """What the parser made of it."""
        guess: dict[str, Any] = self.message.parse
        return guess

    @property
    def pieces(self) -> Iterator[tuple[str, str | None]]:
        """The text in pieces, each with what it is marked as, if it is."""
        at, text = 0, self.message.text
        for span in self.guess["entities"]:
            yield text[at : span["start"]], None
            yield text[span["start"] : span["end"]], span["entity"]
            at = span["end"]
        yield text[at:], None

    @property
    def marks(self) -> list[dict[str, Any]]:
        """The marks as a form carries them."""
        spans = self.guess["entities"]
        return [{key: span[key] for key in ("entity", "start", "end")} for span in spans]


@router.get("")
async def index(visit: Here, after: Place = 0, done: Place = 0) -> Response:
    """What waits for this person, oldest first, behind a row; `done` is what was just judged."""
    return await _list(visit, after, done=done)


@router.get("/{number}/outcome")
async def outcome(number: int, visit: Here, intent: Asked = "", category: Asked = "") -> Response:
    """What would happen, were the message opened as this."""
    async with visit.app.database.transaction() as session:
        found = await _mine(session, visit, number)
        seen = await _outcome(session, visit, found[1], intent or None, category or None)
    return visit.show("reviews_outcome.html", outcome=seen)


@router.post("/{number}", dependencies=[Depends(sealed)])
async def judge(
    number: int,
    visit: Here,
    verdict: Verdict,
    intent: Chosen = "",
    category: Chosen = "",
    entities: Annotated[str, Form(max_length=50_000)] = "",
    marks: Annotated[str | None, Form(max_length=50_000)] = None,
    after: Annotated[int, Form(ge=0, le=LARGEST)] = 0,
) -> Response:
    """Settle one: `open` a ticket, dismiss it as `talk`, or only `keep` what it is."""
    if not 0 < number <= LARGEST:
        raise Missing
    try:
        async with visit.app.database.transaction() as session:
            review, message = await decide.find(session, number, visit.who)
            words = message.text
            spans = _written(words, clean(marks)) if marks is not None else _spans(words, entities)
            told = decide.judged(
                message, intent=TALK if verdict == "talk" else intent or None,
                category=category or None, entities=spans,
            )  # fmt: skip
            await decide.decide(
                session, review, message, told, opens=verdict == "open", by=visit.who,
                now=visit.now,
            )  # fmt: skip
    except Refused as refused:
        return await _list(visit, after, refused=str(refused), number=number)
    await visit.app.streams.wake(message.group_id)
    return RedirectResponse(f"/reviews?after={after}&done={number}#rows", 303)


async def _list(
    visit: Visit, after: int, *, done: int = 0, refused: str = "", number: int = 0
) -> Response:
    async with visit.app.database.transaction() as session:
        among = visit.who.role == "inspector"
        waiting = await reviews.page(session, MISCONDUCT, among=among, after=after, most=PAGE)
        count = await reviews.count(session, MISCONDUCT, among=among)
        rows = await _rows(session, visit, waiting)
        told = await _told(session, visit, done or number)
    taken = bool(refused and told)
    return visit.show(
        "reviews.html", 409 if taken else 400 if refused else 200,
        rows=rows, count=count, after=after, told=told if done or taken else None,
        refused="" if taken else refused, failed=number if refused else 0,
        more=len(waiting) == PAGE, choices=CHOICES, categories=CATEGORIES, keys=KEYS,
        opening=decide.OPENING, categorised=CATEGORISED, talk=TALK, misconduct=MISCONDUCT,
        among=among,
    )  # fmt: skip


async def _rows(
    session: AsyncSession, visit: Visit, waiting: Sequence[tuple[Review, Message]]
) -> list[Row]:
    around = await reviews.around(session, [m.id for _, m in waiting if m.id is not None])
    beside = [message for pair in around.values() for side in pair for message in side]
    about = await tickets.some(session, [no for m in beside for no in (m.ticket_no, *m.also) if no])
    hidden = frozenset(
        m.id for m in beside if not rights.hears(visit.who, misconduct=decide.secret(
            m, [about[no] for no in (m.ticket_no, *m.also) if no in about]))
    )  # fmt: skip
    senders = await people.by_ids(session, [message.sender_id for _, message in waiting])
    return [
        Row(
            review, message, senders[message.sender_id],
            await people.group(session, message.group_id), *around[message.id or 0], hidden,
            await _outcome(session, visit, message),
        )
        for review, message in waiting
    ]  # fmt: skip


async def _outcome(
    session: AsyncSession,
    visit: Visit,
    message: Message,
    intent: str | None = None,
    category: str | None = None,
) -> Foreseen | str | None:
    """What opening it would do, or why it can't be opened so."""
    try:
        told = decide.judged(message, intent=intent, category=category)
    except Refused as refused:
        return str(refused)
    return await foreseen(session, message, told, visit.now)


async def _mine(session: AsyncSession, visit: Visit, number: int) -> tuple[Review, Message]:
    found = await reviews.get(session, number) if 0 < number <= LARGEST else None
    if found is None or not rights.judges(visit.who, misconduct=decide.suspected(found[1])):
        raise Missing
    return found


async def _told(session: AsyncSession, visit: Visit, number: int) -> dict[str, Any] | None:
    """Who decided what of a row that is settled, for who might have settled it."""
    try:
        review, message = await _mine(session, visit, number)
    except Missing:
        return None
    if review.decision is None:
        return None
    called = await people.called(session, [review.by or ""])
    ticket = await tickets.get(session, message.ticket_no) if message.ticket_no else None
    return {
        "by": called.get(review.by or "", review.by), "mine": review.by == visit.who.external_id,
        "at": review.decided_at, "intent": review.decision["intent"]["name"],
        "category": (review.decision["category"] or {}).get("name"),
        "opens": review.decision["opens"], "number": review.id,
        "no": ticket.no if ticket is not None and rights.sees(visit.who, ticket) else None,
    }  # fmt: skip


def _spans(text: str, given: str) -> list[dict[str, Any]] | None:
    """The marks of a form, each with its words; None where none were sent: as guessed."""
    if not given:
        return None
    try:
        marks = _marks.validate_json(given.encode("utf-8", "replace"))
    except ValidationError as error:
        raise Refused(render("refused_marks")) from error
    return [
        {"entity": mark.entity, "start": mark.start, "end": mark.end,
         "value": text[max(mark.start, 0) : max(mark.end, 0)]}
        for mark in marks
    ]  # fmt: skip


def _written(text: str, lines: str) -> list[dict[str, Any]]:
    """Marks as lines 地点=新马路: each at the first place of its words that is still free."""
    kinds = {shown: code for code, shown in names()["entity"].items()}
    spans: list[dict[str, Any]] = []
    for line in filter(None, (line.strip() for line in lines.splitlines())):
        kind, _, words = (part.strip() for part in line.replace("＝", "=", 1).partition("="))
        start = _free(text, words, spans)
        if kind not in kinds or start < 0:
            raise Refused(render("refused_mark", fault=line))
        spans.append(
            {"entity": kinds[kind], "start": start, "end": start + len(words), "value": words}
        )
    return spans


def _free(text: str, words: str, taken: Sequence[dict[str, Any]]) -> int:
    start = text.find(words) if words else -1
    while start >= 0 and any(
        one["start"] < start + len(words) and start < one["end"] for one in taken
    ):
        start = text.find(words, start + 1)
    return start
