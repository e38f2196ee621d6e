"""The ledger: filtered, paged by key, exported, and to each what is theirs to see."""

import re
from html import unescape

import httpx
import pytest

from bot.console.ledger import PAGE, VIEWS
from tests.bot.console.conftest import MASKED, PHONE, Console, seal
from tests.bot.console.ledger_read import HUGE, links, listed, numbers, sheet
from tests.fixtures.cast import REPORT, Town

pytestmark = pytest.mark.embedded


SEEN = [
    ("zhang", [4, 1]), ("wang", [4, 1]), ("li", [2]), ("h1", [4, 1]), ("h9", [4, 1]), ("h3", [2]),
    ("c1", [4, 2, 1]), ("l1", [4, 2, 1]), ("a1", [4, 2, 1]), ("i1", [4, 3, 2, 1]), ("visitor", []),
]  # fmt: skip


@pytest.mark.parametrize(("member", "seen"), SEEN)
async def test_each_sees_their_own_and_confidential_ones_are_for_inspectors(
    shared: Console, member: str, seen: list[int]
) -> None:
    browser = await shared.visitor(member)
    assert await listed(browser) == seen
    assert [
        no for no in (5, 4, 3, 2, 1) if (await browser.get(f"/tickets/{no}")).is_success
    ] == seen


@pytest.mark.parametrize("member", ["li", "h1", "c1", "l1", "a1"])
async def test_what_is_confidential_looks_like_what_does_not_exist(
    shared: Console, member: str
) -> None:
    browser = await shared.visitor(member)
    hidden, missing = await browser.get("/tickets/3"), await browser.get("/tickets/5")
    assert (hidden.status_code, hidden.text) == (missing.status_code, missing.text)
    assert hidden.status_code == 404


FILTERS = [
    ("status=assigned", [4, 3, 2]), ("status=accepted", [1]), ("status=closed", []),
    ("status=assigned&status=accepted", [4, 3, 2, 1]), ("status=none", [4, 3, 2, 1]),
    ("unit=天元区城管局", [4, 1]), ("unit=株洲供电公司", [2]), ("unit=没有的单位", []),
    ("district=荷塘区", [2]), ("category=utilities", [2]), ("category=none", [4, 3, 2, 1]),
    ("kind=misconduct", [3]), ("kind=issue", [4, 2, 1]), ("source=hotline", []),
    ("source=group", [4, 3, 2, 1]), ("group=g2", [2]), ("enterprise=立方", [4, 1]),
    ("overdue=1", [4, 3, 2, 1]), ("today=1", []), ("urgent=1", [2]), ("reopened=1", []),
    ("unassigned=1", [3]), ("unassigned=0", [4, 3, 2, 1]), ("q=停电", [2]), ("q=路灯 坏", [4, 1]),
    ("q=电", [2]), ("q=%231", [1]), ("q=4", [4]), ("q=立方新能源", [4, 1]), (f"q={PHONE}", [1]),
    ("from=2023-04-03&to=2023-04-03", [4, 3, 2, 1]), ("from=2023-04-04", []),
    ("to=2023-04-02", []), ("from=31.12.2023", [4, 3, 2, 1]),
    ("status=assigned&unit=天元区城管局&district=天元区", [4]),
    ("status=accepted&unit=株洲供电公司", []), ("status=&unit=&district=", [4, 3, 2, 1]),
    ("sort=no", [1, 2, 3, 4]), ("sort=-no", [4, 3, 2, 1]), ("sort=x", [4, 3, 2, 1]),
    ("sort=due", [2, 1, 3, 4]), ("sort=-due", [4, 3, 1, 2]), ("sort=reported", [1, 2, 3, 4]),
    ("figure=collected", [4, 2, 1]), ("figure=overdue", [4, 2, 1]), ("figure=done", []),
    ("figure=collected&unit=天元区城管局", [4, 1]), ("figure=collected&group=g2", [2]),
    ("figure=collected&since=2023-04-03&until=2023-04-04", [4, 2, 1]),
    ("figure=collected&since=2023-04-04", []), ("figure=overdue&at=2023-04-04", []),
    ("figure=overdue&at=2023-04-04T12:00:00%2B08:00", [2]),
    ("figure=overdue&at=2023-04-04T12:00:00 08:00", [2]), ("figure=overdue&q=停电", [2]),
]  # fmt: skip


