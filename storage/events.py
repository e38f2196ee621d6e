"""The chain of events: appended, verified, never changed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Event, Head, Ticket

#: Events are hashed with the offset of the one time zone of the country.
ZONE = ZoneInfo("Asia/Shanghai")


async def head(session: AsyncSession, name: str) -> Head:
    """The counter of this name, locked until the transaction ends."""
    wanted = (
        select(Head)
        .where(Head.name == name)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = (await session.exec(wanted)).first()
    if found is None:  # the first of all
        await session.exec(insert(Head).values(name=name, last=0, hash="").on_conflict_do_nothing())
        found = (await session.exec(wanted)).one()
    return found


async def append(
    session: AsyncSession,
    *,
    ticket_no: int,
    at: datetime,
    by: str,
    step: str,
    was: str | None,
    became: str,
    words: str = "",
    message: str | None = None,
) -> Event:
    """Add one event to the end of the chain; rules, section 2."""
    last = await head(session, "event")
    event = Event(
        seq=last.last + 1,
        ticket_no=ticket_no,
        at=at,
        by=by,
        step=step,
        was=was,
        became=became,
        words=words,
        message=message,
        prev=last.hash,
        hash="",
    )
    event.hash = digest(content(event))
    last.last, last.hash = event.seq, event.hash
    session.add_all((last, event))
    await session.flush()
    return event


def content(event: Event) -> dict[str, Any]:
    """What an event's hash covers: all its fields but the hash, under their names outside."""
    return {
        "seq": event.seq,
        "ticket": event.ticket_no,
        "at": event.at.astimezone(ZONE).isoformat(),
        "by": event.by,
        "step": event.step,
        "from": event.was,
        "to": event.became,
        "words": event.words,
        "message": event.message,
        "prev": event.prev,
    }


def digest(fields: Mapping[str, Any]) -> str:
    """SHA-256 of the fields as JSON with sorted keys, no spaces, UTF-8."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


async def of_ticket(session: AsyncSession, no: int) -> Sequence[Event]:
    """A ticket's events in order."""
    found = await session.exec(select(Event).where(Event.ticket_no == no).order_by(col(Event.seq)))
    return found.all()


async def after(session: AsyncSession, seq: int, most: int = 1000) -> Sequence[Event]:
    """The next events behind a place in the chain, in order."""
    found = await session.exec(
        select(Event).where(col(Event.seq) > seq).order_by(col(Event.seq)).limit(most)
    )
    return found.all()


async def public(session: AsyncSession, seq: int, most: int) -> Sequence[Event]:
    """The same, without the events of confidential tickets."""
    found = await session.exec(
        select(Event)
        .join(Ticket, col(Ticket.no) == col(Event.ticket_no))
        .where(col(Event.seq) > seq, col(Ticket.confidential).is_(False))
        .order_by(col(Event.seq))
        .limit(most)
    )
    return found.all()


async def get(session: AsyncSession, seq: int) -> Event | None:
    """The event of this number, or None."""
    return await session.get(Event, seq)


async def last(session: AsyncSession) -> Head | None:
    """Number and hash of the last event, not locked; None before the first."""
    return (await session.exec(select(Head).where(Head.name == "event"))).first()


class Walked(NamedTuple):
    """A walk along the chain: how far it came, and what it found."""

    seq: int = 0
    hash: str = ""
    broken: int | None = None  # number of the first event whose link does not hold
    ended: bool = False  # there is nothing more to walk


async def walk(session: AsyncSession, start: Walked, most: int = 1000) -> Walked:
    """Go on with a verification from where it came to, by at most so many events.

    What is appended meanwhile is verified too.
    """
    end = await last(session)
    seq, hash_ = start.seq, start.hash
    found = await after(session, seq, most)
    for event in found:
        if (event.seq, event.prev) != (seq + 1, hash_) or event.hash != digest(content(event)):
            return Walked(seq, hash_, event.seq, ended=True)
        seq, hash_ = event.seq, event.hash
        if end is not None and seq == end.last and hash_ != end.hash:
            return Walked(seq - 1, event.prev, seq, ended=True)
    if found:
        return Walked(seq, hash_)
    end = end or await last(session)  # it may have been the first, meanwhile
    whole = seq >= end.last if end is not None else not seq
    return Walked(seq, hash_, None if whole else seq + 1, ended=True)


async def broken(session: AsyncSession) -> int | None:
    """Number of the first event whose link does not hold, or None for a whole chain."""
    walked = Walked()
    while not walked.ended:
        walked = await walk(session, walked)
    return walked.broken
