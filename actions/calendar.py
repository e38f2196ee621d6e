"""Working days; rules, section 3."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

SATURDAY = 5


class Row(Protocol):
    """A day as the table has it."""

    @property
    def day(self) -> date:
        """Which day."""

    @property
    def working(self) -> bool:
        """Whether it counts."""

    @property
    def why(self) -> str:
        """Its name where it is not what its weekday says."""

    @property
    def official(self) -> bool:
        """Whether a notice announced it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a day counts, and why not; `official` is False for a guess."""

    day: date
    working: bool
    why: str
    official: bool


class Calendar:
    """The days of the table. What it lacks is judged by its weekday, as a guess."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """Judge by these rows."""
        self.rows = {row.day: row for row in rows}

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

    def before(self, day: date) -> date:
        """The working day before `day`."""
        day -= timedelta(days=1)
        while not self.judge(day).working:
            day -= timedelta(days=1)
        return day

    def from_(self, day: date) -> date:
        """The first working day from `day` on."""
        while not self.judge(day).working:
            day += timedelta(days=1)
        return day

    def between(self, after: date, upto: date) -> list[Judged]:
        """The days after `after` up to and including `upto`."""
        span = (upto - after).days
        return [self.judge(after + timedelta(days=n)) for n in range(1, span + 1)]