async def test_the_filters_narrow_the_list(shared: Console) -> None:
    browser = await shared.visitor("i1")
    for query, found in FILTERS:
        page = (await browser.get(f"/tickets?{query}")).text
        assert (query, numbers(page)) == (query, found)
        assert f'class="count">{len(found)}件<' in page


async def test_no_filter_brings_out_a_confidential_one(shared: Console) -> None:
    browser = await shared.visitor("c1")
    for query, found in FILTERS:
        page = (await browser.get(f"/tickets?{query}")).text
        seen = [no for no in found if no != 3]
        assert (query, numbers(page)) == (query, seen)
        assert f'class="count">{len(seen)}件<' in page


@pytest.mark.parametrize("member", ["h1", "h3", "li", "visitor"])
async def test_no_filter_brings_out_what_is_not_ones_own(shared: Console, member: str) -> None:
    browser = await shared.visitor(member)
    own = set(await listed(browser))
    for query, found in FILTERS:
        assert set(await listed(browser, f"?{query}")) == own & set(found), query


@pytest.mark.parametrize("member", ["l1", "a1", "zhang"])
async def test_who_reads_no_phone_number_does_not_find_by_one(shared: Console, member: str) -> None:
    page = (await (await shared.visitor(member)).get(f"/tickets?q=路灯 {PHONE}")).text
    assert numbers(page) == []
    assert "也不能按号码查找" in page


async def test_a_figure_that_nobody_counts_is_no_list(shared: Console) -> None:
    browser = await shared.visitor("c1")
    for figure in ("close_out_rate", "x", "__class__"):
        assert (await browser.get(f"/tickets?figure={figure}")).status_code == 404


SAID = [
    ("status=new&status=assigned", ["状态 待交办、已交办"]),
    ("figure=overdue&since=2023-04-01&until=2023-05-01&at=2023-05-01&unit=市税务局",
     ["“超期未结”所计的工单:2023年4月1日至2023年4月30日登记,截至2023年5月1日00:00",
      "承办单位 市税务局"]),
    ("figure=done", ["“办结”所计的工单:启用以来登记"]),
    ("q=%2312&category=tax", ["编号 #12", "类别 税费"]), ("q=停电", ["含“停电”"]),
    ("group=g2&urgent=1", ["群 制造名城-荷塘区-1群", "紧急"]),
    ("from=2023-04-03&to=2023-04-03", ["2023年4月3日反映"]),
    ("to=2023-04-03", ["2023年4月3日及以前反映"]),
]  # fmt: skip


async def test_what_is_shown_is_said_and_can_be_left_out_again(shared: Console) -> None:
    browser = await shared.visitor("c1")
    for query, said in SAID:
        page = (await browser.get(f"/tickets?{query}")).text
        chips = re.findall(r'<a class="chip asked" href="([^"]*)"[^>]*>(.*?) <span', page)
        assert [unescape(words) for _, words in chips] == said
        for address, words in chips:
            without = (await browser.get(unescape(address))).text
            assert f">{words} <span" not in without


async def walked(browser: httpx.AsyncClient, query: str) -> list[list[int]]:
    """All pages of a list, one after the other, and back again."""
    page, pages = (await browser.get(f"/tickets{query}")).text, list[list[int]]()
    while True:
        pages.append(numbers(page))
        if (later := next(links(page, "下一页"), None)) is None:
            break
        page = (await browser.get(later)).text
    back = [pages[-1]]
    while (earlier := next(links(page, "上一页"), None)) is not None:
        page = (await browser.get(earlier)).text
        back.insert(0, numbers(page))
    assert back == pages
    return pages


