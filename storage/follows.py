"""Who follows which ticket."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Follow, Member, Ticket


async def follow(session: AsyncSession, member_id: int, ticket_no: int) -> None:
    """Somebody follows a ticket from now on; a second time changes nothing."""
    row = insert(Follow).values(member_id=member_id, ticket_no=ticket_no)
    await session.exec(row.on_conflict_do_nothing())


async def unfollow(session: AsyncSession, member_id: int, ticket_no: int) -> None:
    """Somebody does not follow it any more."""
    await session.exec(
        delete(Follow).where(col(Follow.member_id) == member_id, col(Follow.ticket_no) == ticket_no)
    )


async def follows(session: AsyncSession, member_id: int, ticket_no: int) -> bool:
    """Whether somebody follows a ticket."""
    return await session.get(Follow, (member_id, ticket_no)) is not None


async def followers(session: AsyncSession, ticket_no: int) -> Sequence[Member]:
    """Everybody who follows a ticket, in a fixed order."""
    found = await session.exec(
        select(Member)
        .join(Follow, col(Follow.member_id) == col(Member.id))
        .where(Follow.ticket_no == ticket_no)
        .order_by(col(Member.id))
    )
    return found.all()


async def followed(session: AsyncSession, member_id: int, most: int = 50) -> Sequence[Ticket]:
    """What somebody follows, newest first; whether they may still see it is not asked here."""
    found = await session.exec(
        select(Ticket)
        .join(Follow, col(Follow.ticket_no) == col(Ticket.no))
        .where(Follow.member_id == member_id)
        .order_by(col(Ticket.no).desc())
        .limit(most)
    )
    return found.all()
