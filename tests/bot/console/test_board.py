"""The board: the figures of a period, and behind each number the list of exactly its tickets."""

import re
from html import unescape

import httpx
import pytest

from storage import people
from tests.bot.console.conftest import PHONE, Console
from tests.fixtures.cast import REPORT, Town, at

pytestmark = pytest.mark.embedded

#: The week in which it happens, and the one after, as addresses have them.
WEEK = "period=own&from=2023-04-03&to=2023-04-09"
NEXT = "period=own&from=2023-04-10&to=2023-04-16"
NUMBER = re.compile(r'<a class="count[^"]*" href="(/tickets[^"]+)" title="([^"]+)">(\d+)</a>')


async def weeks(town: Town) -> None:
    """Some tickets of all sorts, on the first two weeks of April."""
    for who in ("zhang", "wang", "zhang"):
        await town.reports(who)
    await town.reports("li", "荷塘区仙庾岭停电", category="utilities", group="g2")
    await town.says("li", "有人要回扣", "report_misconduct")
    town.later(hours=2)
    await town.takes("h1", 1, "accept")
    await town.takes("h1", 1, "resolve", text="已换灯泡")
    await town.takes("zhang", 1, "confirm", rating="satisfied")
    await town.takes("h1", 2, "accept")
    await town.takes("c1", 3, "reject", reason="不在范围")
    town.now = at("04-12 10:00")  # past the deadline of what is still open
    for _ in range(2):
        await town.reports("li", "天元区长江路积水", category="utilities")
    await town.takes("h1", 2, "resolve", text="已换灯泡")
    await town.takes("zhang", 2, "dispute", reason="还是不亮")


async def page(browser: httpx.AsyncClient, query: str = WEEK) -> str:
    answer = await browser.get(f"/board?{query}")
    assert answer.status_code == 200
    return answer.text


def section(text: str, name: str) -> str:
    """What stands in a part of the page."""
    found = re.search(rf'<section[^>]* id="{name}".*?</section>|<section id="{name}".*?</section>',
                      text, re.DOTALL)  # fmt: skip
    assert found is not None
    return found[0]


