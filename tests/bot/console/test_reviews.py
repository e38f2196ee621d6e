"""待审: who judges what, what is shown of it, and what comes of each decision."""

import asyncio
import html
import json
import re
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from storage import reviews
from storage.models import Message, Review
from tests.bot.console.conftest import PHONE, Console, seal
from tests.fixtures.cast import REPORT, Town

pytestmark = pytest.mark.embedded

PLACE = {"address": "新马路"}
EMOJI = "😀新马路的灯😀又黑了"


async def unsure(town: Town, text: str = REPORT, intent: str = "report_issue", **more: Any) -> int:
    """Somebody says what nobody is sure of; its number on the list."""
    said: dict[str, Any] = {"category": "traffic", "confidence": 0.4, **more}
    await town.says(said.pop("who", "zhang"), text, intent, **said)
    async with town.database.transaction() as session:
        return (await reviews.open_(session))[-1][0].id or 0


async def misconduct(town: Town, text: str = "他张口就要烟") -> int:
    return await unsure(town, text, "report_misconduct", category=None)


async def decided(town: Town, number: int) -> tuple[Review, Message]:
    async with town.database.transaction() as session:
        found = await reviews.get(session, number)
    assert found is not None
    return found


def listed(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<li class="review" id="r(\d+)"', page)]


async def judge(
    browser: httpx.AsyncClient, number: int, verdict: str = "open", **fields: str
) -> httpx.Response:
    said = {"seal": await seal(browser), "verdict": verdict, **fields}
    return await browser.post(f"/reviews/{number}", data=said)


def marks(*spans: Sequence[Any]) -> str:
    return json.dumps([dict(zip(("entity", "start", "end"), span, strict=True)) for span in spans])


@pytest.mark.parametrize("member", ["zhang", "h1", "l1", "a1"])
async def test_others_judge_nothing(console: Console, town: Town, member: str) -> None:
    number = await unsure(town)
    browser = await console.visitor(member)
    assert (await browser.get("/reviews")).status_code == 403
    assert (await browser.get(f"/reviews/{number}/outcome")).status_code == 403
    assert (await judge(browser, number)).status_code == 403
    assert (await decided(town, number))[0].decided_at is None


async def test_what_may_be_misconduct_is_for_inspectors_and_all_else_for_coordinators(
    console: Console, town: Town
) -> None:
    plain, secret = await unsure(town), await misconduct(town)
    for member, mine, other in (("c1", plain, secret), ("i1", secret, plain)):
        browser = await console.visitor(member)
        page = (await browser.get("/reviews")).text
        assert listed(page) == [mine]
        assert '等您判断 <strong class="count">1</strong> 条' in page
        assert (await browser.get(f"/reviews/{other}/outcome")).status_code == 404
        refused = await judge(browser, other)
        assert refused.status_code == 400
        assert "不在您的待审列表里" in refused.text
    assert "他张口就要烟" not in (await (await console.visitor("c1")).get("/reviews")).text


async def test_a_row_tells_who_where_when_what_was_guessed_and_what_would_come(
    console: Console, town: Town
) -> None:
    await unsure(town, f"{REPORT},{PHONE}", entities={"phone": PHONE, **PLACE})
    page = (await (await console.visitor("c1")).get("/reviews")).text
    for shown in (
        "制造名城-天元区-1群", "立方新能源-张三", "4月3日09:00",
        "<strong>反映问题</strong>,把握不大(40%)", "<strong>道路交通</strong>,把握较大(90%)",
        '<mark data-entity="address" data-name="地点">新马路</mark>',
        f'data-name="电话">{PHONE}</mark>', "交办给天元区城管局", "4月11日17:30前办结",
    ):  # fmt: skip
        assert shown in page


async def test_two_messages_before_and_two_after_stand_around_it(
    console: Console, town: Town
) -> None:
    for word in "甲乙丙":
        await town.says("li", f"前{word}", "chitchat")
    await town.says("li", "别群", "chitchat", group="g2")
    await unsure(town)
    for word in "甲乙丙":
        await town.says("li", f"后{word}", "chitchat")
    page = (await (await console.visitor("c1")).get("/reviews")).text
    assert re.findall(r"[前后][甲乙丙]", page) == ["前乙", "前丙", "后甲", "后乙"]
    assert "别群" not in page


async def test_misconduct_beside_it_is_hidden_from_coordinators(
    console: Console, town: Town
) -> None:
    await town.says("li", "科长收了红包", "report_misconduct")
    await unsure(town)
    await misconduct(town)
    page = (await (await console.visitor("c1")).get("/reviews")).text
    assert "科长收了红包" not in page
    assert "他张口就要烟" not in page
    assert page.count("有人说了一句话,内容不在此显示") == 2
    assert "李四" not in page
    theirs = (await (await console.visitor("i1")).get("/reviews")).text
    assert "科长收了红包" in theirs


async def test_as_guessed_it_is_opened_and_the_next_row_comes(console: Console, town: Town) -> None:
    first, second = await unsure(town), await unsure(town, "又断水了", category="utilities")
    browser = await console.visitor("c1")
    answer = await judge(browser, first)
    assert answer.headers["location"] == f"/reviews?after=0&done={first}#rows"
    page = (await browser.get(answer.headers["location"])).text
    assert listed(page) == [second]
    assert '反映问题(道路交通),已登记 <a href="/tickets/1">#1</a>' in page
    review, _ = await decided(town, first)
    assert review.by == "c1"
    assert (await town.ticket(1)).category == "traffic"


async def test_corrected_it_is_opened_as_corrected(console: Console, town: Town) -> None:
    number = await unsure(town, EMOJI, "urge", category=None)
    answer = await judge(
        await console.visitor("c1"), number, intent="report_issue", category="facilities",
        entities=marks(("address", 1, 4)),
    )  # fmt: skip
    assert answer.status_code == 303
    ticket = await town.ticket(1)
    assert (ticket.category, ticket.address) == ("facilities", "新马路")


async def test_places_count_code_points_also_behind_an_emoji(console: Console, town: Town) -> None:
    number = await unsure(town, EMOJI)
    row = re.search(
        r'data-row="([^"]+)"', (await (await console.visitor("c1")).get("/reviews")).text
    )
    assert row is not None
    assert json.loads(html.unescape(row[1]))["text"] == EMOJI
    await judge(await console.visitor("c1"), number, "keep", entities=marks(("time", 7, 9)))
    review, _ = await decided(town, number)
    assert [span["value"] for span in review.decision["entities"]] == ["又黑"]


async def test_as_talk_it_opens_nothing_and_is_learned_as_talk(
    console: Console, town: Town
) -> None:
    number = await unsure(town)
    browser = await console.visitor("c1")
    answer = await judge(browser, number, "talk", intent="report_issue", category="traffic")
    page = (await browser.get(answer.headers["location"])).text
    assert "没有登记工单" in page
    assert "都判断完了" in page
    review, _ = await decided(town, number)
    assert (review.decision["intent"]["name"], review.decision["opens"]) == ("chitchat", False)
    assert await town.tickets() == []


async def test_kept_it_opens_nothing_and_stays_what_it_is(console: Console, town: Town) -> None:
    number = await unsure(town, who="h1", confidence=0.9)
    assert "工作人员转述" in (await (await console.visitor("c1")).get("/reviews")).text
    await judge(await console.visitor("c1"), number, "keep")
    review, _ = await decided(town, number)
    assert (review.decision["intent"]["name"], review.decision["opens"]) == ("report_issue", False)
    assert await town.tickets() == []


async def test_without_script_marks_are_written_in_lines(console: Console, town: Town) -> None:
    number = await unsure(town, entities=PLACE)
    browser = await console.visitor("c1")
    assert "地点=新马路" in (await browser.get("/reviews")).text
    await judge(browser, number, marks="地点=栗雨工业园\n 时长 ＝ 一周 \n\n", entities="[]")
    review, _ = await decided(town, number)
    found = [(span["entity"], span["value"]) for span in review.decision["entities"]]
    assert found == [("address", "栗雨工业园"), ("duration", "一周")]


async def test_who_comes_late_hears_who_decided_what(console: Console, town: Town) -> None:
    number = await unsure(town)
    await judge(await console.visitor("c2"), number)
    late = await judge(await console.visitor("c1"), number, "talk")
    assert late.status_code == 409
    assert "刘洋 已在" in late.text
    assert '反映问题(道路交通),已登记 <a href="/tickets/1">#1</a>' in late.text
    assert len(await town.tickets()) == 1


async def test_two_at_once_open_one_ticket(console: Console, town: Town) -> None:
    number = await unsure(town)
    one, other = await console.visitor("c1"), await console.visitor("c2")
    answers = await asyncio.gather(judge(one, number), judge(other, number))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert len(await town.tickets()) == 1


async def test_what_turns_out_to_be_misconduct_leaves_no_number_with_a_coordinator(
    console: Console, town: Town
) -> None:
    number = await unsure(town, "办事要红包")
    browser = await console.visitor("c1")
    answer = await judge(browser, number, intent="report_misconduct")
    page = (await browser.get(answer.headers["location"])).text
    assert "已登记,由纪检办理" in page
    assert "/tickets/1" not in page
    assert (await town.ticket(1)).confidential


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"intent": "urge"}, "“催办”不登记工单"),
        ({"intent": "nonsense"}, "标注不对"),
        ({"intent": "consult", "category": "nonsense"}, "标注不对"),
        ({"entities": "{"}, "标注没有读懂"),
        ({"entities": "[" * 40_000}, "标注没有读懂"),
        ({"entities": "null"}, "标注没有读懂"),
        ({"entities": '[{"entity":"address","start":true,"end":2}]'}, "标注没有读懂"),
        ({"entities": '[{"entity":"address","start":0,"end":2,"value":"x"}]'}, "标注没有读懂"),
        ({"entities": '[{"entity":"\\ud800","start":0,"end":2}]'}, "标注没有读懂"),
        ({"entities": marks(("address", 0, 99))}, "标注不对"),
        ({"entities": marks(("address", -3, 2))}, "标注不对"),
        ({"entities": marks(("address", 2, 2))}, "标注不对"),
        ({"entities": marks(("address", 0, 2**70))}, "标注不对"),
        ({"entities": marks(("nonsense", 0, 2))}, "标注不对"),
        ({"entities": marks(("address", 0, 3), ("time", 2, 4))}, "标注不对"),
        ({"marks": "地点=别处"}, "照抄原文"),
        ({"marks": "\x00"}, ""),
        ({"marks": "种类=新马路"}, "照抄原文"),
        ({"marks": "地点="}, "照抄原文"),
    ],
)
async def test_what_makes_no_sense_is_said_and_changes_nothing(
    console: Console, town: Town, fields: dict[str, str], why: str
) -> None:
    number = await unsure(town)
    answer = await judge(await console.visitor("c1"), number, **fields)
    if not why:
        assert answer.status_code == 303
        return
    assert answer.status_code == 400
    assert f"第 {number} 条没有处理" in answer.text
    assert why in answer.text
    assert await town.tickets() == []
    assert (await decided(town, number))[0].decided_at is None


