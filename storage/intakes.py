"""Which rows of ledgers have opened a ticket."""

from collections.abc import Collection

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.events import head
from storage.models import Intake


async def turn(session: AsyncSession) -> None:
    """Wait until no other import is under way, and keep others waiting until this one ends."""
    await head(session, "intake")


async def known(session: AsyncSession, keys: Collection[str]) -> set[str]:
    """Those of these keys that have opened a ticket."""
    found = await session.exec(select(Intake.key).where(col(Intake.key).in_(keys)))
    return set(found.all())


async def opened(session: AsyncSession, key: str) -> int | None:
    """Number of the ticket that this key has opened, or None."""
    return (await session.exec(select(Intake.ticket_no).where(Intake.key == key))).first()


async def keep(session: AsyncSession, key: str, ticket_no: int) -> None:
    """Note that a row has opened a ticket."""
    session.add(Intake(key=key, ticket_no=ticket_no))
    await session.flush()
