"""日巡查, 周通报, 月讲评: of which period, when, to whom, and once; rules, sections 7 and 8."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions import clock
from actions.calendar import Calendar
from actions.deadlines import ZONE, Clock
from actions.digests import KINDS, Period, following, periods
from actions.policy import Policy
from bot.scheduler import run_due
from storage import calendar, digests
from storage.models import Day, Digest, Post
from tests.fixtures.cast import REPORT, Town, at

ANNOUNCED = list(calendar.announced())
CLOCK = Clock(Policy(), Calendar(ANNOUNCED))
#: When the service began: on a Monday.
BEGAN = at("04-03 08:00")


def closed(*holidays: date) -> Clock:
    """A calendar with some holidays more."""
    more = [Day(day=day, working=False, why="加放", source="", official=True) for day in holidays]
    return Clock(Policy(), Calendar([*ANNOUNCED, *more]))


def days(first: date, number: int) -> list[date]:
    return [first + timedelta(days=day) for day in range(number)]


def spans(found: Sequence[Period]) -> list[tuple[datetime, datetime]]:
    return [(period.since, period.until) for period in found]


# --- when ---------------------------------------------------------------------------------------


# 04-05 is a holiday; 04-29 to 05-03 are holidays, 04-23 and 05-06 make-up days;
# 09-29 to 10-06 are holidays, 10-07 and 10-08 make-up days
@pytest.mark.parametrize(
    ("kind", "after", "due"),
    [
        ("daily", "04-03 08:00", "04-03 17:30"),
        ("daily", "04-03 17:30", "04-04 17:30"),
        ("daily", "04-04 17:30", "04-06 17:30"),
        ("daily", "04-21 17:30", "04-23 17:30"),  # a working Sunday
        ("daily", "04-28 17:30", "05-04 17:30"),
        ("weekly", "04-03 08:59", "04-03 09:00"),
        ("weekly", "04-03 09:00", "04-10 09:00"),
        ("weekly", "04-24 09:00", "05-04 09:00"),  # the first working day of its week
        ("weekly", "09-25 09:00", "10-07 09:00"),  # a working Saturday
        ("weekly", "10-07 09:00", "10-09 09:00"),
        ("monthly", "04-03 08:00", "04-03 09:00"),
        ("monthly", "04-03 09:00", "05-04 09:00"),
        ("monthly", "09-30 23:59", "10-07 09:00"),
    ],
)
def test_each_kind_is_due_on_its_working_day(kind: str, after: str, due: str) -> None:
    assert following(CLOCK, kind, at(after)) == at(due)


@pytest.mark.parametrize(
    ("kind", "holidays", "after", "due"),
    [
        ("weekly", days(date(2023, 6, 5), 7), "05-29 09:00", "06-12 09:00"),
        ("monthly", days(date(2023, 6, 1), 30), "05-04 09:00", "07-03 09:00"),
    ],
)
def test_a_week_or_month_without_a_working_day_has_none(
    kind: str, holidays: list[date], after: str, due: str
) -> None:
    assert following(closed(*holidays), kind, at(after)) == at(due)


# --- of what ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "moment", "start", "last", "found"),
    [
        ("daily", "04-03 17:30", "04-03 08:00", None, [("04-03 08:00", "04-03 17:30")]),
        ("daily", "04-06 17:30", "04-03 08:00", "04-04 17:30", [("04-04 17:30", "04-06 17:30")]),
        ("weekly", "04-10 09:00", "04-03 08:00", None, [("04-03 00:00", "04-10 00:00")]),
        ("weekly", "04-10 09:00", "04-06 08:00", None, [("04-03 00:00", "04-10 00:00")]),
        ("weekly", "05-04 09:00", "04-03 08:00", "04-24 00:00", [("04-24 00:00", "05-01 00:00")]),
        ("monthly", "05-04 09:00", "04-03 08:00", None, [("04-01 00:00", "05-01 00:00")]),
        # a period that ended before the start, or with it, has none
        ("weekly", "04-03 09:00", "04-03 08:00", None, []),
        ("weekly", "04-10 09:00", "04-10 00:00", None, []),
        ("monthly", "04-03 09:00", "04-03 08:00", None, []),
        ("monthly", "05-04 09:00", "05-02 08:00", None, []),
    ],
)
def test_a_digest_covers_its_half_open_period(
    kind: str, moment: str, start: str, last: str | None, found: list[tuple[str, str]]
) -> None:
    made = list(periods(kind, at(moment), at(start), at(last) if last else None))
    assert spans(made) == [(at(since), at(until)) for since, until in found]


@pytest.mark.parametrize(
    ("kind", "moment", "last", "found"),
    [
        (
            "weekly", "06-12 09:00", "05-29 00:00",
            [("05-29 00:00", "06-05 00:00"), ("06-05 00:00", "06-12 00:00")],
        ),
        (
            "monthly", "07-03 09:00", "05-01 00:00",
            [("05-01 00:00", "06-01 00:00"), ("06-01 00:00", "07-01 00:00")],
        ),
    ],
)  # fmt: skip
def test_what_no_working_day_made_is_made_up_before_the_own_one(
    kind: str, moment: str, last: str, found: list[tuple[str, str]]
) -> None:
    made = periods(kind, at(moment), BEGAN, at(last))
    assert spans(list(made)) == [(at(since), at(until)) for since, until in found]


HOLIDAYS = st.sets(st.dates(date(2023, 4, 1), date(2023, 9, 30)), max_size=150)


@given(HOLIDAYS, st.sampled_from(KINDS), st.integers(1, 20))
def test_the_periods_follow_each_other_without_gap_or_overlap(
    holidays: set[date], kind: str, number: int
) -> None:
    own, moment, made = closed(*holidays), BEGAN, list[Period]()
    for _ in range(number):
        moment = following(own, kind, moment)
        local = moment.astimezone(ZONE)
        assert own.calendar.judge(local.date()).working
        assert local.time() == (time(17, 30) if kind == "daily" else time(9))
        made += periods(kind, moment, BEGAN, made[-1].until if made else None)
    assert all(one.until == other.since for one, other in pairwise(made))
    assert all(period.since < period.until <= moment for period in made)


# --- made ---------------------------------------------------------------------------------------


@pytest.fixture
async def begun(town: Town) -> Town:
    """A town whose service began on Monday at eight."""
    async with town.database.transaction() as session:
        await clock.begin(session, BEGAN)
    return town


async def rows(town: Town, kind: str | None = None) -> list[Digest]:
    async with town.database.transaction() as session:
        return [row for row in await digests.every(session) if kind in (None, row.kind)]


async def posted(town: Town, heading: str = "") -> list[Post]:
    return [post for post in await town.posts() if post.why == "digest" and heading in post.text]


def collected(row: Digest, of: str = "all") -> Any:
    figures = row.figures[of]
    return figures and (figures["collected"], figures["done"])


@pytest.mark.embedded
async def test_the_service_begins_once(begun: Town) -> None:
    async with begun.database.transaction() as session:
        await clock.begin(session, at("04-20 08:00"))
    await begun.until(at("04-03 17:30"))
    assert [(row.since, row.until) for row in await rows(begun)] == [(BEGAN, at("04-03 17:30"))]


@pytest.mark.embedded
async def test_a_month_has_its_digests(begun: Town) -> None:
    await begun.until(at("05-04 17:30"))
    made = [(row.kind, f"{row.at.astimezone(ZONE):%m-%d %H:%M}") for row in await rows(begun)]
    assert made == [
        *(("daily", f"04-{day} 17:30") for day in ("03", "04", "06", "07")),
        ("weekly", "04-10 09:00"),
        *(("daily", f"04-{day} 17:30") for day in (10, 11, 12, 13, 14)),
        ("weekly", "04-17 09:00"),
        *(("daily", f"04-{day} 17:30") for day in (17, 18, 19, 20, 21, 23)),
        ("weekly", "04-24 09:00"),
        *(("daily", f"04-{day} 17:30") for day in (24, 25, 26, 27, 28)),
        ("weekly", "05-04 09:00"),
        ("monthly", "05-04 09:00"),
        ("daily", "05-04 17:30"),
    ]


@pytest.mark.embedded
async def test_every_group_reads_the_weekly_and_the_monthly_each_in_its_own_post(
    begun: Town,
) -> None:
    await begun.until(at("05-04 09:00"))
    latest = [post for post in await posted(begun) if post.next_at == at("05-04 09:00")]
    assert [(post.group_id, post.text[:5]) for post in latest] == [
        (group, heading)
        for heading in ("【周通报】", "【月讲评】")
        for group in ("bridge", "g1", "g2")
    ]


@pytest.mark.embedded
async def test_leaders_and_coordinators_get_each_as_a_notice(begun: Town) -> None:
    await begun.until(at("04-03 17:30"))
    told = await begun.told("digest")
    assert sorted(told) == [(who, None, at("04-03 17:30")) for who in ("c1", "c2", "l1")]


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("moment", "steps", "days"),
    [
        ("04-03 09:00", [], ["03", "04", "06"]),  # open
        ("04-03 09:00", [("h1", "resolve", {})], ["03"]),  # opened and resolved since
        ("04-04 10:00", [("h1", "resolve", {})], ["03", "04"]),  # resolved since
        ("04-04 10:00", [("h1", "resolve", {}), ("zhang", "confirm", {})], ["03", "04"]),
        ("04-03 09:00", [("c1", "reject", {"reason": "不归政府管"})], ["03"]),  # opened since
        ("04-04 10:00", [("c1", "reject", {"reason": "不归政府管"})], ["03"]),
    ],
)
async def test_the_daily_goes_to_groups_in_which_something_is_open_or_was_done(
    begun: Town, moment: str, steps: list[tuple[str, str, dict[str, str]]], days: list[str]
) -> None:
    no = await begun.reports()
    await begun.until(at(moment))
    for who, step, args in steps:
        await begun.takes(who, no, step, **args)
    await begun.until(at("04-06 17:30"))
    found = [(post.group_id, post.next_at) for post in await posted(begun, "【日巡查】")]
    assert found == [("g1", at(f"04-{day} 17:30")) for day in days]


@pytest.mark.embedded
async def test_a_suspended_ticket_is_an_open_one(begun: Town) -> None:
    no = await begun.reports()
    await begun.takes("h1", no, "accept")
    await begun.takes("c1", no, "suspend", reason="等资金")
    await begun.until(at("04-04 17:30"))
    assert [post.next_at for post in await posted(begun)] == [at("04-03 17:30"), at("04-04 17:30")]


@pytest.mark.embedded
async def test_a_group_reads_its_own_figures_and_then_the_city_s(begun: Town) -> None:
    await begun.takes("h1", await begun.reports(), "resolve")
    await begun.reports(group="g2")
    await begun.until(at("04-10 09:00"))
    first, second, third = await posted(begun, "【周通报】")
    assert "本群收集0件,办结率—" in first.text
    assert "本群收集1件,办结率100.00%" in second.text
    assert "本群收集1件,办结率0.00%" in third.text
    assert all("全市收集2件,办结率50.00%" in post.text for post in (first, second, third))


@pytest.mark.embedded
async def test_the_daily_names_what_falls_due_tomorrow_and_what_is_overdue(begun: Town) -> None:
    await begun.reports()  # due on Tuesday, 04-11
    begun.now = at("04-06 10:00")
    await begun.reports()  # due on Thursday, 04-13
    await begun.until(at("04-12 17:30"))
    post = (await posted(begun, "【日巡查】"))[-1]
    assert "明日到期:#2。" in post.text
    assert "已超期:#1。" in post.text
    assert post.about == [1, 2]


@pytest.mark.embedded
async def test_tomorrow_is_the_next_working_day(begun: Town) -> None:
    begun.now = at("04-03 10:00")
    await begun.reports(text=REPORT)  # due on 04-11
    await begun.takes("c1", 1, "extend", days=10, reason="等配件")  # on Monday, 04-24 …
    await begun.until(at("04-21 17:30"))
    assert "明日到期" not in (await posted(begun, "【日巡查】"))[-1].text
    await begun.until(at("04-23 17:30"))  # … of which the working Sunday is the day before
    assert "明日到期:#1。" in (await posted(begun, "【日巡查】"))[-1].text


@pytest.mark.embedded
@pytest.mark.parametrize(("moment", "days"), [("04-03 17:29", [1, 0]), ("04-03 17:30", [0, 1])])
async def test_what_is_opened_at_the_end_is_of_the_next_period(
    begun: Town, moment: str, days: list[int]
) -> None:
    begun.now = at(moment)
    await begun.reports()
    await begun.until(at("04-04 17:30"))
    made = await rows(begun)
    assert [row.figures["all"]["collected"] for row in made] == days
    assert [row.figures["since_start"]["collected"] for row in made] == [days[0], 1]


@pytest.mark.embedded
async def test_what_is_recorded_at_the_end_is_done_at_the_end(begun: Town) -> None:
    no = await begun.reports()
    begun.now = at("04-03 17:30")
    await begun.takes("h1", no, "resolve")
    await begun.until(at("04-03 17:30"))
    assert [collected(row) for row in await rows(begun)] == [(1, 1)]


@pytest.mark.embedded
async def test_the_period_before_stands_as_at_its_own_end(begun: Town) -> None:
    await begun.reports()
    begun.now = at("04-11 10:00")
    await begun.takes("h1", 1, "resolve")
    await begun.reports()
    await begun.until(at("04-17 09:00"))
    first, second = await rows(begun, "weekly")
    assert (collected(first), collected(first, "before")) == ((1, 0), None)
    assert (collected(second), collected(second, "before")) == ((1, 0), (1, 0))
    assert collected(second, "since_start") == (2, 1)


@pytest.mark.embedded
async def test_against_the_week_before_the_change_is_told(begun: Town) -> None:
    for moment in ("04-04 10:00", "04-11 10:00", "04-11 11:00", "04-18 10:00", "04-18 11:00"):
        begun.now = at(moment)
        await begun.reports()
    await begun.until(at("04-24 09:00"))
    told = [post.text for post in await posted(begun, "【周通报】") if post.group_id == "g1"]
    wanted = ("全市收集1件,", "全市收集2件(+1),", "全市收集2件(持平),")
    assert all(words in text for words, text in zip(wanted, told, strict=True))


@pytest.mark.embedded
async def test_the_monthly_ranks_units_and_districts(begun: Town) -> None:
    await begun.takes("h1", await begun.reports(), "resolve")
    await begun.reports(group="g2")  # another unit's, and late
    await begun.until(at("05-04 09:00"))
    (post,) = (row for row in await posted(begun, "【月讲评】") if row.group_id == "g1")
    assert "区县排名:1.天元区 2.荷塘区。" in post.text
    assert "单位排名:1.天元区城管局 2.市自规局。" in post.text


# --- late ---------------------------------------------------------------------------------------


@pytest.mark.embedded
async def test_missed_while_the_service_was_down_it_is_made_late_with_the_figures_of_its_end(
    begun: Town,
) -> None:
    await begun.reports()
    begun.now = at("04-04 10:00")
    await begun.takes("h1", 1, "resolve")
    await begun.reports()
    back = at("04-04 11:00")
    await run_due(begun.database, back, now=back)
    (row,) = await rows(begun)
    assert (row.at, row.made_at, collected(row)) == (at("04-03 17:30"), back, (1, 0))
    assert collected(row, "since_start") == (1, 0)
    assert [(post.group_id, post.next_at) for post in await posted(begun)] == [("g1", back)]


@pytest.mark.embedded
async def test_several_missed_are_made_in_their_order_each_of_its_period(begun: Town) -> None:
    back = at("04-10 10:00")
    await run_due(begun.database, back, now=back)
    made = await rows(begun)
    assert [(row.kind, row.at) for row in made] == [
        *(("daily", at(f"04-{day} 17:30")) for day in ("03", "04", "06", "07")),
        ("weekly", at("04-10 09:00")),
    ]
    assert {row.made_at for row in made} == {back}
    assert all(one.until == other.since for one, other in pairwise(made[:4]))


@pytest.mark.embedded
async def test_made_up_at_night_it_is_read_in_the_morning(begun: Town) -> None:
    await begun.reports()
    back = at("04-03 22:00")
    await run_due(begun.database, back, now=back)
    assert [post.next_at for post in await posted(begun)] == [at("04-04 08:00")]
    assert {moment for *_, moment in await begun.told("digest")} == {at("04-04 08:00")}


@pytest.mark.embedded
async def test_several_schedulers_make_it_once(begun: Town) -> None:
    await begun.reports()
    moment = at("04-03 17:30")
    await asyncio.gather(*(run_due(begun.database, moment) for _ in range(4)))
    assert len(await rows(begun)) == len(await posted(begun)) == 1


@pytest.mark.embedded
async def test_at_one_instant_silence_comes_first(begun: Town) -> None:
    await begun.takes("h1", await begun.reports(), "resolve")
    await begun.until(at("04-07 17:30"))
    closing = [post.why for post in await begun.posts() if post.next_at == at("04-07 17:30")]
    assert closing == ["notice"]  # closed: the group has nothing open any more
    assert (await begun.ticket()).status == "closed"
