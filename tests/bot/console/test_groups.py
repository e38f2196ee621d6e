"""The group window: who may look, who may speak, and what comes after a place."""

import hashlib
import json
import re
from typing import Any

import httpx
import pytest

from bot.console import pictures
from bot.streams import partition
from storage import people
from storage.models import Group
from tests.bot.console.conftest import MASKED, PHONE, Console, make_confidential, seal
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
async def test_who_tries_nothing_out_only_looks(console: Console, town: Town, member: str) -> None:
    await town.says("zhang", "早上好", "chitchat")
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


async def sent(console: Console) -> list[dict[str, Any]]:
    """What lies in the stream of g1."""
    entries = await console.app.streams.fresh([partition("g1")], 10, 1)
    return [json.loads(entry.payload) for entry in entries]


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


# --- misconduct -----------------------------------------------------------------------------------


@pytest.mark.parametrize("told", ["guessed", "opened"])
@pytest.mark.parametrize("member", ["zhang", "li", "h1", "c1", "l1", "a1", "i1"])
async def test_of_misconduct_inspectors_alone_read_more_than_that_it_was_said(
    console: Console, town: Town, member: str, told: str
) -> None:
    await town.says("li", "早", "chitchat")
    sure = 0.95 if told == "opened" else 0.4
    await town.says(
        "zhang", "科长收了红包", "report_misconduct", confidence=sure, id="secret",
        images=["红包.jpg"],
    )  # fmt: skip
    await town.says("li", "真的吗", "chitchat", quote="secret")
    browser = await console.visitor(member)
    for path in ("/groups/g1?parse=1", "/groups/g1/feed"):
        page = (await browser.get(path)).text.split("</ol>")[0]  # without who may be spoken as
        # once it is a ticket its words stand on the ticket's page, where each look is recorded
        inspects = member == "i1" and told == "guessed"
        for word in ("科长收了红包", "红包.jpg", "立方新能源-张三", "反映涉纪线索"):
            assert (word in page) is inspects, word
        assert "将按规定处理" not in page
        assert ("有人说了一句话,内容" in page) is not inspects
        assert ('<a href="/tickets/1">#1</a>' in page) is (member == "i1" and told == "opened")
        assert ("引用的话不在此显示" in page) is not inspects
        assert 'data-id="secret"' not in page or inspects
        assert "真的吗" in page


async def test_what_became_misconduct_by_judgement_is_hidden_too(
    console: Console, town: Town
) -> None:
    await town.says("zhang", "办事要红包", "chitchat", id="told")
    no = await town.reports("li", group="g2")
    await make_confidential(town, no)
    async with town.database.transaction() as session:
        (await session.merge(await town.message("told"))).ticket_no = no
    for member, linked in (("c1", False), ("i1", True)):
        page = (await (await console.visitor(member)).get("/groups/g1")).text
        assert "办事要红包" not in page
        assert (f'<a href="/tickets/{no}">#{no}</a>' in page) is linked


async def test_nobody_quotes_what_is_hidden(console: Console, town: Town) -> None:
    await town.says("zhang", "科长收了红包", "report_misconduct", id="secret")
    page = (await (await console.visitor("c1")).get("/groups/g1?quote=secret")).text
    assert "科长收了红包" not in page
    assert 'id="quote" value=""' in page


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


# --- pictures, mentions, quotes -------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


async def shows(
    browser: httpx.AsyncClient, content: bytes, name: str = "灯.png", text: str = ""
) -> httpx.Response:
    return await browser.post(
        "/groups/g1/messages",
        data={"seal": await seal(browser), "speaker": "zhang", "text": text},
        files={"picture": (name, content, "image/png")},
    )


async def test_a_picture_is_named_by_its_content_and_kept(console: Console) -> None:
    browser = await console.visitor("a1")
    assert (await shows(browser, PNG, "../../灯<b>.png")).status_code == 303
    digest = hashlib.sha256(PNG).hexdigest()
    (said,) = await sent(console)
    shown = [(image["id"], image["name"]) for image in said["images"]]
    assert shown == [(f"sha256:{digest}", "灯<b>.png")]
    await console.app.worker().step()
    page = (await browser.get("/groups/g1")).text
    found = re.search(r'<img src="(/media/\d+)" alt="图片,张三 [^"]+" title="灯_b_.png"', page)
    assert found is not None
    assert (await browser.get(found[1])).content == PNG