async def test_pages_follow_one_another_without_a_gap(console: Console, town: Town) -> None:
    for _ in range(2 * PAGE + 5):
        await town.reports()
    browser = await console.visitor("c1")
    whole = list(range(2 * PAGE + 5, 0, -1))
    for query in ("", "?sort=-due", "?sort=-reported&district=天元区"):
        pages = await walked(browser, query)
        assert [no for page in pages for no in page] == whole
        assert [len(page) for page in pages] == [PAGE, PAGE, 5]
    assert [page[0] for page in await walked(browser, "?sort=due")] == [1, PAGE + 1, 2 * PAGE + 1]
    before = await listed(browser, "?after=3")
    await town.reports()
    assert await listed(browser, "?after=3") == before == [2, 1]
    later = next(
        links((await browser.get("/tickets?status=assigned&district=天元区")).text, "下一页")
    )
    assert later.startswith("/tickets?status=assigned&district=%E5%A4%A9%E5%85%83%E5%8C%BA&after=")


ODD = [
    f"after={HUGE}", f"after={HUGE}-{HUGE}", "after=-1", "after=%00", "after=1-2-3", "after=１",
    "sort=due&after=12", "sort=due&after=99999999999999999-1", f"sort=due&before=1-{2**31}",
    "sort=due&after=-1-1", "before=0", "before=0&after=0", "from=0001-01-01", "to=9999-12-31",
    "from=10000-01-01", "to=%00", "figure=done&at=9999-12-31", "figure=done&at=x",
    "figure=done&since=0001-01-01T00:00:00%2B14:00", "figure=done&until=2199-12-31T23:59:59",
    "q=%00", "q=%FF", "q=%ED%A0%80", "q='", "q=\\", "q=:*", "q=%25", "q=_", f"q={'长' * 3000}",
    "q=%F0%9F%92%A1", f"q={'路 ' * 999}", "unit=%00", "enterprise='%26|!()", "enterprise=%20",
    "group=%00", "status=%00&status=x", "kind=x", "category=__class__", "source=x' OR 1=1 --",
    "overdue=2", "today=yes", "figure=%00", "nothing=1", "%00=%00", "&&==", "sort=%00",
]  # fmt: skip


async def test_nothing_odd_in_an_address_is_a_failure_of_ours(shared: Console) -> None:
    browser = await shared.visitor("c1")
    for query in ODD:
        for path in ("/tickets", "/tickets/export.xlsx"):
            answer = await browser.get(f"{path}?{query}")
            assert answer.status_code in {200, 404}, (path, query)


async def test_an_empty_list_says_what_to_do(shared: Console) -> None:
    for member, query, said in (
        ("visitor", "", "您还没有反映过问题"), ("c1", "?q=没有人说过", "没有符合条件的工单"),
    ):  # fmt: skip
        assert said in (await (await shared.visitor(member)).get(f"/tickets{query}")).text


# --- how it is shown ------------------------------------------------------------------------------


