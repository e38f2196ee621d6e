"""Hooks: what other systems are told of, one row an event, in the order of the events.

An event has its number under a lock that is held until the commit: of what is committed, no lower
number appears later, and a hook needs to remember only the last one that was handed over.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, insert, or_, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import events
from storage.models import Delivery, Event, Hook, Ticket

#: So many deliveries of a hook may wait; what is beyond stays with the events until there is room,
#: so that a hook that nobody answers costs no more than one that is idle.
ROOM = 100
#: Whoever sends a delivery has it for so long; then it is taken to be lost, and sent again.
LEASE = timedelta(seconds=30)
#: So long the deliveries that were taken are kept, to be looked at.
KEPT = timedelta(days=30)


class Told(NamedTuple):
    """A delivery on its way, and what it tells of what."""

    delivery: Delivery
    hook: Hook
    event: Event
    ticket: Ticket


async def make(
    session: AsyncSession, *, url: str, steps: Sequence[str], by: str, now: datetime
) -> Hook:
    """A new hook: told of what happens from now on."""
    last = await events.last(session)
    row = Hook(
        url=url, secret=f"mcs_{secrets.token_urlsafe(32)}", steps=list(steps), made_at=now,
        after=last.last if last else 0, made_by=by,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    return row


async def every(session: AsyncSession) -> Sequence[Hook]:
    """All hooks: those in use first, the newest first."""
    order = (col(Hook.ended_at).is_not(None), col(Hook.id).desc())
    return (await session.exec(select(Hook).order_by(*order))).all()


async def get(session: AsyncSession, hook_id: int) -> Hook | None:
    """The hook of this number, or None."""
    return await session.get(Hook, hook_id)


async def end(session: AsyncSession, hook_id: int, now: datetime) -> Hook | None:
    """Tell a hook nothing more; None where there is none, or it has ended."""
    found = await session.exec(
        select(Hook).where(Hook.id == hook_id, col(Hook.ended_at).is_(None)).with_for_update()
    )
    row = found.first()
    if row is not None:
        row.ended_at = now
        session.add(row)
    return row


async def hand_over(session: AsyncSession, now: datetime) -> int:
    """Make deliveries of what happened since the last look; how many."""
    last = await events.last(session)
    if last is None:
        return 0
    found = await session.exec(
        select(Hook)
        .where(col(Hook.ended_at).is_(None), Hook.after < last.last)
        .with_for_update(skip_locked=True)
    )
    return sum([await _hand_over(session, hook, last.last, now) for hook in found.all()])


async def _hand_over(session: AsyncSession, hook: Hook, last: int, now: datetime) -> int:
    waiting = select(func.count()).where(Delivery.hook_id == hook.id, Delivery.status == "waiting")
    room = ROOM - (await session.exec(waiting)).one()
    if room <= 0:
        return 0
    query = (
        select(Event.seq)
        .join(Ticket, col(Ticket.no) == col(Event.ticket_no))
        .where(Event.seq > hook.after, Event.seq <= last, col(Ticket.confidential).is_(False))
        .order_by(col(Event.seq))
        .limit(room)
    )
    if hook.steps:
        query = query.where(col(Event.step).in_(hook.steps))
    numbers = (await session.exec(query)).all()
    rows = [
        {"hook_id": hook.id, "event_seq": seq, "at": now, "next_at": now, "tries": 0,
         "status": "waiting"}
        for seq in numbers
    ]  # fmt: skip
    if rows:
        await session.exec(insert(Delivery), params=rows)
    hook.after = numbers[-1] if len(numbers) == room else last
    session.add(hook)
    return len(rows)


async def claim(session: AsyncSession, now: datetime, most: int) -> list[Told]:
    """The next delivery of each hook, where it is due: ours until the lease ends.

    Behind a delivery that waits for its next try, or is on its way, none of its hook is claimed.
    """
    first = (
        select(Delivery.id, Delivery.next_at)
        .join(Hook, col(Hook.id) == col(Delivery.hook_id))
        .where(Delivery.status == "waiting", col(Hook.ended_at).is_(None))
        .ext(distinct_on(col(Delivery.hook_id)))
        .order_by(col(Delivery.hook_id), col(Delivery.event_seq))
        .subquery()
    )
    found = await session.exec(
        select(Delivery, Hook, Event, Ticket)
        .join(Hook, col(Hook.id) == col(Delivery.hook_id))
        .join(Event, col(Event.seq) == col(Delivery.event_seq))
        .join(Ticket, col(Ticket.no) == col(Event.ticket_no))
        .where(
            col(Delivery.id).in_(select(first.c.id).where(first.c.next_at <= now)),
            # asked again of the row itself, once it is locked: another may have been faster
            Delivery.status == "waiting",
            Delivery.next_at <= now,
        )
        .order_by(col(Delivery.next_at))
        .limit(most)
        .with_for_update(skip_locked=True, of=Delivery)
    )
    told = [Told(*row) for row in found.all()]
    for one in [one for one in told if one.ticket.confidential]:  # it became so meanwhile
        told.remove(one)
        await session.delete(one.delivery)
    for one in told:
        one.delivery.tries += 1
        one.delivery.next_at = now + LEASE
        session.add(one.delivery)
    await session.flush()
    return told


async def settle(
    session: AsyncSession,
    delivery: Delivery,
    *,
    status: str,
    next_at: datetime,
    code: int | None,
    error: str | None,
) -> None:
    """Note what came of a try; nothing where the lease ended and another has tried since."""
    await session.exec(
        update(Delivery)
        .where(
            col(Delivery.id) == delivery.id,
            col(Delivery.tries) == delivery.tries,
            col(Delivery.status) == "waiting",
        )
        .values(status=status, next_at=next_at, code=code, error=error)
    )


async def log(
    session: AsyncSession,
    hook_id: int,
    *,
    before: int | None = None,
    tried: bool = False,
    most: int = 50,
) -> Sequence[tuple[Delivery, Event]]:
    """The deliveries of a hook with their events, the newest first, below event `before`.

    With `tried` only those that were sent at least once.
    """
    query = (
        select(Delivery, Event)
        .join(Event, col(Event.seq) == col(Delivery.event_seq))
        .where(Delivery.hook_id == hook_id)
        .order_by(col(Delivery.event_seq).desc())
        .limit(most)
    )
    if before is not None:
        query = query.where(Delivery.event_seq < before)
    if tried:
        query = query.where(Delivery.tries > 0)
    return (await session.exec(query)).all()


async def unfinished(session: AsyncSession) -> dict[tuple[int, str], int]:
    """How many deliveries of each hook wait or were given up."""
    found = await session.exec(
        select(Delivery.hook_id, Delivery.status, func.count())
        .where(col(Delivery.status).in_(("waiting", "given_up")))
        .group_by(col(Delivery.hook_id), col(Delivery.status))
    )
    return {(hook_id, status): many for hook_id, status, many in found.all()}


async def again(
    session: AsyncSession, hook_id: int, now: datetime, *, delivery_id: int | None = None
) -> int:
    """Try anew what was given up of a hook: one delivery, or all; how many. Its day begins anew."""
    which = [col(Delivery.hook_id) == hook_id, col(Delivery.status) == "given_up"]
    if delivery_id is not None:
        which.append(col(Delivery.id) == delivery_id)
    done = await session.exec(
        update(Delivery).where(*which).values(status="waiting", at=now, next_at=now, tries=0)
    )
    return int(done.rowcount)


async def forget(session: AsyncSession, before: datetime) -> int:
    """Drop deliveries older than this that were taken, and all of hooks that ended; how many.

    What was given up stays: it can be tried again.
    """
    ended = select(Hook.id).where(col(Hook.ended_at) < before)
    found = await session.exec(
        delete(Delivery).where(
            col(Delivery.at) < before,
            or_(col(Delivery.status) == "taken", col(Delivery.hook_id).in_(ended)),
        )
    )
    return found.rowcount
