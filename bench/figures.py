"""Whether the past costs anything: `python -m bench.figures [LARGE]`.

The reminder tick and a week's own figures with LARGE closed tickets (1,000,000) in the database
against 10,000; and the figures since the start with LARGE.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import clock, steps
from actions.deadlines import ZONE
from actions.opening import Report, open_ticket
from bot import city
from bot.embedded.servers import start
from bot.up import DEFAULT_CITY
from storage import calendar, figures, migrate
from storage.database import Database
from storage.figures import Scope
from storage.models import Due

NOW = datetime(2026, 3, 4, 9, tzinfo=ZONE)  # a Wednesday
SMALL, LARGE = 10_000, 1_000_000
OPEN = 300
RUNS = 7

#: Tickets closed over the three years before, each with the states that it went through, the
#: reminders that fired, and its part of the chain left out: nothing measured here reads it.
FILL = (
    """
    INSERT INTO tickets (no, kind, status, category, source, group_id, enterprise, district,
        unit_id, assisting, text, reported_at, respond_by, due_at, counted, provisional,
        accepted_at, responded_at, first_respond_by, resolved_at, closed_at, resolve_count,
        reopened, extended, rating, urgent, confidential, alone, asked)
    SELECT n, 'issue', 'closed', (ARRAY['traffic','utilities','land','tax'])[1 + n % 4], 'group',
        'g' || 1 + n % 4, '企业' || n % 5000, (ARRAY['天元区','荷塘区','石峰区'])[1 + n % 3],
        1 + n % 20, '[]', '栗雨工业园第' || n || '号路灯坏了', at, at + interval '3 days',
        at + interval '7 days', '{}', false, at + interval '1 day',
        at + interval '1 day', at + interval '3 days', at + interval '5 days',
        at + interval '6 days', 1,
        (n % 20 = 0)::int, 0, 'satisfied', false, false, false, false
    FROM (SELECT n, CAST(:start AS timestamptz)
                 + n * (interval '1100 days' / CAST(:many AS float8)) AS at
          FROM generate_series(CAST(:first AS int), CAST(:many AS int)) AS n) AS made
    """,
    """
    INSERT INTO states (ticket_no, since, past, until, reported_at, kind, status, category,
        district, unit_id, group_id, due_at, respond_by, responded_at, resolved_at, resolve_count,
        reopened, rating, confidential, alone)
    SELECT no, at, until < '9999-01-01', until, reported_at, kind, state, category, district,
        unit_id, group_id, due_at, respond_by, CASE WHEN at > reported_at THEN responded_at END,
        CASE WHEN state IN ('resolved', 'closed') THEN resolved_at END,
        (state IN ('resolved', 'closed'))::int, reopened,
        CASE WHEN state = 'closed' THEN rating END, false, false
    FROM tickets, LATERAL (VALUES ('assigned', reported_at, accepted_at),
        ('accepted', accepted_at, resolved_at), ('resolved', resolved_at, closed_at),
        ('closed', closed_at, CAST('9999-12-31 00:00+00' AS timestamptz))) AS went(state, at, until)
    WHERE no BETWEEN :first AND :many
    """,
    """
    INSERT INTO reminders (ticket_no, level, at, deadline, fired_at)
    SELECT no, 'blue', due_at - interval '1 day', due_at, due_at - interval '1 day'
    FROM tickets WHERE no BETWEEN :first AND :many
    """,
    """
    INSERT INTO due (at, turn, what, ticket_no, next_at, done_at)
    SELECT closed_at, 0, 'silence', no, closed_at, closed_at
    FROM tickets WHERE no BETWEEN :first AND :many
    """,
)

#: What is opened afterwards has a number behind them all.
NUMBERS = "INSERT INTO heads VALUES ('ticket', 9000000, '') ON CONFLICT DO NOTHING"


async def fill(database: Database, first: int, many: int) -> None:
    """Closed tickets from number `first` to `many`."""
    start = NOW - timedelta(days=1110)
    async with database.engine.connect() as connection:
        free = await connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in FILL:
            wanted = {"first": first, "many": many, "start": start}
            names = {name: wanted[name] for name in wanted if f":{name}" in statement}
            await free.execute(text(statement), names)
        await free.execute(text(NUMBERS))
        await free.execute(text("VACUUM ANALYZE"))


async def opened(database: Database, at: datetime) -> None:
    """Some hundred open tickets, reported so that their reminders come at once on NOW's morning."""
    async with database.transaction() as session:
        by = await steps.named(session, "u1")
        for number in range(OPEN):
            report = Report(
                text=f"第{number}号路灯坏了", category="traffic", district="天元区",
                group_id=f"g{1 + number % 4}",
            )  # fmt: skip
            await open_ticket(session, report, by=by, now=at)


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """The median of some runs, in milliseconds."""
    spent = []
    for _ in range(RUNS):
        began = time.perf_counter()
        await work()
        spent.append(1000 * (time.perf_counter() - began))
    return statistics.median(spent)


async def measure(database: Database) -> dict[str, float]:
    """What is measured, in milliseconds."""
    week = Scope(at=NOW, since=NOW - timedelta(days=7), until=NOW)

    async def asked(scope: Scope) -> None:
        async with database.transaction() as session:
            await figures.total(session, scope)

    async def tick() -> None:
        async with database.transaction() as session:
            await _tick(session)
            await session.rollback()

    return {
        "reminder tick": await timed(tick),
        "the week's figures": await timed(lambda: asked(week)),
        "figures since the start": await timed(lambda: asked(Scope(at=NOW))),
        "the same as of a month ago": await timed(
            lambda: asked(Scope(at=NOW - timedelta(days=30)))
        ),
    }


async def _tick(session: AsyncSession) -> None:
    await clock.run(session, Due(what="reminders", turn=1, at=NOW, next_at=NOW), NOW)


async def run(large: int) -> None:
    """Fill, measure, fill more, measure again."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        scratch.chmod(0o711)
        running = await start(scratch / "data", print, durable=False)
        database = Database(running.servers.database_url)
        try:
            migrate.upgrade(running.servers.database_url)
            async with database.transaction() as session:
                await calendar.seed(session)
                await city.load(session, city.read(DEFAULT_CITY))
            await fill(database, 1, SMALL)
            await opened(database, datetime(2026, 2, 26, 10, tzinfo=ZONE))
            few = await measure(database)
            await fill(database, SMALL + 1, large)
            many = await measure(database)
        finally:
            await database.close()
            await running.stop()
    print(f"{'':32} {SMALL:>12,} {large:>12,}  ratio")
    for name, small in few.items():
        print(f"{name:32} {small:9.1f} ms {many[name]:9.1f} ms  {many[name] / small:5.2f}")


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else LARGE))
