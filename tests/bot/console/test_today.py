"""今日: to each what waits for them, and nothing of what is not theirs to know."""

import re

import httpx
import pytest

from actions.rights import ROLES as ALL_ROLES
from bot.app import now
from bot.console.today import FOR
from storage import follows, people, poison
from tests.bot.console.conftest import MASKED, PHONE, Console, make_confidential
from tests.fixtures.cast import Town, at

pytestmark = pytest.mark.embedded

EVIL = "<script>alert(1)</script>"
ROLES = ["zhang", "h1", "c1", "i1", "l1", "a1", "visitor"]


async def sits(console: Console, town: Town, who: str) -> httpx.AsyncClient:
    """Somebody signs in; from then on the console goes by the town's clock."""
    console.app.now = now
    browser = await console.visitor(who)
    console.app.now = town.clock
    return browser


async def page(browser: httpx.AsyncClient, path: str = "/") -> str:
    """A page that must be there."""
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def part(text: str, code: str) -> str:
    """One section of the page, as it stands there."""
    found = re.search(rf'<(section|ul)[^>]* id="{code}" data-live.*?</\1>', text, re.DOTALL) or (
        re.search(rf'<(section|ul) id="{code}" data-live.*?</\1>', text, re.DOTALL)
    )
    assert found is not None, f"no section {code}"
    return found[0]


def numbers(text: str, code: str) -> list[int]:
    """The tickets of a section, in their order."""
    return [int(no) for no in re.findall(r'href="/tickets/(\d+)"', part(text, code))]


def figure(text: str, shown: str) -> tuple[int, str]:
    """A number at the top of the page, and where it leads."""
    pattern = rf'<a href="([^"]+)"><span class="count[^"]*">(\d+)</span> {shown}</a>'
    found = re.search(pattern, part(text, "figures"))
    assert found is not None, f"no figure {shown}"
    return int(found[2]), found[1].replace("&amp;", "&")


async def counted(browser: httpx.AsyncClient, path: str) -> list[int]:
    """The tickets of a list of the ledger, however it lays them out."""
    found = re.findall(r'href="/tickets/(\d+)', await page(browser, path))
    return sorted({int(no) for no in found})


@pytest.mark.parametrize("who", ROLES)
async def test_an_empty_day_says_so_in_quiet_lines(console: Console, town: Town, who: str) -> None:
    text = await page(await sits(console, town, who))
    assert "4月3日 星期一" in text
    assert "下一个工作日是4月4日" in text
    assert 'class="quiet"' in text
    assert "还没有通知。" in part(text, "notices")
    assert "还没有关注哪一件" in part(text, "followed")
    assert not re.search(r'href="/tickets/\d', text)


async def test_a_holiday_is_named(console: Console, town: Town) -> None:
    town.now = at("04-05 09:00")
    assert "清明节,不计入时限" in await page(await sits(console, town, "h1"))


async def test_a_handler_sees_what_the_unit_has_to_do_most_overdue_first(
    console: Console, town: Town
) -> None:
    await town.reports()  # due 04-11
    town.now = at("04-06 09:00")
    await town.reports("li")  # due 04-13
    await town.reports("wang")
    await town.reports("li", "荷塘区停电", category="utilities", group="g2")
    await town.takes("h1", 1, "accept")
    await town.takes("h1", 3, "accept")
    town.now = at("04-12 10:00")
    text = await page(await sits(console, town, "h1"))
    assert numbers(text, "accept") == [2]
    assert numbers(text, "work") == [1, 3]
    assert numbers(text, "today") == []
    assert numbers(text, "tomorrow") == [2, 3]
    assert '<span class="late">超期1个工作日</span>' in part(text, "work")
    assert '<span class="soon">明天17:30前</span>' in part(text, "work")
    assert '<small class="late">签收:超期1个工作日</small>' in part(text, "accept")
    assert "天元区城管局" not in part(text, "work")  # whose they are goes without saying
    town.now = at("04-13 10:00")
    text = await page(await sits(console, town, "h1"))
    assert numbers(text, "today") == [2, 3]
    assert "今天17:30前" in part(text, "today")


