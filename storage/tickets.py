"""Tickets: made with the next number, locked to be moved, and found."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, false
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.events import head
from storage.models import Link, Ticket

#: What is not in here has ended; rules, section 2.
OPEN = ("new", "assigned", "accepted", "suspended")
#: The greatest number that the column holds; people can write greater ones.
LARGEST = 2**31 - 1


async def next_number(session: AsyncSession) -> int:
    """The next running number; none is given twice or, when the transaction ends well, left out."""
    counter = await head(session, "ticket")
    counter.last += 1
    session.add(counter)
    return counter.last


async def lock(session: AsyncSession, no: int) -> Ticket | None:
    """The ticket of this number, kept from others until the transaction ends; or None."""
    if abs(no) > LARGEST:
        return None
    found = await session.exec(
        select(Ticket)
        .where(Ticket.no == no)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.first()


async def get(session: AsyncSession, no: int) -> Ticket | None:
    """The ticket of this number, to be read; or None."""
    return await session.get(Ticket, no) if abs(no) <= LARGEST else None


async def some(session: AsyncSession, numbers: Sequence[int]) -> dict[int, Ticket]:
    """These tickets by number."""
    found = await session.exec(select(Ticket).where(col(Ticket.no).in_(set(numbers))))
    return {ticket.no: ticket for ticket in found.all()}


async def taken_in(session: AsyncSession, no: int) -> list[Ticket]:
    """The tickets that were merged into this one, and those that had been merged into them."""
    found: dict[int, Ticket] = {}
    into = [no]
    while into:
        rows = await session.exec(
            select(Ticket).where(Ticket.status == "merged", col(Ticket.merged_into).in_(into))
        )
        fresh = [ticket for ticket in rows.all() if ticket.no not in found]
        found |= {ticket.no: ticket for ticket in fresh}
        into = [ticket.no for ticket in fresh]
    return list(found.values())


async def taken_by(session: AsyncSession, ticket: Ticket) -> Ticket | None:
    """The ticket that took this one in at last; None where none did."""
    last = None
    into = ticket.merged_into
    while into is not None and (found := await get(session, into)) is not None:
        last, into = found, found.merged_into
    return last


async def of_reporter(
    session: AsyncSession,
    group_id: str,
    *,
    reporter_id: int,
    enterprise: str | None,
    statuses: Sequence[str],
) -> Ticket | None:
    """The reporter's latest own ticket in a group: same enterprise, else same sender."""
    found = await session.exec(
        select(Ticket)
        .where(
            Ticket.group_id == group_id,
            col(Ticket.status).in_(statuses),
            col(Ticket.confidential).is_(False),
            own(reporter_id, enterprise),
        )
        .order_by(col(Ticket.no).desc())
        .limit(1)
    )
    return found.first()


async def of_unit(
    session: AsyncSession, group_id: str, *, unit_id: int, statuses: Sequence[str]
) -> Sequence[Ticket]:
    """A unit's tickets in a group in these statuses, latest first; two tell "several"."""
    found = await session.exec(
        select(Ticket)
        .where(
            Ticket.group_id == group_id,
            Ticket.unit_id == unit_id,
            col(Ticket.status).in_(statuses),
            col(Ticket.confidential).is_(False),
        )
        .order_by(col(Ticket.no).desc())
        .limit(20)
    )
    return found.all()


async def running(session: AsyncSession) -> Sequence[int]:
    """The numbers of what has not ended and is not resolved, in order."""
    found = await session.exec(
        select(Ticket.no).where(col(Ticket.status).in_(OPEN)).order_by(col(Ticket.no))
    )
    return found.all()


async def provisional(session: AsyncSession) -> int:
    """How many open ones rest on days that no notice has announced; misconduct left out."""
    found = await session.exec(
        select(func.count())
        .select_from(Ticket)
        .where(
            col(Ticket.status).in_(OPEN),
            col(Ticket.provisional),
            col(Ticket.confidential).is_(False),
        )
    )
    return found.one()


class Near(NamedTuple):
    """What of a ticket is compared with a new one."""

    no: int
    text: str
    category: str | None
    enterprise: str | None
    reporter_id: int | None


async def near(session: AsyncSession, ticket: Ticket, since: datetime) -> Sequence[Near]:
    """What is open in the same group or district, oldest first."""
    # what has no group is not in one group with all that has none
    there = [
        col(getattr(Ticket, place)) == where
        for place in ("group_id", "district")
        if (where := getattr(ticket, place)) is not None
    ]
    found = await session.exec(
        select(*(col(getattr(Ticket, name)) for name in Near._fields))
        .where(
            col(Ticket.status).in_(OPEN),
            col(Ticket.confidential).is_(False),
            Ticket.reported_at >= since,
            Ticket.no < ticket.no,
            or_(False, *there),
        )
        .order_by(col(Ticket.no))
    )
    return [Near(*row) for row in found.all()]


async def link(session: AsyncSession, one: int, other: int) -> None:
    """Note that two tickets look alike; each then lists the other."""
    rows = [{"ticket_no": one, "other_no": other}, {"ticket_no": other, "other_no": one}]
    await session.exec(insert(Link).on_conflict_do_nothing(), params=rows)


async def related(session: AsyncSession) -> dict[int, list[int]]:
    """The numbers that each ticket lists, in order."""
    rows = await session.exec(select(Link).order_by(col(Link.ticket_no), col(Link.other_no)))
    found: dict[int, list[int]] = {}
    for row in rows.all():
        found.setdefault(row.ticket_no, []).append(row.other_no)
    return found


async def linked(session: AsyncSession, no: int) -> Sequence[Ticket]:
    """The tickets that look like this one, in order."""
    found = await session.exec(
        select(Ticket)
        .join(Link, col(Link.other_no) == col(Ticket.no))
        .where(Link.ticket_no == no)
        .order_by(col(Ticket.no))
    )
    return found.all()


def own(reporter_id: int | None, enterprise: str | None, of: Any = Ticket) -> ColumnElement[bool]:
    """Of the same enterprise, else of the same sender; rules, section 8."""
    # what nobody is known to have told is not everybody's
    mine: ColumnElement[bool] = false() if reporter_id is None else of.reporter_id == reporter_id
    return mine | (of.enterprise == enterprise) if enterprise else mine
