"""The groups as chats: who spoke in them, and when last."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, true, tuple_
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import messages
from storage.models import Group, Member, Message, Post


class Chat(NamedTuple):
    """A group, and when people last said something in it; `said` is that message's place."""

    group: Group
    said: int
    at: datetime | None


class Place(NamedTuple):
    """Where a group stands in the list."""

    said: int
    group_id: str


async def page(
    session: AsyncSession,
    *,
    words: Sequence[str] = (),
    district: str | None = None,
    spoken_by: int | None = None,
    after: Place | None = None,
    most: int = 50,
) -> Sequence[Chat]:
    """Groups, the one that was last spoken in first; all words stand in the name or the id.

    With `spoken_by` only those in which this member has said something.
    """
    last = (
        select(col(Message.said).label("said"), col(Message.at).label("at"))
        .where(Message.group_id == Group.id)
        .order_by(col(Message.said).desc())
        .limit(1)
        .correlate(Group)
        .lateral()
    )
    said = func.coalesce(last.c.said, 0)
    query = select(Group, said, last.c.at).outerjoin(last, true())
    for word in words:
        places = (col(Group.name), col(Group.id), col(Group.district))
        query = query.where(or_(*(place.icontains(word, autoescape=True) for place in places)))
    if district:
        query = query.where(Group.district == district)
    if spoken_by is not None:
        theirs = select(Message.group_id).where(Message.sender_id == spoken_by)
        query = query.where(col(Group.id).in_(theirs))
    if after is not None:
        # backwards by place, forwards by id: both ways of one order
        query = query.where(tuple_(-said, col(Group.id)) > (-after.said, after.group_id))
    found = await session.exec(query.order_by(said.desc(), col(Group.id)).limit(most))
    return [Chat(*row) for row in found.all()]


async def spoke(session: AsyncSession, group_id: str, member_id: int | None) -> bool:
    """Whether somebody has ever said something in a group."""
    found = await session.exec(
        select(Message.id)
        .where(Message.group_id == group_id, Message.sender_id == member_id)
        .limit(1)
    )
    return found.first() is not None


async def lately(session: AsyncSession, group_id: str, most: int = 8) -> Sequence[Member]:
    """Who spoke last in a group, the last one first."""
    said = (
        select(Message.sender_id, Message.said)
        .where(Message.group_id == group_id)
        .order_by(col(Message.said).desc())
        .limit(200)
        .subquery()
    )
    last = func.max(said.c.said)
    found = await session.exec(
        select(Member)
        .join(said, said.c.sender_id == Member.id)
        .group_by(col(Member.id))
        .order_by(last.desc())
        .limit(most)
    )
    return found.all()


async def named(session: AsyncSession, channel: str, name: str) -> Sequence[Member]:
    """Everybody of a channel who is called so."""
    found = await session.exec(
        select(Member)
        .where(Member.channel == channel, Member.name == name)
        .order_by(col(Member.id))
    )
    return found.all()


async def answered(session: AsyncSession, posts: Iterable[Post]) -> dict[int, Message]:
    """The messages that these posts answer, by row id."""
    ids = {post.answers for post in posts if post.answers is not None}
    found = await session.exec(select(Message).where(col(Message.id).in_(ids)))
    return {row.id: row for row in found.all() if row.id is not None}


class Quoted(NamedTuple):
    """Who said what, of a quote; `source` is the message that it comes of, or that it answers."""

    name: str
    text: str
    source: Message | None


async def quoted(session: AsyncSession, group_id: str, quote: Any) -> Quoted | None:
    """What a message quotes; None where that is nothing, or nothing known."""
    words = await messages.quoted_words(session, group_id, quote)
    if words is None:
        return None
    if "text" in quote:
        sender = quote.get("sender", "")
        source = await messages.said_by(session, group_id, sender, quote["text"], but=None)
    elif str(quote["id"]).startswith("post-"):
        post = await session.get(Post, int(quote["id"][5:]))
        answers = post.answers if post is not None else None
        source = await session.get(Message, answers) if answers is not None else None
    else:
        source = await messages.find(session, group_id, str(quote["id"]))
    return Quoted(words["name"], words["text"], source)