async def test_a_number_leads_to_exactly_its_tickets(console: Console, town: Town) -> None:
    for _ in range(12):
        await town.reports()
    await town.takes("h1", 1, "accept")
    await town.takes("h1", 2, "resolve", text="已换灯泡")
    town.now = at("04-11 10:00")
    await town.takes("zhang", 2, "dispute", reason="还是不亮")
    town.now = at("04-12 10:00")  # all but the disputed one were due on 04-11
    browser = await sits(console, town, "h1")
    text = await page(browser)
    for shown, wanted in (
        ("超期未结", [1, *range(3, 13)]), ("待签收", [*range(3, 13)]), ("重办中", [2]),
        ("紧急未结", []),
    ):  # fmt: skip
        count, there = figure(text, shown)
        assert (count, await counted(browser, there)) == (len(wanted), wanted), shown


async def test_a_list_shows_ten_and_how_many_more(console: Console, town: Town) -> None:
    for _ in range(12):
        await town.reports()
    browser = await sits(console, town, "h1")
    shown = part(await page(browser), "accept")
    assert len(re.findall(r'href="/tickets/\d', shown)) == 10
    more = re.search(r'<a href="([^"]+)">还有 2 件</a>', shown)
    assert more is not None
    assert await counted(browser, more[1].replace("&amp;", "&")) == list(range(1, 13))


async def test_a_list_that_the_ledger_has_not_is_shown_whole_here(
    console: Console, town: Town
) -> None:
    for _ in range(12):
        await town.reports()
    town.now = at("04-10 10:00")  # due tomorrow, 04-11
    browser = await sits(console, town, "h1")
    text = await page(browser)
    assert len(numbers(text, "tomorrow")) == 10
    assert 'href="/?all=tomorrow#tomorrow">还有 2 件' in part(text, "tomorrow")
    whole = await page(browser, "/?all=tomorrow")
    assert len(numbers(whole, "tomorrow")) == 12
    assert "收起" in part(whole, "tomorrow")


async def test_a_handler_without_a_unit_is_told_why_there_is_nothing(
    console: Console, town: Town
) -> None:
    await town.reports()
    browser = await sits(console, town, "h1")
    await changed(town, "h1", unit_id=None)
    text = await page(browser)
    assert "还没有登记在哪个单位" in text
    assert not re.search(r'href="/tickets/\d', text)


async def changed(town: Town, who: str, **values: object) -> None:
    """Somebody is another person in the register."""
    async with town.database.transaction() as session:
        member = await people.known(session, who)
        assert member is not None
        for key, value in values.items():
            setattr(member, key, value)
        session.add(member)


async def test_a_coordinator_sees_what_has_no_unit_and_what_units_ask_for(
    console: Console, town: Town
) -> None:
    await town.reports()
    await town.reports("li", "食堂的事没人管", category="other", group="g2")
    await town.takes("h1", 1, "accept")
    await town.takes("h1", 1, "extend", days=3, reason=f"缺配件,问{PHONE}")
    await town.says("zhang", "那个事到底怎么说", "report_issue", confidence=0.3)
    text = await page(await sits(console, town, "c1"))
    assert numbers(text, "unassigned") == [2]
    assert numbers(text, "wishes") == [1]
    assert "延期" in part(text, "wishes")
    assert "缺配件" in part(text, "wishes")
    assert PHONE not in part(text, "wishes")  # the notice itself was masked
    assert '<a href="/reviews"><span class="count">1</span> 条消息待审</a>' in text


async def test_the_calendars_end_is_told_to_who_has_to_know(console: Console, town: Town) -> None:
    town.now = at("12-20 09:00").replace(year=2026)
    for who in ("c1", "a1"):
        text = await page(await sits(console, town, who))
        assert "放假安排只公布到2026年12月31日" in part(text, "lines")
    town.now = at("06-20 09:00").replace(year=2026)
    assert "放假安排只公布到" not in await page(await sits(console, town, "c1"))


