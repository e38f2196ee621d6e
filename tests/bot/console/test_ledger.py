"""The ledger: filtered, paged by key, and to each what is theirs to see."""

import re

import httpx
import pytest

from actions.opening import Report, open_ticket
from bot.console.ledger import PAGE
from tests.bot.console.conftest import MASKED, PHONE, Console
from tests.fixtures.cast import REPORT, Town

pytestmark = pytest.mark.embedded


async def listed(browser: httpx.AsyncClient, query: str = "") -> list[int]:
    """The numbers on a page of the ledger, as they stand there."""
    answer = await browser.get(f"/tickets{query}")
    assert answer.status_code == 200
    return [int(no) for no in re.findall(r'<td><a href="/tickets/(\d+)">', answer.text)]


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
    ("?status=assigned", [4, 3, 2]), ("?status=accepted", [1]), ("?status=closed", []),
    ("?unit=天元区城管局", [4, 1]), ("?unit=株洲供电公司", [2]), ("?district=荷塘区", [2]),
    ("?status=assigned&unit=天元区城管局&district=天元区", [4]),
    ("?status=accepted&unit=株洲供电公司", []), ("?status=&unit=&district=", [4, 3, 2, 1]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "found"), FILTERS)
async def test_the_filters_narrow_the_list(shared: Console, query: str, found: list[int]) -> None:
    assert await listed(await shared.visitor("i1"), query) == found


@pytest.mark.parametrize(("query", "found"), FILTERS)
async def test_no_filter_brings_out_a_confidential_one(
    shared: Console, query: str, found: list[int]
) -> None:
    found = [no for no in found if no != 3]
    assert await listed(await shared.visitor("c1"), query) == found


async def test_pages_follow_one_another_without_a_gap(console: Console, town: Town) -> None:
    for _ in range(65):
        await town.reports()
    browser, query, pages = await console.visitor("c1"), "", list[list[int]]()
    while True:
        pages.append(await listed(browser, query))
        older = re.search(
            r'href="([^"]+)">更早的工单', (await browser.get(f"/tickets{query}")).text
        )
        if older is None:
            break
        query = older[1].replace("&amp;", "&")
    assert [no for page in pages for no in page] == list(range(65, 0, -1))
    assert [len(page) for page in pages] == [PAGE, PAGE, 65 - 2 * PAGE]


async def test_a_ticket_that_comes_meanwhile_moves_no_page(console: Console, town: Town) -> None:
    for _ in range(PAGE + 2):
        await town.reports()
    browser = await console.visitor("c1")
    before = await listed(browser, "?before=3")
    await town.reports()
    assert await listed(browser, "?before=3") == before == [2, 1]


async def test_the_next_page_keeps_the_filter(console: Console, town: Town) -> None:
    for _ in range(PAGE):
        await town.reports()
    page = await (await console.visitor("c1")).get("/tickets?status=assigned&district=天元区")
    assert "status=assigned&amp;unit=&amp;district=%E5%A4%A9%E5%85%83%E5%8C%BA&amp;before=1" in (
        page.text
    )


@pytest.mark.parametrize(
    ("member", "reads"),
    [("h1", True), ("c1", True), ("i1", True), ("l1", False), ("a1", False), ("zhang", False)],
)
async def test_only_who_has_to_call_reads_a_phone_number(
    shared: Console, member: str, reads: bool
) -> None:
    browser = await shared.visitor(member)
    for path, times in (("/tickets/1", 3), ("/groups/g1", 1)):
        page = (await browser.get(path)).text
        assert page.count(PHONE) == (times if reads else 0)
        assert page.count(MASKED) >= (0 if reads else times)


@pytest.mark.parametrize("member", ["c1", "a1", "zhang"])
async def test_the_list_shows_no_phone_number_to_anybody(shared: Console, member: str) -> None:
    page = (await (await shared.visitor(member)).get("/tickets")).text
    assert PHONE not in page
    assert MASKED in page


async def test_a_phone_number_in_a_nickname_is_masked_too(console: Console, town: Town) -> None:
    name = f"湘火炬-小周{PHONE}"
    await town.says("zhou", REPORT, "report_issue", category="traffic", name=name)
    browser = await console.visitor("a1")
    for path in ("/tickets/1", "/groups/g1", "/groups/g1/feed", "/tickets", "/groups"):
        assert PHONE not in (await browser.get(path)).text, path


@pytest.mark.parametrize(("member", "reads"), [("c1", True), ("l1", False), ("a1", False)])
async def test_who_told_it_elsewhere_stands_there_and_the_phone_is_masked(
    console: Console, town: Town, member: str, reads: bool
) -> None:
    report = Report(text=REPORT, source="hotline", contact=f"李四 {PHONE}")
    async with town.database.transaction() as session:
        await open_ticket(session, report, by=None, now=town.now, actor="import")
    page = (await (await console.visitor(member)).get("/tickets/1")).text
    assert f"<dd>李四 {PHONE if reads else MASKED}</dd>" in page
    assert "<strong>登记</strong> <span>台账导入</span>" in page


async def test_a_ticket_tells_what_happened_in_order(console: Console, town: Town) -> None:
    await town.reports()
    await town.takes("h1", 1, "accept")
    await town.takes("h1", 1, "resolve", text="已换灯泡")
    page = (await (await console.visitor("c1")).get("/tickets/1")).text
    steps = re.findall(r"<strong>(\w+)</strong> <span>([^<]+)</span>", page)
    assert steps == [
        ("登记", "立方新能源-张三"), ("交办", "系统按路由"), ("签收", "天元区城管局-李科"),
        ("办结", "天元区城管局-李科"),
    ]  # fmt: skip
    assert REPORT in page
    assert "4月11日17:30" in page


async def test_a_ticket_past_its_deadline_says_so(console: Console, town: Town) -> None:
    await town.reports()  # in 2023: it is late by now
    browser = await console.visitor("c1")
    assert "超期" in (await browser.get("/tickets")).text
    await town.takes("h1", 1, "resolve", text="已换灯泡")
    assert "超期" not in (await browser.get("/tickets")).text
