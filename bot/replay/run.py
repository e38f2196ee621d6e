"""A replay: recorded lines through the real pipeline, on the clock of the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from actions import steps
from actions.base import Refused
from bot import city as cities
from bot import worker
from bot.channels.base import Image, Incoming, Quoted
from bot.replay.lines import Line, MessageLine, StepLine
from bot.scheduler import run_due
from nlu.parse import Parse, Parser
from storage import calendar
from storage.database import Database

#: How many texts are parsed together; the parser limits how many at once.
BATCH = 64


class Progress(Protocol):
    """Told how far a stage is: its name, how much is done, of how much."""

    def __call__(self, stage: str, done: int, whole: int) -> None:
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


async def run(
    database: Database,
    city: cities.City,
    lines: Sequence[Line],
    parses: Sequence[Parse | None],
    until: datetime,
    progress: Progress,
) -> None:
    """Load the city into an empty database and do all that happened up to and including `until`."""
    async with database.transaction() as session:
        await calendar.seed(session)
        await cities.load(session, city)
    played = Play(database, {group.id: group.channel for group in city.groups})
    for done, (line, read) in enumerate(zip(lines, parses, strict=True), 1):
        if line.at > until:
            break
        # what was recorded comes before what is due at the same instant; rules, section 8
        await run_due(database, line.at, before=True)
        await played.line(line, read)
        progress("重放", done, len(lines))
    await run_due(database, until)


class Play:
    """Does lines, one after the other."""

    def __init__(self, database: Database, channels: dict[str, str]) -> None:
        """Play into `database`; `channels` names each group's channel."""
        self.database, self.channels = database, channels

    async def line(self, line: Line, parse: Parse | None) -> None:
        """Do one line at its own instant."""
        if isinstance(line, StepLine):
            await self._step(line)
        else:
            await worker.handle(self.database, self._incoming(line), parse, line.at)

    def _incoming(self, line: Line) -> Incoming:
        assert not isinstance(line, StepLine)  # noqa: S101  # those never arrive in a group
        channel = self.channels[line.group]
        if not isinstance(line, MessageLine):
            return Incoming(
                kind="recall", channel=channel, group=line.group, id=line.id, at=line.at
            )
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
            images=tuple(Image(image.id, image.name, image.sha256) for image in line.images),
            quote=quote
            if quote is None or isinstance(quote, str)
            else Quoted(quote.sender, quote.text),
            mentions_bot=line.mentions_bot,
        )

    async def _step(self, line: StepLine) -> None:
        try:
            async with self.database.transaction() as session:
                await steps.order(
                    session, await self._ticket(line), line.step, line.args, line.by, line.at
                )
        except Refused as refused:
            await self._refused(line, str(refused))
