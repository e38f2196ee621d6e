"""The calendar: seeded as announced, guessed ahead, and never over what a hand has set."""

from datetime import date
from typing import Any

import chinese_calendar
import pytest
from sqlmodel import col, func, select, update

from storage import calendar
from storage.database import Database
from storage.models import Day

pytestmark = pytest.mark.embedded

LAST = max(chinese_calendar.holidays).year


async def day(database: Database, which: date) -> Day:
    async with database.transaction() as session:
        (found,) = await calendar.between(session, which, which)
        return found


async def change(database: Database, which: date, **fields: Any) -> None:
    async with database.transaction() as session:
        await session.exec(update(Day).where(col(Day.day) == which).values(**fields))


async def seed(database: Database) -> None:
    async with database.transaction() as session:
        await calendar.seed(session)


@pytest.mark.parametrize(
    ("which", "working", "why"),
    [
        (date(2023, 4, 3), True, ""),
        (date(2023, 4, 5), False, "清明节"),
        (date(2023, 4, 8), False, "周末"),
        (date(2023, 4, 23), True, "劳动节调休上班"),
        (date(2024, 2, 10), False, "春节"),
    ],
)
async def test_announced_days_are_as_announced(
    database: Database, which: date, working: bool, why: str
) -> None:
    found = await day(database, which)
    assert (found.working, found.why, found.official) == (working, why, True)


@pytest.mark.parametrize(
    ("which", "working"), [(date(LAST + 1, 1, 1), False), (date(LAST + 1, 10, 1), False)]
)
async def test_years_without_a_notice_are_a_guess(
    database: Database, which: date, working: bool
) -> None:
    found = await day(database, which)
    assert (found.working, found.official, found.source) == (working, False, calendar.EXPECTED)


async def test_every_day_is_there(database: Database) -> None:
    first, last = date(2004, 1, 1), date(LAST + calendar.AHEAD, 12, 31)
    async with database.transaction() as session:
        count = (await session.exec(select(func.count()).select_from(Day))).one()
        (earliest,) = await calendar.between(session, first, first)
    assert count == (last - first).days + 1
    assert earliest.official


async def test_a_day_set_by_hand_stays(database: Database) -> None:
    which = date(2023, 4, 3)
    await change(database, which, working=False, why="停电", source="本市更正")
    await seed(database)
    found = await day(database, which)
    assert (found.working, found.why) == (False, "停电")


async def test_a_guess_gives_way_to_a_notice(database: Database) -> None:
    which = date(2023, 4, 5)
    guess = {"working": True, "why": "", "source": calendar.EXPECTED, "official": False}
    await change(database, which, **guess)
    await seed(database)
    found = await day(database, which)
    assert (found.working, found.why, found.official) == (False, "清明节", True)


async def test_a_day_set_by_hand_ahead_of_the_notice_stays(database: Database) -> None:
    which = date(LAST + 1, 1, 1)
    await change(database, which, working=True, source="本市更正")
    await seed(database)
    assert (await day(database, which)).working
