"""How late or near a deadline is, on a table."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from actions.calendar import Calendar
from actions.deadlines import Clock
from actions.lateness import lateness, until, words
from actions.policy import Policy
from storage import calendar
from tests.fixtures.cast import at

CLOCK = Clock(Policy(), Calendar(list(calendar.announced())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """As much of a ticket as matters."""

    due_at: datetime
    status: str = "accepted"
    urgent: bool = False
    resolved_at: datetime | None = None
    suspended_at: datetime | None = None


# 2023-04-03 was a Monday, 04-05 a holiday, 04-08 and 04-09 a weekend; 04-22 a Saturday, 04-23 a
# working Sunday; 04-29 to 05-03 holidays
DAYS = [
    ("04-11 17:30", "04-03 09:00", "还剩5个工作日", ""),
    ("04-11 17:30", "04-04 00:00", "还剩4个工作日", ""),
    ("04-11 17:30", "04-05 12:00", "还剩4个工作日", ""),
    ("04-11 17:30", "04-07 23:59", "还剩2个工作日", ""),
    ("04-11 17:30", "04-09 23:59", "还剩2个工作日", ""),
    ("04-11 17:30", "04-10 00:00", "明天17:30前", "soon"),
    ("04-11 17:30", "04-10 20:00", "明天17:30前", "soon"),
    ("04-11 17:30", "04-11 00:00", "今天17:30前", "soon"),
    ("04-11 17:30", "04-11 17:30", "今天17:30前", "soon"),
    ("04-10 17:30", "04-07 09:00", "4月10日17:30前", "soon"),  # behind a weekend
    ("04-10 17:30", "04-09 09:00", "明天17:30前", "soon"),
    ("04-24 17:30", "04-21 09:00", "还剩2个工作日", ""),  # Sunday the 23rd counts
    ("05-04 17:30", "04-28 09:00", "5月4日17:30前", "soon"),
    ("04-11 17:30", "04-11 17:31", "已超期,不足1个工作日", "late"),
    ("04-11 17:30", "04-12 00:00", "超期1个工作日", "late"),
    ("04-11 17:30", "04-14 09:00", "超期3个工作日", "late"),
    ("04-07 17:30", "04-09 09:00", "已超期,不足1个工作日", "late"),  # nobody works meanwhile
    ("04-07 17:30", "04-10 09:00", "超期1个工作日", "late"),
    ("04-28 17:30", "05-05 09:00", "超期2个工作日", "late"),
]


@pytest.mark.parametrize("status", ["new", "assigned", "accepted"])
@pytest.mark.parametrize(("due", "now", "said", "grade"), DAYS)
def test_it_is_said_in_working_days(status: str, due: str, now: str, said: str, grade: str) -> None:
    ticket = Case(due_at=at(due), status=status)
    assert lateness(ticket, at(now), CLOCK) == (said, grade)
    assert words(ticket, at(now), CLOCK) == said
    assert until(at(due), at(now), CLOCK) == (said, grade)


URGENT = [
    ("04-04 09:00", "04-03 09:00", "还剩24小时", "soon"),
    ("04-04 09:00", "04-03 09:01", "还剩23小时", "soon"),  # never more than there is
    ("04-04 09:00", "04-04 08:00", "还剩1小时", "soon"),
    ("04-04 09:00", "04-04 08:01", "还剩59分钟", "soon"),
    ("04-04 09:00", "04-04 09:00", "还剩0分钟", "soon"),
    ("04-08 03:00", "04-08 04:00", "超期1小时", "late"),  # in the night of a Saturday
    ("04-04 09:00", "04-04 09:01", "超期1分钟", "late"),
    ("04-04 09:00", "04-04 09:59", "超期59分钟", "late"),
    ("04-04 09:00", "04-06 10:00", "超期49小时", "late"),
    ("04-04 09:00", "04-07 08:59", "超期71小时", "late"),
    ("04-28 20:00", "05-02 20:00", "超期96小时", "late"),  # a holiday in which nobody works
    ("04-04 09:00", "04-07 09:00", "超期2个工作日", "late"),  # hours would say nothing any more
    ("04-11 17:30", "04-03 09:00", "还剩5个工作日", ""),  # it was extended
]


@pytest.mark.parametrize(("due", "now", "said", "grade"), URGENT)
def test_of_what_is_urgent_it_is_said_in_hours(due: str, now: str, said: str, grade: str) -> None:
    assert lateness(Case(due_at=at(due), urgent=True), at(now), CLOCK) == (said, grade)


OVER = [
    (Case(due_at=at("04-11 17:30"), status="suspended", suspended_at=at("04-10 09:00")),
     "挂账,停止计时", ""),
    (Case(due_at=at("04-11 17:30"), status="suspended", suspended_at=at("04-11 17:30")),
     "挂账,停止计时", ""),
    (Case(due_at=at("04-11 17:30"), status="suspended", suspended_at=at("04-11 18:00")),
     "挂账前已超期", "late"),
    (Case(due_at=at("04-11 17:30"), status="suspended", suspended_at=at("04-13 18:00")),
     "挂账前已超期2个工作日", "late"),
    (Case(due_at=at("04-11 17:30"), status="resolved", resolved_at=at("04-11 17:30")),
     "按期办结", ""),
    (Case(due_at=at("04-11 17:30"), status="closed", resolved_at=at("04-11 18:00")),
     "超期办结", ""),
    (Case(due_at=at("04-11 17:30"), status="closed", resolved_at=at("04-12 08:00")),
     "超期1个工作日办结", ""),
    (Case(due_at=at("04-11 17:30"), status="withdrawn"), "不再计时", ""),
    (Case(due_at=at("04-11 17:30"), status="rejected"), "不再计时", ""),
    (Case(due_at=at("04-11 17:30"), status="merged"), "不再计时", ""),
]  # fmt: skip


@pytest.mark.parametrize(("ticket", "said", "grade"), OVER)
def test_where_no_clock_runs_nothing_presses(ticket: Case, said: str, grade: str) -> None:
    assert lateness(ticket, at("06-01 09:00"), CLOCK) == (said, grade)
