"""日巡查, 周通报, 月讲评: made once for their period, late but once; rules, sections 7 and 8."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actions.calendar import Calendar
from actions.deadlines import ZONE, Clock, local
from actions.figures import Figures, figures, ranked
from actions.render import render
from storage import digests as made
from storage import due, people, posts, settings
from storage import figures as counts
from storage.figures import Counts, Scope

KINDS = ("daily", "weekly", "monthly")
#: So many places of a ranking are named in a group; the staff reads more.
IN_GROUP, FOR_STAFF = 3, 10


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` on until before `until`."""

    since: datetime
    until: datetime


# --- when ---------------------------------------------------------------------------------------


async def plan(session: AsyncSession, clock: Clock, after: datetime) -> None:
    """Plan the next of each kind after an instant, in the place of what was planned.

    One that is late is still to be made, and plans the next itself.
    """
    for kind in KINDS:
        if await due.late(session, kind, after):
            continue
        await due.cancel(session, kind)
        await due.plan(session, kind, following(clock, kind, after))


def following(clock: Clock, kind: str, after: datetime) -> datetime:
    """The first instant of a kind after another instant."""
    day = local(after).date()
    while True:
        if _is_day(clock.calendar, kind, day):
            at = clock.close(day) if kind == "daily" else clock.morning(day)
            if at > after:
                return at
        day += timedelta(days=1)


def _is_day(calendar: Calendar, kind: str, day: date) -> bool:
    """Whether a digest is due on a day: a working day; the first one of its week, or month."""
    if not calendar.judge(day).working:
        return False
    if kind == "daily":
        return True
    first = _start(kind, day)
    return calendar.from_(first) == day


def _start(kind: str, day: date) -> date:
    return day - timedelta(days=day.weekday()) if kind == "weekly" else day.replace(day=1)


# --- of what ------------------------------------------------------------------------------------


async def run(session: AsyncSession, kind: str, at: datetime, now: datetime) -> None:
    """Make the digest that is due at `at`, and those before it that no working day made."""
    clock = await Clock.read(session)
    start = await settings.began(session, at)
    last = await made.last(session, kind)
    for period in periods(kind, at, start, last):
        await _make(session, clock, kind, period, _Times(at, now, start))
    await due.plan(session, kind, following(clock, kind, at))


def periods(kind: str, at: datetime, start: datetime, last: datetime | None) -> Iterator[Period]:
    """The periods that ended by `at`, after `last` and after the start, oldest first."""
    if kind == "daily":
        yield Period(last or start, at)
        return
    end = _midnight(_start(kind, local(at).date()))
    found = []
    while end > start and (last is None or end > last):
        begin = _midnight(_before(kind, local(end).date()))
        found.append(Period(begin, end))
        end = begin
    yield from reversed(found)


def _before(kind: str, day: date) -> date:
    """Where the week or month begins that ends before a day."""
    return _start(kind, day - timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)


@dataclass(frozen=True, slots=True)
class _Times:
    at: datetime  # when it was due
    now: datetime  # when it is made
    start: datetime  # of the service


@dataclass(frozen=True, slots=True)
class _Made:
    """All that the texts of one digest are made of."""

    kind: str
    period: Period
    city: Mapping[str, Figures | None]  # all, before, since_start
    own: Mapping[str, Counts]  # by group
    own_before: Mapping[str, Counts] | None
    tomorrow: Mapping[str | None, list[int]]
    overdue: Mapping[str | None, list[int]]
    units: Sequence[Any]
    districts: Sequence[Any]


