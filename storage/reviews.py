"""待审: the list of messages that people must judge."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
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


async def page(
    session: AsyncSession, guess: str, *, among: bool, after: int = 0, most: int = 20
) -> Sequence[tuple[Review, Message]]:
    """What waits behind a number, oldest first: only what was guessed to be that, or all else."""
    found = await session.exec(
        select(Review, Message)
        .join(Message, col(Message.id) == col(Review.message_id))
        .where(col(Review.decided_at).is_(None), _guessed(guess, among=among))
        .where(col(Review.id) > after)
        .order_by(col(Review.id))
        .limit(most)
    )
    return found.all()


async def count(session: AsyncSession, guess: str, *, among: bool) -> int:
    """How many wait of those."""
    found = await session.exec(
        select(func.count())
        .select_from(Review)
        .join(Message, col(Message.id) == col(Review.message_id))
        .where(col(Review.decided_at).is_(None), _guessed(guess, among=among))
    )
    return found.one()


def _guessed(guess: str, *, among: bool) -> ColumnElement[bool]:
    parse: Any = col(Message.parse)
    same: ColumnElement[bool] = func.coalesce(parse["intent"]["name"].astext, "") == guess
    return same if among else ~same


async def around(
    session: AsyncSession, ids: Sequence[int], most: int = 2
) -> dict[int, tuple[list[Message], list[Message]]]:
    """What people said in the same group before and after these messages, each in its order."""
    before = await _beside(session, ids, most, later=False)
    after = await _beside(session, ids, most, later=True)
    return {id_: (before.get(id_, [])[::-1], after.get(id_, [])) for id_ in ids}


async def _beside(
    session: AsyncSession, ids: Sequence[int], most: int, *, later: bool
) -> dict[int, list[Message]]:
    """The nearest first."""
    here, other = aliased(Message), aliased(Message)
    at = col(other.said)
    near = (
        select(col(other.id).label("id"), at.label("said"))
        .where(other.group_id == here.group_id, at > here.said if later else at < here.said)
        .order_by(at if later else at.desc())
        .limit(most)
        .correlate(here)
        .lateral()
    )
    rows = await session.exec(
        select(col(here.id), Message)
        .select_from(here)
        .join(near, true())
        .join(Message, col(Message.id) == near.c.id)
        .where(col(here.id).in_(ids))
        .order_by(near.c.said if later else near.c.said.desc())
    )
    found: dict[int, list[Message]] = {}
    for id_, message in rows.all():
        found.setdefault(id_ or 0, []).append(message)
    return found


async def get(session: AsyncSession, number: int) -> tuple[Review, Message] | None:
    """One row and its message, to be read; or None."""
    found = await session.exec(
        select(Review, Message)
        .join(Message, col(Message.id) == col(Review.message_id))
        .where(Review.id == number)
    )
    return found.first()


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
