"""Work for an instant: planned as a unique row, claimed once when its time has come."""

from datetime import datetime

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Due

#: At one instant: closures by silence, then reminders, then digests; rules, section 8.
TURNS = ("silence", "reminders", "weekly", "monthly", "daily", "calendar")


async def plan(
    session: AsyncSession, what: str, *instants: datetime, ticket_no: int | None = None
) -> None:
    """Plan something for these instants; planned twice it is there once."""
    if not instants:
        return
    turn = TURNS.index(what)
    rows = [
        {"what": what, "turn": turn, "at": at, "ticket_no": ticket_no, "next_at": at}
        for at in sorted(set(instants))
    ]
    made = insert(Due)
    await session.exec(
        made.on_conflict_do_update(
            index_elements=["what", "ticket_no", "at"],
            # done already, and planned anew: it is to be done again
            set_={"done_at": None, "next_at": made.excluded.next_at},
            where=col(Due.done_at).is_not(None),
        ),
        params=rows,
    )


async def drop(session: AsyncSession, what: str, ticket_no: int) -> None:
    """Forget what is planned and not yet done for a ticket."""
    await session.exec(
        delete(Due).where(
            col(Due.what) == what, col(Due.ticket_no) == ticket_no, col(Due.done_at).is_(None)
        )
    )


async def cancel(session: AsyncSession, what: str) -> None:
    """Forget all of a kind that is planned and not yet done."""
    await session.exec(delete(Due).where(col(Due.what) == what, col(Due.done_at).is_(None)))


async def late(session: AsyncSession, what: str, now: datetime) -> bool:
    """Whether something of a kind was due by now and is not done."""
    waits = (col(Due.what) == what, col(Due.at) <= now, col(Due.done_at).is_(None))
    return (await session.exec(select(Due.id).where(*waits).limit(1))).first() is not None


async def soonest(session: AsyncSession) -> datetime | None:
    """The instant of the earliest open work, or None for none."""
    found = await session.exec(select(func.min(Due.next_at)).where(col(Due.done_at).is_(None)))
    return found.one()


async def claim(session: AsyncSession, until: datetime, *, before: bool = False) -> Due | None:
    """The earliest open work at or before `until` (with `before`: strictly before), locked."""
    next_at = col(Due.next_at)
    found = await session.exec(
        select(Due)
        .where(next_at < until if before else next_at <= until, col(Due.done_at).is_(None))
        .order_by(next_at, col(Due.at), col(Due.turn), col(Due.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return found.first()


async def put_off(session: AsyncSession, due_id: int, until: datetime, error: str) -> None:
    """Try again later: what failed once must not hold up what is due behind it."""
    row = await session.get(Due, due_id)
    if row is not None:
        row.next_at, row.error = until, error
        session.add(row)
