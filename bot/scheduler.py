"""What is due: claimed one row at a time, done once, whoever else looks."""

import asyncio
import contextlib
import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from actions import clock, dispatch
from bot.streams import Away, Streams
from nlu.parse import Parse, Parser, ParserAway
from storage import carriers, due, hooks, messages, poison
from storage.database import PASSES, Database
from storage.models import Message

log = structlog.get_logger()

#: Seconds between two looks: what is due is never later than this.
EVERY = 5.0
#: Messages read again in one look after an outage of the parser.
REREAD = 50
#: What opens a ticket, and must not be lost because the keywords took it for talk.
REPORTS = frozenset({"report_issue", "report_misconduct", "consult"})
#: Due work that failed is tried again after so long.
PUT_OFF = timedelta(hours=1)
#: In seconds; and how long what nobody can read is kept, so that somebody may look at it.
DAY = 24 * 3600
KEPT = timedelta(days=30)


async def run_due(
    database: Database, until: datetime, *, before: bool = False, now: datetime | None = None
) -> int:
    """Do all that is due at or before `until` (`before`: strictly before), in order of time.

    Each row has a transaction of its own and happens at `now`, or at its own instant; one that
    fails is put off, and holds up nothing behind it. Returns how many rows were done.
    """
    done = 0
    while True:
        claimed: tuple[int, str, int | None] | None = None
        try:
            async with database.transaction() as session:
                row = await due.claim(session, until, before=before)
                if row is None:
                    return done
                # kept apart: a rollback takes the row's values with it
                claimed = row.id or 0, row.what, row.ticket_no
                at = now or row.at
                # done before it is run: what it causes may drop all that is still planned
                row.done_at = at
                session.add(row)
                await session.flush()
                await clock.run(session, row, at)
        except PASSES:
            raise
        except Exception as error:
            if claimed is None:
                raise
            due_id, what, ticket_no = claimed
            log.exception("due work failed", what=what, ticket=ticket_no)
            async with database.transaction() as session:
                await due.put_off(
                    session, due_id, until + PUT_OFF, f"{type(error).__name__}: {error}"
                )
            continue
        done += 1


async def reread(database: Database, parser: Parser, now: datetime) -> int:
    """Parse anew what only the keyword twin has read; ParserAway while the parser is away.

    What a message did stays as it is. A report that the keywords took for talk is opened now.
    Returns how many messages were read.
    """
    async with database.transaction() as session:
        waiting = await messages.unread_by_rasa(session, REREAD)
    parses = await parser.parse([message.text for message in waiting]) if waiting else []
    for message, parse in zip(waiting, parses, strict=True):
        if message.id is None:
            continue
        try:
            await _reread(database, message.id, parse, now)
        except PASSES:
            raise
        except Exception as error:
            log.exception("message failed", group=message.group_id, id=message.external_id)
            async with database.transaction() as session:
                await messages.read_again(session, message.id, parse.as_json(), parse.parser)
                await poison.keep(session, payload=_payload(message), error=str(error), at=now)
    return len(waiting)


async def _reread(database: Database, message_id: int, parse: Parse, now: datetime) -> None:
    async with database.transaction() as session:
        row = await messages.read_again(session, message_id, parse.as_json(), parse.parser)
        if row is not None and row.effect == "silence" and parse.intent.name in REPORTS:
            await dispatch.handle(session, row, parse, now)


def _payload(message: Message) -> str:
    return json.dumps(
        {"group": message.group_id, "id": message.external_id, "text": message.text},
        ensure_ascii=False,
    )


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
                await self._tidy()
            except ParserAway:
                pass  # the next look will find it back
            except PASSES as error:
                log.warning("database away", error=type(error).__name__)
            except Exception:
                log.exception("due work failed")
            await asyncio.sleep(EVERY)

    async def _tidy(self) -> None:
        """Once a day, whoever comes first: what is kept for a while only is dropped after it."""
        with contextlib.suppress(Away):
            if await self.streams.hold("tidying", secrets.token_hex(8), DAY):
                async with self.database.transaction() as session:
                    await carriers.forget(session, self.now() - KEPT)
                    await hooks.forget(session, self.now() - hooks.KEPT)
