"""`import`: a ledger of what was told on other ways than in a group."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from actions import intake as rules
from actions.intake import Checked, Fault
from bot import intake
from bot.commands.database import DryRun, with_database
from bot.commands.talk import Data, Failed, bar, say, show
from storage.database import Database

HEADERS = [column.header for column in intake.COLUMNS]


def import_(
    ledger: Annotated[Path | None, typer.Argument(help="台账,.xlsx")] = None,
    dry_run: DryRun = False,
    template: Annotated[
        Path | None, typer.Option("--template", help="生成空白模板,放在这个文件")
    ] = None,
    data: Data = None,
) -> None:
    """导入早餐会、热线、走访的台账:一行一件。有一行不对就一行也不登记。"""
    if template is not None:
        intake.template(template)
        say(f"模板:{template}。填好后先检查:./mingcheng import {template} --dry-run")
        return
    if ledger is None:
        raise Failed("请写明台账文件,或用 --template 文件 生成空白模板", code=2)
    read = intake.read(ledger)

    async def write(database: Database, now: datetime) -> None:
        numbers: list[int] = []
        async with database.transaction() as session:
            checked = await rules.check(session, read.rows, now)
            faults = sorted([*read.faults, *checked.faults], key=_place)
            if not faults and not dry_run:
                with bar() as bars:
                    numbers = await rules.open_all(session, checked.reports, now, bars("登记"))
        show(_faults(faults))
        if faults:
            bad = len({fault.row for fault in faults})
            raise Failed(
                f"{len(read.rows)} 行里有 {bad} 行不对,一行也没有登记。改好后再导入。", code=2
            )
        show(_checked(checked) if dry_run else _opened(numbers, checked))

    with_database(data, write)


def _place(fault: Fault) -> tuple[int, int]:
    """Where a fault stands: by row, then by column."""
    return fault.row, HEADERS.index(fault.column) if fault.column in HEADERS else -1


def _faults(faults: Sequence[Fault]) -> Iterator[str]:
    for fault in faults:
        where = f" {fault.column}" if fault.column else ""
        yield f"第 {fault.row} 行{where}:{fault.reason}"


def _checked(checked: Checked) -> Iterator[str]:
    posted = [
        report.group_id
        for report in checked.reports.values()
        if report.group_id and report.kind != "misconduct"
    ]
    yield f"可以登记 {len(checked.reports)} 件{_known(checked)}"
    if posted:
        yield f"登记时会在 {len(set(posted))} 个群里发出 {len(posted)} 条登记消息。"
    yield "这是试运行,什么也没有改。核对无误后去掉 --dry-run 再运行一次。"


def _opened(numbers: Sequence[int], checked: Checked) -> Iterator[str]:
    listed = f":#{numbers[0]} 至 #{numbers[-1]}" if numbers else ""
    yield f"登记 {len(numbers)} 件{listed}{_known(checked)}"


def _known(checked: Checked) -> str:
    return f";另有 {checked.known} 行以前登记过,跳过" if checked.known else ""
