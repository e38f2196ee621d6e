"""Deadlines as rules, sections 3 and 8 ("Clocks") want them."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.calendar import Calendar
from actions.deadlines import ZONE, Clock, Deadline
from actions.policy import Policy
from storage import calendar
from storage.models import Day
from tests.fixtures.cast import at

ANNOUNCED = list(calendar.announced())
CLOCK = Clock(Policy(), Calendar(ANNOUNCED))

FIRST, LAST = date(2023, 1, 1), date(2023, 12, 31)
DAYS = st.dates(FIRST, LAST)
START, END = datetime(2023, 1, 1), datetime(2023, 12, 31)  # noqa: DTZ001  # as hypothesis wants
INSTANTS = st.datetimes(START, END, timezones=st.just(ZONE))
COUNTS = st.integers(1, 15)


def clock(*holidays: date) -> Clock:
    """The announced days, and some holidays more."""
    more = [Day(day=day, working=False, why="加放", source="", official=True) for day in holidays]
    return Clock(Policy(), Calendar([*ANNOUNCED, *more]))


# 04-05 is a holiday; 04-29 to 05-03 are holidays, 04-23 and 05-06 make-up days;
# 09-29 to 10-06 are holidays, 10-07 and 10-08 make-up days
@pytest.mark.parametrize(
    ("kind", "reported", "respond", "resolve"),
    [
        ("issue", "04-03 09:00", "04-07 17:30", "04-11 17:30"),
        ("issue", "04-03 00:00", "04-07 17:30", "04-11 17:30"),
        ("issue", "04-03 23:59", "04-07 17:30", "04-11 17:30"),
        ("issue", "04-04 09:00", "04-10 17:30", "04-12 17:30"),
        ("issue", "04-05 09:00", "04-10 17:30", "04-12 17:30"),
        ("issue", "04-08 09:00", "04-12 17:30", "04-14 17:30"),
        ("issue", "04-21 09:00", "04-25 17:30", "04-27 17:30"),
        ("issue", "04-27 09:00", "05-05 17:30", "05-08 17:30"),
        ("issue", "05-05 18:00", "05-09 17:30", "05-11 17:30"),
        ("issue", "09-28 09:00", "10-09 17:30", "10-11 17:30"),
        ("consult", "04-03 09:00", "04-07 17:30", "04-07 17:30"),
        ("misconduct", "04-03 09:00", "04-07 17:30", "04-24 17:30"),
    ],
)
def test_working_days_are_counted_from_the_next_day(
    kind: str, reported: str, respond: str, resolve: str
) -> None:
    terms = CLOCK.opened(kind, at(reported), urgent=False)
    assert (terms.respond, terms.resolve) == (Deadline(at(respond)), Deadline(at(resolve)))


@pytest.mark.parametrize("kind", ["issue", "consult", "misconduct"])
@pytest.mark.parametrize("reported", ["04-03 09:00", "04-04 23:30", "04-30 16:45"])
def test_urgent_is_counted_in_clock_hours(kind: str, reported: str) -> None:
    terms = CLOCK.opened(kind, at(reported), urgent=True)
    assert terms.respond == Deadline(at(reported) + timedelta(hours=2))
    assert terms.resolve == Deadline(at(reported) + timedelta(hours=24))


def test_the_day_is_the_one_in_the_city() -> None:
    # 16:30 UTC on Sunday is Monday, half past midnight
    late = datetime.fromisoformat("2023-04-09T16:30:00+00:00")
    assert CLOCK.days(late, 1) == Deadline(at("04-11 17:30"))


@pytest.mark.parametrize(
    ("disputed", "urgent", "respond", "resolve"),
    [
        ("04-03 09:00", False, "04-04 17:30", "04-07 17:30"),
        ("04-04 17:31", False, "04-06 17:30", "04-10 17:30"),
        ("04-28 09:00", False, "05-04 17:30", "05-06 17:30"),
        ("04-08 09:00", True, "04-08 11:00", "04-09 09:00"),
    ],
)
def test_reopened_work_has_deadlines_anew(
    disputed: str, urgent: bool, respond: str, resolve: str
) -> None:
    terms = CLOCK.reopened(at(disputed), urgent=urgent)
    assert (terms.respond.at, terms.resolve.at) == (at(respond), at(resolve))


@pytest.mark.parametrize(
    ("suspended", "resumed", "moved"),
    [
        ("04-03 10:00", "04-03 16:00", "04-11 17:30"),  # the same day: nothing lies between
        ("04-03 10:00", "04-04 09:00", "04-12 17:30"),
        ("04-04 10:00", "04-05 09:00", "04-11 17:30"),  # only a holiday
        ("04-03 10:00", "04-10 09:00", "04-17 17:30"),
        ("04-07 10:00", "04-09 09:00", "04-11 17:30"),  # only a weekend
    ],
)
def test_resuming_moves_by_the_working_days_between(
    suspended: str, resumed: str, moved: str
) -> None:
    due = at("04-11 17:30")
    assert CLOCK.resumed(due, at(suspended), at(resumed), urgent=False).at == at(moved)


def test_resuming_urgent_work_moves_by_the_hours() -> None:
    due, since, now = at("04-04 09:00"), at("04-03 12:00"), at("04-05 13:30")
    assert CLOCK.resumed(due, since, now, urgent=True) == Deadline(due + (now - since))


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("04-03 08:00", "04-03 08:00"),
        ("04-03 07:59", "04-03 08:00"),
        ("04-03 00:00", "04-03 08:00"),
        ("04-03 19:59", "04-03 19:59"),
        ("04-03 20:00", "04-04 08:00"),
        ("04-30 23:00", "05-01 08:00"),
    ],
)
def test_at_night_the_group_is_not_spoken_to(said: str, heard: str) -> None:
    assert CLOCK.speak(at(said)) == at(heard)


def test_a_city_may_count_and_close_otherwise() -> None:
    policy = Policy(issue_resolve_days=2, urgent_resolve_hours=8, close_of_business=time(18))
    own = Clock(policy, Calendar(ANNOUNCED))
    assert own.opened("issue", at("04-03 09:00"), urgent=False).resolve.at == at("04-06 18:00")
    assert own.opened("issue", at("04-03 09:00"), urgent=True).resolve.at == at("04-03 17:00")


def test_past_the_announced_days_a_deadline_is_provisional() -> None:
    upto = Clock(Policy(), Calendar(day for day in ANNOUNCED if day.day <= date(2023, 4, 7)))
    terms = upto.opened("issue", at("04-03 09:00"), urgent=False)
    assert (terms.respond.provisional, terms.resolve.provisional) == (False, True)
    assert terms.provisional


def test_clock_hours_are_never_provisional() -> None:
    blank = Clock(Policy(), Calendar())
    assert not blank.opened("issue", at("04-03 09:00"), urgent=True).provisional


def test_a_moment_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="without offset"):
        CLOCK.days(datetime(2023, 4, 3, 9), 1)  # noqa: DTZ001


@given(INSTANTS, COUNTS)
def test_a_deadline_falls_at_the_close_of_a_working_day_after_the_report(
    now: datetime, days: int
) -> None:
    due = CLOCK.days(now, days).at.astimezone(ZONE)
    assert CLOCK.calendar.judge(due.date()).working
    assert due.time() == time(17, 30)
    assert due.date() > now.date()


@given(INSTANTS, INSTANTS, COUNTS)
def test_an_earlier_report_is_never_due_later(one: datetime, other: datetime, days: int) -> None:
    earlier, later = sorted((one, other))
    assert CLOCK.days(earlier, days).at <= CLOCK.days(later, days).at


@given(INSTANTS, COUNTS)
def test_one_working_day_more_is_due_later(now: datetime, days: int) -> None:
    assert CLOCK.days(now, days).at < CLOCK.days(now, days + 1).at


@given(INSTANTS, COUNTS, st.sets(DAYS, min_size=1, max_size=10))
def test_a_holiday_more_never_makes_it_due_earlier(
    now: datetime, days: int, more: set[date]
) -> None:
    assert clock(*more).days(now, days).at >= CLOCK.days(now, days).at


@given(INSTANTS, COUNTS)
def test_as_many_working_days_lie_between_as_were_counted(now: datetime, days: int) -> None:
    due = CLOCK.days(now, days).at.astimezone(ZONE).date()
    assert CLOCK.calendar.between(now.date(), due) == days


@given(INSTANTS, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_standing_still_never_brings_a_deadline_nearer(since: datetime, still: timedelta) -> None:
    due = CLOCK.days(since, 5).at
    assert CLOCK.resumed(due, since, since + still, urgent=False).at >= due
    assert CLOCK.resumed(due, since, since + still, urgent=True).at == due + still


@given(INSTANTS)
def test_what_waits_for_the_morning_waits_half_a_day_at_most(now: datetime) -> None:
    heard = CLOCK.speak(now).astimezone(ZONE)
    assert timedelta(0) <= heard - now <= timedelta(hours=12)
    assert time(8) <= heard.time() < time(20)
