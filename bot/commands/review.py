"""`review …`: the messages that nobody is sure of, judged by people."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from actions import decide as judging
from actions import rights, steps
from actions.base import Refused
from actions.names import name
from actions.render import moment
from bot.commands.database import with_database
from bot.commands.talk import Data, Failed, say, show
from storage import reviews
from storage.database import Database
from storage.models import Message, Review

commands = typer.Typer(help="待审:拿不准的消息由人判断。", no_args_is_help=True)

By = Annotated[str, typer.Option(help="谁来判断(CITY.yaml 里的 id)")]


@commands.command("list")
def list_(by: By, data: Data = None) -> None:
    """列出等您判断的消息,最早的在前。"""

    async def read(database: Database, _: datetime) -> None:
        async with database.transaction() as session:
            try:
                member = await steps.named(session, by)
            except Refused as refused:
                raise Failed(str(refused)) from refused
            found = [
                row
                for row in await reviews.open_(session)
                if rights.judges(member, misconduct=judging.suspected(row[1]))
            ]
        show(_lines(found))

    with_database(data, read)


def _lines(found: Sequence[tuple[Review, Message]]) -> Iterator[str]:
    if not found:
        yield "没有等待判断的消息。"
    for review, message in found:
        guess = message.parse or {}
        category = guess.get("category")
        told = name("intent", guess["intent"]["name"])
        about = f":{name('category', category['name'])}" if category else ""
        yield f"{review.id}  {moment(message.at)}  {message.name}"
        yield f"    {' '.join(message.text.split())}"
        yield f"    可能是{told}{about}({guess['intent']['confidence']:.0%})"


@commands.command()
def decide(
    number: Annotated[int, typer.Argument(metavar="编号", help="review list 里的编号")],
    by: By,
    opens: Annotated[bool, typer.Option("--open/--dismiss", help="登记工单,还是不登记")],
    intent: Annotated[str | None, typer.Option(help="改正意图,例如 report_issue")] = None,
    category: Annotated[str | None, typer.Option(help="改正类别,例如 traffic")] = None,
    entity: Annotated[
        list[str] | None, typer.Option(help="改正实体,可以多次:address=新马路;写 none 表示没有")
    ] = None,
    data: Data = None,
) -> None:
    """判断一条消息:不改就是同意识别的结果。判断过的会成为训练样例。"""

    async def write(database: Database, now: datetime) -> None:
        async with database.transaction() as session:
            try:
                member = await steps.named(session, by)
                review, message = await judging.find(session, number, member)
                verdict = judging.judged(
                    message, intent=intent, category=category,
                    entities=None if entity is None else list(_spans(message.text, entity)),
                )  # fmt: skip
                no = await judging.decide(
                    session, review, message, verdict, opens=opens, by=member, now=now
                )
            except Refused as refused:
                raise Failed(str(refused)) from refused
        say(f"已登记 #{no}" if no else "已登记,由纪检办理" if opens else "已记下,不登记工单")

    with_database(data, write)


def _spans(text: str, told: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Each span at the first place where its words stand and no span before it does."""
    taken: list[tuple[int, int]] = []
    for one in told:
        if one == "none":
            continue
        kind, _, words = one.partition("=")
        start = text.find(words) if words else -1
        while start >= 0 and any(a < start + len(words) and start < b for a, b in taken):
            start = text.find(words, start + 1)
        if start < 0:
            raise Failed(f"消息里没有“{words}”,请照原文写:--entity {kind}=原文", code=2)
        taken.append((start, start + len(words)))
        yield {"entity": kind, "start": start, "end": start + len(words), "value": words}
