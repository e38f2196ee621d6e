"""The ladder as rows: planned with a deadline, and once for one deadline."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from storage import reminders
from storage.database import Database
from storage.models import Letter, Reminder
from tests.fixtures import rows
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded

DAY = timedelta(days=1)
DUE = START + 5 * DAY
LEVELS = {"blue": DUE - DAY, "yellow": DUE + DAY}


@pytest.fixture
async def planned(database: Database) -> Database:
    """A ticket whose ladder is planned."""
    async with database.transaction() as session:
        await rows.make(session, due_at=DUE)
        await reminders.plan(session, 1, DUE, LEVELS)
    return database


async def fire(database: Database, until: datetime) -> list[str]:
    async with database.transaction() as session:
        found = await reminders.due(session, until)
        for row, _ in found:
            row.fired_at = until
            session.add(row)
        return [row.level for row, _ in found]


async def plan(database: Database, deadline: datetime, levels: dict[str, datetime]) -> None:
    async with database.transaction() as session:
        await reminders.plan(session, 1, deadline, levels)


async def open_levels(database: Database) -> dict[str, datetime]:
    query = select(Reminder).where(col(Reminder.fired_at).is_(None))
    async with database.transaction() as session:
        return {row.level: row.at for row in (await session.exec(query)).all()}


async def test_what_is_due_fires_with_its_ticket_and_once(planned: Database) -> None:
    assert await fire(planned, DUE - DAY - timedelta(seconds=1)) == []
    assert await fire(planned, DUE - DAY) == ["blue"]
    assert await fire(planned, DUE - DAY) == []
    assert await fire(planned, DUE + DAY) == ["yellow"]


async def test_a_new_ladder_takes_the_place_of_what_has_not_fired(planned: Database) -> None:
    await fire(planned, DUE - DAY)
    await plan(planned, DUE + 3 * DAY, {"blue": DUE + 2 * DAY})
    assert await open_levels(planned) == {"blue": DUE + 2 * DAY}


async def test_what_has_fired_does_not_fire_again_for_the_same_deadline(planned: Database) -> None:
    await fire(planned, DUE - DAY)
    await plan(planned, DUE, LEVELS)
    assert await open_levels(planned) == {"yellow": DUE + DAY}


async def test_dropped_nothing_is_left_to_fire(planned: Database) -> None:
    async with planned.transaction() as session:
        await reminders.drop(session, 1)
    assert await open_levels(planned) == {}


async def test_some_levels_may_stay_as_they_are(planned: Database) -> None:
    async with planned.transaction() as session:
        await reminders.plan(session, 1, DUE + DAY, {"yellow": DUE + 2 * DAY}, but=["blue"])
    assert await open_levels(planned) == {"blue": DUE - DAY, "yellow": DUE + 2 * DAY}


async def test_what_is_due_comes_with_the_earliest_deadline_first(planned: Database) -> None:
    async with planned.transaction() as session:
        await rows.make(session, due_at=DUE - DAY)
        await reminders.plan(session, 2, DUE - DAY, {"yellow": DUE})
    async with planned.transaction() as session:
        found = await reminders.due(session, DUE + DAY)
    assert [(ticket.no, row.level) for row, ticket in found] == [
        (2, "yellow"),
        (1, "blue"),
        (1, "yellow"),
    ]


async def test_what_has_fired_is_listed_by_ticket_in_order(planned: Database) -> None:
    await fire(planned, DUE + DAY)
    async with planned.transaction() as session:
        found = await reminders.fired(session)
    assert [row.level for row in found[1]] == ["blue", "yellow"]


async def test_a_shift_moves_only_what_is_still_to_come(planned: Database) -> None:
    async with planned.transaction() as session:
        later = {level: at + DAY for level, at in LEVELS.items()}
        assert await reminders.shift(session, 1, later, DUE - DAY) == [DUE + 2 * DAY]
    assert await open_levels(planned) == {"blue": DUE - DAY, "yellow": DUE + 2 * DAY}


async def test_a_letter_is_kept_with_its_text(planned: Database) -> None:
    async with planned.transaction() as session:
        await reminders.draw_up(session, 1, "supervision", "督办函", DUE)
    async with planned.transaction() as session:
        (letter,) = (await session.exec(select(Letter))).all()
    assert (letter.ticket_no, letter.kind, letter.text, letter.at) == (
        1,
        "supervision",
        "督办函",
        DUE,
    )
