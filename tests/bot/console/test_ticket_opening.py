"""A report that was told elsewhere is opened by hand."""

import re

import httpx
import pytest

from actions.opening import Report, open_ticket
from tests.bot.console.conftest import MASKED, PHONE, Console, Here, seal
from tests.bot.console.ticket_page import shown
from tests.fixtures.cast import REPORT, Town

pytestmark = pytest.mark.embedded


# --- open by hand ---------------------------------------------------------------------------------

TOLD = {
    "text": "栗雨工业园断头路积水", "kind": "issue", "source": "visit", "category": "traffic",
    "district": "天元区", "enterprise": "株洲宏远机械有限公司", "group": "g1",
}  # fmt: skip


async def opens(browser: httpx.AsyncClient, **fields: str) -> httpx.Response:
    sealed = {"seal": await seal(browser)}
    return await browser.post("/tickets/new", data={**sealed, **TOLD, **fields})


async def test_a_coordinator_opens_what_was_told_elsewhere(here: Here, town: Town) -> None:
    browser = await here.visitor("c1")
    assert "登记工单" in (await browser.get("/tickets/new")).text
    answer = await opens(browser)
    assert answer.headers["location"] == "/tickets/1?did=open"
    ticket, page = await town.ticket(), (await browser.get(answer.headers["location"])).text
    assert (ticket.source, ticket.status, ticket.enterprise) == (
        "visit", "assigned", "株洲宏远机械有限公司",
    )  # fmt: skip
    assert "已登记 #1" in page
    assert "走访反映的问题已登记 #1" in page


async def test_misconduct_goes_to_the_inspectors_and_out_of_sight(here: Here, town: Town) -> None:
    coordinator = await here.visitor("c1")
    answer = await opens(coordinator, kind="misconduct", group="")
    assert answer.headers["location"] == "/tickets/new?did=misconduct"
    page = (await coordinator.get("/tickets/new?did=misconduct")).text
    assert "已登记,由纪检直接办理" in page
    assert "#1" not in page
    assert (await coordinator.get("/tickets/1")).status_code == 404
    inspector = await here.visitor("i1")
    blank = (await inspector.get("/tickets/new")).text
    assert re.findall(r'<option value="(issue|consult|misconduct)"', blank) == ["misconduct"]
    answer = await opens(inspector, kind="misconduct", group="")
    assert answer.headers["location"] == "/tickets/2?did=open"
    assert (await town.ticket(2)).confidential
    assert (await opens(inspector, kind="issue")).status_code == 400


async def test_a_button_pressed_twice_opens_one_ticket(here: Here, town: Town) -> None:
    browser = await here.visitor("c1")
    page = (await browser.get("/tickets/new")).text
    (once,) = re.findall(r'name="once" value="(\w+)"', page)
    refused = await opens(browser, once=once, text=" ")
    assert refused.status_code == 400
    first, second = await opens(browser, once=once), await opens(browser, once=once)
    assert first.headers["location"] == second.headers["location"] == "/tickets/1?did=open"
    assert once not in (await browser.get("/tickets/new")).text
    assert (await opens(browser, once=f"{once}0")).headers["location"] == "/tickets/2?did=open"


@pytest.mark.parametrize("member", ["zhang", "h1", "l1", "a1"])
async def test_nobody_else_opens_by_hand(here: Here, town: Town, member: str) -> None:
    browser = await here.visitor(member)
    assert (await browser.get("/tickets/new")).status_code == 403
    assert (await opens(browser)).status_code == 403
    assert await town.tickets() == []


@pytest.mark.parametrize(
    "fields",
    [{"text": " "}, {"text": "长" * 2001}, {"source": "none"}, {"category": "none"},
     {"kind": "none"}, {"group": "none"}],
)  # fmt: skip
async def test_what_can_not_be_opened_comes_back(
    here: Here, town: Town, fields: dict[str, str]
) -> None:
    answer = await opens(await here.visitor("c1"), **fields)
    assert answer.status_code == 400
    assert 'class="alert" role="alert"' in answer.text
    assert 'value="株洲宏远机械有限公司"' in answer.text
    assert await town.tickets() == []


async def test_a_phone_number_in_a_nickname_is_masked_too(console: Console, town: Town) -> None:
    name = f"湘火炬-小周{PHONE}"
    await town.says("zhou", REPORT, "report_issue", category="traffic", name=name)
    browser = await console.visitor("a1")
    for path in (
        "/tickets/1",
        "/groups/g1",
        "/groups/g1/feed",
        "/tickets",
        "/groups",
        "/",
        "/board",
    ):
        answer = await browser.get(path)
        assert answer.is_success, path
        assert PHONE not in answer.text, path


@pytest.mark.parametrize(("member", "reads"), [("c1", True), ("l1", False), ("a1", False)])
async def test_who_told_it_elsewhere_stands_there_and_the_phone_is_masked(
    console: Console, town: Town, member: str, reads: bool
) -> None:
    report = Report(text=REPORT, source="hotline", contact=f"李四 {PHONE}")
    async with town.database.transaction() as session:
        await open_ticket(session, report, by=None, now=town.now, actor="import")
    page = (await (await console.visitor(member)).get("/tickets/1")).text
    assert f"<dd>李四 {PHONE if reads else MASKED}</dd>" in page
    assert "台账导入" in page


@pytest.mark.parametrize(("member", "reads"), [("c1", False), ("l1", False), ("i1", True)])
@pytest.mark.parametrize("quotes", ["what was said", "the answer"])
async def test_what_a_report_quotes_of_misconduct_inspectors_alone_read(
    console: Console, town: Town, member: str, reads: bool, quotes: str
) -> None:
    await town.says("zhang", "科长收了红包", "report_misconduct", id="secret")
    answer = f"post-{(await town.posts())[0].id}"
    no = await town.reports("li", quote="secret" if quotes == "what was said" else answer)
    assert no == 2
    page = await shown(await console.visitor(member), no)
    assert ("科长收了红包" in page or "将按规定处理" in page) is reads
    assert ("引用的话不在此显示" in page) is not reads
