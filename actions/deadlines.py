"""When something must be done; rules, sections 3 and 8 ("Clocks"). Pure: time is given.

A deadline is kept with how it was counted: its parts, in order. So it can be explained, and be
counted again when a notice changes the calendar.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self, cast
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from actions.calendar import Calendar, Judged
from actions.policy import Policy
from storage import calendar, settings

#: One time zone for the whole country.
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant; provisional where it rests on days that no notice has announced."""

    at: datetime
    provisional: bool = False
    in_hours: bool = False  # counted by the clock: it may fall on any hour of any day


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One piece of counting.

    From `start`, or from where the part before it ended: so many working days, or clock hours;
    or, where `stop` is given, as long as the clock stood still from `start` to `stop`.
    """

    why: str  # opened, urgent, reopened, extended, resumed
    start: datetime | None = None
    stop: datetime | None = None
    days: int = 0
    hours: int = 0

    def as_json(self) -> dict[str, Any]:
        """As it is kept with the ticket."""
        return {
            "why": self.why,
            "start": self.start.isoformat() if self.start else None,
            "stop": self.stop.isoformat() if self.stop else None,
            "days": self.days,
            "hours": self.hours,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """As it was kept."""
        start, stop = data["start"], data["stop"]
        return cls(
            why=data["why"],
            start=datetime.fromisoformat(start) if start else None,
            stop=datetime.fromisoformat(stop) if stop else None,
            days=data["days"],
            hours=data["hours"],
        )


Count = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """How both deadlines of a ticket are counted."""

    respond: Count
    resolve: Count


@dataclass(frozen=True, slots=True)
class Clock:
    """Policy and calendar together count."""

    policy: Policy
    calendar: Calendar

    @classmethod
    async def read(cls, session: AsyncSession) -> "Clock":
        """The rules in force; read again only where somebody has changed them since."""
        kept: dict[str, Any] = session.info.get("kept", {})
        if (mine := session.info.get("clock")) is not None:  # read in this transaction already
            return cast("Clock", mine)
        revision = await settings.revision(session)
        if kept.get("revision") != revision or "clock" not in kept:
            policy = Policy.from_mapping(await settings.read(session))
            kept["clock"] = cls(policy, Calendar(await calendar.every(session)))
            kept["revision"] = revision
        session.info["clock"] = kept["clock"]
        return cast("Clock", kept["clock"])

    # --- how it is counted --------------------------------------------------------------------

    def opened(self, kind: str, at: datetime, *, urgent: bool) -> Terms:
        """For a ticket reported, or made urgent, at this instant."""
        if urgent:
            return self.urgent(at)
        policy = self.policy
        respond, resolve = {
            "issue": (policy.issue_respond_days, policy.issue_resolve_days),
            "consult": (policy.consult_respond_days, policy.consult_resolve_days),
            "misconduct": (policy.misconduct_respond_days, policy.misconduct_resolve_days),
        }[kind]
        return Terms(
            (Part(why="opened", start=at, days=respond),),
            (Part(why="opened", start=at, days=resolve),),
        )

    def urgent(self, at: datetime) -> Terms:
        """For a ticket that is urgent from this instant on."""
        return Terms(
            (Part(why="urgent", start=at, hours=self.policy.urgent_respond_hours),),
            (Part(why="urgent", start=at, hours=self.policy.urgent_resolve_hours),),
        )

    def reopened(self, at: datetime, *, urgent: bool) -> Terms:
        """After a dispute, or a failed re-check, at this instant."""
        if urgent:
            return self.urgent(at)
        respond, resolve = self.policy.reopened_respond_days, self.policy.reopened_resolve_days
        return Terms(
            (Part(why="reopened", start=at, days=respond),),
            (Part(why="reopened", start=at, days=resolve),),
        )

    # --- counting -----------------------------------------------------------------------------

    def end(self, count: Sequence[Part]) -> Deadline:
        """When a count of at least one part comes to its end."""
        end: Deadline | None = None
        for part in count:
            end = self._after(end, part)
        if end is None:
            raise ValueError("nothing to count")
        return end

    def _after(self, end: Deadline | None, part: Part) -> Deadline:
        if part.stop is not None and part.start is not None:
            return self._moved(end, part.start, part.stop)
        base = part.start or (end.at if end else None)
        if base is None:
            raise ValueError(f"a first part without start: {part.why}")
        if part.hours:
            return Deadline(base + timedelta(hours=part.hours), in_hours=True)
        counted = self.days(base, part.days)
        guessed = part.start is None and end is not None and end.provisional
        return Deadline(counted.at, counted.provisional or guessed)

    def _moved(self, end: Deadline | None, since: datetime, until: datetime) -> Deadline:
        if end is None:
            raise ValueError("nothing to move")
        if end.in_hours:
            return Deadline(end.at + (until - since), end.provisional, in_hours=True)
        days = sum(day.working for day in self.stood(since, until))
        if not days:
            return end
        moved = self.days(end.at, days)
        return Deadline(moved.at, moved.provisional or end.provisional)

    def stood(self, since: datetime, until: datetime) -> list[Judged]:
        """The days after that of suspension up to and including that of resumption."""
        return self.calendar.between(local(since).date(), local(until).date())

    def days(self, at: datetime, days: int) -> Deadline:
        """Close of business of the `days`-th working day after the day of `at`."""
        judged = self.calendar.nth(local(at).date(), days)
        return Deadline(self.close(judged.day), provisional=not judged.official)

    def close(self, day: date) -> datetime:
        """Close of business of a day."""
        return datetime.combine(day, self.policy.close_of_business, ZONE)

    def explain(self, count: Sequence[Part]) -> Iterator[tuple[Part, list[Judged], Deadline]]:
        """Each part with the days that it counted or skipped, and where it ended."""
        end: Deadline | None = None
        for part in count:
            base = part.start or (end.at if end else None)
            days: list[Judged] = []
            if part.stop is not None and part.start is not None:
                days = self.stood(part.start, part.stop)
            elif part.days and base is not None:
                days = list(self.calendar.count(local(base).date(), part.days))
            end = self._after(end, part)
            yield part, days, end

    # --- when to speak ------------------------------------------------------------------------

    def morning(self, day: date) -> datetime:
        """When the reminders of a day are due."""
        return datetime.combine(day, self.policy.reminders_at, ZONE)

    def speak(self, at: datetime, *, urgent: bool = False) -> datetime:
        """The first instant, from `at` on, at which somebody may be spoken to unasked."""
        moment = local(at)
        morning = datetime.combine(moment.date(), self.policy.quiet_to, ZONE)
        if urgent:
            return at
        if moment < morning:
            return morning
        if moment.time() >= self.policy.quiet_from:
            return morning + timedelta(days=1)
        return at


def local(at: datetime) -> datetime:
    """An instant in the one time zone; ValueError for one that has no offset."""
    if at.tzinfo is None:
        raise ValueError(f"a moment without offset: {at!r}")
    return at.astimezone(ZONE)
