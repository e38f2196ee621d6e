"""Routes, policies, days and the year's notice: what would come of a change, and what comes."""

from datetime import date, datetime

import pytest
from sqlmodel import col

from actions.deadlines import ZONE
from storage.models import Day, Route, Setting
from tests.bot.calendars.notices import NOTICES
from tests.bot.console.conftest import Console
from tests.bot.console.register.sent import agree, hidden, lines, rows, send
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded

ROUTE = "/register/routes/edit?category=traffic&district=%E5%A4%A9%E5%85%83%E5%8C%BA"


def at(month: int, day: int, hour: int = 17, minute: int = 30) -> datetime:
    return datetime(2023, month, day, hour, minute, tzinfo=ZONE)


# --- routes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("category=traffic&district=天元区", "交给 <strong>天元区城管局</strong>"),
        ("category=traffic&district=荷塘区", "交给 <strong>市自规局</strong>"),
        ("category=traffic", "交给 <strong>市自规局</strong>"),
        ("category=land", "没有合适的路由,留给专班交办"),
        ("q=路灯坏了&district=天元区", "交给 <strong>天元区城管局</strong>"),
        ("q=路灯坏了", "读作<strong>反映问题</strong>,把握 95%"),
    ],
)
async def test_a_try_out_says_who_would_get_it_and_why(
    shared: Console, query: str, said: str
) -> None:
    page = (await (await shared.visitor("c1")).get(f"/register/routes?{query}")).text
    assert said in page


async def test_of_the_routes_that_fit_the_best_stands_first_with_its_reason(
    shared: Console,
) -> None:
    browser = await shared.visitor("l1")
    page = (await browser.get("/register/routes?category=traffic&district=天元区")).text
    first, second = page.index("类别和区县都指定,最贴近"), page.index("只指定类别,也合适")
    assert first < second


async def test_a_route_is_changed_and_the_next_ticket_follows_it(
    console: Console, town: Town
) -> None:
    before = await town.reports()
    browser = await console.visitor("a1")
    assert (await send(browser, ROUTE, unit="株洲供电公司")).status_code == 303
    after = await town.reports("li")
    units = [(await town.ticket(no)).unit_id for no in (before, after)]
    assert units[0] != units[1]
    assert await lines(console, "route") == [
        ("a1", "traffic/天元区", {"unit": "天元区城管局"}, {"unit": "株洲供电公司"})
    ]
    assert "道路交通 · 天元区" in (await browser.get("/register/changes?what=route")).text


async def test_without_a_unit_the_route_behind_holds(console: Console, town: Town) -> None:
    browser = await console.visitor("a1")
    assert "不单独指定(市自规局)" in (await browser.get(ROUTE)).text
    await send(browser, ROUTE, unit="")
    assert len(await rows(console, Route)) == 2
    await send(browser, ROUTE, unit="天元区城管局")
    assert len(await rows(console, Route)) == 3


# --- policies -----------------------------------------------------------------------------------


async def test_every_rule_stands_there_in_words_with_its_default(shared: Console) -> None:
    page = (await (await shared.visitor("l1")).get("/register/policies")).text
    assert page.count('class="text"><a href="/register/policies/') == 23
    assert "企业反映问题后,要在第几个工作日下班前办结。" in page
    assert "修改" not in page.partition("<tbody>")[2]


async def test_a_rule_says_beforehand_what_it_moves_and_then_moves_it(
    console: Console, town: Town
) -> None:
    no = await town.reports()
    browser, path = await console.visitor("a1"), "/register/policies/close_of_business"
    asked = await send(browser, path, value="18:00")
    assert asked.status_code == 200
    assert "1 件在办工单的时限会变" in asked.text
    assert "4月11日17:30 → 4月11日18:00" in asked.text
    assert (await town.ticket(no)).due_at == at(4, 11)
    done = await agree(browser, path, asked.text, value="18:00")
    assert done.status_code == 303
    assert (await town.ticket(no)).due_at == at(4, 11, 18, 0)
    assert ("recount", "assigned") in await town.events(no)
    assert await lines(console, "setting") == [
        ("a1", "close_of_business", {"value": "17:30"}, {"value": "18:00", "moved": 1})
    ]