def words(text: str) -> str:
    """What is read of it."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", text)))


async def test_the_figures_of_a_week_as_it_ended(console: Console, town: Town) -> None:
    await weeks(town)
    text = words(section(await page(await console.visitor("c1")), "figures"))
    assert "4月3日至2023年4月9日收集的工单,按2023年4月9日24时的情况统计" in text
    for said in (
        "收集 3件", "办结 1件", "办结率 33.33% 收集3件中,办结1件",
        "按期办结率 50.00% 办结1件和超期未结1件中,按期办结1件", "满意率 100.00%", "重办率 0.00%",
        "超期未结 1件",  # the power cut had a day
    ):  # fmt: skip
        assert said in text


@pytest.mark.parametrize("member", ["c1", "i1", "h1"])
async def test_behind_each_number_is_the_list_of_exactly_its_tickets(
    console: Console, town: Town, member: str
) -> None:
    await weeks(town)
    browser = await console.visitor(member)
    found: dict[str, int] = {}
    for query in (WEEK, f"{NEXT}&by=group"):
        text = await page(browser, query)
        found |= {unescape(href): int(number) for href, _, number in NUMBER.findall(text)}
    assert len({re.search(r"figure=(\w+)", href)[1] for href in found}) == 11  # type: ignore[index]
    for href, number in found.items():
        answer = await browser.get(href)
        assert answer.status_code == 200, href
        assert len(set(re.findall(r'<td><a href="/tickets/(\d+)">', answer.text))) == number, href


async def test_each_mark_of_the_trend_is_such_a_list_too(console: Console, town: Town) -> None:
    await weeks(town)
    browser = await console.visitor("c1")
    chart = section(await page(browser, NEXT), "trend")
    marks = re.findall(
        r'<a href="([^"]+)" tabindex="-1"><title>([^<]+?)(\d+)件</title><rect class="(\w+)"', chart
    )
    assert {kind for *_, kind in marks} == {"frame", "filled", "hatched"}
    for href, _, number, _ in marks:
        answer = await browser.get(unescape(href))
        assert len(set(re.findall(r'<td><a href="/tickets/(\d+)">', answer.text))) == int(number)
    # the same numbers as a table, for who does not see the chart
    assert "<details>" in chart
    assert '<th scope="row">2023年4月12日</th>' in chart


async def test_against_the_week_before_by_arrow_and_words(console: Console, town: Town) -> None:
    await weeks(town)
    text = words(section(await page(await console.visitor("c1"), NEXT), "figures"))
    assert "与前一段(2023年4月3日至2023年4月9日)比" in text
    assert "收集 2件 ↓ 比前一段少1件" in text
    assert "办结 0件 ↓ 比前一段少1件,变差" in text
    assert "办结率 0.00% 收集2件中,办结0件 ↓ 比前一段降33.33个百分点,变差" in text
    assert "按期办结率 — 办结0件和超期未结0件中,按期办结0件 前一段是50.00%" in text
    assert "超期未结 0件 ↓ 比前一段少1件,好转" in text


async def test_nothing_is_compared_where_nobody_counted(console: Console, town: Town) -> None:
    await weeks(town)
    browser = await console.visitor("c1")
    assert "此前还没有工单,无可比" in await page(browser)
    assert "没有上一段时间可比" in await page(browser, "period=start")
    # and where they counted for a part of it alone, it is said
    days = "period=own&from=2023-04-10&to=2023-04-20"
    said = "与前一段(2023年3月30日至2023年4月9日,那时从2023年4月3日才开始有工单)比"
    assert said in await page(browser, days)


async def test_of_nothing_there_is_no_rate_and_the_page_says_what_to_do(
    console: Console,
) -> None:
    text = await page(await console.visitor("c1"), "period=today")
    assert words(text).count("率 —") == 5
    assert "0.00%" not in text
    assert "这一段时间没有收集到工单" in text
    assert 'href="/board?period=start"' in text
    assert "还没有可排名的单位" in text


async def test_what_rose_most_stands_first_in_words(console: Console, town: Town) -> None:
    await weeks(town)
    hot = words(section(await page(await console.visitor("c1"), NEXT), "hot"))
    assert "天元区的水电气网问题上升最多" in hot
    assert "天元区 · 水电气网:2件,前一段0件,↑ 多2件" in hot


async def test_the_ranking_leaves_apart_who_has_no_ticket(console: Console, town: Town) -> None:
    await weeks(town)
    text = section(await page(await console.visitor("l1")), "ranking")
    assert re.findall(r'<tr><td>(\d)</td><th scope="row">([^<]+)</th>', text) == [
        ("1", "天元区城管局"), ("2", "株洲供电公司"), ("1", "天元区"), ("2", "荷塘区")
    ]  # fmt: skip
    assert "没有工单,不参加排名:市自规局。" in text
    assert "便利看响应率" in text


async def test_a_table_is_sorted_by_what_is_asked(console: Console, town: Town) -> None:
    await weeks(town)
    browser, managers, power = await console.visitor("c1"), "天元区城管局", "株洲供电公司"
    for sort, rows in {
        "-collected": [managers, power],
        "collected": [power, managers],
        "-on_time_rate": [managers, power],  # of nothing is below all
        "on_time_rate": [power, managers],
        "nonsense": [managers, power],
    }.items():
        text = section(await page(browser, f"{WEEK}&sort={sort}"), "table")
        assert re.findall(r'<th scope="row">([^<]+)</th>', text) == rows
        assert text.count("aria-sort") == 1


async def test_the_same_figures_by_each_facet(console: Console, town: Town) -> None:
    await weeks(town)
    browser = await console.visitor("c1")
    for by, rows in {
        "unit": ["天元区城管局", "株洲供电公司"],
        "district": ["天元区", "荷塘区"],
        "category": ["道路交通", "水电气网"],
        "group": ["制造名城-天元区-1群", "制造名城-荷塘区-1群"],
    }.items():
        text = section(await page(browser, f"{WEEK}&by={by}"), "table")
        assert re.findall(r'<th scope="row">([^<]+)</th>', text) == rows


async def test_a_handler_sees_the_own_unit_alone(console: Console, town: Town) -> None:
    await weeks(town)
    text = await page(await console.visitor("h3"))
    assert "收集 1件" in words(section(text, "figures"))
    assert "株洲供电公司" in text
    for others in ("天元区城管局", 'id="ranking"', "沉默的群", "按单位", "道路交通"):
        assert others not in text
    assert "unit=%E6%A0%AA%E6%B4%B2%E4%BE%9B%E7%94%B5%E5%85%AC%E5%8F%B8" in text


@pytest.mark.parametrize("member", ["zhang", "visitor"])
async def test_members_do_not_enter(shared: Console, member: str) -> None:
    for query in ("", "?wall=1"):
        answer = await (await shared.visitor(member)).get(f"/board{query}")
        assert answer.status_code == 403


async def test_nobody_signs_in_first(shared: Console) -> None:
    answer = await (await shared.stranger()).get("/board?period=week")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/signin?next=%2Fboard%3Fperiod%3Dweek"


@pytest.mark.parametrize("member", ["c1", "i1", "l1", "a1"])
async def test_misconduct_is_in_no_figure(shared: Console, member: str) -> None:
    text = await page(await shared.visitor(member))
    assert "收集 3件" in words(section(text, "figures"))
    assert "涉纪" not in text


async def test_groups_without_life_for_as_long_as_one_chooses(console: Console, town: Town) -> None:
    town.now = console.app.now()
    town.later(days=-20)
    await town.says("zhang", REPORT, "report_issue", category="traffic")
    town.later(days=-5)
    await town.says("li", "大家好", "chitchat", group="g2")
    browser = await console.visitor("l1")

    async def silent(query: str) -> list[str]:
        text = await page(browser, query)
        return re.findall(r'href="/groups/(\w+)"><span><strong>', text)

    assert await silent("") == ["bridge", "g2", "g1"]
    assert await silent("days=22") == ["bridge", "g2"]
    assert await silent("days=30") == ["bridge"]
    assert await silent("days=-3") == await silent("days=abc") == ["bridge", "g2", "g1"]
    text = words(await page(browser, ""))
    assert "3个群超过14天没有人说话" in text
    assert "从来没有人说话" in text
    assert "25天没有消息" in text


async def test_on_the_wall_figures_stand_large_and_without_menu(
    console: Console, town: Town
) -> None:
    await weeks(town)
    text = await page(await console.visitor("l1"), f"{WEEK}&wall=1")
    assert '<nav aria-label="主导航">' not in text
    assert "收集 3件" in words(section(text, "figures"))
    assert '<meta http-equiv="refresh" content="60">' in text
    assert "data-clock" in text
    back = re.search(r'<a href="([^"]+)">退出大屏', text)
    assert back is not None
    assert unescape(back[1]) == f"/board?{WEEK}"


async def test_days_that_are_none_are_told_and_kept(shared: Console) -> None:
    browser = await shared.visitor("c1")
    for days in (
        "from=&to=", "from=2023-02-30&to=2023-03-01", "from=昨天", "from=0001-01-01&to=2023-01-01",
        "from=2023-01-01&to=9999-12-31", "from=%00", "from=%ed%a0%80", "from=<script>x</script>",
    ):  # fmt: skip
        answer = await browser.get(f"/board?period=own&{days}")
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
        assert "<script>x" not in answer.text
    kept = await browser.get("/board?period=own&from=昨天")
    assert 'name="from" value="昨天"' in kept.text


@pytest.mark.parametrize("key", ["period", "by", "sort", "days", "whole", "wall"])
async def test_whatever_stands_in_the_address_nothing_breaks(shared: Console, key: str) -> None:
    browser = await shared.visitor("c1")
    for value in ("%00", "%ed%a0%80", 2**63, -1, "²", "x" * 101, "x" * 60_000, "<script>x"):
        answer = await browser.get(f"/board?{key}={value}")
        assert answer.status_code in {200, 404}
        assert "<script>x" not in answer.text


async def test_days_far_away_are_empty_and_no_failure(shared: Console) -> None:
    browser = await shared.visitor("c1")
    for days in (
        "from=2000-01-01&to=2000-01-01",
        "from=2099-12-31",
        "from=2000-01-01&to=2099-12-31",
    ):
        assert "收集" in await page(browser, f"period=own&{days}")


async def test_names_are_text_and_nothing_on_the_board_is_a_phone_number(
    console: Console, town: Town
) -> None:
    async with town.database.transaction() as session:
        unit = await people.unit_named(session, "天元区城管局")
        assert unit is not None
        unit.name = "<script>城管&局"
        session.add(unit)
    await town.reports("zhang", f"{REPORT},{PHONE}")
    browser = await console.visitor("c1")
    text = await page(browser)
    assert "<script>城管" not in text
    assert "&lt;script&gt;城管&amp;局" in text
    assert PHONE not in text
    listed = [href for href, *_ in NUMBER.findall(text) if "collected" in href and "unit=" in href]
    answer = await browser.get(unescape(listed[0]))
    assert answer.text.count('<td><a href="/tickets/1">') == 1


async def test_no_style_and_no_script_stand_in_the_page(shared: Console) -> None:
    text = await page(await shared.visitor("c1"))
    assert " style=" not in text
    assert "<style" not in text
    assert "<script>" not in text
    assert "http://" not in text
    assert "https://" not in text
