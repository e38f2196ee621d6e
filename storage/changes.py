"""Who changed what the city decides, and who came in: a record that is only added to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Change


async def note(
    session: AsyncSession,
    *,
    at: datetime,
    by: str,
    what: str,
    of: str,
    was: Any = None,
    became: Any = None,
    address: str | None = None,
) -> None:
    """Add a line; no secret may stand in `was` or `became`."""
    session.add(Change(at=at, by=by, what=what, of=of, was=was, became=became, address=address))
    await session.flush()


async def page(
    session: AsyncSession,
    *,
    what: Sequence[str] = (),
    of: str | None = None,
    by: str | None = None,
    before: int | None = None,
    most: int = 50,
) -> Sequence[Change]:
    """Lines of these sorts, or of all, of one record, of one person; newest first, below it."""
    query = select(Change).order_by(col(Change.id).desc()).limit(most)
    if what:
        query = query.where(col(Change.what).in_(what))
    if of is not None:
        query = query.where(Change.of == of)
    if by is not None:
        query = query.where(Change.by == by)
    if before is not None:
        query = query.where(col(Change.id) < before)
    return (await session.exec(query)).all()
