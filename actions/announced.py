"""How far the calendar is announced: a year's notice, open deadlines anew, a warning in time."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import digests, terms
from actions.calendar import SATURDAY, Calendar, Row
from actions.deadlines import ZONE, Clock
from actions.ladder import rungs
from actions.policy import Policy
from actions.render import render
from storage import calendar, due, events, people, posts, reminders, states, tickets
from storage.models import Day, Ticket

#: So long before the announced days run out somebody is told; rules, section 3.
AHEAD = timedelta(days=40)
#: By whom a deadline is moved that a notice moves.
BY = "calendar"
#: The holidays of the law, and how the days of each are named before a notice names them.
LAWFUL = {
    "元旦": ("元旦",),
    "春节": ("春节", "除夕"),
    "清明节": ("清明",),
    "劳动节": ("劳动", "五一"),
    "端午节": ("端午",),
    "中秋节": ("中秋",),
    "国庆节": ("国庆", "十一"),
}


# --- a year's notice ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Special:
    """What a notice says of a day."""

    working: bool
    name: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """A year's notice: the days that are not as their weekday says; some may lie beside it."""

    year: int
    days: Mapping[date, Special]

    def silent(self) -> list[str]:
        """The holidays of the law of which it says nothing: it was not copied whole."""
        said = "".join(special.name for special in self.days.values())
        return [name for name, marks in LAWFUL.items() if not any(mark in said for mark in marks)]


@dataclass(frozen=True, slots=True)
class Moved:
    """A ticket's deadline, before and after."""

    no: int
    was: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a notice."""

    changed: list[Day]  # what counts now and did not, or the other way round
    kept: list[Day]  # set by the city itself
    moved: list[Moved]


async def announce(session: AsyncSession, notice: Announcement, now: datetime) -> Imported:
    """Set a whole year as its notice says, and count all open deadlines anew.

    What the city set by hand stays, and so does a holiday of which the notice says nothing.
    Confidential tickets are counted anew, but not told.
    """
    first = min([date(notice.year, 1, 1), *notice.days])
    last = max([date(notice.year, 12, 31), *notice.days])
    there = {row.day: row for row in await calendar.between(session, first, last)}
    was = Calendar(there.values())
    days = list(_year(notice, there))
    before = await _due(session)
    await calendar.put(session, days)
    await recount(session, now)
    after = await _due(session)
    return Imported(
        changed=[day for day in days if day.working != was.judge(day.day).working],
        kept=[row for row in there.values() if row.source == calendar.BY_CITY],
        moved=[Moved(no, before[no], at) for no, at in after.items() if at != before[no]],
    )


async def preview(session: AsyncSession, notice: Announcement) -> Imported:
    """What would come of a notice; nothing is written."""
    first = min([date(notice.year, 1, 1), *notice.days])
    last = max([date(notice.year, 12, 31), *notice.days])
    there = {row.day: row for row in await calendar.between(session, first, last)}
    was, days = Calendar(there.values()), list(_year(notice, there))
    return Imported(
        changed=[day for day in days if day.working != was.judge(day.day).working],
        kept=[row for row in there.values() if row.source == calendar.BY_CITY],
        moved=await foresee(session, await trial(session, days=days)),
    )


async def trial(
    session: AsyncSession, *, policy: Policy | None = None, days: Iterable[Row] = ()
) -> Clock:
    """The rules in force with another policy, or with other days."""
    clock = await Clock.read(session)
    return Clock(policy or clock.policy, Calendar([*clock.calendar.rows.values(), *days]))


async def foresee(session: AsyncSession, clock: Clock) -> list[Moved]:
    """Whose deadline would move by these rules; nothing is written. Confidential ones: untold."""
    running = await tickets.some(session, await tickets.running(session))
    ends = [
        Moved(no, ticket.due_at, clock.end(terms.counts(ticket).resolve).at)
        for no, ticket in sorted(running.items())
        if not ticket.confidential
    ]
    return [one for one in ends if one.due_at != one.was]


def _year(notice: Announcement, there: Mapping[date, Day]) -> Iterator[Day]:
    untold = [mark for name in notice.silent() for mark in LAWFUL[name]]
    first, last = date(notice.year, 1, 1), date(notice.year, 12, 31)
    year = {first + timedelta(days=n) for n in range((last - first).days + 1)}
    for day in sorted(year | set(notice.days)):
        row, special = there.get(day), notice.days.get(day)
        if row and row.source == calendar.BY_CITY:
            continue
        if row and not special and any(mark in row.why for mark in untold):
            continue
        weekend = day.weekday() >= SATURDAY
        if special:
            working, why = special.working, special.name + ("调休上班" if special.working else "")
        else:
            working, why = not weekend, calendar.WEEKEND if weekend else ""
        yield Day(day=day, working=working, why=why, source=calendar.ANNOUNCED, official=True)


async def _due(session: AsyncSession) -> dict[int, datetime]:
    running = await tickets.some(session, await tickets.running(session))
    return {no: ticket.due_at for no, ticket in sorted(running.items()) if not ticket.confidential}


# --- how far it goes ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Status:
    """How far the calendar is announced."""

    last: date | None
    wanted: bool  # it is time for the next year's notice
    provisional: int  # open tickets whose deadline rests on days that no notice announced
    own: list[Day]  # what the city itself has set, from today on


async def status(session: AsyncSession, now: datetime) -> Status:
    """How far the calendar is announced, and what rests on a guess."""
    last, today = await calendar.last_announced(session), now.astimezone(ZONE).date()
    return Status(
        last=last,
        wanted=last is None or _wanted(last, now),
        provisional=await tickets.provisional(session),
        own=[row for row in await calendar.of_city(session) if row.day >= today],
    )


def _wanted(last: date, now: datetime) -> bool:
    return last - AHEAD <= now.astimezone(ZONE).date()


async def plan(session: AsyncSession, now: datetime) -> None:
    """Plan the warning, for the morning 40 days before the last announced day."""
    await due.cancel(session, "calendar")
    last = await calendar.last_announced(session)
    if last is None:
        return
    clock = await Clock.read(session)
    at = clock.morning(last - AHEAD)
    if at > now or last >= now.astimezone(ZONE).date():
        await due.plan(session, "calendar", max(at, now + timedelta(seconds=1)))


async def warn(session: AsyncSession, now: datetime) -> None:
    """Tell administrators and coordinators that the next year's notice is wanted."""
    last = await calendar.last_announced(session)
    if last is None or not _wanted(last, now):
        return  # imported since
    await posts.tell(
        session,
        await people.with_role(session, "admin", "coordinator"),
        level="request",
        text=render("notice_calendar", last=last),
        at=now,
    )


