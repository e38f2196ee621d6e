"""How the service does: what could not be sent or done, and how much room it takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Due, Member, Notice, Poisoned, Post
from storage.posts import ON_ITS_WAY

#: How far back posts are looked at, in posts: what is older is history.
RECENT = 100_000


@dataclass(frozen=True, slots=True)
class Room:
    """What the database is, and what it takes."""

    version: str
    size: int  # bytes
    tables: Sequence[tuple[str, int]]  # the largest ones


async def room(session: AsyncSession) -> Room:
    """Of the database."""
    connection = await session.connection()
    version = await connection.scalar(text("SHOW server_version"))
    size = await connection.scalar(text("SELECT pg_database_size(current_database())"))
    tables = await connection.execute(
        text(
            "SELECT relname, pg_total_relation_size(relid) AS size FROM pg_stat_user_tables"
            " ORDER BY size DESC, relname LIMIT 5"
        )
    )
    return Room(str(version), int(size or 0), [(row[0], int(row[1])) for row in tables])


async def unsent(session: AsyncSession, most: int = 50) -> Sequence[Post]:
    """Posts that failed, or of which nobody knows; the latest first."""
    newest = select(func.max(Post.id)).scalar_subquery()
    found = await session.exec(
        select(Post)
        .where(col(Post.status).in_(("failed", "unknown")), col(Post.id) > newest - RECENT)
        .order_by(col(Post.id).desc())
        .limit(most)
    )
    return found.all()


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many posts wait: to be sent, for a later moment, for their sending, for a tap."""

    now: int
    later: int
    sending: int
    awaiting: int


async def waiting(session: AsyncSession, now: datetime) -> Waiting:
    """Posts that are not said yet, and no fault."""
    status = col(Post.status)
    found = await session.exec(
        select(
            func.count().filter(status == "waiting", col(Post.next_at) <= now),
            func.count().filter(status == "waiting", col(Post.next_at) > now),
            func.count().filter(status == "sending"),
        ).where(status.in_(ON_ITS_WAY))
    )
    taps = await session.exec(select(func.count()).where(status == "awaiting"))
    return Waiting(*found.one(), taps.one())


async def send_again(session: AsyncSession, post_id: int, now: datetime) -> Post | None:
    """Let a post that failed, or of which nobody knows, be sent anew; None for any other.

    It goes on with the part of which nobody knows: `parts` are said, and stay so.
    """
    post = await session.get(Post, post_id, with_for_update=True)
    if post is None or post.status not in {"failed", "unknown"}:
        return None
    post.status, post.next_at, post.tries = "waiting", now, 0
    return post


async def untold(session: AsyncSession, most: int = 50) -> Sequence[tuple[Notice, Member]]:
    """Notices that could not be told on a phone, or of which nobody knows; the latest first."""
    newest = select(func.max(Notice.id)).scalar_subquery()
    found = await session.exec(
        select(Notice, Member)
        .join(Member, col(Member.id) == col(Notice.member_id))
        .where(col(Notice.status).in_(("failed", "unknown")), col(Notice.id) > newest - RECENT)
        .order_by(col(Notice.id).desc())
        .limit(most)
    )
    return found.all()


async def undone(session: AsyncSession, most: int = 50) -> Sequence[Due]:
    """Due work that failed and is tried again; the latest first."""
    found = await session.exec(
        select(Due)
        .where(col(Due.done_at).is_(None), col(Due.error).is_not(None))
        .order_by(col(Due.next_at).desc())
        .limit(most)
    )
    return found.all()


async def overdue(session: AsyncSession, now: datetime) -> int:
    """How much is due and not yet done."""
    found = await session.exec(
        select(func.count()).where(col(Due.done_at).is_(None), col(Due.next_at) <= now)
    )
    return found.one()


async def set_aside(session: AsyncSession) -> int:
    """How many messages could not be handled."""
    return (await session.exec(select(func.count(col(Poisoned.id))))).one()