async def test_what_becomes_a_report_needs_a_category(console: Console, town: Town) -> None:
    number = await unsure(town, intent="urge", category=None)
    browser = await console.visitor("c1")
    assert "要选一个类别" in (await judge(browser, number, intent="report_issue")).text
    outcome = await browser.get(f"/reviews/{number}/outcome?intent=report_issue")
    assert "要选一个类别" in outcome.text


OUTCOMES = [
    ("", "交办给天元区城管局"), ("?intent=urge", "不登记工单"),
    ("?intent=report_issue&category=utilities", "交办给株洲供电公司"),
    ("?intent=report_issue&category=tax", "没有路由"),
    ("?intent=report_misconduct", "只有纪检看得到"),
    ("?intent=%00", "标注不对"), ("?category=%FF", "标注不对"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "said"), OUTCOMES)
async def test_what_would_come_of_it_is_said_beforehand(
    console: Console, town: Town, query: str, said: str
) -> None:
    number = await unsure(town)
    answer = await (await console.visitor("c1")).get(f"/reviews/{number}/outcome{query}")
    assert answer.status_code == 200
    assert said in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/reviews?after=-1", f"/reviews?after={2**63}", "/reviews?after=%00", "/reviews?done=x",
        f"/reviews/{2**40}/outcome", "/reviews/0/outcome", "/reviews/99/outcome",
        "/reviews/x/outcome",
    ],
)  # fmt: skip
async def test_odd_addresses_are_not_there(shared: Console, path: str) -> None:
    assert (await (await shared.visitor("c1")).get(path)).status_code == 404


