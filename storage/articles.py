"""The knowledge base."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Article, Head

#: Marks each change, so that the articles need not be read each time.
REVISION = "articles"


async def load(session: AsyncSession, rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert articles, change those known by their title; returns how many there were."""
    number = 0
    for row in rows:
        made = insert(Article).values(
            title=row["title"], body=row["body"], source=row["source"], dated=row["date"],
            published=True,
        )  # fmt: skip
        new = {key: made.excluded[key] for key in ("body", "source", "dated", "published")}
        await session.exec(made.on_conflict_do_update(index_elements=["title"], set_=new))
        number += 1
    await changed(session)
    return number


async def revision(session: AsyncSession) -> str:
    """The mark of the last change."""
    return (await session.exec(select(Head.hash).where(Head.name == REVISION))).first() or ""


async def changed(session: AsyncSession) -> None:
    """The articles are not what they were: whoever kept them reads them again."""
    mark = secrets.token_hex(8)  # no counter, as in `settings`
    row = insert(Head).values(name=REVISION, last=0, hash=mark)
    await session.exec(row.on_conflict_do_update(index_elements=["name"], set_={"hash": mark}))


async def titles(session: AsyncSession) -> set[str]:
    """The titles of all articles."""
    return set((await session.exec(select(Article.title))).all())


async def published(session: AsyncSession) -> Sequence[Article]:
    """All articles that may be shown, in order."""
    found = await session.exec(
        select(Article).where(col(Article.published)).order_by(col(Article.id))
    )
    return found.all()
