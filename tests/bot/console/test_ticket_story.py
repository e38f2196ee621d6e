"""The story of a ticket: what was said and done, who may read it, and what is answered."""

import re

import pytest

from tests.bot.console.conftest import MASKED, PHONE, Here, seal
from tests.bot.console.ticket_page import SCRIPT, offered, sends, shown
from tests.fixtures.cast import REPORT, Town, at

pytestmark = pytest.mark.embedded


# --- the story ------------------------------------------------------------------------------------


async def test_what_was_said_stands_in_order_with_quotes_pictures_and_what_was_taken_back(
    here: Here, town: Town
) -> None:
    await town.reports(id="first")
    await town.says(
        "zhang", "补一张照片", "add_detail", quote="first", images=["灯.jpg"], id="second"
    )
    await town.says("zhang", "再补", "add_detail", quote="first", images=["地.jpg"], id="third")
    await town.says("li", "大家好", "chitchat")
    await town.recalls("third")
    page = await shown(await here.visitor("c1"))
    said = re.findall(r'<div class="said(?: image)?">([^<]+)</div>', page)
    assert said[0] == REPORT
    assert said[1].startswith("@张三 已受理 #1")
    assert said[2:4] == ["补一张照片", "[图片] 灯.jpg"]
    assert f"<blockquote>立方新能源-张三:{REPORT}</blockquote>" in page
    assert "发言人已撤回" in page
    assert "地.jpg" not in page
    assert "大家好" not in page


async def test_a_reminder_stands_in_the_story_and_a_digest_does_not(here: Here, town: Town) -> None:
    await town.reports()
    await town.until(at("04-12 09:00"))
    whys = {post.why for post in await town.posts() if 1 in post.about}
    page = await shown(await here.visitor("c1"))
    assert "reminder" in whys
    for post in await town.posts():
        first = post.text.split("\n")[0]
        assert (first in page) is (1 in post.about and post.why != "digest")


async def test_the_deadline_is_explained_on_a_calendar_and_in_words(here: Here, town: Town) -> None:
    await town.reports()
    await town.takes("c1", 1, "extend", days=2, reason="要等配件")
    page = await shown(await here.visitor("zhang"))
    assert "<caption>2023年4月</caption>" in page
    cells = dict(re.findall(r"<td class=\"[^\"]*\">(\d+)<small>([^<]*)</small></td>", page))
    assert {day: cells[day] for day in ("3", "4", "5", "6", "8", "9", "10", "11", "12", "13")} == {
        "3": "起", "4": "第1", "5": "清明节", "6": "第2", "8": "休", "9": "休", "10": "第4",
        "11": "第5", "12": "延1", "13": "截止",
    }  # fmt: skip
    words = re.sub(r"<[^>]+>|\s+", "", page)
    assert (
        "登记:4月3日09:00,次日起算5个工作日→4月11日17:30周末2天不计。4月5日清明节,不计。" in words
    )
    assert "延期:4月11日17:30,自原时限次日起2个工作日→4月13日17:30" in words


LATE = [
    ("04-03 10:00", "还剩5个工作日"), ("04-10 10:00", "明天17:30前"),
    ("04-11 10:00", "今天17:30前"), ("04-12 10:00", "超期1个工作日"),
    ("04-14 10:00", "超期3个工作日"),
]  # fmt: skip


@pytest.mark.parametrize(("now", "words"), LATE)
async def test_how_late_it_is_stands_in_words(here: Here, town: Town, now: str, words: str) -> None:
    await town.reports()
    town.now = at(now)
    head = re.search(r'<p class="brief">(.*?)</p>', await shown(await here.visitor("zhang")), re.S)
    assert head is not None
    assert words in head[1]


async def test_the_ladder_and_the_letters_are_for_those_who_answer_for_it(
    here: Here, town: Town
) -> None:
    await town.reports()
    await town.until(at("04-18 09:00"))
    pages = {who: await shown(await here.visitor(who)) for who in ("c1", "i1", "h1", "l1", "zhang")}
    for who, page in pages.items():
        staff = who != "zhang"
        assert ("已提醒" in page) is staff
        assert ("<summary>督办函" in page) is staff
        assert ("<summary>移交函" in page) is (staff and who != "h1")
    rung = r'<li><span class="chip(?: late| soon)?">([^<]+)</span> (\S+)'
    assert re.findall(rung, pages["c1"]) == [
        ("未签收", "4月10日09:00"), ("临期", "4月10日09:00"), ("超期", "4月12日09:00"),
        ("督办·超期", "4月14日09:00"), ("移交", "4月18日09:00"),
    ]  # fmt: skip