async def test_odd_forms_are_no_failure_of_ours(console: Console, town: Town) -> None:
    number = await unsure(town)
    browser = await console.visitor("c1")
    assert (await judge(browser, number, "explode")).status_code == 400
    assert (await judge(browser, number, after="-1")).status_code == 400
    assert (await judge(browser, number, intent="x" * 51)).status_code == 400
    assert (await judge(browser, number, entities="x" * 50_001)).status_code == 400
    assert (await judge(browser, 2**40)).status_code == 404
    assert (await browser.post(f"/reviews/{number}", data={"verdict": "open"})).status_code == 403
    assert await town.tickets() == []


async def test_what_people_write_is_never_markup(console: Console, town: Town) -> None:
    text = "</div><script>alert(1)</script>\"'灯坏了"
    await town.says("li", text, "chitchat", name=text)
    await unsure(town, text, entities={"project": "<script>"}, name=text, images=[text])
    await town.says("li", text, "chitchat")
    page = (await (await console.visitor("c1")).get("/reviews")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


async def test_a_list_is_paged_by_its_last_row(console: Console, town: Town) -> None:
    numbers = [await unsure(town, f"第{n}处的灯坏了") for n in range(18)]
    browser = await console.visitor("c1")
    first = (await browser.get("/reviews")).text
    assert listed(first) == numbers[:15]
    assert '等您判断 <strong class="count">18</strong> 条' in first
    assert f'href="?after={numbers[14]}">后面的' in first
    assert listed((await browser.get(f"/reviews?after={numbers[14]}")).text) == numbers[15:]
    end = (await browser.get(f"/reviews?after={numbers[-1]}")).text
    assert "前面还有 18 条" in end
