"""How late or near a deadline is, in the words that people use. Pure: time is given.

`lateness(ticket, now, clock) -> Late(words, grade)`; `words(ticket, now, clock)` is the words
alone. On a page: `<span class="{{ late.grade }}">{{ late.words }}</span>`; the grade is a class
of base.css, and the words say it all without the colour.
"""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol

from actions.deadlines import Clock, local
from actions.names import name
from actions.render import day as called

#: In these its clock runs, or stands still.
RUNNING = ("new", "assigned", "accepted")
DONE = ("resolved", "closed")
HOUR = timedelta(hours=1)

Grade = Literal["late", "soon", ""]


class Late(NamedTuple):
    """What is said of a deadline, and how it presses: past it, near it, or not."""

    words: str
    grade: Grade


class Timed(Protocol):
    """What is asked of a ticket."""

    @property
    def status(self) -> str:
        """Whether its clock runs."""

    @property
    def urgent(self) -> bool:
        """Whether it is counted in hours."""

    @property
    def due_at(self) -> datetime:
        """When it must be resolved."""

    @property
    def resolved_at(self) -> datetime | None:
        """When it was."""

    @property
    def suspended_at(self) -> datetime | None:
        """Since when its clock stands still."""


def lateness(ticket: Timed, now: datetime, clock: Clock) -> Late:
    """How late or near the deadline of a ticket is, at this instant.

    Exactly at the deadline is in time. What is left is rounded down, what is over too: nobody is
    promised more time than there is, or called later than they are.
    """
    if ticket.status in RUNNING:
        return until(ticket.due_at, now, clock, urgent=ticket.urgent)
    if ticket.status == "suspended":
        return _suspended(ticket, clock)
    if ticket.status in DONE:
        return _done(ticket, clock)
    return Late(_say("ended"), "")


def words(ticket: Timed, now: datetime, clock: Clock) -> str:
    """The words of `lateness` alone."""
    return lateness(ticket, now, clock).words


def until(deadline: datetime, now: datetime, clock: Clock, *, urgent: bool = False) -> Late:
    """How late or near any deadline is: also one by which somebody must respond."""
    if now > deadline:
        return Late(_over(deadline, now, clock, urgent=urgent), "late")
    left = deadline - now
    if urgent and left < 48 * HOUR:
        whole = left // HOUR
        minutes = left // timedelta(minutes=1)
        return Late(_say("hours", n=whole) if whole else _say("minutes", n=minutes), "soon")
    return _ahead(deadline, now, clock)


def late_days(deadline: datetime, at: datetime, clock: Clock) -> int:
    """How many working days an instant is past a deadline: the days after the deadline's."""
    if at <= deadline:
        return 0
    days = clock.calendar.between(local(deadline).date(), local(at).date())
    return sum(judged.working for judged in days)


def _over(deadline: datetime, now: datetime, clock: Clock, *, urgent: bool) -> str:
    over, days = now - deadline, late_days(deadline, now, clock)
    if urgent and (over < 72 * HOUR or not days):
        whole, minutes = over // HOUR, over // timedelta(minutes=1)
        return _say("late_hours", n=whole) if whole else _say("late_minutes", n=minutes)
    return _say("late_days", n=days) if days else _say("late_today")


def _ahead(deadline: datetime, now: datetime, clock: Clock) -> Late:
    here, there = local(now), local(deadline)
    at, days = f"{there:%H:%M}", (there.date() - here.date()).days
    if days == 0:
        return Late(_say("today", at=at), "soon")
    if days == 1:
        return Late(_say("tomorrow", at=at), "soon")
    between = clock.calendar.between(here.date(), there.date())
    working = sum(judged.working for judged in between)
    if working <= 1:  # behind a weekend or a holiday: which day it is helps more than how many
        return Late(_say("date", day=called(there), at=at), "soon")
    return Late(_say("days", n=working), "")


def _suspended(ticket: Timed, clock: Clock) -> Late:
    """Its clock stands still; it is late only if it was when that began."""
    since = ticket.suspended_at
    if since is None or since <= ticket.due_at:
        return Late(_say("suspended"), "")
    days = late_days(ticket.due_at, since, clock)
    return Late(_say("suspended_late", n=days) if days else _say("suspended_past"), "late")


def _done(ticket: Timed, clock: Clock) -> Late:
    """How it ended; nothing presses any more."""
    at = ticket.resolved_at
    if at is None or at <= ticket.due_at:
        return Late(_say("in_time"), "")
    days = late_days(ticket.due_at, at, clock)
    return Late(_say("done_late", n=days) if days else _say("done_past"), "")


def _say(code: str, **values: object) -> str:
    return name("lateness", code).format(**values)
