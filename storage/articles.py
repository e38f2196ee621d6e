"""The knowledge base."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Article


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
    return number


async def published(session: AsyncSession) -> Sequence[Article]:
    """All articles that may be shown, in order."""
    found = await session.exec(
        select(Article).where(col(Article.published)).order_by(col(Article.id))
    )
    return found.all()
