"""The ladder as rows: planned with a deadline, fired once when their instant has come."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Letter, Reminder, Ticket


async def plan(
    session: AsyncSession,
    ticket_no: int,
    deadline: datetime,
    levels: Mapping[str, datetime],
    *,
    but: Sequence[str] = (),
) -> None:
    """Put these levels in the place of those that have not fired; none twice for one deadline.

    The levels `but` stay as they are planned.
    """
    await drop(session, ticket_no, but=but)
    if levels:
        rows = [
            {"ticket_no": ticket_no, "level": level, "at": at, "deadline": deadline}
            for level, at in levels.items()
        ]
        await session.exec(insert(Reminder).on_conflict_do_nothing(), params=rows)


async def drop(session: AsyncSession, ticket_no: int, *, but: Sequence[str] = ()) -> None:
    """Forget what has not fired, save the levels `but`."""
    open_ = (col(Reminder.ticket_no) == ticket_no, col(Reminder.fired_at).is_(None))
    await session.exec(delete(Reminder).where(*open_, col(Reminder.level).not_in(but)))


async def shift(
    session: AsyncSession, ticket_no: int, levels: Mapping[str, datetime], after: datetime
) -> list[datetime]:
    """Put what has not fired, and would after an instant, to these; returns what is new."""
    found = await session.exec(
        select(Reminder).where(
            col(Reminder.ticket_no) == ticket_no, col(Reminder.fired_at).is_(None),
            col(Reminder.at) > after,
        )
    )  # fmt: skip
    moved = []
    for row in found.all():
        at = levels.get(row.level, row.at)
        if at != row.at:
            row.at = at
            session.add(row)
            moved.append(at)
    await session.flush()
    return moved


async def due(session: AsyncSession, until: datetime) -> Sequence[tuple[Reminder, Ticket]]:
    """What has to fire at or before an instant, with its ticket; locked until the end."""
    found = await session.exec(
        select(Reminder, Ticket)
        .join(Ticket, col(Ticket.no) == col(Reminder.ticket_no))
        .where(col(Reminder.at) <= until, col(Reminder.fired_at).is_(None))
        .order_by(col(Ticket.due_at), col(Ticket.no), col(Reminder.at), col(Reminder.id))
        .with_for_update()
    )
    return found.all()


async def fired(session: AsyncSession) -> dict[int, list[Reminder]]:
    """All that has fired, by ticket and in order."""
    rows = await session.exec(
        select(Reminder)
        .where(col(Reminder.fired_at).is_not(None))
        .order_by(col(Reminder.at), col(Reminder.id))
    )
    found: dict[int, list[Reminder]] = {}
    for row in rows.all():
        found.setdefault(row.ticket_no, []).append(row)
    return found


async def draw_up(
    session: AsyncSession, ticket_no: int, kind: str, text: str, at: datetime
) -> Letter:
    """Keep a letter: `supervision` 督办函 or `handover` 移交函."""
    letter = Letter(ticket_no=ticket_no, kind=kind, text=text, at=at)
    session.add(letter)
    await session.flush()
    return letter


async def of_ticket(session: AsyncSession, ticket_no: int) -> Sequence[Reminder]:
    """A ticket's levels in order, fired and planned."""
    found = await session.exec(
        select(Reminder)
        .where(Reminder.ticket_no == ticket_no)
        .order_by(col(Reminder.at), col(Reminder.id))
    )
    return found.all()


async def letters(session: AsyncSession, ticket_no: int) -> Sequence[Letter]:
    """The letters that were drawn up about a ticket, in order."""
    found = await session.exec(
        select(Letter).where(Letter.ticket_no == ticket_no).order_by(col(Letter.id))
    )
    return found.all()
