"""What is due: claimed one row at a time, done once, whoever else looks."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from actions import clock, dispatch
from bot.streams import Streams
from nlu.parse import Parser, ParserAway
from storage import due, messages
from storage.database import Database

log = structlog.get_logger()

#: Seconds between two looks: what is due is never later than this.
EVERY = 5.0
#: Messages read again in one look after an outage of the parser.
REREAD = 50
REPORT = "report_issue"


async def run_due(
    database: Database, until: datetime, *, before: bool = False, now: datetime | None = None
) -> int:
    """Do all that is due at or before `until` (`before`: strictly before), in order of time.

    Each row has a transaction of its own and happens at `now`, or at its own instant. Returns
    how many rows were done.
    """
    done = 0
    while True:
        async with database.transaction() as session:
            row = await due.claim(session, until, before=before)
            if row is None:
                return done
            await clock.run(session, row, now or row.at)
            row.done_at = now or row.at
            session.add(row)
        done += 1


async def reread(database: Database, parser: Parser, now: datetime) -> int:
    """Parse anew what only the keyword twin has read; ParserAway while the parser is away.

    What a message did stays as it is. A report that the keywords took for talk is opened now.
    """
    async with database.transaction() as session:
        waiting = await messages.unread_by_rasa(session, REREAD)
        if not waiting:
            return 0
        parses = await parser.parse([message.text for message in waiting])
        for message, parse in zip(waiting, parses, strict=True):
            message.parse, message.parser = parse.as_json(), parse.parser
            session.add(message)
            if message.effect == "silence" and parse.intent.name == REPORT:
                await dispatch.handle(session, message, parse, now)
        return len(waiting)


class Scheduler:
    """Looks every few seconds; several at once do everything once."""

    def __init__(
        self,
        database: Database,
        streams: Streams,
        parser: Parser | None,
        now: Callable[[], datetime],
    ) -> None:
        """`parser` is the one that reads again; None where the keywords are all there is."""
        self.database, self.streams, self.parser, self.now = database, streams, parser, now

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                if await run_due(self.database, self.now(), now=self.now()):
                    await self.streams.wake("")
                if self.parser is not None:
                    await reread(self.database, self.parser, self.now())
            except ParserAway:
                pass  # the next look will find it back
            except (OperationalError, InterfaceError) as error:
                log.warning("database away", error=type(error).__name__)
            except Exception:
                log.exception("due work failed")
            await asyncio.sleep(EVERY)
