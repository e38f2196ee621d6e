"""Lists of the ledger that people keep under a name: each their own."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import View


async def of(session: AsyncSession, member_id: int) -> Sequence[View]:
    """Somebody's lists, in the order in which they were first kept."""
    found = await session.exec(
        select(View).where(View.member_id == member_id).order_by(col(View.id))
    )
    return found.all()


async def keep(session: AsyncSession, member_id: int, name: str, query: str) -> None:
    """Keep a list; one that has this name already is another one from now on."""
    row = insert(View).values(member_id=member_id, name=name, query=query)
    await session.exec(
        row.on_conflict_do_update(index_elements=["member_id", "name"], set_={"query": query})
    )


async def drop(session: AsyncSession, member_id: int, view_id: int) -> None:
    """Forget a list; of somebody else's nothing happens."""
    mine = (col(View.member_id) == member_id, col(View.id) == view_id)
    await session.exec(delete(View).where(*mine))
