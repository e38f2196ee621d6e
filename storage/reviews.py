"""待审: the list of messages that people must judge."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Message, Review


async def add(session: AsyncSession, message: Message, why: str, at: datetime) -> None:
    """Put a message on the list, once: `unsure`, or `staff` who reported themselves."""
    row = insert(Review).values(message_id=message.id, why=why, at=at)
    await session.exec(row.on_conflict_do_nothing())


async def open_(session: AsyncSession, most: int = 50) -> Sequence[tuple[Review, Message]]:
    """What waits to be judged, oldest first."""
    found = await session.exec(
        select(Review, Message)
        .join(Message, col(Message.id) == col(Review.message_id))
        .where(col(Review.decided_at).is_(None))
        .order_by(col(Review.id))
        .limit(most)
    )
    return found.all()


async def lock(session: AsyncSession, number: int) -> tuple[Review, Message] | None:
    """One row and its message, kept from others until the transaction ends; or None."""
    found = await session.exec(
        select(Review, Message)
        .join(Message, col(Message.id) == col(Review.message_id))
        .where(Review.id == number)
        .with_for_update(of=Review)
    )
    return found.first()


async def decided(session: AsyncSession) -> AsyncIterator[tuple[Review, Message]]:
    """What was judged, in the order in which it was said; each with its decision."""
    rows = await session.stream(
        select(Review, Message)
        .join(Message, col(Message.id) == col(Review.message_id))
        .where(col(Review.decided_at).is_not(None))
        .order_by(col(Review.id))
    )
    async for review, message in rows:
        yield review, message
