"""The numbers and times of the rules that the city changed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Setting


async def read(session: AsyncSession) -> dict[str, Any]:
    """All changed settings by name."""
    return {row.key: row.value for row in (await session.exec(select(Setting))).all()}


async def write(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Change some settings."""
    for key, value in values.items():
        row = insert(Setting).values(key=key, value=value)
        await session.exec(row.on_conflict_do_update(index_elements=["key"], set_={"value": value}))
