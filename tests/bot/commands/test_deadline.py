"""`deadline explain`: every day of both deadlines, with its reason, on 80 columns."""

from collections.abc import Sequence
from typing import Any

import pytest
from rich.cells import cell_len

from actions.deadlines import Clock
from bot.commands import deadline
from storage import calendar
from storage.models import Day
from tests.fixtures.cast import Town, at

pytestmark = pytest.mark.embedded

COLUMNS = 80


async def lines(town: Town, no: int = 1) -> list[str]:
    ticket = await town.ticket(no)
    async with town.database.transaction() as session:
        return list(deadline.lines(ticket, await Clock.read(session)))


async def takes(town: Town, *steps: tuple[str, str, dict[str, Any]]) -> None:
    for who, step, args in steps:
        await town.takes(who, 1, step, **args)


def part(said: Sequence[str], title: str) -> list[str]:
    """What is said of one deadline, without indentation."""
    start = next(number for number, line in enumerate(said) if line.startswith(title))
    rest = [line.strip() for line in said[start:]]
    return rest[: rest.index("")] if "" in rest else rest


async def test_each_day_is_counted_or_skipped_for_a_reason(town: Town) -> None:
    await town.reports()
    assert part(await lines(town), "办结时限") == [
        "办结时限 2023年4月11日17:30",
        "登记:2023年4月3日09:00,自次日起算 5 个工作日",
        "4月4日 周二  第 1 个工作日",
        "4月5日 周三  跳过:清明节",
        "4月6日 周四  第 2 个工作日",
        "4月7日 周五  第 3 个工作日",
        "4月8日 周六  跳过:周末",
        "4月9日 周日  跳过:周末",
        "4月10日 周一  第 4 个工作日",
        "4月11日 周二  第 5 个工作日",
        "→ 2023年4月11日17:30",
    ]


async def test_both_deadlines_are_explained(town: Town) -> None:
    await town.reports()
    said = await lines(town)
    assert said[0] == "#1 诉求,已交办"
    assert part(said, "响应时限")[0] == "响应时限 2023年4月7日17:30"
    assert part(said, "响应时限")[-1] == "→ 2023年4月7日17:30"


async def test_a_make_up_day_says_that_it_is_one(town: Town) -> None:
    town.now = at("04-20 09:00")
    await town.reports()
    assert "    4月23日 周日  第 2 个工作日:劳动节调休上班" in await lines(town)


async def test_an_urgent_ticket_counts_hours(town: Town) -> None:
    await town.reports(text="全厂停电了", category="utilities")
    said = await lines(town)
    assert said[0] == "#1 紧急诉求,已交办"
    assert part(said, "办结时限") == [
        "办结时限 2023年4月4日09:00",
        "紧急:自 2023年4月3日09:00 起 24 小时,不分昼夜和节假日",
        "→ 2023年4月4日09:00",
    ]


async def test_an_extension_counts_on_from_the_old_deadline(town: Town) -> None:
    await town.reports()
    await takes(town, ("c1", "extend", {"days": 2, "reason": "等材料"}))
    said = part(await lines(town), "办结时限")
    assert said[-4:] == [
        "延期:2023年4月11日17:30,自原时限的次日起算 2 个工作日",
        "4月12日 周三  第 1 个工作日",
        "4月13日 周四  第 2 个工作日",
        "→ 2023年4月13日17:30",
    ]


async def test_a_pause_is_told_and_made_up_for(town: Town) -> None:
    await town.reports()
    await takes(town, ("h1", "accept", {}), ("c1", "suspend", {"reason": "等材料"}))
    said = await lines(town)
    assert said[-1] == "2023年4月3日09:00起挂账,停止计时;恢复办理时按其间的工作日顺延。"
    town.now = at("04-06 10:00")
    await takes(town, ("c1", "resume", {}))
    assert part(await lines(town), "办结时限")[-8:] == [
        "挂账:2023年4月3日09:00 至 2023年4月6日10:00 停止计时",
        "4月4日 周二  第 1 个工作日",
        "4月5日 周三  跳过:清明节",
        "4月6日 周四  第 2 个工作日",
        "其间 2 个工作日,自原时限 2023年4月11日17:30 的次日起顺延 2 个工作日",
        "4月12日 周三  第 1 个工作日",
        "4月13日 周四  第 2 个工作日",
        "→ 2023年4月13日17:30",
    ]


async def test_a_pause_of_an_urgent_ticket_is_told_in_hours(town: Town) -> None:
    await town.reports(text="全厂停电了", category="utilities")
    await takes(town, ("h3", "accept", {}), ("c1", "suspend", {"reason": "等材料"}))
    town.later(hours=3, minutes=5)
    await takes(town, ("c1", "resume", {}))
    said = part(await lines(town), "办结时限")
    assert said[-2:] == ["停 3 小时 5 分钟,时限顺延同样长", "→ 2023年4月4日12:05"]


async def test_reopening_starts_anew(town: Town) -> None:
    await town.reports()
    await takes(town, ("h1", "resolve", {"text": "修好了"}), ("zhang", "dispute", {"reason": "没"}))
    said = part(await lines(town), "响应时限")
    assert said[1] == "重办:2023年4月3日09:00,自次日起算 1 个工作日"


async def test_a_guess_is_marked_as_one(town: Town) -> None:
    town.now = at("04-03 09:00").replace(year=2029)
    await town.reports()
    said = await lines(town)
    assert all(line.endswith("(推算)") for line in said if "个工作日" in line and "月" in line[:7])
    assert "导入通知" in said[-1]


async def test_where_the_calendar_was_changed_since_it_says_so(town: Town) -> None:
    await town.reports()
    day = Day(day=at("04-10 00:00").date(), working=False, why="停电", source="x", official=True)
    async with town.database.transaction() as session:
        await calendar.put(session, [day])
    said = await lines(town)
    assert "    4月10日 周一  跳过:停电" in said
    assert said[-1].startswith("  按现在的日历和设置应是 2023年4月12日17:30")


async def test_no_line_is_wider_than_a_terminal(town: Town) -> None:
    town.now = at("09-25 09:00").replace(year=2029)
    await town.reports()
    await takes(town, ("h1", "accept", {}), ("c1", "suspend", {"reason": "等"}))
    town.later(days=10)
    await takes(
        town, ("c1", "resume", {}), ("c1", "extend", {"days": 10, "reason": "等"}),
        ("c1", "suspend", {"reason": "等"}),
    )  # fmt: skip
    async with town.database.transaction() as session:
        await calendar.put(session, [Day(day=town.now.date(), working=False, why="中秋节调休上班",
                                         source="x", official=False)])  # fmt: skip
    assert max(cell_len(line) for line in await lines(town)) <= COLUMNS
