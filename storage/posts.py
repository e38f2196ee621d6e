"""What the bot says: written with the step that causes it, claimed by the sender."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, insert
from sqlalchemy import text as sql
from sqlalchemy.orm import aliased
from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Group, Member, Notice, Post

#: Not yet said: it waits, or somebody is sending it.
ON_ITS_WAY = ("waiting", "sending")
#: People of these platforms are told on their phones too, what others find on their pages.
TOLD = frozenset({"wecom"})
#: What an officer sent is looked for among so many posts of a group, and so long around the tap.
LATELY, TAP = 100, timedelta(minutes=10)
#: What is shorter, in characters, is no part of a long post.
PART = 100
#: What was to be told longer ago is no news on a phone; the page shows it. Who sets up a way to
#: people's phones does not send them all that was ever told.
NEWS = timedelta(days=3)

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
    offers: Sequence[str] = (),
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
        offers=list(offers),
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


async def receipted(session: AsyncSession, group_id: str, id_: str) -> Post | None:
    """The post of a group that its platform calls so, or None."""
    found = await session.exec(
        select(Post)
        .where(Post.group_id == group_id, col(Post.receipt)["id"].astext == id_)
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
    wish: Mapping[str, Any] | None = None,
) -> None:
    """Leave a notice for each of these people; it is shown from `not_before` on."""
    rows = [
        {
            "member_id": member.id, "level": level, "text": text, "at": at,
            "ticket_no": ticket_no, "not_before": not_before or at,
            "wish": dict(wish) if wish else None,
            "status": "waiting" if member.channel in TOLD else None, "next_at": not_before or at,
        }
        for member in members
    ]  # fmt: skip
    if rows:
        await session.exec(insert(Notice), params=rows)


#: What answers somebody leaves by the channel for answers, all else by the one for pushes; where
#: a group has but one of them, all leaves by it.
_ROUTE = case(
    (col(Post.why) == "reply", func.coalesce(col(Group.answers), col(Group.pushes))),
    else_=func.coalesce(col(Group.pushes), col(Group.answers)),
)


async def claim(
    session: AsyncSession,
    now: datetime,
    *,
    only: Sequence[str] | None = None,
    but: Sequence[str] = (),
) -> Post | None:
    """The next post to send, locked, with the channel by which it leaves in `via`.

    With `only` by one of these channels; never by one of `but`. A group's posts leave in their
    order, one at a time. One that is being sent is found when its time is over: whoever sent it is
    gone.
    """
    earlier = aliased(Post)
    waits = (
        select(earlier.id)
        .where(
            earlier.group_id == Post.group_id,
            col(earlier.status).in_(ON_ITS_WAY),
            # what only waits for the morning holds nobody up; what was tried says why it waits
            or_(
                col(earlier.next_at) <= now,
                col(earlier.error).is_not(None),
                earlier.status == "sending",
            ),
            col(earlier.said) < col(Post.said),
        )
        .exists()
    )
    query = (
        select(Post, _ROUTE)
        .join(Group, col(Post.group_id) == col(Group.id))
        .where(col(Post.status).in_(ON_ITS_WAY), col(Post.next_at) <= now, ~waits)
        .where(func.coalesce(_ROUTE, "").not_in(but))
    )
    if only is not None:
        query = query.where(_ROUTE.in_(only))
    found = await session.exec(
        query.order_by(col(Post.next_at), col(Post.said))
        .limit(1)
        .with_for_update(skip_locked=True, of=Post)
    )
    row = found.first()
    if row is None:
        return None
    post: Post = row[0]
    if post.via not in {None, row[1]}:
        post.parts = 0  # another channel has other parts: it says all of it
    post.via = row[1]
    return post


async def lock(session: AsyncSession, post_id: int) -> Post | None:
    """A post, for this transaction alone; None where it is gone."""
    return await session.get(Post, post_id, with_for_update=True)


async def tapped(session: AsyncSession, group_id: str, text: str, at: datetime) -> bool:
    """Whether these words are a post that an officer was to send, or a part of it; it is sent then.

    Also where the platform told of the tap before the words were heard.
    """
    words = text.strip()
    if not words:
        return False
    found = await session.exec(
        select(Post)
        .where(Post.group_id == group_id, Post.status == "awaiting", _says(words))
        .order_by(col(Post.said))
        .limit(1)
        .with_for_update()
    )
    post = found.first()
    if post is None:
        return await _tapped_before(session, group_id, words, at)
    if post.text == words:
        post.status, post.sent_at, post.error = "sent", at, None
        session.add(post)
    return True


async def _tapped_before(session: AsyncSession, group_id: str, words: str, at: datetime) -> bool:
    """Whether an officer has just sent it, as is known already: of the latest posts of a group."""
    latest = (
        select(Post.id)
        .where(Post.group_id == group_id)
        .order_by(col(Post.said).desc())
        .limit(LATELY)
    )
    found = await session.exec(
        select(Post.id)
        .where(
            col(Post.id).in_(latest), Post.status == "sent", _says(words),
            col(Post.sent_at).between(at - TAP, at + TAP),
            col(Post.receipt)["msgids"].is_not(None),  # what others sent names no task
        )
        .limit(1)
    )  # fmt: skip
    return found.first() is not None


def _says(words: str) -> ColumnElement[bool]:
    """All that a post says, or one of several parts of it."""
    whole = col(Post.text) == words
    if len(words) < PART:
        return whole
    return or_(whole, and_(col(Post.parts) > 1, func.strpos(col(Post.text), words) > 0))


async def awaiting(session: AsyncSession, via: str, most: int = 1000) -> Sequence[Post]:
    """Posts that wait for an officer's tap, oldest first."""
    found = await session.exec(
        select(Post)
        .where(Post.status == "awaiting", Post.via == via)
        .order_by(col(Post.id))
        .limit(most)
    )
    return found.all()


async def awaiting_in(session: AsyncSession, group_id: str) -> int:
    """How many posts of a group wait for an officer's tap."""
    found = await session.exec(
        select(func.count()).where(Post.group_id == group_id, Post.status == "awaiting")
    )
    return found.one()


async def claim_notice(
    session: AsyncSession, now: datetime, people: Sequence[str]
) -> tuple[Notice, Member] | None:
    """The next notice to send to somebody of these platforms, locked."""
    found = await session.exec(
        select(Notice, Member)
        .join(Member, col(Notice.member_id) == col(Member.id))
        .where(
            col(Notice.status).in_(ON_ITS_WAY),
            col(Notice.next_at) <= now,
            col(Notice.next_at) > now - NEWS,
            col(Member.channel).in_(people),
        )
        .order_by(col(Notice.next_at), col(Notice.id))
        .limit(1)
        .with_for_update(skip_locked=True, of=Notice)
    )
    return found.first()


async def lock_notice(session: AsyncSession, notice_id: int) -> Notice | None:
    """A notice, for this transaction alone; None where it is gone."""
    return await session.get(Notice, notice_id, with_for_update=True)


async def waiting(session: AsyncSession) -> Sequence[Post]:
    """All posts not yet sent, in their order."""
    found = await session.exec(
        select(Post).where(col(Post.status).in_(ON_ITS_WAY)).order_by(col(Post.said))
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