async def test_provisional_deadlines_are_told(console: Console, town: Town) -> None:
    town.now = at("12-30 09:00").replace(year=2026)
    await town.reports()
    text = await page(await sits(console, town, "c1"))
    assert '<span class="count">1</span> 件工单的时限是暂定的' in text


async def test_an_inspector_sees_what_is_confidential_by_number_alone(
    console: Console, town: Town
) -> None:
    await town.says("li", f"窗口的人要回扣,电话{PHONE}", "report_misconduct", group="g2")
    await town.reports()
    await town.until(at("04-18 12:00"))
    text = await page(await sits(console, town, "i1"))
    assert numbers(text, "misconduct") == [1]
    assert numbers(text, "red") == [2]
    assert "还剩5个工作日" in part(text, "misconduct")  # due on 04-24; 04-23 is a working Sunday
    assert "受理:超期7个工作日" in part(text, "misconduct")
    assert "回扣" not in text
    assert "宏远" not in part(text, "misconduct")
    assert figure(text, "涉纪线索在办") == (
        1, "/tickets?status=new&status=accepted&status=suspended&kind=misconduct"
    )  # fmt: skip
    assert '最近 7 天出了 <span class="count">2</span> 份督办函、移交函' in text


@pytest.mark.parametrize("who", ["li", "h1", "c1", "l1", "a1"])
async def test_of_what_is_confidential_nobody_else_learns(
    console: Console, town: Town, who: str
) -> None:
    await town.reports()
    await town.takes("h1", 1, "return", reason="不归我们管")
    await make_confidential(town, 1)
    async with town.database.transaction() as session:
        member = await people.known(session, who)
        assert member is not None
        await follows.follow(session, member.id or 0, 1)
    await town.until(at("04-18 12:00"))
    for path in ("/", "/notices", "/?all=wishes", "/?all=followed"):
        text = await page(await sits(console, town, who), path)
        assert "#1" not in text, path
        assert "新马路" not in text, path
        assert 'href="/tickets/1"' not in text, path


async def test_a_leader_sees_what_is_pressed_for_and_who_comes_last(
    console: Console, town: Town
) -> None:
    await town.reports()  # orange on 04-14, red on 04-18
    town.now = at("04-06 09:00")
    await town.reports("li", "荷塘区停电", category="utilities", group="g2")
    await town.takes("h3", 2, "resolve", text="已恢复供电")
    await town.until(at("04-14 12:00"))
    text = await page(await sits(console, town, "l1"))
    assert (numbers(text, "orange"), numbers(text, "red")) == ([1], [])
    assert figure(text, "超期未结")[0] == 1
    ranking = part(text, "ranking")
    assert ranking.index("天元区城管局") < ranking.index("株洲供电公司")
    assert "按期 0.00%" in ranking
    await town.until(at("04-18 12:00"))
    text = await page(await sits(console, town, "l1"))
    assert (numbers(text, "orange"), numbers(text, "red")) == ([], [1])


async def test_todays_reports_are_those_of_this_day(console: Console, town: Town) -> None:
    await town.reports()
    town.now = at("04-04 09:00")
    await town.reports("li")
    browser = await sits(console, town, "l1")
    count, there = figure(await page(browser), "今天新登记")
    assert (count, await counted(browser, there)) == (1, [2])


async def test_an_administrator_sees_whether_all_goes_on(console: Console, town: Town) -> None:
    browser = await sits(console, town, "a1")
    text = part(await page(browser), "lines")
    assert "是空的" in text
    assert "没有处理不了的消息" in text
    assert '<span class="count">1</span> 个成员还没有企业' in text
    assert "市自规局" in text  # a route leads there, and nobody works there
    async with town.database.transaction() as session:
        await poison.keep(session, payload="{}", error="KeyError", at=town.now)
    await console.app.streams.append("g1", "{}")
    text = part(await page(browser), "lines")
    assert '<span class="count">1</span> 条消息处理不了' in text
    assert '<span class="count">1</span> 条消息在排队' in text


