"""The group window: who may look into which, what stands there, and what comes after a place."""

import re

import pytest

from storage import people
from storage.models import Group
from tests.bot.console.conftest import Console, make_confidential
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded


def places(page: str) -> list[int]:
    """The places of all bubbles of a page, in order."""
    return [int(place) for place in re.findall(r'data-said="(\d+)"', page)]


async def test_who_is_not_signed_in_is_asked_to(console: Console) -> None:
    browser = await console.stranger()
    for path in ("/groups", "/groups/g1", "/groups/g1/feed", "/live?group=g1", "/tickets/1"):
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


async def test_the_list_names_every_group(console: Console, town: Town) -> None:
    page = (await (await console.visitor("a1")).get("/groups")).text
    async with town.database.transaction() as session:
        for group in await people.groups(session):
            assert f'href="/groups/{group.id}"' in page
            assert group.name in page


# --- who looks into which -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "seen"),
    [
        ("zhang", ["g1"]), ("li", ["g2", "g1"]), ("wang", []),
        ("h1", ["g2", "g1", "bridge"]), ("c1", ["g2", "g1", "bridge"]),
        ("i1", ["g2", "g1", "bridge"]), ("l1", ["g2", "g1", "bridge"]),
        ("a1", ["g2", "g1", "bridge"]),
    ],
)  # fmt: skip
async def test_a_member_sees_only_groups_in_which_they_spoke(
    console: Console, town: Town, member: str, seen: list[str]
) -> None:
    for who, group in (("zhang", "g1"), ("li", "g1"), ("li", "g2")):
        await town.says(who, "早上好", "chitchat", group=group)
    browser = await console.visitor(member)
    page = (await browser.get("/groups")).text
    assert re.findall(r'<td class="text"><a href="/groups/(\w+)">', page) == seen
    for group in ("g1", "g2", "bridge"):
        for path in (f"/groups/{group}", f"/groups/{group}/feed"):
            code = (await browser.get(path)).status_code
            assert code == (200 if group in seen else 404)
    assert ("还没有在群里发过言" in page) is (not seen)


async def test_the_list_counts_what_its_links_show(console: Console, town: Town) -> None:
    await town.reports("zhang")
    await town.reports("li", "荷塘区仙庾岭停电", category="utilities", group="g2")
    await town.reports("li", "仙庾岭又停电", category="utilities", group="g2")
    await make_confidential(town, await town.reports("zhang", "有人要回扣"))
    for member, counts in (("c1", {"g1": 1, "g2": 2}), ("i1", {"g1": 2, "g2": 2}),
                           ("h1", {"g1": 1}), ("li", {"g2": 2})):  # fmt: skip
        browser = await console.visitor(member)
        page = (await browser.get("/groups")).text
        found = re.findall(r'href="(/tickets\?status=[^"]*group=(\w+)[^"]*)"[^>]*>(\d+)</a>', page)
        assert {group: int(many) for _, group, many in found} == counts
        # two years on all of it is late
        assert len(re.findall(r'href="/tickets\?group=\w+&amp;overdue=1', page)) == len(counts)


async def test_many_groups_are_found_by_name_and_district_and_paged(
    console: Console, town: Town
) -> None:
    async with town.database.transaction() as session:
        for n in range(120):
            session.add(Group(id=f"x{n:03}", name=f"第{n:03}群", district="荷塘区"))
    await town.says("zhang", "早上好", "chitchat")
    browser, query, seen = await console.visitor("a1"), "", list[str]()
    for _ in range(5):
        page = (await browser.get(f"/groups{query}")).text
        seen += re.findall(r'<td class="text"><a href="/groups/(\w+)">', page)
        more = re.search(r'href="(\?[^"]+)">后面的群', page)
        if more is None:
            break
        query = more[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 123
    assert seen[0] == "g1"
    for query, found in (("?q=第01", 10), ("?q=x007", 1), ("?district=荷塘区&q=1群", 13),
                         ("?q=天元区-1", 1), ("?q=%25", 0), ("?q=无此群", 0)):  # fmt: skip
        page = (await browser.get(f"/groups{query}")).text
        assert page.count('<td class="text">') == found, query
        assert ("没有符合条件的群" in page) is (found == 0)


@pytest.mark.parametrize(
    "query",
    ["?q=%00", "?q=%FF", f"?q={'长' * 101}", "?after=x", "?after=1-", f"?after={'9' * 40}-g1",
     "?after=999999999999999999-g1", "?after=1-%00", "?district=%00", "?q=%25_%5C"],
)  # fmt: skip
async def test_odd_questions_are_no_failure_of_ours(shared: Console, query: str) -> None:
    assert (await (await shared.visitor("c1")).get(f"/groups{query}")).status_code in {200, 404}


@pytest.mark.parametrize("group", ["g1", "none", "%00"])
async def test_nobody_is_called_for_a_group_that_they_may_not_look_into(
    console: Console, town: Town, group: str
) -> None:
    await town.says("zhang", "早", "chitchat")
    answer = await (await console.visitor("li")).get(f"/live?group={group}")
    assert answer.status_code == 404


# --- how it was understood ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "reads"),
    [("zhang", False), ("h1", False), ("l1", False), ("c1", True), ("i1", True), ("a1", True)],
)
async def test_the_parse_is_beside_each_message_for_who_may_read_it(
    console: Console, town: Town, member: str, reads: bool
) -> None:
    await town.reports(entities={"address": "新马路"})
    browser = await console.visitor(member)
    plain = (await browser.get("/groups/g1")).text
    assert "parse" not in plain.split("</header>")[1] or reads
    assert "<dt>意图</dt>" not in plain
    asked = (await browser.get("/groups/g1?parse=1")).text
    shown = ("反映问题 95%", "道路交通 90%", "新马路 90%", "登记工单")
    assert all((word in asked) is reads for word in shown)
    # a cookie keeps it, also for what comes live
    assert ("反映问题 95%" in (await browser.get("/groups/g1/feed")).text) is reads
    assert "反映问题 95%" not in (await browser.get("/groups/g1?parse=0")).text
    assert "反映问题 95%" not in (await browser.get("/groups/g1/feed")).text