async def test_a_span_touches_only_what_comes_after(console: Console, town: Town) -> None:
    before = await town.reports()
    browser, path = await console.visitor("a1"), "/register/policies/issue_resolve_days"
    asked = await send(browser, path, value="7")
    assert "在办工单的时限不变" in asked.text
    await agree(browser, path, asked.text, value="7")
    after = await town.reports()
    assert [(await town.ticket(no)).due_at for no in (before, after)] == [at(4, 11), at(4, 13)]


async def test_what_was_not_agreed_to_is_asked_again(console: Console, town: Town) -> None:
    browser, path = await console.visitor("a1"), "/register/policies/silence_days"
    asked = await send(browser, path, value="4")
    other = await agree(browser, path, asked.text, value="9")
    assert other.status_code == 200
    assert "就这样改" in other.text
    assert await lines(console, "setting") == []


async def test_a_rule_goes_back_to_its_default(console: Console, town: Town) -> None:
    browser, path = await console.visitor("a1"), "/register/policies/silence_days"
    await agree(browser, path, (await send(browser, path, value="4")).text, value="4")
    assert "恢复默认" in (await browser.get(path)).text
    asked = await send(browser, path, reset="yes")
    await agree(browser, path, asked.text, value="3")
    assert await rows(console, Setting, Setting.key == "silence_days") == []
    assert "恢复默认" not in (await browser.get(path)).text
    assert [became for *_, became in await lines(console, "setting")] == [
        {"value": "4"}, {"value": "3"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "value", "said"),
    [
        ("silence_days", "0", "应是1 到 1000 之间的整数"),
        ("silence_days", "1001", "应是1 到 1000 之间的整数"),
        ("silence_days", "2.5", "应是1 到 1000 之间的整数"), ("silence_days", "", "整数"),
        ("confidence_threshold", "1.5", "应是0 到 1 之间的数"),
        ("close_of_business", "25:00", "这样的时刻"), ("close_of_business", "17", "这样的时刻"),
    ],
)  # fmt: skip
async def test_a_value_out_of_bounds_is_refused_in_words(
    shared: Console, rule: str, value: str, said: str
) -> None:
    answer = await send(await shared.visitor("a1"), f"/register/policies/{rule}", value=value)
    assert answer.status_code == 422
    assert said in answer.text


async def test_a_rule_that_changed_meanwhile_is_shown(console: Console, town: Town) -> None:
    browser, path = await console.visitor("a1"), "/register/policies/silence_days"
    seen = (await browser.get(path)).text
    await agree(browser, path, (await send(browser, path, value="4")).text, value="4")
    sent = {name: hidden(seen, name) for name in ("seal", "saw")}
    answer = await browser.post(path, data={**sent, "value": "5"})
    assert answer.status_code == 409
    assert "现在是:4" in answer.text


# --- days ---------------------------------------------------------------------------------------

DAY = "/register/calendar/2023-04-07"


async def test_a_day_off_moves_what_is_open_and_says_so_beforehand(
    console: Console, town: Town
) -> None:
    no = await town.reports()
    browser = await console.visitor("a1")
    asked = await send(browser, DAY, working="no", why="市庆典")
    assert "1 件在办工单的时限会变" in asked.text
    assert "4月11日17:30 → 4月12日17:30" in asked.text
    assert (await town.ticket(no)).due_at == at(4, 11)
    await agree(browser, DAY, asked.text, working="no", why="市庆典")
    assert (await town.ticket(no)).due_at == at(4, 12)
    (row,) = await rows(console, Day, col(Day.day) == date(2023, 4, 7))
    assert (row.working, row.why, row.source) == (False, "市庆典", "本市更正")
    (line,) = await lines(console, "day")
    assert line[3] == {"working": "no", "why": "市庆典", "source": "本市更正", "moved": 1}


