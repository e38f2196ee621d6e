"""Working days; rules, section 3."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol, Self

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import calendar

SATURDAY = 5
#: Within this many calendar days lie all the working days that a rule can ask for.
REACH = timedelta(days=90)


class Row(Protocol):
    """A day as the table has it."""

    day: date
    working: bool
    why: str
    official: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a day counts, and why not; `official` is False for a guess."""

    day: date
    working: bool
    why: str
    official: bool


class Calendar:
    """The days around an instant. What the table lacks is judged by its weekday, as a guess."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """Judge by these rows."""
        self.rows = {row.day: row for row in rows}

    @classmethod
    async def around(cls, session: AsyncSession, *days: date) -> Self:
        """The table's days from the first of `days` to well after the last."""
        return cls(await calendar.between(session, min(days), max(days) + REACH))

    def judge(self, day: date) -> Judged:
        """Whether `day` counts."""
        if row := self.rows.get(day):
            return Judged(day, row.working, row.why, row.official)
        weekend = day.weekday() >= SATURDAY
        return Judged(day, not weekend, "周末" if weekend else "", official=False)

    def count(self, after: date, days: int) -> Iterator[Judged]:
        """The days after `after` up to the `days`-th working day, skipped ones among them."""
        day = after
        while days > 0:
            day += timedelta(days=1)
            judged = self.judge(day)
            days -= judged.working
            yield judged

    def nth(self, after: date, days: int) -> Judged:
        """The `days`-th working day after `after`; it is a guess where any day counted is one."""
        counted = list(self.count(after, days))
        last = counted[-1]
        return Judged(last.day, last.working, last.why, all(day.official for day in counted))

    def between(self, after: date, upto: date) -> int:
        """How many working days lie after `after` up to and including `upto`."""
        span = (upto - after).days
        return sum(self.judge(after + timedelta(days=n)).working for n in range(1, span + 1))
