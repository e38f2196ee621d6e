"""One ticket: its story, the steps of whoever looks, what they do and what they are told before."""

import re
from collections.abc import Mapping

import httpx
import pytest

from actions.opening import Report, open_ticket
from tests.bot.console.conftest import MASKED, PHONE, Console, seal
from tests.fixtures.cast import REPORT, Town, at

pytestmark = pytest.mark.embedded

SCRIPT = "<script>alert(1)</script>"


class Here:
    """The console on the clock of the town; whoever signs in does so today."""

    def __init__(self, console: Console, town: Town) -> None:
        """Pages show what it is o'clock in the town."""
        self.console, self.today, self.town = console, console.app.now, town

    async def visitor(self, member: str) -> httpx.AsyncClient:
        """A browser in which somebody of the cast is signed in."""
        self.console.app.now = self.today
        browser = await self.console.visitor(member)
        self.console.app.now = self.town.clock
        return browser


@pytest.fixture
def here(console: Console, town: Town) -> Here:
    """Where people of the town look at tickets."""
    return Here(console, town)


async def shown(browser: httpx.AsyncClient, no: int = 1) -> str:
    answer = await browser.get(f"/tickets/{no}")
    assert answer.status_code == 200
    return answer.text


def offered(page: str) -> list[str]:
    """The steps that a page has a form for, as they are called there."""
    found = re.findall(r'<details class="step"[^>]*>\s*<summary>([^<]+)</summary>\s*<form', page)
    return [str(name) for name in found]


async def sends(
    browser: httpx.AsyncClient, path: str, fields: Mapping[str, str | list[str]], no: int = 1
) -> httpx.Response:
    """Send a form of a ticket's page as it stands there now."""
    page = (await browser.get(f"/tickets/{no}")).text
    known = {
        name: found[1] if (found := re.search(rf'name="{name}" value="(\w+)"', page)) else ""
        for name in ("seal", "seq")
    }
    return await browser.post(f"/tickets/{no}/{path}", data={**known, **fields})


# --- which steps ----------------------------------------------------------------------------------

FRESH = {
    "zhang": ["确认销号", "撤回"],
    "wang": ["确认销号", "撤回"],
    "h1": ["签收", "反馈进展", "办结", "申请延期", "申请转办", "申请退回", "在群里回复"],
    "c1": ["延期", "转办", "退回", "修改", "确认销号", "并案", "不予受理", "在群里回复"],
    "i1": ["在群里回复"],
    "l1": [],
    "a1": [],
}


@pytest.mark.parametrize(("member", "steps"), FRESH.items())
async def test_each_finds_exactly_their_own_steps(
    here: Here, town: Town, member: str, steps: list[str]
) -> None:
    await town.reports()
    assert offered(await shown(await here.visitor(member))) == steps


LATER = [
    ("c1", "accept", {}, ["挂账"], ["交办"]),
    ("h1", "accept", {}, ["反馈进展", "办结"], ["签收"]),
    ("h1", "resolve", {"text": "好了"}, [], ["办结", "申请延期"]),
    ("zhang", "resolve", {"text": "好了"}, ["确认销号", "提出异议"], ["撤回"]),
]


@pytest.mark.parametrize(("member", "step", "args", "there", "gone"), LATER)
async def test_the_steps_follow_the_status(
    here: Here, town: Town, member: str, step: str, args: dict[str, str], there: list[str],
    gone: list[str],
) -> None:  # fmt: skip
    await town.reports()
    await town.takes("h1", 1, step, **args)
    found = offered(await shown(await here.visitor(member)))
    assert set(there) <= set(found)
    assert not set(gone) & set(found)


async def test_inspectors_re_check_what_is_closed(here: Here, town: Town) -> None:
    await town.reports()
    await town.takes("zhang", 1, "confirm", rating="satisfied")
    browser = await here.visitor("i1")
    page = await shown(browser)
    assert offered(page) == ["回头看", "在群里回复"]
    assert "没有真正解决的,工单重新办理,新的时限是4月7日17:30" in page
    await sends(browser, "steps/recheck", {"passed": "no", "text": "灯又灭了"})
    assert (await town.ticket()).status == "accepted"
    assert "没有真正解决,重新办理:灯又灭了" in await shown(browser)


async def test_what_is_out_of_time_says_so_in_place_of_a_form(here: Here, town: Town) -> None:
    await town.reports()
    town.now = at("04-12 09:00")
    page = await shown(await here.visitor("c1"))
    assert "延期" not in offered(page)
    assert "时限 4月11日17:30 已过,延期须在到期前申请" in page


# --- a step, and what is said before ------------------------------------------------------------


