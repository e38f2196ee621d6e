"""`kb …`: the knowledge base that answers questions."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from actions import knowledge
from bot import articles
from bot.commands.database import with_database
from bot.commands.talk import Data, say, show
from storage import articles as kept
from storage.database import Database
from storage.models import Article

commands = typer.Typer(help="知识库:咨询先从这里答复。", no_args_is_help=True)


@commands.command("load")
def load(
    file: Annotated[Path, typer.Argument(help="YAML 或 JSON,每条有 title、body、source、date")],
    data: Data = None,
) -> None:
    """载入知识库文章;题目相同的更新。有一处不对就整份不载入,并指出行号。"""
    read = articles.read(file)

    async def write(database: Database, _: datetime) -> None:
        async with database.transaction() as session:
            known = await kept.titles(session)
            await kept.load(session, [article.model_dump() for article in read])
        new = sum(article.title not in known for article in read)
        say(f"已载入 {len(read)} 篇:新增 {new},更新 {len(read) - new}")

    with_database(data, write)


@commands.command("search")
def search(
    text: Annotated[str, typer.Argument(metavar="问题", help="企业会怎么问,就怎么写")],
    data: Data = None,
) -> None:
    """试一个问题:最合适的是哪一篇,得多少分,会不会直接答复。"""

    async def read(database: Database, _: datetime) -> None:
        async with database.transaction() as session:
            found = await knowledge.nearest(session, text)
        show(_found(found))

    with_database(data, read)


def _found(found: tuple[Article, float] | None) -> Iterator[str]:
    if found is None:
        yield "没有沾边的文章,由承办单位答复。要能直接答复,请载入:./mingcheng kb load 文件"
        return
    article, fit = found
    yield f"{fit:.3f}  {article.title}"
    yield f"       {article.source},{article.dated.isoformat()}"
    if fit >= knowledge.THRESHOLD:
        yield f"达到 {knowledge.THRESHOLD},会用这一篇直接答复。"
    else:
        yield f"不到 {knowledge.THRESHOLD},不直接答复,由承办单位答复。"
