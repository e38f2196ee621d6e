"""What was said in the groups, by people and by the bot."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import posts
from storage.models import Double, Member, Message, Post


async def record(
    session: AsyncSession,
    *,
    group_id: str,
    external_id: str,
    sender: Member,
    name: str,
    text: str,
    at: datetime,
    images: list[dict[str, Any]],
    quote: dict[str, Any] | None,
    mentions_bot: bool,
    parse: dict[str, Any] | None,
    parser: str | None,
    via: str | None = None,
    handle: dict[str, Any] | None = None,
) -> Message | None:
    """Keep a message as it came; None for a second delivery (same group and id)."""
    if await session.get(Double, (group_id, external_id)) is not None:
        return None
    made = (
        insert(Message)
        .values(
            group_id=group_id,
            external_id=external_id,
            sender_id=sender.id,
            name=name,
            text=text,
            at=at,
            images=images,
            quote=quote,
            mentions_bot=mentions_bot,
            parse=parse,
            parser=parser,
            via=via,
            handle=handle,
            effect="silence",
        )
        .on_conflict_do_nothing()
        .returning(Message)
    )
    row = (await session.exec(made)).first()
    return row[0] if row else None


async def find(session: AsyncSession, group_id: str, external_id: str) -> Message | None:
    """The message with this id in this group, whichever channel calls it so; or None."""
    found = await session.exec(
        select(Message).where(Message.group_id == group_id, Message.external_id == external_id)
    )
    message = found.first()
    if message is None:
        double = await session.get(Double, (group_id, external_id))
        message = None if double is None else await session.get(Message, double.message_id)
    return message


async def from_elsewhere(
    session: AsyncSession,
    group_id: str,
    sender_id: int | None,
    *,
    via: str,
    since: datetime,
    until: datetime,
) -> Sequence[Message]:
    """What somebody said in a group between these instants and another channel has brought."""
    found = await session.exec(
        select(Message).where(
            Message.group_id == group_id,
            Message.sender_id == sender_id,
            col(Message.at).between(since, until),
            col(Message.via).is_not(None),
            Message.via != via,
        )
    )
    return found.all()


async def double(session: AsyncSession, message: Message, external_id: str, via: str) -> None:
    """Another channel calls a message so."""
    row = insert(Double).values(
        group_id=message.group_id, external_id=external_id, message_id=message.id, via=via
    )
    await session.exec(row.on_conflict_do_nothing())


async def said_by(
    session: AsyncSession, group_id: str, sender: str, text: str, *, but: int | None
) -> Message | None:
    """What somebody said in a group in just these words: the latest, best one of a ticket.

    The sender is known by id or by the name that the group shows; without one it is whoever said
    it: some platforms quote without saying whom. `but` is left out.
    """
    by = or_(
        Member.external_id == sender, Message.name == sender, Member.name == sender, sender == ""
    )  # fmt: skip
    found = await session.exec(
        select(Message)
        .join(Member, col(Message.sender_id) == col(Member.id))
        .where(Message.group_id == group_id, Message.text == text, by, col(Message.id) != but)
        .order_by(col(Message.ticket_no).is_(None), col(Message.said).desc())
        .limit(1)
    )
    return found.first()


async def recall(
    session: AsyncSession, group_id: str, external_id: str, at: datetime
) -> Message | None:
    """Mark a message as recalled; it is never dropped. None when it is unknown or marked."""
    message = await find(session, group_id, external_id)
    if message is None or message.recalled_at is not None:
        return None
    message.recalled_at = at
    session.add(message)
    return message


async def of_ticket(session: AsyncSession, no: int) -> Sequence[Message]:
    """The messages that opened, added to or moved a ticket, in order."""
    several = (col(Message.also) != [], col(Message.also).contains([no]))
    found = await session.exec(
        select(Message)
        .where(or_(Message.ticket_no == no, and_(*several)))
        .order_by(col(Message.said))
    )
    return found.all()


async def opened_by(session: AsyncSession, external_id: str) -> int | None:
    """Number of the ticket that the message of this id opened, in whatever group; or None."""
    found = await session.exec(
        select(Message.ticket_no)
        .where(Message.external_id == external_id, Message.effect == "open")
        .order_by(col(Message.id))
        .limit(1)
    )
    return found.first()


async def last_touched(
    session: AsyncSession, group_id: str, sender_id: int, since: datetime
) -> int | None:
    """Number of the ticket that somebody last opened or added to in a group since then."""
    found = await session.exec(
        select(Message.ticket_no)
        .where(
            Message.group_id == group_id,
            Message.sender_id == sender_id,
            col(Message.effect).in_(("open", "add")),
            col(Message.at) >= since,
            col(Message.ticket_no).is_not(None),
        )
        .order_by(col(Message.said).desc())
        .limit(1)
    )
    return found.first()


async def feed(
    session: AsyncSession,
    group_id: str,
    *,
    after: int | None = None,
    before: int | None = None,
    most: int = 50,
) -> list[Message | Post]:
    """A group's talk in its order: the newest `most`, or those after or before a place in it."""
    messages = select(Message).where(Message.group_id == group_id)
    posts = select(Post).where(Post.group_id == group_id)
    if before is not None:
        messages = messages.where(col(Message.said) < before)
        posts = posts.where(col(Post.said) < before)
    if after is not None:
        messages = messages.where(col(Message.said) > after).order_by(col(Message.said))
        posts = posts.where(col(Post.said) > after).order_by(col(Post.said))
    else:
        messages = messages.order_by(col(Message.said).desc())
        posts = posts.order_by(col(Post.said).desc())
    rows: list[Message | Post] = [*(await session.exec(messages.limit(most))).all()]
    rows += (await session.exec(posts.limit(most))).all()
    rows.sort(key=lambda row: row.said or 0)
    return rows[:most] if after is not None else rows[-most:]


async def unread_by_rasa(session: AsyncSession, most: int) -> Sequence[Message]:
    """Messages that only the keyword twin has read, oldest first."""
    found = await session.exec(
        select(Message).where(Message.parser == "keywords").order_by(col(Message.said)).limit(most)
    )
    return found.all()


async def read_again(
    session: AsyncSession, message_id: int, parse: dict[str, Any], parser: str
) -> Message | None:
    """Keep the better parse of a message, locked; None where somebody else has been first."""
    found = await session.exec(
        select(Message)
        .where(Message.id == message_id, Message.parser == "keywords")
        .with_for_update(skip_locked=True)
    )
    message = found.first()
    if message is not None:
        message.parse, message.parser = parse, parser
        session.add(message)
    return message


async def quoted_words(
    session: AsyncSession, group_id: str, quote: dict[str, Any] | None
) -> dict[str, str] | None:
    """Who said what, of a quote; None where nothing, or nothing known, was quoted."""
    if not quote:
        return None
    if "text" in quote:
        return {"name": quote.get("sender", ""), "text": quote["text"]}
    quoted = str(quote.get("id", ""))
    if quoted.startswith("post-") and quoted[5:].isdecimal() and len(quoted) < 15:
        post = await session.get(Post, int(quoted[5:]))
        fits = post is not None and post.group_id == group_id
        return {"name": "", "text": post.text} if post is not None and fits else None
    message = await find(session, group_id, quoted)
    if message is not None:
        return {"name": message.name, "text": message.text}
    said = await posts.receipted(session, group_id, quoted)
    return {"name": "", "text": said.text} if said is not None else None