async def test_a_step_is_taken_and_shown(here: Here, town: Town) -> None:
    await town.reports()
    browser = await here.visitor("h1")
    answer = await sends(browser, "steps/progress", {"text": "已派人到现场"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/tickets/1?did=progress")
    assert await town.events() == [
        ("open", "new"), ("assign", "assigned"), ("accept", "accepted"), ("progress", "accepted"),
    ]  # fmt: skip
    page = (await browser.get(answer.headers["location"])).text
    assert "进展已记下。" in page
    assert page.count("已派人到现场") == 2  # in the story, and as the group reads it
    assert (await town.posts())[-1].text == "@张三 #1 有新进展:已派人到现场"


async def test_an_extension_shows_each_date_and_keeps_its_word(here: Here, town: Town) -> None:
    await town.reports()
    browser = await here.visitor("c1")
    page = await shown(browser)
    assert '<option value="1">1 个工作日,到4月12日17:30</option>' in page
    assert (
        '<option value="10">10 个工作日,到4月24日17:30</option>' in page
    )  # 04-23 was a working Sunday
    await sends(browser, "steps/extend", {"days": "10", "reason": "要等配件"})
    ticket = await town.ticket()
    assert (ticket.due_at, ticket.extended) == (at("04-24 17:30"), 1)


async def test_what_a_handler_asks_for_changes_nothing_and_the_coordinators_read_it(
    here: Here, town: Town
) -> None:
    await town.reports()
    browser = await here.visitor("h1")
    assert "这是向专班的申请" in await shown(browser)
    answer = await sends(browser, "steps/extend", {"days": "3", "reason": f"要等配件{SCRIPT}"})
    assert answer.headers["location"] == "/tickets/1?asked=extend"
    assert "延期申请已报专班" in (await browser.get(answer.headers["location"])).text
    assert (await town.ticket()).due_at == at("04-11 17:30")
    page = await shown(await here.visitor("c1"))
    assert "天元区城管局-李科 申请将 #1 延期 3 个工作日:要等配件" in page
    assert SCRIPT not in page
    assert "要等配件" not in await shown(await here.visitor("zhang"))


async def test_a_wish_that_is_not_granted_is_answered(here: Here, town: Town) -> None:
    await town.reports()
    await town.takes("h1", 1, "extend", days=3, reason="要等配件")
    browser = await here.visitor("c1")
    assert "没有单位在等答复" not in (await browser.get("/")).text
    assert "不同意" in await shown(browser)
    town.later(minutes=1)
    answer = await sends(browser, "decline", {"reason": " "})
    assert answer.status_code == 400
    assert "请写明不同意的原因" in answer.text
    answer = await sends(browser, "decline", {"reason": f"配件本地就有{SCRIPT}"})
    assert answer.headers["location"] == "/tickets/1?did=decline"
    page = (await browser.get(answer.headers["location"])).text
    assert "没有同意,已告诉承办单位" in page
    assert "待专班决定" not in page
    assert SCRIPT not in page
    assert "没有单位在等答复" in (await browser.get("/")).text
    ticket = await town.ticket()
    assert (ticket.due_at, ticket.extension_asked_at) == (at("04-11 17:30"), None)
    assert (await town.events())[-1] == ("decline", "assigned")
    assert (
        "专班没有同意您单位对 #1 的申请:配件本地就有"
        in (await (await here.visitor("h1")).get("/notices")).text
    )
    # what is asked for anew waits again
    town.later(minutes=1)
    await town.takes("h1", 1, "transfer", unit="株洲供电公司", reason="是杆子的事")
    assert "待专班决定" in await shown(browser)


async def test_a_wish_is_filled_in_for_who_grants_it(here: Here, town: Town) -> None:
    await town.reports()
    browser = await here.visitor("c1")
    assert "已替您填好" not in await shown(browser)
    await town.takes("h1", 1, "extend", days=2, reason=f"要等配件{SCRIPT}")
    page = await shown(browser)
    form = page.split('id="step-extend"')[1].split("</form>")[0]
    assert form.startswith(" open>")
    assert '<option value="2" selected>' in form
    assert "要等配件" in form
    assert SCRIPT not in form
    assert "已替您填好" in form
    assert "已替您填好" not in await shown(await here.visitor("h1"))
    town.later(minutes=1)
    await town.takes("h1", 1, "transfer", unit="株洲供电公司", reason="是杆子的事")
    page = await shown(browser)  # what was asked for last
    form = page.split('id="step-transfer"')[1].split("</form>")[0]
    assert 'value="株洲供电公司"' in form
    assert 'id="step-extend" open' not in page
    town.later(minutes=1)
    answer = await sends(browser, "steps/transfer", {"unit": "株洲供电公司", "reason": "同意"})
    assert answer.status_code == 303
    assert "已替您填好" not in await shown(browser)


@pytest.mark.parametrize(("who", "code"), [("h1", 400), ("i1", 400), ("l1", 400), ("li", 404)])
async def test_only_coordinators_say_no_and_only_to_a_wish(
    here: Here, town: Town, who: str, code: int
) -> None:
    await town.reports()
    refused = await sends(await here.visitor("c1"), "decline", {"reason": "不行"})
    assert refused.status_code == 400
    assert "没有等专班决定的申请" in refused.text
    await town.takes("h1", 1, "return", reason="不归我们")
    browser = await here.visitor(who)
    if code == 400:
        assert 'id="step-decline"' not in await shown(browser)
    # with what such a form would carry
    fields = {"seal": await seal(browser), "seq": "99", "reason": "不行"}
    assert (await browser.post("/tickets/1/decline", data=fields)).status_code == code
    assert [step for step, _ in await town.events()] == ["open", "assign"]


async def test_a_transfer_names_units_and_leaves_the_deadline(here: Here, town: Town) -> None:
    await town.reports()
    browser = await here.visitor("c1")
    fields: dict[str, str | list[str]] = {"unit": "株洲供电公司", "assisting": ["市自规局", ""]}
    await sends(browser, "steps/transfer", fields)
    ticket, page = await town.ticket(), await shown(browser)
    assert (ticket.assisting, ticket.due_at) == (["市自规局"], at("04-11 17:30"))
    assert "<dd>株洲供电公司</dd>" in page
    assert "<dd>市自规局</dd>" in page


async def test_a_resumption_says_the_new_date_beforehand(here: Here, town: Town) -> None:
    await town.reports()
    await town.takes("h1", 1, "accept")
    await town.takes("c1", 1, "suspend", reason="等规划")
    town.now = at("04-06 09:00")
    browser = await here.visitor("c1")
    page = await shown(browser)
    assert "新的时限是4月13日17:30" in page
    assert "挂账" in page
    await sends(browser, "steps/resume", {})
    assert (await town.ticket()).due_at == at("04-13 17:30")


async def test_what_was_read_wrongly_is_set_right(here: Here, town: Town) -> None:
    await town.reports()
    browser = await here.visitor("c1")
    fields = {
        "category": "utilities", "district": "荷塘区", "enterprise": "湖南立方新能源科技有限公司",
        "address": f"新马路{SCRIPT}", "urgent": "yes",
    }  # fmt: skip
    await sends(browser, "steps/edit", fields)
    ticket, page = await town.ticket(), await shown(browser)
    assert (ticket.category, ticket.district, ticket.urgent) == ("utilities", "荷塘区", True)
    edited = (await town.chain())[-1].words
    assert edited == f"category=utilities;district=荷塘区;address=新马路{SCRIPT};urgent=True"
    assert "类别改为“水电气网”,区县改为“荷塘区”,地点改为“新马路&lt;script&gt;" in page
    assert "列为紧急" in page
    assert SCRIPT not in page


async def test_tickets_are_merged_into_what_they_resemble(here: Here, town: Town) -> None:
    await town.reports()
    await town.reports("wang")
    browser = await here.visitor("c1")
    assert '<option value="1">' in await shown(browser, 2)
    await sends(browser, "steps/merge", {"into": "#1"}, no=2)
    merged = await town.ticket(2)
    assert (merged.status, merged.merged_into) == ("merged", 1)
    assert "已并入" in await shown(browser, 2)
    assert "<h3>并入本件</h3>" in await shown(browser, 1)


# --- what can't be done ---------------------------------------------------------------------------


async def test_where_something_happened_meanwhile_nothing_is_done(here: Here, town: Town) -> None:
    await town.reports()
    browser = await here.visitor("c1")
    seen = re.search(r'name="seq" value="(\d+)"', await shown(browser))
    assert seen is not None
    await town.takes("h1", 1, "accept", text="马上到")
    fields = {"seal": await seal(browser), "seq": seen[1], "reason": "不归我们管"}
    answer = await browser.post("/tickets/1/steps/reject", data=fields)
    assert answer.status_code == 409
    assert (await town.ticket()).status == "accepted"
    assert "“不予受理”还没有执行" in answer.text
    assert re.search(r"<li>4月3日09:00 天元区城管局-李科:签收\(马上到\)</li>", answer.text)
    assert "<textarea" in answer.text
    assert ">不归我们管</textarea>" in answer.text
    again = re.search(r'name="seq" value="(\d+)"', answer.text)
    assert again is not None
    await browser.post("/tickets/1/steps/reject", data={**fields, "seq": again[1]})
    assert (await town.ticket()).status == "rejected"


async def test_a_refusal_comes_back_with_what_was_typed(here: Here, town: Town) -> None:
    await town.reports()
    browser = await here.visitor("c1")
    answer = await sends(
        browser, "steps/transfer", {"unit": f"没有局{SCRIPT}", "reason": "应由他们办"}
    )
    assert answer.status_code == 400
    assert "没有名为“没有局" in answer.text
    assert SCRIPT not in answer.text
    assert "应由他们办</textarea>" in answer.text
    assert '<details class="step" id="step-transfer" open>' in answer.text
    assert [step for step, _ in await town.events()] == ["open", "assign"]


NOT_THEIRS = [
    ("zhang", "steps/resolve"), ("zhang", "reply"), ("h1", "steps/reject"), ("i1", "steps/assign"),
    ("l1", "steps/confirm"), ("l1", "reply"), ("a1", "steps/edit"), ("a1", "reply"),
    ("c1", "steps/silence"), ("c1", "steps/open"), ("c1", "steps/nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("member", "path"), NOT_THEIRS)
async def test_what_is_not_theirs_is_refused(
    here: Here, town: Town, member: str, path: str
) -> None:
    await town.reports()
    before = await town.count()
    browser = await here.visitor(member)
    fields = {"reason": "x", "text": "x", "unit": "市自规局", "district": "荷塘区", "seq": "9"}
    answer = await sends(browser, path, fields)
    assert answer.status_code == 400
    assert 'class="alert" role="alert"' in answer.text
    assert (len(await town.events()), await town.count()) == (2, before)


HIDDEN = ["", "/steps/confirm", "/steps/edit", "/reply", "/follow"]


@pytest.mark.parametrize("path", HIDDEN)
@pytest.mark.parametrize(("member", "no"), [("li", 1), ("h3", 1), ("c1", 2), ("zhang", 2)])
async def test_what_somebody_may_not_see_is_not_there_for_any_form(
    here: Here, town: Town, path: str, member: str, no: int
) -> None:
    await town.reports()
    await town.says("zhang", "有人要回扣", "report_misconduct")
    browser = await here.visitor(member)
    sealed = {"seal": await seal(browser), "seq": "99", "text": "x", "on": "yes"}
    method = "POST" if path else "GET"
    answers = [
        await browser.request(method, f"/tickets/{number}{path}", data=sealed)
        for number in (no, 77)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text == answers[1].text


async def test_a_form_without_its_seal_does_nothing(here: Here, town: Town) -> None:
    await town.reports()
    browser = await here.visitor("c1")
    for path in ("1/steps/confirm", "1/reply", "1/follow", "new"):
        answer = await browser.post(f"/tickets/{path}", data={"text": "x", "seq": "9"})
        assert answer.status_code == 403
    assert len(await town.events()) == 2


HUGE = "9" * 30
ODD = [
    ("steps/reject", {"seq": HUGE, "reason": "x"}), ("steps/reject", {"seq": "\x00"}),
    ("steps/reject", {"seq": "-1"}), ("steps/reject", {"seq": "１"}), ("steps/reject", {}),
    ("steps/reject", {"reason": "\x00"}), ("steps/reject", {"reason": "长" * 100_000}),
    ("steps/extend", {"days": HUGE, "reason": "x"}), ("steps/extend", {"days": "-1"}),
    ("steps/extend", {"days": "１", "reason": "x"}), ("steps/merge", {"into": HUGE}),
    ("steps/merge", {"into": "\x00"}), ("steps/merge", {"into": "1"}), ("steps/merge", {}),
    ("steps/transfer", {"unit": "\x00"}), ("steps/transfer", {"unit": "x" * 5000}),
    ("steps/transfer", {"unit": "市自规局", "assisting": ["\x00x"] * 50}),
    ("steps/confirm", {"rating": "great"}), ("steps/edit", {"category": "none"}),
    ("steps/edit", {"urgent": "perhaps"}), ("steps/edit", {"address": "x" * 2001}),
    ("steps/recheck", {"passed": "maybe"}), ("steps/%00", {}), (f"steps/{HUGE * 300}", {}),
    ("reply", {}), ("reply", {"text": "\x00"}), ("reply", {"text": "长" * 100_000}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "fields"), ODD)
async def test_an_odd_form_is_refused_and_nothing_is_done(
    here: Here, town: Town, path: str, fields: dict[str, str | list[str]]
) -> None:
    await town.reports()
    before = await town.count()
    answer = await sends(await here.visitor("c1"), path, fields)
    assert answer.status_code in {400, 409}
    assert 'role="alert"' in answer.text
    assert (len(await town.events()), await town.count()) == (2, before)


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
