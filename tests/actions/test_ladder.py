"""Which level of reminders is due when; rules, sections 4 and 8."""

from datetime import datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.calendar import Calendar
from actions.deadlines import ZONE, Clock
from actions.ladder import LEVELS, rungs
from actions.policy import Policy
from storage import calendar
from tests.fixtures.cast import at

CLOCK = Clock(Policy(), Calendar(calendar.announced()))
FIRST, LAST = datetime(2023, 1, 1), datetime(2023, 11, 30)  # noqa: DTZ001  # as hypothesis wants
INSTANTS = st.datetimes(FIRST, LAST, timezones=st.just(ZONE))


def ladder(
    set_at: datetime, respond_by: datetime, due_at: datetime, *, urgent: bool = False
) -> list[tuple[str, datetime]]:
    found = rungs(CLOCK, respond_by=respond_by, due_at=due_at, set_at=set_at, urgent=urgent)
    return [(rung.level, rung.at) for rung in found]


def opened(now: datetime, *, urgent: bool = False) -> list[tuple[str, datetime]]:
    """The ladder of an issue reported now."""
    terms = CLOCK.opened("issue", now, urgent=urgent)
    return ladder(now, CLOCK.end(terms.respond).at, CLOCK.end(terms.resolve).at, urgent=urgent)


# 04-05 is a holiday; 04-29 to 05-03 are holidays, 04-23 and 05-06 make-up days
@pytest.mark.parametrize(
    ("reported", "unanswered", "blue", "yellow", "orange", "red"),
    [
        ("04-03", "04-10", "04-10", "04-12", "04-14", "04-18"),
        ("04-04", "04-11", "04-11", "04-13", "04-17", "04-19"),
        ("04-13", "04-19", "04-19", "04-21", "04-24", "04-26"),  # by way of a working Sunday
        ("04-21", "04-26", "04-26", "04-28", "05-05", "05-08"),
        ("04-27", "05-06", "05-06", "05-09", "05-11", "05-15"),
    ],
)
def test_each_level_is_due_at_nine_of_its_working_day(
    reported: str, unanswered: str, blue: str, yellow: str, orange: str, red: str
) -> None:
    days = (unanswered, blue, yellow, orange, red)
    wanted = list(zip(LEVELS, (at(f"{day} 09:00") for day in days), strict=True))
    assert opened(at(f"{reported} 10:00")) == wanted


def test_an_urgent_one_is_reminded_of_in_hours_by_day_and_night() -> None:
    assert opened(at("04-03 22:15"), urgent=True) == [
        ("unanswered", at("04-04 00:15")),
        ("blue", at("04-04 20:15")),
        ("yellow", at("04-04 22:15")),
        ("orange", at("04-05 22:15")),  # on a holiday, too
        ("red", at("04-06 22:15")),
    ]


def test_an_extended_urgent_one_keeps_the_hours() -> None:
    set_at, respond_by = at("04-03 10:00"), at("04-03 11:00")
    assert ladder(set_at, respond_by, at("04-06 17:30"), urgent=True) == [
        ("unanswered", respond_by),
        ("blue", at("04-06 15:30")),
        ("yellow", at("04-06 17:30")),
        ("orange", at("04-07 17:30")),
        ("red", at("04-08 17:30")),
    ]


@pytest.mark.parametrize(
    ("set_at", "levels"),
    [
        ("04-10 08:59", ["unanswered", "blue", "yellow", "orange", "red"]),
        ("04-10 09:00", ["yellow", "orange", "red"]),  # not after the moment: it does not fire
        ("04-12 08:59", ["yellow", "orange", "red"]),
        ("04-12 09:00", ["orange", "red"]),
        ("04-18 09:00", []),
    ],
)
def test_what_is_not_after_the_moment_at_which_it_was_set_does_not_fire(
    set_at: str, levels: list[str]
) -> None:
    found = ladder(at(set_at), at("04-07 17:30"), at("04-11 17:30"))
    assert [level for level, _ in found] == levels


def test_a_city_may_be_reminded_at_another_hour() -> None:
    early = Clock(Policy(reminders_at=time(8, 30)), CLOCK.calendar)
    found = rungs(
        early, respond_by=at("04-07 17:30"), due_at=at("04-11 17:30"), set_at=at("04-03 09:00"),
        urgent=False,
    )  # fmt: skip
    assert found[0].at == at("04-10 08:30")


@given(INSTANTS)
def test_every_level_is_due_in_the_morning_of_a_working_day(now: datetime) -> None:
    for _, moment in opened(now):
        local = moment.astimezone(ZONE)
        assert local.time() == time(9)
        assert CLOCK.calendar.judge(local.date()).working


@given(INSTANTS, st.booleans())
def test_a_graver_level_comes_later(now: datetime, urgent: bool) -> None:
    due = [moment for level, moment in opened(now, urgent=urgent) if level != "unanswered"]
    assert all(one < other for one, other in pairwise(due))
    assert all(moment > now for moment in due)


@given(INSTANTS, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_set_later_the_same_deadline_fires_no_more(now: datetime, later: timedelta) -> None:
    due = at("12-15 17:30")
    assert set(ladder(now + later, due, due)) <= set(ladder(now, due, due))
