"""Digests that were made, and the lists that they name."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import figures, states
from storage.models import Digest, Group, State
from storage.tickets import OPEN


async def keep(
    session: AsyncSession,
    *,
    kind: str,
    at: datetime,
    made_at: datetime,
    since: datetime,
    until: datetime,
    figures: dict[str, Any],
) -> None:
    """Note that a digest was made; a second one of its period is refused by the table."""
    session.add(
        Digest(kind=kind, at=at, made_at=made_at, since=since, until=until, figures=figures)
    )
    await session.flush()


async def last(session: AsyncSession, kind: str) -> datetime | None:
    """Where the last period of a kind ended."""
    found = await session.exec(
        select(Digest.until).where(Digest.kind == kind).order_by(col(Digest.until).desc()).limit(1)
    )
    return found.first()


async def since_of(session: AsyncSession, kind: str, until: datetime) -> datetime | None:
    """Where the period of a kind began that ended then."""
    found = await session.exec(
        select(Digest.since).where(Digest.kind == kind, Digest.until == until)
    )
    return found.first()


async def every(session: AsyncSession) -> Sequence[Digest]:
    """All, in the order in which they were due."""
    return (await session.exec(select(Digest).order_by(col(Digest.at), col(Digest.id)))).all()


async def groups(session: AsyncSession, since: datetime | None, until: datetime) -> Sequence[str]:
    """The groups that a digest goes to.

    All; for a daily one, `since` the one before, those with a ticket that is open, or was opened
    or resolved since.
    """
    query = select(Group.id).order_by(Group.id)
    if since is not None:
        alive = select(State.group_id).where(
            states.at(until),
            col(State.confidential).is_(False),
            or_(
                col(State.status).in_(OPEN),
                col(State.reported_at) >= since,
                col(State.resolved_at) > since,
            ),
        )
        query = query.where(col(Group.id).in_(alive))
    return (await session.exec(query)).all()


async def falling_due(
    session: AsyncSession,
    at: datetime,
    first: datetime | None,
    end: datetime,
) -> dict[str | None, list[int]]:
    """The numbers of what is open at an instant and due before `end`, by group.

    From `first` on; without it, all that is over its deadline, as the figures count it.
    """
    query = select(State.group_id, State.ticket_no).where(states.at(at), figures.collected())
    if first is None:
        query = query.where(figures.conditions(at)["overdue"])
    else:
        query = query.where(
            col(State.status).in_(figures.OPEN), State.due_at >= first, State.due_at < end
        )
    found: dict[str | None, list[int]] = {}
    rows = await session.exec(query.order_by(col(State.due_at), col(State.ticket_no)))
    for group, no in rows.all():
        found.setdefault(group, []).append(no)
    return found