async def test_a_member_sees_their_own_and_what_was_said_of_it(
    console: Console, town: Town
) -> None:
    await town.reports()
    await town.reports("wang", "厂门口的井盖不见了")
    await town.reports("li", "荷塘区停电", category="utilities", group="g2")
    await town.takes("h1", 1, "progress", text="明天进场施工")
    await town.takes("h1", 2, "resolve", text="井盖已装好")
    text = await page(await sits(console, town, "zhang"))
    assert (numbers(text, "judge"), numbers(text, "mine")) == ([2], [1])
    assert "办结:井盖已装好" in part(text, "judge")
    assert "反馈进展:明天进场施工" in part(text, "mine")
    assert "停电" not in text


async def test_what_somebody_may_not_see_any_more_is_not_followed_any_more(
    console: Console, town: Town
) -> None:
    await town.reports()
    async with town.database.transaction() as session:
        member = await people.known(session, "h1")
        assert member is not None
        await follows.follow(session, member.id or 0, 1)
    assert numbers(await page(await sits(console, town, "h1")), "followed") == [1]
    await town.takes("c1", 1, "transfer", unit="株洲供电公司")
    text = await page(await sits(console, town, "h1"))
    assert numbers(text, "followed") == []
    assert 'href="/tickets/1"' not in text  # nor does the notice lead there


async def test_notices_are_paged_newest_first(console: Console, town: Town) -> None:
    for _ in range(32):
        await town.reports()
    browser = await sits(console, town, "h1")
    text = await page(browser, "/notices")
    first = [int(no) for no in re.findall(r'href="/tickets/(\d+)"', text)]
    older = re.search(r'href="(/notices\?before=\d+)"', text)
    assert older is not None
    rest = re.findall(r'href="/tickets/(\d+)"', await page(browser, older[1]))
    assert first + [int(no) for no in rest] == list(range(32, 0, -1))
    assert 'href="/notices">看全部通知' in await page(browser)


@pytest.mark.parametrize(
    "query",
    ["all=%00", "all=%ED%A0%80", "all=nothing", "all=<script>", "all=&all=x", "nonsense=1"],
)
async def test_what_makes_no_sense_in_the_address_asks_for_nothing(
    console: Console, town: Town, query: str
) -> None:
    text = await page(await sits(console, town, "c1"), f"/?{query}")
    assert "<script>" not in text.replace("<script type", "")


@pytest.mark.parametrize("before", ["0", "-1", str(2**31), str(2**63), "x", "1" * 5000])
async def test_a_page_of_notices_that_can_not_be_is_not_there(
    console: Console, town: Town, before: str
) -> None:
    answer = await (await sits(console, town, "c1")).get(f"/notices?before={before}")
    assert answer.status_code == 404


async def test_what_people_wrote_is_text(console: Console, town: Town) -> None:
    await town.says("zhang", f"路灯坏了{EVIL}", "report_issue", category="traffic")
    await town.takes("h1", 1, "progress", text=f"{EVIL}明天去")
    town.now = at("04-12 10:00")
    for who in ("zhang", "h1", "c1"):
        text = await page(await sits(console, town, who))
        assert EVIL not in text
        assert "&lt;script&gt;" in text


@pytest.mark.parametrize(("who", "reads"), [("h1", True), ("zhang", False), ("l1", False)])
async def test_only_who_has_to_call_reads_a_phone_number(
    console: Console, town: Town, who: str, reads: bool
) -> None:
    await town.reports("zhang", f"路灯坏了,{PHONE}")
    await town.until(at("04-14 12:00"))
    text = await page(await sits(console, town, who))
    assert (PHONE in text) is reads
    assert (MASKED in text) or reads


async def test_nobody_is_sent_to_sign_in(console: Console) -> None:
    browser = await console.stranger()
    for path in ("/", "/notices"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["location"][:8]) == (303, "/signin?")


def test_the_page_knows_every_role() -> None:
    assert set(FOR) == set(ALL_ROLES)
