"""看板: which period is looked at and with what it is compared; what is better, worse, hot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from actions.deadlines import ZONE, local
from actions.figures import NONE, Figures
from actions.stats import PERIODS
from storage.board import Spot

#: The periods with a name, and what people call them; `own` is from a day to a day.
NAMED = {
    "today": "今天", "week": "本周", "month": "本月", "last_week": "上周", "last_month": "上月",
}  # fmt: skip
START, OWN = "start", "own"
#: No city counted before, or will after.
YEARS = range(2000, 2100)

#: Whether more of it is better (1), worse (-1), or neither.
MEANING = {
    "collected": 0, "done": 1, "close_out_rate": 1, "on_time_rate": 1, "response_rate": 1,
    "satisfaction_rate": 1, "reopen_rate": -1, "overdue": -1,
}  # fmt: skip

#: Of which counts a rate is made: the part, and those that together are the whole.
RATES = {
    "close_out_rate": ("done", ("collected",)),
    "on_time_rate": ("on_time", ("done", "overdue")),
    "response_rate": ("in_time", ("responded", "unanswered")),
    "satisfaction_rate": ("content", ("rated",)),
    "reopen_rate": ("reopened", ("once_done",)),
}

#: A trend shows so many days at least, by day up to this many, by week up to this many.
LEAST, BY_DAY, BY_WEEK = 14, 35, 420
#: Fewer than these are chance, not a hot problem.
HOT = 2


@dataclass(frozen=True, slots=True)
class Period:
    """Tickets reported from `since` on until before `until`, as they stood at `at`."""

    name: str
    since: datetime | None
    until: datetime
    at: datetime

    @property
    def last(self) -> datetime:
        """An instant of its last day."""
        return min(self.until - timedelta(seconds=1), self.at)


# --- which time ---------------------------------------------------------------------------------


def period(name: str, now: datetime, days: tuple[date, date] | None = None) -> Period:
    """The period of this name; `own` is these days, both included. Past ones stand as they ended.

    So they say what the digest of that week or month said.
    """
    today = local(now).date()
    if name == START:
        return Period(START, None, _midnight(today + timedelta(days=1)), now)
    if name == OWN and days is not None:
        first, end = min(days), max(days) + timedelta(days=1)
    else:
        name = name if name in NAMED else "month"
        first, end = {called: of for called, _, of in PERIODS}[NAMED[name]](today)
    return Period(name, _midnight(first), _midnight(end), min(_midnight(end), now))


def before(of: Period) -> Period | None:
    """The one before, as it stood at its end; of one that still runs the same part of it."""
    if of.since is None:
        return None
    first, end = local(of.since).date(), local(of.until).date()
    if of.name in {"month", "last_month"}:
        since = _midnight((first - timedelta(days=1)).replace(day=1))
    else:
        since = _midnight(first - (end - first))
    running = of.at < of.until
    until = min(since + max(of.at - of.since, timedelta()), of.since) if running else of.since
    return Period(of.name, since, until, until)


def own_days(first: str, last: str) -> tuple[date, date] | None:
    """The days from which and to which somebody wants to look; None where they are none."""
    try:
        days = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        return None
    return days if all(day.year in YEARS for day in days) else None


Step = Literal["day", "week", "month"]


def edges(of: Period, first: datetime | None) -> tuple[Step, list[datetime]]:
    """Where each day, week or month of a trend begins, and where the last one ends.

    A short period is shown with the days before it; `first` is where the tickets begin.
    """
    end = local(of.last).date() + timedelta(days=1)
    begin = local(of.since or first or of.last).date()
    begin = min(begin, end - timedelta(days=LEAST))
    length = (end - begin).days
    step: Step = "day" if length <= BY_DAY else "week" if length <= BY_WEEK else "month"
    days = [begin]
    while days[-1] < end:
        days.append(min(_next(step, days[-1]), end))
    return step, [_midnight(day) for day in days]


def _next(step: Step, day: date) -> date:
    """The day, Monday or first of a month that follows."""
    if step == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 - day.weekday() if step == "week" else 1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)


# --- better and worse ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure differs from the one before."""

    sign: int  # 1 more, -1 less, 0 the same
    by: str  # how much, without sign; of a rate in points of percent
    better: bool | None  # None: neither


def change(figure: str, now: Figures, past: Figures) -> Change | None:
    """From `past` to `now`; None where one of them is a rate of nothing."""
    values = now[figure], past[figure]
    if NONE in values:
        return None
    new, old = (Decimal(str(value).rstrip("%")) for value in values)
    sign = (new > old) - (new < old)
    meant = sign * MEANING[figure]
    return Change(sign, str(abs(new - old)), meant > 0 if meant else None)


# --- where it presses ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hot:
    """Problems of a kind at a place that became more."""

    spot: Spot
    now: int
    past: int


def hot(now: Mapping[Spot, int], past: Mapping[Spot, int], most: int = 5) -> Sequence[Hot]:
    """What rose most, greatest rise first."""
    risen = [Hot(spot, many, past.get(spot, 0)) for spot, many in now.items()]
    risen = [one for one in risen if one.now >= HOT and one.now > one.past]
    return sorted(risen, key=lambda one: (one.past - one.now, -one.now, one.spot))[:most]
