"""保密: for inspectors alone; numbers and times, letters, re-checks, and the chain verified."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlmodel import col, select, update

from bot.app import now
from bot.console import confidential
from storage import changes, events
from storage.models import Event
from tests.bot.console.conftest import Console, seal
from tests.fixtures.cast import Town, at

pytestmark = pytest.mark.embedded

PATHS = [
    "/confidential", "/confidential/looks", "/confidential/letters", "/confidential/letters/1",
    "/confidential/rechecks", "/confidential/audit",
]  # fmt: skip
HINT = "窗口的人要回扣"


async def inspects(console: Console, town: Town, who: str = "i1") -> httpx.AsyncClient:
    """Somebody signs in; from then on the console goes by the town's clock."""
    console.app.now = now
    browser = await console.visitor(who)
    console.app.now = town.clock
    return browser


async def page(browser: httpx.AsyncClient, path: str = "/confidential") -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def part(text: str, code: str) -> str:
    """One section of the page."""
    found = re.search(rf'<section id="{code}".*?</section>', text, re.DOTALL)
    assert found is not None, f"no section {code}"
    return found[0]


async def verify(browser: httpx.AsyncClient, **more: str) -> str:
    """Press the button; the page that it leads to."""
    form = {"seal": await seal(browser), **more}
    answer = await browser.post("/confidential/audit", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/confidential/audit")
    return await page(browser, "/confidential/audit")


@pytest.mark.parametrize("who", ["zhang", "h1", "c1", "l1", "a1"])
async def test_only_inspectors_enter(shared: Console, who: str) -> None:
    browser = await shared.visitor(who)
    for path in PATHS:
        assert (await browser.get(path)).status_code == 403, path
    answer = await browser.post("/confidential/audit", data={"seal": await seal(browser)})
    assert answer.status_code == 403
    assert "/confidential" not in (await browser.get("/")).text


async def test_nobody_is_sent_to_sign_in(shared: Console) -> None:
    browser = await shared.stranger()
    for path in PATHS:
        assert (await browser.get(path)).status_code == 303, path


async def test_an_empty_room_says_what_will_be_there(console: Console, town: Town) -> None:
    browser = await inspects(console, town)
    text = await page(browser)
    assert "还没有涉纪线索" in part(text, "misconduct")
    assert "还没有函件" in part(text, "letters")
    assert "还没有人看过" in part(text, "looks")
    assert "没有要回头看的" in part(text, "rechecks")
    assert "没有疑似涉纪的消息" in part(text, "suspected")
    assert "还没有在这里核对过" in part(text, "audit")
    for path in PATHS[1:3]:
        assert 'class="empty"' in await page(browser, path)
    assert (await browser.get("/confidential/letters/1")).status_code == 404


async def test_the_list_shows_numbers_and_lateness_but_no_words(
    console: Console, town: Town
) -> None:
    await town.says("li", HINT, "report_misconduct", group="g2")  # due on 04-24
    town.now = at("04-26 10:00")
    browser = await inspects(console, town)
    text = await page(browser)
    shown = part(text, "misconduct")
    assert 'href="/tickets/1">#1' in shown
    assert '<span class="late">超期2个工作日</span>' in shown
    assert "4月24日17:30" in shown
    assert "待受理" in shown
    assert "还没有人看过" in shown
    assert HINT not in text
    assert "宏远" not in text


async def test_each_look_at_the_words_is_listed_and_the_list_itself_is_none(
    console: Console, town: Town
) -> None:
    await town.says("li", HINT, "report_misconduct", group="g2")
    browser = await inspects(console, town)
    for _ in range(2):
        await page(browser)
    assert "还没有人看过" in part(await page(browser), "misconduct")
    town.now = at("04-04 10:00")
    assert HINT in await page(browser, "/tickets/1")
    town.now = at("04-04 11:00")
    await page(browser, "/tickets/1")
    text = await page(browser)
    assert "2 次,最近 赵主任" in part(text, "misconduct")
    assert part(text, "looks").count("赵主任 看了 #1") == 2
    assert "4月4日11:00" in part(text, "looks")
    every = await page(browser, "/confidential/looks")
    assert re.findall(r"4月4日1\d:00", every) == ["4月4日11:00", "4月4日10:00"]


async def test_looks_are_paged_newest_first(console: Console, town: Town) -> None:
    await town.says("li", HINT, "report_misconduct", group="g2")
    async with town.database.transaction() as session:
        for number in range(confidential.PAGE + 2):
            await events.append(
                session, ticket_no=1, at=town.now + timedelta(minutes=number), by="i1",
                step="look", was="new", became="new",
            )  # fmt: skip
    browser = await inspects(console, town)
    first = await page(browser, "/confidential/looks")
    assert first.count("看了 #1") == confidential.PAGE
    older = re.search(r'href="(/confidential/looks\?before=\d+)"', first)
    assert older is not None
    assert (await page(browser, older[1])).count("看了 #1") == 2


async def test_a_letter_is_read_as_it_is_printed(console: Console, town: Town) -> None:
    await town.reports("zhang", "路灯坏了<b>一周</b>")
    await town.until(at("04-18 12:00"))
    browser = await inspects(console, town)
    listed = re.findall(r"(督办函|移交函) #1", part(await page(browser), "letters"))
    assert listed == ["移交函", "督办函"]
    text = await page(browser, "/confidential/letters/1")
    assert "<h1>督办函</h1>" in text
    assert '<p class="whom">天元区城管局:</p>' in text
    assert "至今已超期3个工作日" in text
    assert '<p class="date">2023年4月14日</p>' in text
    assert "<b>" not in text
    assert "<h1>移交函</h1>" in await page(browser, "/confidential/letters/2")
    assert "移交函 #1" in await page(browser, "/confidential/letters")


@pytest.mark.parametrize("number", ["0", "-1", "3", str(2**31), str(2**63), "x", "1" * 5000])
async def test_a_letter_that_is_none_is_not_there(shared: Console, number: str) -> None:
    browser = await shared.visitor("i1")
    assert (await browser.get(f"/confidential/letters/{number}")).status_code == 404
    answer = await browser.get(f"/confidential/looks?before={number}")
    assert answer.status_code in {200, 404}


async def closes(town: Town, rating: str | None = None, *, disputed: bool = False) -> int:
    """A ticket that its enterprise closes ten minutes after it told of it."""
    no = await town.reports()
    town.later(minutes=10)
    await town.takes("h1", no, "resolve", text="已换灯泡")
    if disputed:
        await town.takes("zhang", no, "dispute", reason="还是不亮")
        await town.takes("h1", no, "resolve", text="又换了")
    await town.takes("zhang", no, "confirm", rating=rating)
    return no


async def test_what_was_closed_against_somebodys_liking_may_be_looked_at_again(
    console: Console, town: Town
) -> None:
    content = await closes(town, "satisfied")
    unhappy = await closes(town, "dissatisfied")
    again = await closes(town, "satisfied", disputed=True)
    browser = await inspects(console, town)

    async def due() -> list[int]:
        shown = part(await page(browser), "rechecks")
        return [int(no) for no in re.findall(r'href="/tickets/(\d+)"', shown)]

    town.now = at("04-13 09:19")
    assert await due() == []
    town.now = at("04-13 09:20")  # ten days later
    assert await due() == [unhappy]
    town.now = at("04-13 09:30")
    assert await due() == [unhappy, again]
    assert content not in await due()
    assert '<span class="count">2</span> 件可以回头看' in await page(browser, "/")
    town.now = at("05-03 09:20")
    assert await due() == [unhappy, again]
    town.now = at("05-03 09:21")
    assert await due() == [again]


async def test_what_was_looked_at_again_is_listed_with_what_was_found(
    console: Console, town: Town
) -> None:
    unhappy, again = await closes(town, "dissatisfied"), await closes(town, disputed=True)
    town.now = at("04-14 10:00")
    await town.takes("i1", unhappy, "recheck", passed=True, text="<i>灯亮着</i>")
    await town.takes("i1", again, "recheck", passed=False, text="灯又灭了")
    browser = await inspects(console, town)
    shown = part(await page(browser), "rechecks")
    assert "没有要回头看的" in shown
    assert "办得住" in shown
    assert "没办住,重办" in shown
    assert "灯又灭了" in shown
    assert "&lt;i&gt;灯亮着" in shown
    assert "灯又灭了" in part(await page(browser, "/confidential/rechecks"), "done")


async def test_a_re_check_of_misconduct_does_not_give_its_words_away(
    console: Console, town: Town
) -> None:
    await town.says("li", HINT, "report_misconduct", group="g2")
    town.later(hours=1)
    await town.takes("i1", 1, "resolve", text="已约谈")
    await town.takes("i1", 1, "confirm", rating="dissatisfied")
    browser = await inspects(console, town)
    town.now = at("04-14 10:00")
    for path in ("/confidential", "/confidential/rechecks"):
        text = await page(browser, path)
        assert "涉纪线索,内容在工单页看" in text
        assert HINT not in text
    await town.takes("i1", 1, "recheck", passed=True, text="核实过了")
    for path in ("/confidential", "/confidential/rechecks"):
        text = await page(browser, path)
        assert "办得住" in text
        assert "核实过了" not in text


async def test_suspected_messages_are_counted_without_their_words(
    console: Console, town: Town
) -> None:
    await town.says("li", HINT, "report_misconduct", group="g2", confidence=0.3)
    text = await page(await inspects(console, town))
    shown = part(text, "suspected")
    assert '<a class="count" href="/reviews">1<' in shown
    assert "制造名城-荷塘区-1群" in shown
    assert HINT not in text


# --- the chain ------------------------------------------------------------------------------------


async def test_a_whole_chain_is_said_to_be_whole_and_by_whom(console: Console, town: Town) -> None:
    await town.reports()
    browser = await inspects(console, town)
    text = await verify(browser)
    async with town.database.transaction() as session:
        last = await events.last(session)
        assert last is not None
        (noted,) = await changes.page(session, what=("audit",))
    assert f'<strong class="count">{last.last}</strong> 条事件,环环相扣' in text
    assert last.hash in text
    assert (noted.by, noted.at) == ("i1", town.now)
    assert noted.became == {"events": last.last, "hash": last.hash, "broken": None}
    assert "4月3日09:00</time> 市纪委-赵主任核对" in part(await page(browser), "audit")


async def test_a_broken_chain_names_its_first_broken_link(console: Console, town: Town) -> None:
    await town.reports()
    await town.takes("h1", 1, "accept")
    async with town.database.transaction() as session:
        await session.exec(update(Event).where(col(Event.seq) == 2).values(words="改过了"))
    text = await verify(await inspects(console, town))
    assert "事件链在第 2 条断开" in text
    assert '<a href="/tickets/1">#1</a> 交办' in text
    async with town.database.transaction() as session:
        (noted,) = await changes.page(session, what=("audit",))
    assert noted.became["broken"] == 2


async def test_what_was_cut_off_at_the_end_is_missed(console: Console, town: Town) -> None:
    await town.reports()
    async with town.database.transaction() as session:
        event = (await session.exec(select(Event).where(Event.seq == 2))).one()
        await session.delete(event)
    assert "事件链在第 2 条断开" in await verify(await inspects(console, town))


async def test_without_events_there_is_nothing_to_verify(console: Console, town: Town) -> None:
    assert "还没有事件可以核对" in await verify(await inspects(console, town))


async def test_a_long_chain_is_verified_some_at_a_time(
    console: Console, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confidential, "ROUNDS", 1)
    monkeypatch.setattr(confidential, "ROUND", 3)
    for _ in range(3):
        await town.reports()  # two events each
    browser = await inspects(console, town)
    text = await verify(browser)
    assert '已核对 <strong class="count">3</strong> 条,共 6 条' in text
    assert "data-goes-on" in text  # by itself, or by the button
    assert "<button>继续</button>" in text
    assert "上次停在第 3 条" in part(await page(browser), "audit")
    other = await inspects(console, town)
    await verify(other)
    assert '共 <strong class="count">6</strong> 条事件,环环相扣' in await verify(other)
    async with town.database.transaction() as session:
        assert len(await changes.page(session, what=("audit",))) == 1


async def test_a_verification_can_begin_again(
    console: Console, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confidential, "ROUNDS", 1)
    monkeypatch.setattr(confidential, "ROUND", 3)
    for _ in range(3):
        await town.reports()
    browser = await inspects(console, town)
    await verify(browser)
    async with town.database.transaction() as session:
        await session.exec(update(Event).where(col(Event.seq) == 1).values(words="改过了"))
    assert "事件链在第 1 条断开" in await verify(browser, again="1")


async def test_a_form_of_another_site_verifies_nothing(console: Console, town: Town) -> None:
    browser = await inspects(console, town)
    answer = await browser.post("/confidential/audit", data={"seal": "0" * 64})
    assert answer.status_code == 403
    async with town.database.transaction() as session:
        assert await changes.page(session, what=("audit",)) == []
