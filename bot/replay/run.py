"""A replay: recorded lines through the real pipeline, on the clock of the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import clock, rights, steps
from actions.base import Refused
from actions.render import render
from bot import city as cities
from bot import worker
from bot.channels.base import Incoming, Media, Quoted
from bot.replay.lines import Line, MessageLine, Quote, RecallLine, StepLine
from bot.scheduler import run_due
from nlu.parse import Parse, Parser
from storage import calendar, due, messages, posts, tickets
from storage.database import Database
from storage.models import Event, Member, Message, Ticket

#: How many texts are parsed together; the parser limits how many at once.
BATCH = 64


class Progress(Protocol):
    """Told how far a stage is: its name, how much is done, of how much."""

    def __call__(self, stage: str, done: int, whole: int, /) -> None:
        """Show it."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a replay came to."""

    messages: int
    opened: int
    resolved: int
    closed: int
    silent: int  # closed by silence


async def parse(
    lines: Sequence[Line], parser: Parser | None, progress: Progress
) -> list[Parse | None]:
    """The parse of each line that is a message: its own, else the parser's.

    Without a parser, every message must carry its parse.
    """
    parses = [line.parsed() if isinstance(line, MessageLine) else None for line in lines]
    if parser is None:
        return parses
    wanted = [
        index
        for index, line in enumerate(lines)
        if isinstance(line, MessageLine) and parses[index] is None
    ]
    for first in range(0, len(wanted), BATCH):
        batch = wanted[first : first + BATCH]
        found = await parser.parse([_text(lines[index]) for index in batch])
        for index, read in zip(batch, found, strict=True):
            parses[index] = read
        progress("识别", first + len(batch), len(wanted))
    return parses


def _text(line: Line) -> str:
    assert isinstance(line, MessageLine)  # noqa: S101  # only those are asked for
    return line.text


@dataclass(frozen=True, slots=True)
class Recorded:
    """The lines of a file, the parse of each message, and the city they are of."""

    city: cities.City
    lines: Sequence[Line]
    parses: Sequence[Parse | None]


async def run(database: Database, recorded: Recorded, until: datetime, progress: Progress) -> None:
    """Load the city into an empty database and do all that happened up to and including `until`."""
    async with database.transaction() as session:
        await calendar.seed(session)
        await cities.load(session, recorded.city)
        await clock.begin(session, cities.start(recorded.city))
    channels = {group.id: group.routes()["reads"] or "sandbox" for group in recorded.city.groups}
    whole = len(recorded.lines)
    async with database.glance() as glance:
        for done, (line, read) in enumerate(zip(recorded.lines, recorded.parses, strict=True), 1):
            if line.at > until:
                break
            # what was recorded comes before what is due at the same instant; rules, section 8
            soonest = await due.soonest(glance)
            if soonest is not None and soonest < line.at:
                await run_due(database, line.at, before=True)
            if isinstance(line, StepLine):
                await _step(database, line)
            else:
                await worker.handle(database, _incoming(line, channels[line.group]), read, line.at)
            progress("重放", done, whole)
    await run_due(database, until)


def _incoming(line: MessageLine | RecallLine, channel: str) -> Incoming:
    if isinstance(line, RecallLine):
        return Incoming(kind="recall", channel=channel, group=line.group, id=line.id, at=line.at)
    quote = line.quote
    return Incoming(
        kind="message",
        channel=channel,
        group=line.group,
        id=line.id,
        at=line.at,
        sender=line.sender,
        name=line.name,
        text=line.text,
        images=tuple(Media(image.id, image.name, image.sha256) for image in line.images),
        quote=Quoted(quote.sender, quote.text) if isinstance(quote, Quote) else quote,
        mentions_bot=line.mentions_bot,
    )


async def _step(database: Database, line: StepLine) -> None:
    """What somebody did in the console; refused, it changes nothing and leaves a notice."""
    async with database.transaction() as session:
        by = await steps.named(session, line.by)
        try:
            async with session.begin_nested():
                await _take(session, line, by)
        except Refused as refused:
            ticket = await _ticket(session, line)
            await posts.tell(
                session, [by], level="refused", text=str(refused), at=line.at,
                ticket_no=ticket.no if ticket and rights.sees(by, ticket) else None,
            )  # fmt: skip


async def _take(session: AsyncSession, line: StepLine, by: Member) -> None:
    if line.step == "open":
        await steps.open_by_hand(session, line.args, by=by, now=line.at)
        return
    ticket = await _ticket(session, line)
    if ticket is None or (ticket.confidential and not rights.sees(by, ticket)):
        # as it was named: the number of what is confidential is not given away
        raise Refused(render("refused_number", no=line.ticket))
    await steps.take(session, ticket, line.step, by=by, now=line.at, args=line.args)


async def _ticket(session: AsyncSession, line: StepLine) -> Ticket | None:
    """The ticket of this number, or that the message of this id opened."""
    if isinstance(line.ticket, int):
        return await tickets.lock(session, line.ticket)
    opened = await messages.opened_by(session, line.ticket or "")
    return await tickets.lock(session, opened) if opened is not None else None


async def summary(database: Database) -> Summary:
    """What it all came to."""
    async with database.transaction() as session:

        async def count(*steps: str) -> int:
            distinct = func.count(func.distinct(Event.ticket_no))
            found = await session.exec(select(distinct).where(col(Event.step).in_(steps)))
            return int(found.one())

        said = (await session.exec(select(func.count()).select_from(Message))).one()
        return Summary(
            messages=said,
            opened=await count("open"),
            resolved=await count("resolve"),
            closed=await count("confirm", "silence"),
            silent=await count("silence"),
        )
