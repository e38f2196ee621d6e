"""Work for an instant: planned once, claimed once, and put off when it fails."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from storage import due
from storage.database import Database
from storage.models import Due
from tests.fixtures.cast import START, Town

pytestmark = pytest.mark.embedded


async def plan(
    database: Database, at: datetime, what: str = "daily", ticket: int | None = None
) -> None:
    async with database.transaction() as session:
        await due.plan(session, what, at, ticket_no=ticket)


async def claim(database: Database, until: datetime) -> None:
    """What is due first is done."""
    async with database.transaction() as session:
        row = await due.claim(session, until)
        assert row is not None
        row.done_at = until
        session.add(row)


async def rows(database: Database) -> list[Due]:
    async with database.transaction() as session:
        return list((await session.exec(select(Due).order_by(col(Due.id)))).all())


async def claimed(database: Database, until: datetime, *, before: bool = False) -> str | None:
    async with database.transaction() as session:
        row = await due.claim(session, until, before=before)
        return row.what if row else None


async def take_all(database: Database) -> list[int]:
    """What one claimer gets, each row in a transaction of its own."""
    taken: list[int] = []
    while True:
        async with database.transaction() as session:
            row = await due.claim(session, START)
            if row is None:
                return taken
            await asyncio.sleep(0)  # let the other one have a turn
            row.done_at = START
            session.add(row)
            taken.append(row.id or 0)


@pytest.mark.parametrize("ticket", [None, 1])
async def test_planned_twice_it_is_there_once(town: Town, ticket: int | None) -> None:
    await town.reports()
    planned = len(await rows(town.database))
    for _ in range(2):
        await plan(town.database, START, ticket=ticket)
    assert len(await rows(town.database)) == planned + 1


async def test_planned_at_once_by_many_it_is_there_once(database: Database) -> None:
    await asyncio.gather(*(plan(database, START) for _ in range(8)))
    assert len(await rows(database)) == 1


async def test_the_same_moment_of_another_offset_is_the_same(database: Database) -> None:
    await plan(database, START)
    await plan(database, START.astimezone(tz=None))
    assert len(await rows(database)) == 1


async def test_two_claimers_get_each_row_once(database: Database) -> None:
    for minute in range(30):
        await plan(database, START - timedelta(minutes=minute))
    one, other = await asyncio.gather(take_all(database), take_all(database))
    assert sorted(one + other) == sorted(row.id or 0 for row in await rows(database))


async def test_what_another_one_holds_is_passed_over(database: Database) -> None:
    await plan(database, START - timedelta(hours=1), "weekly")
    await plan(database, START, "daily")
    async with AsyncExitStack() as held:
        sessions = [await held.enter_async_context(database.transaction()) for _ in range(3)]
        found = [await due.claim(session, START) for session in sessions]
    assert [row and row.what for row in found] == ["weekly", "daily", None]


async def test_the_earliest_is_claimed_first(database: Database) -> None:
    await plan(database, START, "daily")
    await plan(database, START - timedelta(hours=1), "weekly")
    assert await claimed(database, START) == "weekly"


@pytest.mark.parametrize(
    ("until", "before", "found"),
    [
        (START, False, "daily"),
        (START, True, None),
        (START - timedelta(microseconds=1), False, None),
        (START + timedelta(microseconds=1), True, "daily"),
    ],
)
async def test_exactly_at_its_instant_it_is_due(
    database: Database, until: datetime, before: bool, found: str | None
) -> None:
    await plan(database, START)
    assert await claimed(database, until, before=before) == found


async def test_put_off_it_comes_again_later_with_its_error(database: Database) -> None:
    await plan(database, START)
    (row,) = await rows(database)
    async with database.transaction() as session:
        await due.put_off(session, row.id or 0, START + timedelta(hours=1), "broke")
    assert await claimed(database, START) is None
    assert await claimed(database, START + timedelta(hours=1)) == "daily"
    (row,) = await rows(database)
    assert (row.at, row.error) == (START, "broke")


async def test_what_is_dropped_is_only_what_is_open(town: Town) -> None:
    await town.reports()
    await plan(town.database, START, "silence", 1)
    await plan(town.database, START + timedelta(days=1), "silence", 1)
    await claim(town.database, START)
    async with town.database.transaction() as session:
        await due.drop(session, "silence", 1)
    assert [row.at for row in await rows(town.database) if row.what == "silence"] == [START]


async def test_what_is_done_and_planned_anew_is_to_be_done_again(database: Database) -> None:
    await plan(database, START, "reminders")
    await claim(database, START)
    assert await claimed(database, START) is None
    await plan(database, START, "reminders")
    assert await claimed(database, START) == "reminders"
    assert len(await rows(database)) == 1


async def test_what_is_put_off_is_not_planned_forward(database: Database) -> None:
    await plan(database, START)
    (row,) = await rows(database)
    async with database.transaction() as session:
        await due.put_off(session, row.id or 0, START + timedelta(hours=1), "broke")
    await plan(database, START)
    assert await claimed(database, START) is None


async def test_a_kind_is_cancelled_whole_but_for_what_was_done(database: Database) -> None:
    await plan(database, START)
    await claim(database, START)
    await plan(database, START + timedelta(days=1))
    await plan(database, START, "weekly")
    async with database.transaction() as session:
        await due.cancel(session, "daily")
    assert [(row.what, row.at) for row in await rows(database)] == [
        ("daily", START),
        ("weekly", START),
    ]


@pytest.mark.parametrize("turn", range(len(due.TURNS)))
async def test_at_one_instant_silence_comes_before_reminders_and_these_before_digests(
    town: Town, turn: int
) -> None:
    await town.reports()
    async with town.database.transaction() as session:
        for what in reversed(due.TURNS):
            await due.plan(session, what, START, ticket_no=1 if what == "silence" else None)
    for _ in range(turn):
        await claim(town.database, START)
    assert await claimed(town.database, START) == due.TURNS[turn]
    assert due.TURNS[:2] == ("silence", "reminders")
