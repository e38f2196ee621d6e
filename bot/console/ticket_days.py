"""Why a deadline is the day that it is: part by part, and on a small calendar."""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from actions.calendar import Judged
from actions.deadlines import Clock, Deadline, Part, local

#: No more months than fit under one another; the words tell all of it anyway.
MONTHS = 6
#: So many days after a deadline are marked as late.
OVER = 31


@dataclass(slots=True)
class Cell:
    """A day of the calendar: what it is to the deadline."""

    day: date
    kind: str = ""  # counted, skipped, stood, over
    number: int = 0  # the how manieth working day of its part
    more: bool = False  # of an extension, or of what a pause came to
    why: str = ""
    begins: bool = False
    due: bool = False
    today: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """A month as a calendar on the wall has it; None is a day of another month."""

    first: date
    weeks: list[list[Cell | None]]


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of the counting, as it is told."""

    part: Part
    start: datetime
    end: Deadline
    counted: int
    special: list[Judged]  # make-up days that counted, holidays that did not
    weekends: int
    guessed: bool
    was: datetime | None = None  # the deadline before
    in_hours: bool = False  # what a pause moved by the clock


@dataclass(slots=True)
class Explained:
    """A deadline and how it came about."""

    at: datetime
    now_at: datetime  # what it would be by the calendar and settings of now
    pieces: list[Piece] = field(default_factory=list)
    months: list[Month] = field(default_factory=list)
    marked_to: date | None = None  # the last day marked as late, if it is late since then too


def explained(
    count: Sequence[Part], kept: datetime, clock: Clock, now: datetime, *, runs: bool
) -> Explained:
    """How a deadline that is kept with a ticket was counted; late while the ticket `runs`."""
    cells: dict[date, Cell] = {}
    told = Explained(kept, kept)
    before: Deadline | None = None
    for part, days, end in clock.explain(count):
        start = part.start or (before.at if before else end.at)
        if not told.pieces:
            _cell(cells, start).begins = True
        told.pieces.append(_piece(part, start, days, before, end, clock, cells))
        before = end
        told.now_at = end.at
    today, due = local(now).date(), local(kept).date()
    if runs:
        last = min(today, due + timedelta(days=OVER))
        _mark_over(cells, clock.calendar.between(due, last))
        told.marked_to = last if last < today else None
    _cell(cells, kept).due = True
    if min(cells) <= today <= max(cells):
        cells.setdefault(today, Cell(today)).today = True
    told.months = list(_months(cells))[-MONTHS:]
    return told


def _piece(
    part: Part, start: datetime, days: list[Judged], before: Deadline | None, end: Deadline,
    clock: Clock, cells: dict[date, Cell],
) -> Piece:  # fmt: skip
    in_hours = bool(part.hours)
    if part.stop is not None and before is not None:
        in_hours = before.in_hours
        for judged in days:
            cells[judged.day] = Cell(judged.day, "stood", why=judged.why)
        stood = sum(day.working for day in days)
        days = [] if in_hours else list(clock.calendar.count(local(before.at).date(), stood))
    _mark(cells, days, more=part.start is None or part.stop is not None)
    return Piece(
        part, start, end,
        counted=sum(day.working for day in days),
        special=[day for day in days if day.why and day.why != "周末"],
        weekends=sum(day.why == "周末" for day in days),
        guessed=not all(day.official for day in days),
        was=before.at if before else None,
        in_hours=in_hours,
    )  # fmt: skip


def _mark(cells: dict[date, Cell], days: Sequence[Judged], *, more: bool) -> None:
    number = 0
    for judged in days:
        number += judged.working
        cells[judged.day] = Cell(
            judged.day, "counted" if judged.working else "skipped",
            number=number if judged.working else 0, more=more, why=judged.why,
        )  # fmt: skip


def _mark_over(cells: dict[date, Cell], days: Sequence[Judged]) -> None:
    number = 0
    for judged in days:
        number += judged.working
        if judged.working:
            cells[judged.day] = Cell(judged.day, "over", number=number)


def _cell(cells: dict[date, Cell], at: datetime) -> Cell:
    on = local(at).date()
    return cells.setdefault(on, Cell(on))


def _months(cells: dict[date, Cell]) -> Iterator[Month]:
    """All months from the first to the last day that has something to say."""
    first = min(cells).replace(day=1)
    while first <= max(cells):
        weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
        yield Month(
            first,
            [
                [cells.get(day, Cell(day)) if day.month == first.month else None for day in week]
                for week in weeks
            ],
        )
        first = (first + timedelta(days=31)).replace(day=1)
