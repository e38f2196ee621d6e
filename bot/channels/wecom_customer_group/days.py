"""Days as 企业微信 counts them, and the hours in which officers are reminded."""

from datetime import UTC, date, datetime, time, timedelta, timezone

#: The platform's days begin at midnight in China, wherever this runs.
CHINA = timezone(timedelta(hours=8))
#: Officers are not woken before and after these hours.
MORNING, EVENING = 8, 20
#: Yesterday is counted by then.
COUNTED = 8


def officers_wake(now: datetime) -> bool:
    """Whether an officer's phone may ring for this."""
    return MORNING <= now.astimezone(CHINA).hour < EVENING


def last_counted(now: datetime) -> date:
    """The last day of which there are figures: yesterday, from the morning on (T+1)."""
    here = now.astimezone(CHINA)
    return here.date() - timedelta(days=1 if here.hour >= COUNTED else 2)


def begin(day: date) -> int:
    """The first second of a day."""
    return int(datetime.combine(day, time(), CHINA).astimezone(UTC).timestamp())
