"""The group window: who may look, who may speak, and what comes after a place."""

import re

import httpx
import pytest

from bot.streams import partition
from storage import people
from tests.bot.console.conftest import Console, make_confidential, seal
from tests.fixtures.cast import REPORT, Town

pytestmark = pytest.mark.embedded


async def says(browser: httpx.AsyncClient, text: str = REPORT, **more: str) -> httpx.Response:
    """Fill in the form of g1 and send it."""
    said = {"seal": await seal(browser), "speaker": "zhang", "text": text, **more}
    return await browser.post("/groups/g1/messages", data=said)


def places(page: str) -> list[int]:
    """The places of all bubbles of a page, in order."""
    return [int(place) for place in re.findall(r'data-said="(\d+)"', page)]


async def test_what_is_said_here_lies_in_the_stream(console: Console) -> None:
    answer = await says(await console.visitor("a1"), id="once")
    assert (answer.status_code, answer.headers["location"]) == (303, "/groups/g1#end")
    (entry,) = await console.app.streams.fresh([partition("g1")], 10, 1)
    for part in ('"id": "once"', '"sender": "zhang"', REPORT, "立方新能源-张三"):
        assert part in entry.payload


async def test_what_is_said_here_is_answered_here(console: Console) -> None:
    browser = await console.visitor("a1")
    await says(browser)
    assert await console.app.worker().step() == 1
    page = (await browser.get("/groups/g1")).text
    assert "已受理 #1(道路交通),承办:天元区城管局" in page
    assert 'href="/tickets/1"' in page


@pytest.mark.parametrize("speaker", ["nobody", "", "visitor"])
async def test_nobody_speaks_in_the_name_of_who_is_not_here(console: Console, speaker: str) -> None:
    answer = await says(await console.visitor("a1"), speaker=speaker)
    assert answer.status_code in {400, 403}
    assert await console.app.streams.lag() == 0


@pytest.mark.parametrize("text", ["", " \n ", "　"])
async def test_nothing_is_nothing(console: Console, text: str) -> None:
    answer = await says(await console.visitor("a1"), text)
    assert answer.status_code == 303
    assert await console.app.streams.lag() == 0


@pytest.mark.parametrize("member", ["zhang", "h1", "i1", "l1"])
async def test_who_tries_nothing_out_only_looks(console: Console, member: str) -> None:
    browser = await console.visitor(member)
    assert 'id="say"' not in (await browser.get("/groups/g1")).text
    assert (await says(browser)).status_code == 403
    assert await console.app.streams.lag() == 0


@pytest.mark.parametrize("member", ["a1", "c1"])
async def test_admins_and_coordinators_may_speak(console: Console, member: str) -> None:
    browser = await console.visitor(member)
    assert 'id="say"' in (await browser.get("/groups/g1")).text
    assert (await says(browser)).status_code == 303


async def test_in_a_group_of_a_platform_nobody_speaks_from_here(console: Console) -> None:
    browser = await console.visitor("a1")
    assert 'id="say"' not in (await browser.get("/groups/bridge")).text
    said = {"seal": await seal(browser), "speaker": "visitor", "text": "在吗"}
    assert (await browser.post("/groups/bridge/messages", data=said)).status_code == 403


async def test_who_is_not_signed_in_is_asked_to(console: Console) -> None:
    browser = await console.stranger()
    for path in ("/groups", "/groups/g1", "/groups/g1/feed", "/groups/g1/live", "/tickets/1"):
        assert (await browser.get(path)).headers["location"].startswith("/signin?next=")
    assert (await browser.post("/groups/g1/messages", data={"speaker": "zhang"})).status_code == 403


async def test_the_feed_gives_what_came_after_a_place(console: Console, town: Town) -> None:
    await town.reports()
    browser = await console.visitor("a1")
    first = places((await browser.get("/groups/g1")).text)
    assert len(first) == 2
    await town.reports("li")
    new = (await browser.get(f"/groups/g1/feed?after={first[-1]}")).text
    assert "宏远机械-李四" in new
    assert "立方新能源-张三" not in new
    assert places((await browser.get(f"/groups/g1/feed?after={max(places(new))}")).text) == []


async def test_what_is_said_in_another_group_is_not_here(console: Console, town: Town) -> None:
    await town.reports("li", group="g2")
    browser = await console.visitor("a1")
    assert places((await browser.get("/groups/g1")).text) == []
    assert len(places((await browser.get("/groups/g2")).text)) == 2


async def test_older_talk_is_a_page_back(console: Console, town: Town) -> None:
    for _ in range(60):
        await town.says("zhang", "早上好", "chitchat")
    browser = await console.visitor("a1")
    newest = (await browser.get("/groups/g1")).text
    older = re.search(r'href="(\?before=\d+)">更早的消息', newest)
    assert older is not None
    both = places((await browser.get(f"/groups/g1{older[1]}")).text) + places(newest)
    assert len(both) == 60
    assert both == sorted(set(both))


async def test_a_recalled_message_stays_and_says_so(console: Console, town: Town) -> None:
    await town.says("zhang", "发错了", "chitchat", id="mistake")
    await town.recalls("mistake")
    page = (await (await console.visitor("a1")).get("/groups/g1")).text
    assert "发错了" in page
    assert "已撤回" in page


async def test_a_quoted_message_stands_with_its_words(console: Console, town: Town) -> None:
    await town.says("zhang", "路灯还是不亮", "chitchat", id="first")
    await town.says("li", "我们也是", "chitchat", quote="first")
    page = (await (await console.visitor("a1")).get("/groups/g1")).text
    assert "<blockquote>立方新能源-张三:路灯还是不亮</blockquote>" in page


@pytest.mark.parametrize(("member", "linked"), [("a1", False), ("c1", False), ("i1", True)])
async def test_the_number_of_a_confidential_ticket_is_not_in_the_window(
    console: Console, town: Town, member: str, linked: bool
) -> None:
    await town.says("zhang", "我要反映情况", "chitchat", id="told")
    no = await town.reports("li", group="g2")
    await make_confidential(town, no)
    async with town.database.transaction() as session:
        message = await session.merge(await town.message("told"))
        message.ticket_no = no
    browser = await console.visitor(member)
    assert (f"#{no}" in (await browser.get("/groups/g1")).text) is linked


async def test_the_list_names_every_group(console: Console, town: Town) -> None:
    page = (await (await console.visitor("a1")).get("/groups")).text
    async with town.database.transaction() as session:
        for group in await people.groups(session):
            assert f'href="/groups/{group.id}"' in page
            assert group.name in page
