"""The numbers and times of the rules that the city changed."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Head, Setting

#: Marks each change of settings and calendar, so that they need not be read each time.
REVISION = "rules"
#: Not a rule: when the service began to count.
START = "start"


async def read(session: AsyncSession) -> dict[str, Any]:
    """All changed settings by name."""
    rows = (await session.exec(select(Setting))).all()
    return {row.key: row.value for row in rows if row.key != START}


async def write(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Change some settings."""
    for key, value in values.items():
        row = insert(Setting).values(key=key, value=value)
        await session.exec(row.on_conflict_do_update(index_elements=["key"], set_={"value": value}))
    await changed(session)


async def forget(session: AsyncSession, key: str) -> None:
    """Go back to the default of a setting."""
    row = await session.get(Setting, key)
    if row is not None:
        await session.delete(row)
        await session.flush()
    await changed(session)


async def revision(session: AsyncSession) -> str:
    """The mark of the last change of settings or calendar."""
    return (await session.exec(select(Head.hash).where(Head.name == REVISION))).first() or ""


async def changed(session: AsyncSession) -> None:
    """Settings or calendar are not what they were: whoever kept them reads them again."""
    session.info.pop("clock", None)
    # no counter: a change that is rolled back must not share its mark with a later one
    mark = secrets.token_hex(8)
    row = insert(Head).values(name=REVISION, last=0, hash=mark)
    await session.exec(row.on_conflict_do_update(index_elements=["name"], set_={"hash": mark}))


async def began(session: AsyncSession, now: datetime) -> datetime:
    """When the service began to count: `now` where it has not begun yet."""
    row = insert(Setting).values(key=START, value=now.isoformat())
    await session.exec(row.on_conflict_do_nothing())
    found = (await session.exec(select(Setting).where(Setting.key == START))).one()
    return datetime.fromisoformat(found.value)
