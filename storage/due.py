"""Work for an instant: planned as a unique row, claimed once when its time has come."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Due


async def plan(session: AsyncSession, what: str, at: datetime, ticket_no: int | None) -> None:
    """Plan something for an instant; planned twice it is there once."""
    row = insert(Due).values(what=what, at=at, ticket_no=ticket_no)
    await session.exec(row.on_conflict_do_nothing())


async def drop(session: AsyncSession, what: str, ticket_no: int) -> None:
    """Forget what is planned and not yet done for a ticket."""
    await session.exec(
        delete(Due).where(
            col(Due.what) == what, col(Due.ticket_no) == ticket_no, col(Due.done_at).is_(None)
        )
    )


async def claim(session: AsyncSession, until: datetime, *, before: bool = False) -> Due | None:
    """The earliest open work at or before `until` (with `before`: strictly before), locked."""
    at = col(Due.at)
    found = await session.exec(
        select(Due)
        .where(at < until if before else at <= until, col(Due.done_at).is_(None))
        .order_by(at, col(Due.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return found.first()
