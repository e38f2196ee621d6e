"""When something must be done; rules, sections 3 and 8 ("Clocks"). Pure: time is given."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from actions.calendar import Calendar
from actions.policy import Policy

#: One time zone for the whole country.
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant; provisional where it rests on days that no notice has announced."""

    at: datetime
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """Both deadlines of a ticket."""

    respond: Deadline
    resolve: Deadline

    @property
    def provisional(self) -> bool:
        """Whether one of them is."""
        return self.respond.provisional or self.resolve.provisional


@dataclass(frozen=True, slots=True)
class Clock:
    """Policy and calendar together count."""

    policy: Policy
    calendar: Calendar

    def opened(self, kind: str, at: datetime, *, urgent: bool) -> Terms:
        """Deadlines of a ticket reported, or made urgent, at this instant."""
        if urgent:
            return self._urgent(at)
        respond = {
            "issue": self.policy.issue_respond_days,
            "consult": self.policy.consult_respond_days,
            "misconduct": self.policy.misconduct_respond_days,
        }[kind]
        resolve = {
            "issue": self.policy.issue_resolve_days,
            "consult": self.policy.consult_resolve_days,
            "misconduct": self.policy.misconduct_resolve_days,
        }[kind]
        return Terms(self.days(at, respond), self.days(at, resolve))

    def reopened(self, at: datetime, *, urgent: bool) -> Terms:
        """Deadlines after a dispute, or a failed re-check, at this instant."""
        if urgent:
            return self._urgent(at)
        return Terms(
            self.days(at, self.policy.reopened_respond_days),
            self.days(at, self.policy.reopened_resolve_days),
        )

    def resumed(self, due: datetime, since: datetime, now: datetime, *, urgent: bool) -> Deadline:
        """A deadline after the clock stood still from `since` to `now`.

        Moved by the working days after the day of suspension up to the day of resumption; a
        deadline in clock hours by the hours.
        """
        if urgent:
            return Deadline(due + (now - since))
        days = self.calendar.between(_local(since).date(), _local(now).date())
        return self.days(due, days) if days else Deadline(due)

    def days(self, at: datetime, days: int) -> Deadline:
        """Close of business of the `days`-th working day after the day of `at`."""
        judged = self.calendar.nth(_local(at).date(), days)
        close = datetime.combine(judged.day, self.policy.close_of_business, ZONE)
        return Deadline(close, provisional=not judged.official)

    def speak(self, at: datetime) -> datetime:
        """The first instant, from `at` on, at which the group may be spoken to unasked."""
        local = _local(at)
        morning = datetime.combine(local.date(), self.policy.quiet_to, ZONE)
        if local < morning:
            return morning
        if local.time() >= self.policy.quiet_from:
            return morning + timedelta(days=1)
        return at

    def _urgent(self, at: datetime) -> Terms:
        return Terms(
            Deadline(at + timedelta(hours=self.policy.urgent_respond_hours)),
            Deadline(at + timedelta(hours=self.policy.urgent_resolve_hours)),
        )


def _local(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"a moment without offset: {at!r}")
    return at.astimezone(ZONE)