async def test_columns_are_chosen_and_kept_by_the_browser(shared: Console) -> None:
    browser = await shared.visitor("c1")
    assert ">企业</th>" not in (await browser.get("/tickets")).text
    sent = {"seal": await seal(browser), "column": ["enterprise", "x", "kind"],
            "back": "status=assigned&x=1&sort=due"}  # fmt: skip
    answer = await browser.post("/tickets/columns", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (
        303, "/tickets?status=assigned&sort=due",
    )  # fmt: skip
    assert "httponly" in answer.headers["set-cookie"].lower()
    page = (await browser.get("/tickets")).text
    assert ">企业</th>" in page
    assert ">承办单位</th>" not in page
    await browser.post("/tickets/columns", data={"seal": sent["seal"]})
    assert ">企业</th>" not in (await browser.get("/tickets")).text


async def test_an_odd_cookie_chooses_nothing(shared: Console) -> None:
    browser = await shared.visitor("c1")
    browser.cookies.set("columns", "x.__class__.status")
    page = (await browser.get("/tickets")).text
    assert ">状态</th>" in page
    assert ">区县</th>" not in page


async def test_a_list_is_kept_opened_and_forgotten(console: Console, town: Town) -> None:
    await town.reports()
    browser, other = await console.visitor("c1"), await console.visitor("h1")
    sent = {"seal": await seal(browser), "name": "  <b>急\x00事  ", "back": "urgent=1&x=y"}
    assert (await browser.post("/tickets/views", data=sent)).status_code == 303
    page = (await browser.get("/tickets")).text
    assert "<b>急" not in page
    assert next(links(page, "&lt;b&gt;急事")) == "/tickets?urgent=1"
    assert "急事" not in (await other.get("/tickets")).text
    (drop,) = re.findall(r'action="(/tickets/views/\d+/drop)"', page)
    await other.post(drop, data={"seal": await seal(other)})
    assert "急事" in (await browser.get("/tickets")).text
    await browser.post(drop, data={"seal": sent["seal"]})
    assert "急事" not in (await browser.get("/tickets")).text


async def test_nothing_is_kept_without_a_name_or_a_seal(console: Console) -> None:
    browser = await console.visitor("c1")
    mark = await seal(browser)
    await browser.post("/tickets/views", data={"seal": mark, "name": " \x00 "})
    assert (await browser.post("/tickets/views", data={"name": "甲"})).status_code == 403
    assert "/drop" not in (await browser.get("/tickets")).text
    for number in ("0", HUGE, "-1", "x"):
        answer = await browser.post(f"/tickets/views/{number}/drop", data={"seal": mark})
        assert answer.status_code in {303, 400, 404}


async def test_only_so_many_lists_are_kept(console: Console) -> None:
    browser = await console.visitor("c1")
    mark = await seal(browser)
    for number in range(VIEWS + 1):
        await browser.post("/tickets/views", data={"seal": mark, "name": f"清单{number}"})
    page = (await browser.get("/tickets")).text
    assert len(re.findall("/drop", page)) == VIEWS
    assert "请先删去一个" in page


async def test_of_a_confidential_one_no_list_tells_what_it_says(shared: Console) -> None:
    browser = await shared.visitor("i1")
    assert "有人要回扣" not in (await browser.get("/tickets")).text
    (row,) = await sheet(browser, "?kind=misconduct")
    assert row["内容"] == "涉纪线索,内容请到工单页查看"
    assert (row["企业"], row["区县"], row["状态"]) == (None, None, "已交办")


async def test_what_people_write_is_no_markup_in_a_list(console: Console, town: Town) -> None:
    await town.reports("zhang", "<script>alert(1)</script>")
    browser = await console.visitor("c1")
    for query in (
        "", "?q=<script>alert(1)</script>", '?unit="><script>alert(1)</script>',
        "?enterprise='><script>alert(1)", '?sort="><script>alert(1)</script>',
    ):  # fmt: skip
        assert "<script>alert" not in (await browser.get(f"/tickets{query}")).text


# --- phones, and how late it is -------------------------------------------------------------------


@pytest.mark.parametrize("member", ["c1", "a1", "zhang"])
async def test_the_list_shows_no_phone_number_to_anybody(shared: Console, member: str) -> None:
    page = (await (await shared.visitor(member)).get("/tickets")).text
    assert PHONE not in page
    assert MASKED in page


async def test_a_phone_number_in_a_nickname_is_masked_too(console: Console, town: Town) -> None:
    name = f"湘火炬-小周{PHONE}"
    await town.says("zhou", REPORT, "report_issue", category="traffic", name=name)
    browser = await console.visitor("a1")
    assert PHONE not in (await browser.get("/tickets")).text


async def test_a_ticket_past_its_deadline_says_so(console: Console, town: Town) -> None:
    await town.reports()  # in 2023: it is late by now
    browser = await console.visitor("c1")
    words = re.compile(r'<span class="when (\w*)">(.*?)</span>')
    ((grade, said),) = words.findall((await browser.get("/tickets")).text)
    assert grade == "late"
    assert re.fullmatch(r"超期\d+个工作日", said)
    await town.takes("h1", 1, "resolve", text="已换灯泡")
    assert words.findall((await browser.get("/tickets")).text) == [("", "按期办结")]
