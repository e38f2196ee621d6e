"""What the bot says: written with the step that causes it, claimed by the sender."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import aliased
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Notice, Post


async def say(
    session: AsyncSession,
    *,
    group_id: str,
    text: str,
    at: datetime,
    why: str,
    to: list[str] | None = None,
    about: list[int] | None = None,
    answers: int | None = None,
    not_before: datetime | None = None,
) -> Post:
    """Queue a post for a group; it leaves after the commit, not before `not_before`."""
    post = Post(
        group_id=group_id,
        text=text,
        at=at,
        why=why,
        to=to or [],
        about=about or [],
        answers=answers,
        next_at=not_before or at,
    )
    session.add(post)
    await session.flush()
    return post


async def tell(
    session: AsyncSession,
    *,
    member_id: int,
    level: str,
    text: str,
    at: datetime,
    ticket_no: int | None = None,
) -> Notice:
    """Leave a notice for one person."""
    notice = Notice(member_id=member_id, level=level, text=text, at=at, ticket_no=ticket_no)
    session.add(notice)
    await session.flush()
    return notice


async def claim(session: AsyncSession, now: datetime) -> Post | None:
    """The next post to send, locked; a group's posts leave in their order, one at a time."""
    earlier = aliased(Post)
    waits = (
        select(earlier.id)
        .where(
            earlier.group_id == Post.group_id,
            earlier.status == "waiting",
            # what only waits for the morning holds nobody up
            or_(col(earlier.next_at) <= now, col(earlier.tries) > 0),
            col(earlier.said) < col(Post.said),
        )
        .exists()
    )
    found = await session.exec(
        select(Post)
        .where(Post.status == "waiting", col(Post.next_at) <= now, ~waits)
        .order_by(col(Post.next_at), col(Post.said))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return found.first()


async def waiting(session: AsyncSession) -> Sequence[Post]:
    """All posts not yet sent, in their order."""
    found = await session.exec(
        select(Post).where(Post.status == "waiting").order_by(col(Post.said))
    )
    return found.all()