async def recount(session: AsyncSession, now: datetime) -> list[int]:
    """Count all open deadlines anew after the calendar changed; the numbers of those that moved.

    Each that moved, or is not provisional any more, gets an event; the ladder of one that moved
    starts again, and that of one that stays stands on the working days that there are now.
    """
    clock = await Clock.read(session)
    moved: list[int] = []
    for no in await tickets.running(session):
        ticket = await tickets.lock(session, no)
        if ticket is not None and await _recounted(session, ticket, clock, now):
            moved.append(no)
    await digests.plan(session, clock, now)
    await plan(session, now)
    return moved


async def _recounted(session: AsyncSession, ticket: Ticket, clock: Clock, now: datetime) -> bool:
    was = (ticket.respond_by, ticket.due_at, ticket.provisional)
    first = ticket.first_respond_by == ticket.respond_by
    terms.count(ticket, terms.counts(ticket), clock)
    if first:
        ticket.first_respond_by = ticket.respond_by
    if (ticket.respond_by, ticket.due_at) == was[:2]:
        await _shifted(session, ticket, clock, now)
    elif ticket.status != "suspended":
        await terms.climb(session, ticket, clock, now)
    if (ticket.respond_by, ticket.due_at, ticket.provisional) == was:
        return False
    await events.append(
        session, ticket_no=ticket.no, at=now, by=BY, step="recount", was=ticket.status,
        became=ticket.status, words=f"{_day(was[1])} → {_day(ticket.due_at)}",
    )  # fmt: skip
    session.add(ticket)
    await session.flush()
    await states.write(session, ticket, now)
    return True


async def _shifted(session: AsyncSession, ticket: Ticket, clock: Clock, now: datetime) -> None:
    """The days before and after a deadline may be others, even where the deadline stays."""
    ladder = rungs(
        clock, respond_by=ticket.respond_by, due_at=ticket.due_at, set_at=now, urgent=ticket.urgent
    )
    levels = {rung.level: rung.at for rung in ladder}
    await due.plan(session, "reminders", *await reminders.shift(session, ticket.no, levels, now))


def _day(at: datetime) -> date:
    return at.astimezone(ZONE).date()