async def test_a_day_goes_back_to_what_was_announced(console: Console, town: Town) -> None:
    no = await town.reports()
    browser = await console.visitor("a1")
    for fields in ({"working": "no", "why": "市庆典"}, {"reset": "yes"}):
        asked = await send(browser, DAY, **fields)
        assert hidden(asked.text, "reset") == fields.get("reset", "")
        await agree(browser, DAY, asked.text, **fields)
    (row,) = await rows(console, Day, col(Day.day) == date(2023, 4, 7))
    assert (row.working, row.why, row.source) == (True, "", "国务院办公厅通知")
    assert (await town.ticket(no)).due_at == at(4, 11)


async def test_a_confidential_ticket_is_not_told_but_moves(console: Console, town: Town) -> None:
    await town.says("li", "有人要回扣", "report_misconduct", mentions=True)
    browser = await console.visitor("a1")
    asked = await send(browser, DAY, working="no", why="市庆典")
    assert "没有在办工单的时限因此改变" in asked.text
    was = (await town.ticket(1)).due_at
    await agree(browser, DAY, asked.text, working="no", why="市庆典")
    assert (await town.ticket(1)).due_at > was
    assert "moved" not in (await lines(console, "day"))[0][3]


async def test_a_day_needs_a_reason(shared: Console) -> None:
    answer = await send(await shared.visitor("a1"), DAY, working="no", why="")
    assert answer.status_code == 422
    assert "请填写这一项" in answer.text


async def test_the_year_tells_each_day_in_words(shared: Console) -> None:
    page = (await (await shared.visitor("c1")).get("/register/calendar?year=2023")).text
    assert page.count('href="/register/calendar/2023-') == 365
    assert 'aria-label="4月5日,休息,清明节"' in page
    assert 'aria-label="4月23日,上班,劳动节调休上班"' in page


# --- the notice ---------------------------------------------------------------------------------

NOTICE = "/register/calendar/notice"
#: As if the days before the holiday had been left as they were.
CHANGED = NOTICES[2023].replace("4月5日放假，共1天", "4月5日至6日放假，共2天")


async def test_a_notice_says_beforehand_what_it_changes_and_then_does(
    console: Console, town: Town
) -> None:
    no = await town.reports()
    browser = await console.visitor("a1")
    asked = await send(browser, NOTICE, text=CHANGED)
    assert "2023年4月6日(周四) <strong>改为休息</strong>" in asked.text
    assert "1 件在办工单的时限会变" in asked.text
    assert (await town.ticket(no)).due_at == at(4, 11)
    done = await agree(browser, NOTICE, asked.text, text=CHANGED)
    assert done.status_code == 303
    assert (await town.ticket(no)).due_at == at(4, 12)
    (line,) = await lines(console, "day")
    assert line[1] == "2023"
    assert line[3]["days"] == ["2023年4月6日(周四)休息"]


async def test_a_notice_comes_as_a_file_too(console: Console, town: Town) -> None:
    browser = await console.visitor("a1")
    seal = hidden((await browser.get(NOTICE)).text, "seal")
    files = {"file": ("通知.txt", CHANGED.encode("gb18030"), "text/plain")}
    asked = await browser.post(NOTICE, data={"seal": seal}, files=files)
    assert "2023年4月6日(周四) <strong>改为休息</strong>" in asked.text
    assert "4月5日至6日放假" in asked.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "请粘贴通知全文"),
        ("明天放假", "没有写明年份"),
        (CHANGED.replace("1月28日（星期六）", "1月28日（星期五）"), "第 3 行"),
        ("长" * 100_001, "太长了"),
    ],
)
async def test_a_notice_that_can_not_be_read_changes_nothing(
    shared: Console, text: str, said: str
) -> None:
    answer = await send(await shared.visitor("a1"), NOTICE, text=text)
    assert answer.status_code == 422
    assert said in answer.text
