"""`calendar …`: the State Council's calendar, year by year."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from actions import announced
from actions.announced import Announcement, Imported, Status
from actions.deadlines import local
from actions.render import moment
from bot import calendars
from bot.calendars.year import shown
from bot.commands.database import DryRun, transaction, with_database
from bot.commands.talk import Data, say, show
from storage.database import Database
from storage.models import Day

commands = typer.Typer(help="工作日日历:国务院的放假安排。", no_args_is_help=True)

#: A list longer than this fills the screen and says no more.
LINES = 40


@commands.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="通知原文(文本)、JSON 或日历文件(iCal)")],
    dry_run: DryRun = False,
    data: Data = None,
) -> None:
    """导入国务院办公厅公布的一年放假安排,并按它重算在办工单的时限。"""
    notice = calendars.read(file)

    async def write(database: Database, now: datetime) -> None:
        async with transaction(database, trial=dry_run) as session:
            done = await announced.announce(session, notice, now)
        show(imported(notice, done))
        if dry_run:
            say("这是试运行,什么也没有改。核对无误后去掉 --dry-run 再运行一次。")

    with_database(data, write)


@commands.command("status")
def status_(data: Data = None) -> None:
    """放假安排公布到哪一天,该不该导入下一年的了。"""

    async def read(database: Database, now: datetime) -> None:
        async with database.transaction() as session:
            found = await announced.status(session, now)
        show(status(found, local(now).date()))

    with_database(data, read)


def imported(notice: Announcement, done: Imported) -> Iterator[str]:
    """What came of a notice, for people."""
    yield f"{notice.year} 年放假安排:与日历上原来不同的有 {len(done.changed)} 天"
    yield from _some([_changed(day) for day in done.changed])
    if done.kept:
        yield f"本市自行设定的 {len(done.kept)} 天保持不变"
        yield from _some([_own(day) for day in done.kept])
    if missing := notice.silent():
        yield f"注意:通知里没有写到{'、'.join(missing)},这几天仍按原来的推算。"
        yield "请核对是否复制完整;补全后再导入一次即可。"
    yield f"时限有变动的工单 {len(done.moved)} 件"
    yield from _some([f"#{one.no} {_at(one.was)} → {_at(one.due_at)}" for one in done.moved])


def status(found: Status, today: date) -> Iterator[str]:
    """How far the calendar goes, for people."""
    if found.last is None:
        yield "日历还是空的。"
    else:
        yield f"放假安排已公布到 {shown(found.last)},还有 {max(0, (found.last - today).days)} 天。"
        yield f"以后的日子暂按周末和法定节日推算;按推算计时限的在办工单 {found.provisional} 件。"
    if found.own:
        yield f"本市自行设定的今后 {len(found.own)} 天:"
        yield from _some([_own(day) for day in found.own])
    if found.wanted:
        year = today.year if found.last is None else found.last.year + 1
        yield f"该导入 {year} 年的了:把国务院办公厅的通知存成文本文件,然后运行"
        yield "  ./mingcheng calendar import 文件 --dry-run"
    elif found.last is not None:
        yield f"{shown(found.last - announced.AHEAD)}起会提醒导入下一年的安排,现在不用做什么。"


def _changed(day: Day) -> str:
    way = "改为上班" if day.working else "改为休息"
    return f"{shown(day.day)} {way}{f'({day.why})' if day.why else ''}"


def _own(day: Day) -> str:
    return f"{shown(day.day)} {'上班' if day.working else '休息'}"


def _at(at: datetime) -> str:
    return f"{local(at).year}年{moment(at)}"


def _some(lines: Sequence[str]) -> Iterator[str]:
    for line in lines[:LINES]:
        yield f"  {line}"
    if len(lines) > LINES:
        yield f"  …另有 {len(lines) - LINES} 行"
