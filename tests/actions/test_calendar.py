"""Which days count, and why not; rules, section 3."""

from datetime import date, timedelta

import pytest

from actions.calendar import Calendar, Judged
from actions.deadlines import Clock
from storage import calendar
from storage.database import Database
from storage.models import Day

ANNOUNCED = Calendar(calendar.announced())


@pytest.mark.parametrize(
    ("day", "working", "why"),
    [
        (date(2023, 4, 3), True, ""),
        (date(2023, 4, 5), False, "清明节"),
        (date(2023, 4, 8), False, "周末"),
        (date(2023, 4, 23), True, "劳动节调休上班"),
        (date(2023, 5, 3), False, "劳动节"),
        (date(2023, 10, 7), True, "国庆节调休上班"),
        (date(2023, 1, 27), False, "春节"),
    ],
)
def test_an_announced_day_counts_as_the_notice_says(day: date, working: bool, why: str) -> None:
    judged = ANNOUNCED.judge(day)
    assert (judged.working, judged.why, judged.official) == (working, why, True)


@pytest.mark.parametrize(
    ("day", "working", "why"),
    [(date(2040, 1, 6), True, ""), (date(2040, 1, 7), False, "周末")],
)
def test_a_day_that_the_table_lacks_is_a_guess_by_its_weekday(
    day: date, working: bool, why: str
) -> None:
    assert Calendar().judge(day) == Judged(day, working, why, official=False)


def test_a_deadline_is_explained_by_the_days_counted_and_skipped() -> None:
    days = list(ANNOUNCED.count(date(2023, 4, 3), 4))
    told = [(judged.day.day, judged.working, judged.why) for judged in days]
    assert told == [
        (4, True, ""),
        (5, False, "清明节"),
        (6, True, ""),
        (7, True, ""),
        (8, False, "周末"),
        (9, False, "周末"),
        (10, True, ""),
    ]


def test_a_guess_among_the_days_counted_makes_the_last_one_a_guess() -> None:
    rows = [Day(day=date(2023, 4, 6), working=True, why="", source="", official=True)]
    assert not Calendar(rows).nth(date(2023, 4, 4), 2).official
    assert Calendar(rows).nth(date(2023, 4, 5), 1).official


@pytest.mark.parametrize(
    ("after", "upto", "days"),
    [
        (date(2023, 4, 3), date(2023, 4, 3), 0),
        (date(2023, 4, 4), date(2023, 4, 5), 0),
        (date(2023, 4, 3), date(2023, 4, 10), 4),
        (date(2023, 4, 21), date(2023, 4, 24), 2),
        (date(2023, 4, 4), date(2023, 4, 3), 0),
    ],
)
def test_working_days_between_leave_out_the_first_day(after: date, upto: date, days: int) -> None:
    found = ANNOUNCED.between(after, upto)
    assert sum(day.working for day in found) == days
    assert [day.day for day in found] == [
        after + timedelta(days=n) for n in range(1, (upto - after).days + 1)
    ]


@pytest.mark.parametrize(
    ("day", "before", "from_"),
    [
        (date(2023, 4, 5), date(2023, 4, 4), date(2023, 4, 6)),
        (date(2023, 4, 10), date(2023, 4, 7), date(2023, 4, 10)),
        (date(2023, 4, 24), date(2023, 4, 23), date(2023, 4, 24)),
        (date(2023, 5, 1), date(2023, 4, 28), date(2023, 5, 4)),
    ],
)
def test_the_working_day_before_and_the_first_from_a_day_on(
    day: date, before: date, from_: date
) -> None:
    assert (ANNOUNCED.before(day), ANNOUNCED.from_(day)) == (before, from_)


@pytest.mark.embedded
async def test_a_day_changed_in_the_table_changes_the_count(database: Database) -> None:
    async with database.transaction() as session:
        assert (await Clock.read(session)).calendar.judge(date(2023, 4, 4)).working
        closed = Day(
            day=date(2023, 4, 4), working=False, why="停工一天", source="", official=True
        )  # fmt: skip
        await calendar.put(session, [closed])
    async with database.transaction() as session:
        days = (await Clock.read(session)).calendar
    assert days.nth(date(2023, 4, 3), 1).day == date(2023, 4, 6)


@pytest.mark.embedded
async def test_years_without_a_notice_are_seeded_as_guesses(database: Database) -> None:
    national = date(max(row.day for row in calendar.announced()).year + 1, 10, 1)
    async with database.transaction() as session:
        judged = (await Clock.read(session)).calendar.judge(national)
    assert (judged.working, judged.official) == (False, False)
    assert judged.why not in ("", "周末")
