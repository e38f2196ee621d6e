"""Deadlines as rules, sections 3 and 8 ("Clocks") want them."""

import json
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.calendar import Calendar
from actions.deadlines import ZONE, Clock, Deadline, Part
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
SPANS = st.timedeltas(timedelta(0), timedelta(days=40))
#: What may come after the opening: an extension, or a time in which the clock stood still.
PARTS = st.one_of(
    st.builds(Part, why=st.just("extended"), days=st.integers(1, 10)),
    st.builds(
        lambda since, span: Part(why="resumed", start=since, stop=since + span), INSTANTS, SPANS
    ),
)

MONDAY = at("04-03 09:00")
ISSUE = Part(why="opened", start=MONDAY, days=5)  # due on 04-11
URGENT = Part(why="urgent", start=MONDAY, hours=24)
EXTENDED = Part(why="extended", days=1)


def end(count: tuple[Part, ...]) -> datetime:
    """When a count comes to its end."""
    return CLOCK.end(count).at


def stood(since: str, until: str) -> Part:
    """A time in which the clock stood still."""
    return Part(why="resumed", start=at(since), stop=at(until))


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
    assert CLOCK.end(terms.respond) == Deadline(at(respond))
    assert CLOCK.end(terms.resolve) == Deadline(at(resolve))


@pytest.mark.parametrize("kind", ["issue", "consult", "misconduct"])
@pytest.mark.parametrize("reported", ["04-03 09:00", "04-04 23:30", "04-30 16:45"])
def test_urgent_is_counted_in_clock_hours(kind: str, reported: str) -> None:
    terms = CLOCK.opened(kind, at(reported), urgent=True)
    for count, hours in ((terms.respond, 2), (terms.resolve, 24)):
        end = at(reported) + timedelta(hours=hours)
        assert CLOCK.end(count) == Deadline(end, in_hours=True)


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
    assert (end(terms.respond), end(terms.resolve)) == (at(respond), at(resolve))


@pytest.mark.parametrize(
    ("suspended", "resumed", "moved"),
    [
        ("04-03 10:00", "04-03 16:00", "04-11 17:30"),  # the same day: nothing lies between
        ("04-03 10:00", "04-04 09:00", "04-12 17:30"),
        ("04-03 23:59", "04-04 00:01", "04-12 17:30"),  # days count, not hours
        ("04-04 10:00", "04-05 09:00", "04-11 17:30"),  # only a holiday
        ("04-03 10:00", "04-10 09:00", "04-17 17:30"),
        ("04-07 10:00", "04-09 09:00", "04-11 17:30"),  # only a weekend
        ("04-10 10:00", "04-24 09:00", "04-25 17:30"),  # the Sunday between is a working day
        ("04-12 10:00", "04-13 09:00", "04-12 17:30"),  # late already: it stays so, by a day less
    ],
)
def test_resuming_moves_by_the_working_days_between(
    suspended: str, resumed: str, moved: str
) -> None:
    assert end((ISSUE, stood(suspended, resumed))) == at(moved)


def test_resuming_urgent_work_moves_by_the_hours() -> None:
    count = (URGENT, stood("04-03 12:00", "04-05 13:30"))
    assert CLOCK.end(count) == Deadline(at("04-06 10:30"), in_hours=True)


@pytest.mark.parametrize(
    ("first", "days", "moved"),
    [
        (Part(why="opened", start=MONDAY, days=5), 2, "04-13 17:30"),
        (Part(why="opened", start=MONDAY, days=5), 10, "04-24 17:30"),
        (Part(why="urgent", start=MONDAY, hours=24), 1, "04-06 17:30"),  # 04-05 is a holiday
        (Part(why="urgent", start=at("04-07 20:00"), hours=24), 1, "04-10 17:30"),
    ],
)
def test_an_extension_counts_working_days_from_the_old_day(
    first: Part, days: int, moved: str
) -> None:
    extended = CLOCK.end((first, Part(why="extended", days=days)))
    assert extended == Deadline(at(moved))  # at the close of business, urgent or not


def test_parts_are_counted_in_their_order() -> None:
    count = (
        ISSUE,  # 04-11
        Part(why="extended", days=2),  # 04-13
        stood("04-04 10:00", "04-10 10:00"),  # 04-06, 07 and 10: 04-18
        Part(why="extended", days=1),
    )
    assert [found.at for _, _, found in CLOCK.explain(count)] == [
        at(f"04-{day} 17:30") for day in (11, 13, 18, 19)
    ]


def test_an_extended_urgent_ticket_that_stood_still_moves_by_days() -> None:
    count = (URGENT, Part(why="extended", days=1), stood("04-04 08:00", "04-06 08:00"))
    assert CLOCK.end(count) == Deadline(at("04-07 17:30"))


def test_each_part_tells_the_days_that_it_counted_or_skipped() -> None:
    told = [
        (part.why, [(day.day.day, day.working) for day in days])
        for part, days, _ in CLOCK.explain((ISSUE, stood("04-07 10:00", "04-10 10:00"), EXTENDED))
    ]
    assert told == [
        ("opened", [(4, True), (5, False), (6, True), (7, True), (8, False), (9, False),
                    (10, True), (11, True)]),
        ("resumed", [(8, False), (9, False), (10, True)]),
        ("extended", [(13, True)]),
    ]  # fmt: skip


