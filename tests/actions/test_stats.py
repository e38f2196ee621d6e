"""询问数据: the figures of the group for the period named, then the city's; rules, section 8."""

from datetime import datetime

import pytest

from actions.deadlines import ZONE
from actions.stats import period
from tests.fixtures.cast import REPORT, Town, at

#: A Wednesday; its week began on Monday, the 15th.
NOW = at("05-17 10:00")


def days(first: str, end: str) -> tuple[datetime, datetime]:
    """From one midnight to another."""
    since, until = (datetime.fromisoformat(day).replace(tzinfo=ZONE) for day in (first, end))
    return since, until


@pytest.mark.parametrize(
    ("words", "called", "span"),
    [
        ("办结率多少", "开通以来", None),
        ("累计办了多少件", "开通以来", None),
        ("今天几件", "今天", days("2023-05-17", "2023-05-18")),
        ("当日情况", "今天", days("2023-05-17", "2023-05-18")),
        ("昨天几件", "昨天", days("2023-05-16", "2023-05-17")),
        ("本周办结率", "本周", days("2023-05-15", "2023-05-22")),
        ("这个星期办了几件", "本周", days("2023-05-15", "2023-05-22")),
        ("上周办结率", "上周", days("2023-05-08", "2023-05-15")),
        ("上个礼拜的数据", "上周", days("2023-05-08", "2023-05-15")),
        ("本月办结率", "本月", days("2023-05-01", "2023-06-01")),
        ("这个月收集多少", "本月", days("2023-05-01", "2023-06-01")),
        ("上个月满意率", "上月", days("2023-04-01", "2023-05-01")),
        ("本季度", "本季度", days("2023-04-01", "2023-07-01")),
        ("上季度的数据", "上季度", days("2023-01-01", "2023-04-01")),
        ("今年办了多少", "今年", days("2023-01-01", "2024-01-01")),
        ("去年办结率", "去年", days("2022-01-01", "2023-01-01")),
        ("4月份办结率", "4月", days("2023-04-01", "2023-05-01")),
        ("5月办了几件", "5月", days("2023-05-01", "2023-06-01")),
        ("6月办了几件", "6月", days("2022-06-01", "2022-07-01")),  # the latest such month
        ("2021年12月办结率", "2021年12月", days("2021-12-01", "2022-01-01")),
        ("12月的满意率", "12月", days("2022-12-01", "2023-01-01")),
        ("3月30日收了几件", "3月30日", days("2023-03-30", "2023-03-31")),
        ("近7天收了几件", "近7天", days("2023-05-11", "2023-05-18")),
        ("最近三天的数据", "最近三天", days("2023-05-15", "2023-05-18")),
        ("近两周办结率", "近两周", days("2023-05-04", "2023-05-18")),
        ("最近一个月办了几件", "最近一个月", days("2023-04-18", "2023-05-18")),
        ("7天内收了几件", "7天内", days("2023-05-11", "2023-05-18")),
        ("一季度收了几件", "一季度", days("2023-01-01", "2023-04-01")),
        ("上半年的情况", "上半年", days("2023-01-01", "2023-07-01")),
        ("去年12月办了几件", "去年12月", days("2022-12-01", "2023-01-01")),
        ("今年3月收了多少", "今年3月", days("2023-03-01", "2023-04-01")),
        ("4月1日到4月15日收了几件", "4月1日到4月15日", days("2023-04-01", "2023-04-16")),
        ("上周五收了几件", "上周五", days("2023-05-12", "2023-05-13")),
        ("最近收了几件", "开通以来", None),  # as vague as nothing
    ],
)
def test_the_period_is_the_one_that_is_named(
    words: str, called: str, span: tuple[datetime, datetime] | None
) -> None:
    assert period(words, NOW) == (called, span)


def test_what_the_parser_took_for_a_time_goes_before_all_else() -> None:
    assert period("3月的3月8日", NOW, ["3月8日"]) == ("3月8日", days("2023-03-08", "2023-03-09"))


@pytest.mark.parametrize(
    ("now", "words", "span"),
    [
        ("01-01 00:00", "上月", days("2022-12-01", "2023-01-01")),
        ("01-15 10:00", "上季度", days("2022-10-01", "2023-01-01")),
        ("03-31 10:00", "上月", days("2023-02-01", "2023-03-01")),
        ("12-31 23:59", "本季度", days("2023-10-01", "2024-01-01")),
        ("05-15 00:00", "本周", days("2023-05-15", "2023-05-22")),
        ("05-14 23:59", "本周", days("2023-05-08", "2023-05-15")),
    ],
)
def test_at_the_edge_of_a_period(now: str, words: str, span: tuple[datetime, datetime]) -> None:
    assert period(words, at(now))[1] == span


@pytest.mark.embedded
async def test_the_group_s_figures_come_first_then_the_city_s(town: Town) -> None:
    await town.takes("h1", await town.reports(), "resolve")
    await town.reports(group="g2")
    (answer,) = await town.says("zhang", "办结率多少", "ask_stats")
    own, city = answer.splitlines()
    assert own.startswith("@张三 本群开通以来:收集1件,办结1件,办结率100.00%")
    assert city.startswith("全市:收集2件,办结1件,办结率50.00%")


@pytest.mark.embedded
async def test_a_week_begins_on_monday_at_midnight(town: Town) -> None:
    for moment in ("04-09 23:59", "04-10 00:00", "04-12 10:00"):
        town.now = at(moment)
        await town.reports()
    (answer,) = await town.says("zhang", "本周收集多少", "ask_stats")
    assert "本群本周:收集2件" in answer
    (answer,) = await town.says("zhang", "上周收集多少", "ask_stats")
    assert "本群上周:收集1件" in answer


@pytest.mark.embedded
async def test_a_week_that_is_over_is_shown_as_it_stands_now(town: Town) -> None:
    no = await town.reports()
    town.now = at("04-12 10:00")
    await town.takes("h1", no, "resolve")
    (answer,) = await town.says("zhang", "上周办结率", "ask_stats")
    assert "收集1件,办结1件,办结率100.00%" in answer


@pytest.mark.embedded
async def test_of_nothing_there_is_no_rate(town: Town) -> None:
    (answer,) = await town.says("zhang", "办结率多少", "ask_stats")
    assert "收集0件,办结0件,办结率—" in answer


@pytest.mark.embedded
@pytest.mark.parametrize("who", ["zhang", "h1", "c1", "i1", "l1", "a1", "u7"])
async def test_anybody_may_ask(town: Town, who: str) -> None:
    await town.says("li", REPORT, "report_issue", category="traffic")
    (answer,) = await town.says(who, "办结率多少", "ask_stats")
    assert "收集1件" in answer


@pytest.mark.embedded
async def test_a_day_that_is_named_is_not_the_whole_time(town: Town) -> None:
    await town.reports()
    town.now = at("04-12 10:00")
    await town.reports()
    said = {"time": "4月3日"}
    (answer,) = await town.says("zhang", "4月3日收了几件", "ask_stats", entities=said)
    assert "本群4月3日:收集1件" in answer
