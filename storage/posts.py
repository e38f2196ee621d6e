"""What the bot says: written with the step that causes it, claimed by the sender."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy import text as sql
from sqlalchemy.orm import aliased
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Member, Notice, Post

#: One statement for all groups of a city.
SAY_ALL = sql(
    """
    INSERT INTO posts (group_id, text, about, "to", at, why, next_at, status, tries)
    SELECT group_id, words, CAST(about AS jsonb), '[]', :at, :why, :next_at, 'waiting', 0
    FROM unnest(CAST(:groups AS text[]), CAST(:texts AS text[]), CAST(:about AS text[]))
        AS made (group_id, words, about)
    """
)


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


async def said(session: AsyncSession, group_id: str, text: str) -> Post | None:
    """The latest that the bot said in a group in just these words, or None."""
    found = await session.exec(
        select(Post)
        .where(Post.group_id == group_id, Post.text == text)
        .order_by(col(Post.said).desc())
        .limit(1)
    )
    return found.first()


async def say_all(
    session: AsyncSession,
    groups: Sequence[str],
    texts: Sequence[str],
    about: Sequence[Sequence[int]],
    *,
    at: datetime,
    why: str,
    not_before: datetime,
) -> None:
    """Queue many posts at once, addressed to nobody: for each group its text and tickets."""
    connection = await session.connection()
    same = {"at": at, "why": why, "next_at": not_before}
    made = {"groups": list(groups), "texts": list(texts), "about": [*map(json.dumps, about)]}
    await connection.execute(SAY_ALL, {**same, **made})


async def tell(
    session: AsyncSession,
    members: Sequence[Member],
    *,
    level: str,
    text: str,
    at: datetime,
    ticket_no: int | None = None,
    not_before: datetime | None = None,
) -> None:
    """Leave a notice for each of these people; it is shown from `not_before` on."""
    rows = [
        {
            "member_id": member.id, "level": level, "text": text, "at": at,
            "ticket_no": ticket_no, "not_before": not_before or at,
        }
        for member in members
    ]  # fmt: skip
    if rows:
        await session.exec(insert(Notice), params=rows)


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


async def about(
    session: AsyncSession, group_id: str, ticket_no: int, since: datetime
) -> Sequence[Post]:
    """What the bot said of one ticket in its group, in order, digests left out."""
    found = await session.exec(
        select(Post)
        .where(
            Post.group_id == group_id,
            Post.at >= since,
            Post.why != "digest",
            col(Post.about).contains([ticket_no]),
        )
        .order_by(col(Post.said))
    )
    return found.all()


async def requests(session: AsyncSession, ticket_no: int) -> Sequence[tuple[datetime, str]]:
    """What the coordinators were asked for about a ticket: when, and in which words."""
    found = await session.exec(
        select(Notice.at, Notice.text)
        .where(Notice.ticket_no == ticket_no, Notice.level == "request")
        .distinct()
        .order_by(col(Notice.at))
    )
    return found.all()