async def test_who_sends_an_id_again_changes_no_picture(console: Console) -> None:
    browser = await console.visitor("a1")
    for content in (PNG, b"GIF89a"):
        said = {"seal": await seal(browser), "speaker": "zhang", "text": "", "id": "once"}
        files = {"picture": ("灯.png", content, "image/png")}
        await browser.post("/groups/g1/messages", data=said, files=files)
    await console.app.worker().step()
    (number,) = re.findall(r'<img src="(/media/\d+)"', (await browser.get("/groups/g1")).text)
    assert (await browser.get(number)).content == PNG


@pytest.mark.parametrize(
    "content",
    [b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\x00\x00\x00\x00WEBPVP8 ", PNG],
)
async def test_pictures_are_known_by_how_they_begin(console: Console, content: bytes) -> None:
    assert (await shows(await console.visitor("a1"), content)).status_code == 303
    assert len(await sent(console)) == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<svg onload=alert(1)>", "这不是图片"), (b"MZ\x90", "这不是图片"), (b"", "这不是图片"),
        (PNG + b"\0" * pictures.LARGEST, "图片太大"),
    ],
)  # fmt: skip
async def test_what_is_no_picture_is_refused_and_the_words_are_kept(
    console: Console, content: bytes, why: str
) -> None:
    answer = await shows(await console.visitor("a1"), content, text="看图<script>")
    assert answer.status_code == 400
    assert why in answer.text
    assert ">看图&lt;script&gt;</textarea>" in answer.text
    assert await console.app.streams.lag() == 0


async def test_a_form_that_is_far_too_large_is_not_read(console: Console) -> None:
    answer = await shows(await console.visitor("a1"), b"\0" * (pictures.LARGEST + (2 << 20)))
    assert answer.status_code == 413
    assert await console.app.streams.lag() == 0


async def test_no_picture_chosen_is_no_picture(console: Console) -> None:
    browser = await console.visitor("a1")
    form = {"seal": await seal(browser), "speaker": "zhang", "text": "早"}
    lines = [f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'
             for k, v in form.items()]  # fmt: skip
    lines.append(
        '--x\r\nContent-Disposition: form-data; name="picture"; filename=""\r\n'
        "Content-Type: application/octet-stream\r\n\r\n\r\n--x--\r\n"
    )
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await browser.post(
        "/groups/g1/messages", content="".join(lines).encode(), headers=headers
    )
    assert answer.status_code == 303
    (said,) = await sent(console)
    assert (said["text"], said["images"]) == ("早", [])


async def test_the_bot_is_called_with_a_tick(console: Console) -> None:
    browser = await console.visitor("c1")
    await says(browser, "本周情况", mention="1")
    await says(browser, "@名城助手 本周情况", mention="1")
    one, two = await sent(console)
    assert one["text"] == two["text"] == "@名城助手 本周情况"
    assert one["mentions_bot"]


async def test_what_is_to_be_quoted_stands_in_the_form_also_without_script(
    console: Console, town: Town
) -> None:
    await town.says("zhang", f"路灯还是不亮,{PHONE}", "chitchat", id="first")
    browser = await console.visitor("a1")
    page = (await browser.get("/groups/g1?quote=first")).text
    assert 'id="quote" value="first"' in page
    assert f"引用:路灯还是不亮,{MASKED}" in page
    assert 'id="quote" value=""' in (await browser.get("/groups/g1?quote=none")).text
    await says(browser, "催一下", quote="first")
    assert [said["quote"] for said in await sent(console)] == ["first"]


# --- taking back, and new people ------------------------------------------------------------------


async def recalls(browser: httpx.AsyncClient, message: str, speaker: str) -> int:
    said = {"seal": await seal(browser), "message": message, "speaker": speaker}
    return (await browser.post("/groups/g1/recalls", data=said)).status_code


async def test_one_takes_back_ones_own_words(console: Console, town: Town) -> None:
    await town.says("zhang", "发错了", "chitchat", id="mistake")
    browser = await console.visitor("c1")
    assert await recalls(browser, "mistake", "li") == 403
    assert await recalls(browser, "none", "zhang") == 404
    assert await recalls(browser, "mistake", "zhang") == 303
    await console.app.worker().step()
    assert (await town.message("mistake")).recalled_at is not None
    assert "已撤回" in (await browser.get("/groups/g1")).text