async def _make(
    session: AsyncSession, clock: Clock, kind: str, period: Period, times: _Times
) -> None:
    before = await _period_before(session, kind, period, times.start)
    found = await _gather(session, clock, kind, period, before)
    await made.keep(
        session, kind=kind, at=times.at, made_at=times.now, since=period.since, until=period.until,
        figures=dict(found.city),
    )  # fmt: skip
    groups = await made.groups(session, period.since if kind == "daily" else None, period.until)
    when = clock.speak(times.now)
    quiet = _text(found, "")  # of a group without a ticket: hundreds hear the same
    alive = {*found.own, *(found.own_before or ()), *found.tomorrow, *found.overdue}
    await posts.say_all(
        session,
        groups,
        [_text(found, group) if group in alive else quiet for group in groups],
        [_about(found, group) for group in groups],
        at=times.now,
        why="digest",
        not_before=when,
    )
    staff = await people.with_role(session, "leader", "coordinator")
    await posts.tell(
        session, staff, level="digest", text=_text(found, None), at=times.now, not_before=when
    )


async def _period_before(
    session: AsyncSession, kind: str, period: Period, start: datetime
) -> Period | None:
    """The period before; None where it ended before the start."""
    if period.since <= start:
        return None
    if kind == "daily":
        since = await made.since_of(session, kind, period.since)
        return Period(since or start, period.since)
    return Period(_midnight(_before(kind, local(period.since).date())), period.since)


async def _gather(
    session: AsyncSession, clock: Clock, kind: str, period: Period, before: Period | None
) -> _Made:
    scope = Scope(at=period.until, since=period.since, until=period.until)
    past = Scope(at=before.until, since=before.since, until=before.until) if before else None
    city = {
        "all": figures(await counts.total(session, scope)),
        "before": figures(await counts.total(session, past)) if past else None,
        "since_start": figures(
            await counts.total(session, Scope(at=period.until, until=period.until))
        ),
    }
    nothing: dict[str | None, list[int]] = {}
    tomorrow, overdue = nothing, nothing
    units: Sequence[Any] = ()
    districts: Sequence[Any] = ()
    if kind == "daily":
        today = local(period.until).date()
        following_day = clock.calendar.from_(today + timedelta(days=1))
        first, end = _midnight(following_day), _midnight(following_day + timedelta(days=1))
        tomorrow = await made.falling_due(session, period.until, first, end)
        overdue = await made.falling_due(session, period.until, None, period.until)
    if kind == "monthly":
        units = ranked(await counts.by(session, "unit", scope))
        districts = ranked(await counts.by(session, "district", scope))
    return _Made(
        kind, period, city, await counts.by(session, "group", scope),
        await counts.by(session, "group", past) if past and kind != "daily" else None,
        tomorrow, overdue, units, districts,
    )  # fmt: skip


# --- in words -----------------------------------------------------------------------------------


def _text(found: _Made, group: str | None) -> str:
    """The text for a group; for the staff, who is in none, with the city's figures alone."""
    own = figures(found.own.get(group, Counts())) if group is not None else None
    past_own = found.own_before if group is not None else None
    before = past_own.get(group or "", Counts()) if past_own is not None else None
    everything = found.city["all"] or {}
    past = found.city["before"]
    return render(
        f"digest_{found.kind}",
        since=found.period.since,
        until=found.period.until,
        last=found.period.until - timedelta(days=1),
        own=own,
        own_change=_change(own, figures(before) if before else None),
        all=everything,
        before=past,
        change=_change(everything, past),
        since_start=found.city["since_start"],
        tomorrow=_of(found.tomorrow, group),
        overdue=_of(found.overdue, group),
        units=found.units,
        districts=found.districts,
        most=IN_GROUP if group is not None else FOR_STAFF,
    )


def _about(found: _Made, group: str) -> list[int]:
    return sorted({*_of(found.tomorrow, group), *_of(found.overdue, group)})


def _of(numbers: Mapping[str | None, list[int]], group: str | None) -> list[int]:
    """A group's, or those of all."""
    if group is not None:
        return numbers.get(group, [])
    return sorted(no for of_group in numbers.values() for no in of_group)


def _change(now: Figures | None, before: Figures | None) -> str:
    """(+2) or (-1) against the period before; nothing where there is none, or no change."""
    if now is None or before is None:
        return ""
    change = int(now["collected"]) - int(before["collected"])
    return f"({change:+d})" if change else "(持平)"
