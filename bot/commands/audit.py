"""`audit …`: whether the record is whole."""

from collections.abc import Iterator
from datetime import datetime

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from actions.deadlines import local
from actions.names import name
from bot.commands.database import with_database
from bot.commands.talk import Data, Failed, show
from storage import events, tickets
from storage.database import Database
from storage.models import Head

commands = typer.Typer(help="留痕:每一步是一条事件,环环相扣。", no_args_is_help=True)


@commands.command()
def verify(data: Data = None) -> None:
    """核对事件链;有一环对不上就指出第一处,并以状态 1 结束。"""

    async def read(database: Database, _: datetime) -> None:
        async with database.transaction() as session:
            last = await events.last(session)
            broken = await events.broken(session)
            told = await _told(session, broken) if broken is not None else ""
        if broken is not None:
            raise Failed(
                f"事件链在第 {broken} 条断开{told}:这一条,或它前面一条,被改动、删除或插入过。\n"
                "请不要再动数据库,拿最近一次备份从这一条起比对,并告知纪检。"
            )
        show(_whole(last))

    with_database(data, read)


def _whole(last: Head | None) -> Iterator[str]:
    if last is None:
        yield "还没有事件。"
        return
    yield f"共 {last.last} 条事件,环环相扣,没有改动。最后一条的哈希是"
    yield f"  {last.hash}"
    yield "把它抄存在别处,以后就能核对到这里为止没有被整个重写过。"


async def _told(session: AsyncSession, seq: int) -> str:
    """Of which ticket; of a confidential one there is no word."""
    event = await events.get(session, seq)
    ticket = await tickets.get(session, event.ticket_no) if event else None
    if event is None or ticket is None or ticket.confidential:
        return ""
    at = f"{local(event.at):%Y-%m-%d %H:%M}"
    return f"(#{ticket.no} {name('step', event.step)},{at})"