def test_a_part_is_kept_as_it_was_counted() -> None:
    for part in (ISSUE, URGENT, EXTENDED, stood("04-03 12:00", "04-05 13:30")):
        assert Part.from_json(json.loads(json.dumps(part.as_json()))) == part


@pytest.mark.parametrize("count", [(), (EXTENDED,), (stood("04-03 12:00", "04-05 13:30"),)])
def test_what_has_no_beginning_can_t_be_counted(count: tuple[Part, ...]) -> None:
    with pytest.raises(ValueError, match=r"nothing to|without start"):
        CLOCK.end(count)


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
    assert CLOCK.speak(at(said), urgent=True) == at(said)


def test_a_city_may_count_and_close_otherwise() -> None:
    policy = Policy(issue_resolve_days=2, urgent_resolve_hours=8, close_of_business=time(18))
    own = Clock(policy, Calendar(ANNOUNCED))
    days, hours = (own.opened("issue", MONDAY, urgent=urgent).resolve for urgent in (False, True))
    assert (own.end(days).at, own.end(hours).at) == (at("04-06 18:00"), at("04-03 17:00"))


def test_past_the_announced_days_a_deadline_is_provisional() -> None:
    upto = Clock(Policy(), Calendar(day for day in ANNOUNCED if day.day <= date(2023, 4, 7)))
    terms = upto.opened("issue", MONDAY, urgent=False)
    assert (upto.end(terms.respond).provisional, upto.end(terms.resolve).provisional) == (
        False, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    "more", [Part(why="extended", days=1), stood("04-03 10:00", "04-04 10:00")]
)
def test_what_is_counted_on_from_a_guess_is_a_guess(more: Part) -> None:
    rows = [day for day in ANNOUNCED if day.day != date(2023, 4, 10)]
    assert Clock(Policy(), Calendar(rows)).end((ISSUE, more)).provisional


def test_clock_hours_are_never_provisional() -> None:
    blank = Clock(Policy(), Calendar())
    assert not blank.end(blank.urgent(MONDAY).resolve).provisional


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
    assert sum(day.working for day in CLOCK.calendar.between(now.date(), due)) == days


@given(INSTANTS, INSTANTS, SPANS)
def test_standing_still_never_brings_a_deadline_nearer(
    opened: datetime, since: datetime, still: timedelta
) -> None:
    part = Part(why="resumed", start=since, stop=since + still)
    for hours, days in ((0, 5), (24, 0)):
        first = Part(why="opened", start=opened, days=days, hours=hours)
        assert end((first, part)) >= end((first,))
    urgent = Part(why="urgent", start=opened, hours=24)
    assert end((urgent, part)) == opened + timedelta(hours=24) + still


@given(INSTANTS, INSTANTS, SPANS)
def test_standing_still_moves_a_deadline_by_as_many_working_days(
    opened: datetime, since: datetime, still: timedelta
) -> None:
    first = Part(why="opened", start=opened, days=5)
    was = end((first,)).astimezone(ZONE).date()
    now = end((first, Part(why="resumed", start=since, stop=since + still))).astimezone(ZONE).date()
    stood_still = sum(day.working for day in CLOCK.stood(since, since + still))
    assert sum(day.working for day in CLOCK.calendar.between(was, now)) == stood_still


@given(INSTANTS, st.integers(0, 48), COUNTS, COUNTS)
def test_two_extensions_are_one_of_both_together(
    now: datetime, hours: int, one: int, other: int
) -> None:
    first = Part(why="opened", start=now, days=0 if hours else 5, hours=hours)
    apart = (first, Part(why="extended", days=one), Part(why="extended", days=other))
    together = (first, Part(why="extended", days=one + other))
    assert CLOCK.end(apart) == CLOCK.end(together)


@given(INSTANTS, INSTANTS, st.lists(PARTS, max_size=4))
def test_an_earlier_report_is_never_due_later_whatever_came_after(
    one: datetime, other: datetime, parts: list[Part]
) -> None:
    earlier, later = (Part(why="opened", start=start, days=5) for start in sorted((one, other)))
    assert end((earlier, *parts)) <= end((later, *parts))


@given(INSTANTS, st.lists(PARTS, max_size=4))
def test_counted_in_days_it_falls_at_the_close_of_a_working_day(
    opened: datetime, parts: list[Part]
) -> None:
    due = end((Part(why="opened", start=opened, days=5), *parts)).astimezone(ZONE)
    assert CLOCK.calendar.judge(due.date()).working
    assert due.time() == time(17, 30)


@given(INSTANTS, st.lists(PARTS, max_size=4))
def test_an_explanation_ends_where_the_count_does(opened: datetime, parts: list[Part]) -> None:
    count = (Part(why="opened", start=opened, days=5), *parts)
    told = list(CLOCK.explain(count))
    assert [part for part, _, _ in told] == list(count)
    assert told[-1][2] == CLOCK.end(count)
    for part, days, _ in told:
        if part.days:
            assert sum(day.working for day in days) == part.days


@given(INSTANTS)
def test_what_waits_for_the_morning_waits_half_a_day_at_most(now: datetime) -> None:
    heard = CLOCK.speak(now).astimezone(ZONE)
    assert timedelta(0) <= heard - now <= timedelta(hours=12)
    assert time(8) <= heard.time() < time(20)
