"""`deadline explain`: how a ticket's deadlines came about, day by day."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated

import typer

from actions import terms
from actions.calendar import Judged
from actions.deadlines import Clock, Deadline, Part, local
from actions.names import name
from actions.render import day as shown_day
from actions.render import moment
from bot.calendars.year import WEEKDAYS
from bot.commands.database import with_database
from bot.commands.talk import Data, Failed, show
from storage import tickets
from storage.database import Database
from storage.models import Ticket

commands = typer.Typer(help="时限:为什么是这一天。", no_args_is_help=True)


@commands.command()
def explain(
    number: Annotated[str, typer.Argument(metavar="编号", help="工单编号,例如 1024")],
    data: Data = None,
) -> None:
    """逐日说明一件工单的响应时限和办结时限:哪天计入,哪天跳过,为什么。"""
    digits = number.removeprefix("#")
    if not (digits.isascii() and digits.isdigit()):
        raise Failed(f"“{number}”不是工单编号,请写数字,例如 1024", code=2)

    async def read(database: Database, _: datetime) -> None:
        async with database.transaction() as session:
            ticket = await tickets.get(session, int(digits[:20]))
            clock = await Clock.read(session)
        if ticket is None or ticket.confidential:  # of those the inspectors alone may know
            raise Failed(f"没有找到 #{digits[:20]},请在台账里核对编号")
        show(lines(ticket, clock))

    with_database(data, read)


def lines(ticket: Ticket, clock: Clock) -> Iterator[str]:
    """Both deadlines of a ticket, part by part; no line is wider than 80 columns."""
    urgent = "紧急" if ticket.urgent else ""
    yield f"#{ticket.no} {urgent}{name('kind', ticket.kind)},{name('status', ticket.status)}"
    counted = terms.counts(ticket)
    yield from _deadline("响应时限", counted.respond, ticket.respond_by, clock)
    yield from _deadline("办结时限", counted.resolve, ticket.due_at, clock)
    if ticket.suspended_at is not None:
        yield ""
        yield f"{_at(ticket.suspended_at)}起挂账,停止计时;恢复办理时按其间的工作日顺延。"
    if ticket.provisional:
        yield ""
        yield "标“推算”的日子还没有公布放假安排,导入通知(./mingcheng calendar import)后重算。"


def _deadline(title: str, count: Sequence[Part], kept: datetime, clock: Clock) -> Iterator[str]:
    yield ""
    yield f"{title} {_at(kept)}"
    before: Deadline | None = None
    end: Deadline | None = None
    for part, days, end in clock.explain(count):
        yield from _part(part, days, before, end, clock)
        before = end
    if end is not None and end.at != kept:
        yield f"  按现在的日历和设置应是 {_at(end.at)};台账上的不变,直到下一次重算。"


def _part(
    part: Part, days: Sequence[Judged], before: Deadline | None, end: Deadline, clock: Clock
) -> Iterator[str]:
    start = part.start or (before.at if before else end.at)
    if part.stop is not None:
        yield from _pause(part, days, before, end, clock)
    elif part.hours:
        yield f"  {name('part', part.why)}:自 {_at(start)} 起 {part.hours} 小时,不分昼夜和节假日"
    else:
        since = "原时限的次日" if part.start is None else "次日"
        yield f"  {name('part', part.why)}:{_at(start)},自{since}起算 {part.days} 个工作日"
        yield from _days(days)
    yield f"    → {_at(end.at)}"


def _pause(
    part: Part, days: Sequence[Judged], before: Deadline | None, end: Deadline, clock: Clock
) -> Iterator[str]:
    """The clock stood still; the deadline moves by as much."""
    if part.start is None or part.stop is None or before is None:
        return
    yield f"  {name('part', part.why)}:{_at(part.start)} 至 {_at(part.stop)} 停止计时"
    if before.in_hours:
        hours, minutes = divmod((part.stop - part.start).total_seconds() // 60, 60)
        yield f"    停 {hours:.0f} 小时 {minutes:.0f} 分钟,时限顺延同样长"
        return
    yield from _days(days)
    working = sum(day.working for day in days)
    yield f"    其间 {working} 个工作日,自原时限 {_at(before.at)} 的次日起顺延 {working} 个工作日"
    yield from _days(list(clock.calendar.count(local(before.at).date(), working)))


def _days(days: Sequence[Judged]) -> Iterator[str]:
    number = 0
    for judged in days:
        number += judged.working
        said = f"第 {number} 个工作日" if judged.working else "跳过"
        why = ":".join(part for part in (said, judged.why) if part)
        guess = "" if judged.official else "(推算)"
        on = f"{shown_day(judged.day)} 周{WEEKDAYS[judged.day.weekday()]}"
        yield f"    {on}  {why}{guess}"


def _at(at: datetime) -> str:
    return f"{local(at).year}年{moment(at)}"