async def test_similar_tickets_are_links_for_those_who_may_see_them(here: Here, town: Town) -> None:
    await town.reports()
    await town.reports("li")
    link = '<a href="/tickets/2">#2</a> <span'
    assert link in await shown(await here.visitor("c1"))
    assert link in await shown(await here.visitor("h1"))
    page = await shown(await here.visitor("zhang"))
    assert link not in page
    assert "相关工单" not in page


async def test_only_who_has_to_call_reads_phones(here: Here, town: Town) -> None:
    await town.reports("zhang", f"{REPORT},{PHONE}")
    await town.takes("h1", 1, "progress", text=f"已联系{PHONE}")
    await town.takes("h1", 1, "extend", days=2, reason=f"等{PHONE}回电")
    for who, reads in (("h1", True), ("c1", True), ("l1", False), ("a1", False), ("zhang", False)):
        page = await shown(await here.visitor(who))
        assert (PHONE in page) is reads, who
        assert MASKED in page


async def test_what_people_write_is_never_markup(here: Here, town: Town) -> None:
    await town.reports("zhang", f"{REPORT}{SCRIPT}", name=f"张三{SCRIPT}")
    await town.takes("h1", 1, "progress", text=SCRIPT)
    browser = await here.visitor("c1")
    await sends(browser, "reply", {"text": f"在办{SCRIPT}"})
    page = await shown(browser)
    assert SCRIPT not in page
    assert page.count("&lt;script&gt;alert(1)") >= 3


# --- confidential ---------------------------------------------------------------------------------


async def test_each_look_at_misconduct_is_an_event_and_the_page_never_looks_by_itself(
    here: Here, town: Town
) -> None:
    await town.says("zhang", "有人要回扣", "report_misconduct")
    browser = await here.visitor("i1")
    page = await shown(browser)
    assert offered(page) == ["签收", "办结", "修改", "并案", "不予受理", "撤回"]
    assert " data-live" not in page
    assert "群里什么也不会说" in page
    assert "查看记录 1 次" in page
    assert "查看记录 2 次" in await shown(browser)
    assert [step for step, _ in await town.events()] == ["open", "look", "look"]
    other = await here.visitor("i1")
    old = re.search(r'name="seq" value="(\d+)"', page)
    assert old is not None
    fields = {"seal": await seal(other), "seq": old[1], "text": "已受理"}
    await other.post("/tickets/1/steps/accept", data=fields)
    assert (await town.ticket()).status == "accepted"  # that others looked is no hindrance


async def test_what_is_not_confidential_is_live(here: Here, town: Town) -> None:
    await town.reports()
    page = await shown(await here.visitor("zhang"))
    for part in ("head", "todo", "said", "done", "more"):
        assert re.search(rf'id="{part}"[^>]* data-live', page), part


# --- reply, follow --------------------------------------------------------------------------------


async def test_a_reply_is_seen_before_it_is_said(here: Here, town: Town) -> None:
    await town.reports()
    browser, before = await here.visitor("h1"), await town.count()
    answer = await sends(browser, "reply", {"text": f"请打{PHONE}", "do": "preview"})
    wording = f"@张三 #1 天元区城管局-李科:请打{MASKED}"
    assert f'<p class="said">{wording}</p>' in answer.text
    assert f"请打{PHONE}</textarea>" in answer.text
    assert await town.count() == before
    answer = await sends(browser, "reply", {"text": f"请打{PHONE}", "do": "say"})
    assert answer.headers["location"] == "/tickets/1?did=say"
    assert [post.text for post in (await town.posts())[before:]] == [wording]
    page = await shown(browser)
    assert wording in page
    assert "<strong>群里回复</strong> <span>天元区城管局-李科</span>" in page


async def test_in_the_night_it_is_said_beforehand_that_it_waits(here: Here, town: Town) -> None:
    await town.reports()
    town.now = at("04-03 21:00")
    browser = await here.visitor("h1")
    assert "现在是夜间,4月4日08:00发出" in await shown(browser)
    await sends(browser, "reply", {"text": "明天到"})
    assert re.search(r'明天到</div>\s*<p class="note">4月4日08:00发出', await shown(browser))


async def test_too_long_a_reply_comes_back(here: Here, town: Town) -> None:
    await town.reports()
    browser, before = await here.visitor("h1"), await town.count()
    answer = await sends(browser, "reply", {"text": "长" * 501})
    assert answer.status_code == 400
    assert "一次最多说 500 个字" in answer.text
    assert "长" * 501 in answer.text
    assert await town.count() == before


async def test_somebody_follows_and_does_not_any_more(here: Here, town: Town) -> None:
    await town.reports()
    browser, other = await here.visitor("l1"), await here.visitor("c1")
    assert 'name="on" value="yes"' in await shown(browser)
    await sends(browser, "follow", {"on": "yes"})
    assert "取消关注" in await shown(browser)
    assert "取消关注" not in await shown(other)
    await sends(browser, "follow", {"on": "no"})
    assert "取消关注" not in await shown(browser)
