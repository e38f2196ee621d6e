"""The steps of a ticket: who may take which, what is said before, and what can't be done."""

import re

import pytest

from tests.bot.console.conftest import Here, seal
from tests.bot.console.ticket_page import SCRIPT, offered, sends, shown
from tests.fixtures.cast import Town, at

pytestmark = pytest.mark.embedded


# --- which steps ----------------------------------------------------------------------------------

FRESH = {
    "zhang": ["催办", "确认销号", "撤回"],
    "wang": ["催办", "确认销号", "撤回"],
    "h1": ["签收", "反馈进展", "办结", "申请延期", "申请转办", "申请退回", "在群里回复"],
    "c1": ["延期", "转办", "退回", "催办", "修改", "确认销号", "并案", "不予受理", "在群里回复"],
    "i1": ["催办", "在群里回复"],
    "l1": ["催办"],
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


async def test_a_leader_urges_and_not_twice(here: Here, town: Town) -> None:
    await town.reports()
    browser = await here.visitor("l1")
    page = await shown(browser)
    assert "承办人马上收到您的催办,时限不变(4月11日17:30前办结),群里不会说。" in page
    answer = await sends(browser, "steps/urge", {"text": f"请抓紧{SCRIPT}"})
    assert answer.headers["location"] == "/tickets/1?did=urge"
    page = await shown(browser)
    assert offered(page) == []
    assert "4月3日09:00刚催过,4月3日13:00后可以再催" in page
    assert "请抓紧&lt;script&gt;" in page
    assert SCRIPT not in page
    assert {who for who, *_ in await town.told("urge")} == {"h1", "h2", "h9"}


async def test_whom_an_urging_reaches_is_said_before(here: Here, town: Town) -> None:
    await town.reports(category=None)
    await town.reports()
    browser = await here.visitor("i1")
    assert "专班马上收到您的催办" in await shown(browser, 1)
    page = await shown(browser, 2)
    assert "承办人马上收到您的催办" in page
    assert "附言记在办理经过里,企业也看得到" in page
    assert "附言记在" not in await shown(await here.visitor("zhang"), 2)


async def test_a_form_is_not_stale_because_somebody_urged(here: Here, town: Town) -> None:
    await town.reports()
    browser = await here.visitor("h1")
    page = await shown(browser)
    fields = {
        name: re.findall(rf'name="{name}" value="(\w+)"', page)[0] for name in ("seal", "seq")
    }
    await town.takes("l1", 1, "urge")
    answer = await browser.post("/tickets/1/steps/accept", data=fields)
    assert answer.status_code == 303
    assert (await town.ticket()).status == "accepted"


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