@pytest.mark.parametrize("member", ["zhang", "h1", "i1", "l1"])
async def test_others_take_nothing_back_and_invent_nobody(
    console: Console, town: Town, member: str
) -> None:
    await town.says("zhang", "早", "chitchat", id="said")
    browser = await console.visitor(member)
    assert await recalls(browser, "said", "zhang") == 403
    said = {"seal": await seal(browser), "name": "湘江机械-周敏"}
    assert (await browser.post("/groups/g1/people", data=said)).status_code == 403
    assert await console.app.streams.lag() == 0


async def invents(browser: httpx.AsyncClient, name: str) -> httpx.Response:
    said = {"seal": await seal(browser), "name": name}
    return await browser.post("/groups/g1/people", data=said)


async def test_an_invented_person_is_a_member_and_speaks_next(console: Console, town: Town) -> None:
    browser = await console.visitor("c1")
    assert (await invents(browser, " 湘江机械-周敏 ")).status_code == 303
    assert (await invents(browser, "湘江机械-周敏")).status_code == 303
    page = (await browser.get("/groups/g1")).text
    (found,) = re.findall(r'<option value="([^"]+)" selected>湘江机械-周敏\(企业成员\)', page)
    async with town.database.transaction() as session:
        member = await people.find(session, "sandbox", found)
        assert member is not None
        assert (member.role, member.unit_id) == ("member", None)
    assert page.count("湘江机械-周敏") == 1
    await says(browser, speaker=found)
    assert [said["name"] for said in await sent(console)] == ["湘江机械-周敏"]


@pytest.mark.parametrize(
    "name",
    ["周敏", "-周敏", "湘江机械-", "长" * 61, "\x00", "甲-" + "x" * 300, "天元区城管局-李科"],
)
async def test_a_name_that_is_none_or_a_staff_members_is_refused(
    console: Console, name: str
) -> None:
    answer = await invents(await console.visitor("a1"), name)
    assert answer.status_code == 400
    assert "selected>天元区城管局-李科" not in answer.text


async def test_nobody_is_invented_in_a_group_of_a_platform(console: Console) -> None:
    browser = await console.visitor("a1")
    said = {"seal": await seal(browser), "name": "湘江机械-周敏"}
    assert (await browser.post("/groups/bridge/people", data=said)).status_code == 403


# --- whose numbers, whose words, how much ---------------------------------------------------------


async def test_a_handler_reads_the_numbers_of_the_own_units_tickets_alone(
    console: Console, town: Town
) -> None:
    own, other, talk = "13811111111", "13822222222", "13833333333"
    await town.reports("zhang", f"{REPORT},{own}")
    await town.reports("li", f"荷塘区仙庾岭停电,{other}", category="utilities")
    await town.says("wang", f"加我{talk}", "chitchat", name=f"湘火炬-小王{talk}")
    browser, reads = await console.visitor("h1"), await console.visitor("c1")
    for path in ("/groups/g1", "/groups/g1/feed"):
        page = (await browser.get(path)).text
        assert own in page
        assert other not in page
        assert talk not in page
        whole = (await reads.get(path)).text
        assert all(number in whole for number in (own, other, talk))


async def test_who_told_of_misconduct_is_not_found_out_by_taking_it_back(
    console: Console, town: Town
) -> None:
    await town.says("zhang", "科长收了红包", "report_misconduct", id="secret")
    browser = await console.visitor("c1")
    for speaker in ("zhang", "li"):
        said = {"seal": await seal(browser), "speaker": speaker, "message": "secret"}
        assert (await browser.post("/groups/g1/recalls", data=said)).status_code == 404
    assert await console.app.streams.lag() == 0


@pytest.mark.parametrize("group", ["g1", "none", "%00"])
async def test_nobody_is_called_for_a_group_that_they_may_not_look_into(
    console: Console, town: Town, group: str
) -> None:
    await town.says("zhang", "早", "chitchat")
    answer = await (await console.visitor("li")).get(f"/live?group={group}")
    assert answer.status_code == 404
