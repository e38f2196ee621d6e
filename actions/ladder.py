"""The ladder of reminders: which level is due when, for one deadline; rules, sections 4 and 8.

Pure: the levels are counted here, written as rows by `moves`, and told by `reminders`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from actions.deadlines import Clock, local

#: From the mildest to the gravest.
LEVELS = ("unanswered", "blue", "yellow", "orange", "red")
#: Working days after the deadline's day, at the hour of the reminders.
AFTER = {"yellow": 1, "orange": 3, "red": 5}
#: An urgent ticket's levels, in clock hours from its deadline.
URGENT = {"blue": -2, "yellow": 0, "orange": 24, "red": 48}


@dataclass(frozen=True, slots=True)
class Rung:
    """A level and its instant."""

    level: str
    at: datetime


def rungs(
    clock: Clock, *, respond_by: datetime, due_at: datetime, set_at: datetime, urgent: bool
) -> list[Rung]:
    """The levels of a deadline that was set at `set_at`; what would be earlier does not fire."""
    found = _urgent(respond_by, due_at) if urgent else _daily(clock, respond_by, due_at)
    return [rung for rung in found if rung.at > set_at]


def _daily(clock: Clock, respond_by: datetime, due_at: datetime) -> Iterator[Rung]:
    days, due = clock.calendar, local(due_at).date()
    yield Rung("unanswered", clock.morning(days.nth(local(respond_by).date(), 1).day))
    yield Rung("blue", clock.morning(days.before(due)))
    for level, number in AFTER.items():
        yield Rung(level, clock.morning(days.nth(due, number).day))


def _urgent(respond_by: datetime, due_at: datetime) -> Iterator[Rung]:
    yield Rung("unanswered", respond_by)
    for level, hours in URGENT.items():
        yield Rung(level, due_at + timedelta(hours=hours))
