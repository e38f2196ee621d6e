"""The State Council's calendar as a table: seeded from maintained packages, editable."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import chinese_calendar
import holidays
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import settings
from storage.models import Day

ANNOUNCED = "国务院办公厅通知"
EXPECTED = "法定节假日推算"
#: Where a day comes from that the city itself has set; it says nothing of the days around it.
BY_CITY = "本市更正"
WEEKEND = "周末"
SATURDAY = 5
#: How many years past the last announced one are filled in with what the law alone says.
AHEAD = 2

NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


class Judged(NamedTuple):
    """A day as the rules ask about it."""

    day: date
    working: bool
    why: str
    official: bool


async def seed(session: AsyncSession) -> None:
    """Fill in the days that are missing; what is there, by a notice or by hand, stays.

    A guess made earlier gives way to what was announced since.
    """
    rows = [row.model_dump() for row in (*announced(), *expected())]
    made = insert(Day)
    better = made.on_conflict_do_update(
        index_elements=["day"],
        set_={key: made.excluded[key] for key in ("working", "why", "source", "official")},
        where=(col(Day.source) == EXPECTED) & (made.excluded.source == ANNOUNCED),
    )
    await session.exec(better, params=rows)
    await settings.changed(session)


def announced() -> Iterator[Day]:
    """Every day of the years for which there was a notice."""
    day = date(min(chinese_calendar.holidays).year, 1, 1)
    last = date(max(chinese_calendar.holidays).year, 12, 31)
    while day <= last:
        yield _announced(day)
        day += timedelta(days=1)


def _announced(day: date) -> Day:
    weekend = day.weekday() >= SATURDAY
    if day in chinese_calendar.workdays:
        return Day(day=day, working=True, why=_name(chinese_calendar.workdays[day]) + "调休上班",
                   source=ANNOUNCED, official=True)  # fmt: skip
    if day in chinese_calendar.holidays:
        return Day(day=day, working=False, why=_name(chinese_calendar.holidays[day]),
                   source=ANNOUNCED, official=True)  # fmt: skip
    return Day(day=day, working=not weekend, why=WEEKEND if weekend else "",
               source=ANNOUNCED, official=True)  # fmt: skip


def _name(holiday: str) -> str:
    return NAMES.get(str(getattr(holiday, "value", holiday)), str(holiday))


def expected() -> Iterator[Day]:
    """Weekends and statutory holidays of the years after, until their notice comes."""
    first = max(chinese_calendar.holidays).year + 1
    lawful: Any = holidays.country_holidays(
        "CN", years=range(first, first + AHEAD), language="zh_CN"
    )
    day = date(first, 1, 1)
    while day.year < first + AHEAD:
        why = str(lawful.get(day) or (WEEKEND if day.weekday() >= SATURDAY else ""))
        yield Day(day=day, working=not why, why=why, source=EXPECTED, official=False)
        day += timedelta(days=1)


def seeded(day: date) -> Day | None:
    """A day as the packages know it: announced, or as the law alone says; or None."""
    return next((row for row in (*announced(), *expected()) if row.day == day), None)


async def between(session: AsyncSession, first: date, last: date) -> Sequence[Day]:
    """The days of the table from `first` to `last`, both included, in order."""
    found = await session.exec(
        select(Day).where(col(Day.day) >= first, col(Day.day) <= last).order_by(col(Day.day))
    )
    return found.all()


async def every(session: AsyncSession) -> list[Judged]:
    """All days of the table, as plain values."""
    rows = await session.exec(
        select(col(Day.day), col(Day.working), col(Day.why), col(Day.official))
    )
    return [Judged(*row) for row in rows.all()]


async def last_announced(session: AsyncSession) -> date | None:
    """The last day before the first guess that a notice announced, or None without one."""
    guess = select(func.min(Day.day)).where(col(Day.official).is_(False)).scalar_subquery()
    found = await session.exec(
        select(func.max(Day.day)).where(
            col(Day.official),
            col(Day.source) != BY_CITY,
            col(Day.day) < func.coalesce(guess, date.max),
        )
    )
    return found.one()


async def of_city(session: AsyncSession) -> Sequence[Day]:
    """The days that the city itself has set, in order."""
    found = await session.exec(select(Day).where(Day.source == BY_CITY).order_by(col(Day.day)))
    return found.all()


async def put(session: AsyncSession, days: Iterable[Day]) -> None:
    """Set days of the calendar, whatever was there."""
    rows = [day.model_dump() for day in days]
    if not rows:
        return
    made = insert(Day).values(rows)
    new = {key: made.excluded[key] for key in ("working", "why", "source", "official")}
    await session.exec(made.on_conflict_do_update(index_elements=["day"], set_=new))
    await settings.changed(session)
