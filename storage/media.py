"""Pictures, voices and files that came with messages: to be fetched, and their bytes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Blob, Medium


async def wanted(
    session: AsyncSession,
    *,
    group_id: str,
    external_id: str,
    place: int,
    channel: str,
    kind: str,
    name: str | None,
    source: Mapping[str, Any],
    at: datetime,
) -> None:
    """A medium of a message waits to be fetched; a second delivery changes nothing."""
    row = insert(Medium).values(
        group_id=group_id, external_id=external_id, place=place, channel=channel, kind=kind,
        name=name, source=dict(source), status="waiting", at=at, next_at=at, tries=0,
    )  # fmt: skip
    await session.exec(row.on_conflict_do_nothing())


async def claim(session: AsyncSession, now: datetime) -> Medium | None:
    """The next one to fetch, locked; None where nothing waits."""
    found = await session.exec(
        select(Medium)
        .where(Medium.status == "waiting", col(Medium.next_at) <= now)
        .order_by(col(Medium.next_at), col(Medium.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return found.first()


async def keep(session: AsyncSession, *, sha256: str, type_: str, content: bytes) -> None:
    """Keep bytes; the same ones are kept once."""
    row = insert(Blob).values(sha256=sha256, type=type_, size=len(content), content=content)
    await session.exec(row.on_conflict_do_nothing())


async def blob(session: AsyncSession, sha256: str) -> Blob | None:
    """The bytes of this hash, or None."""
    return await session.get(Blob, sha256)


async def of_messages(
    session: AsyncSession, group_id: str, external_ids: Sequence[str]
) -> Sequence[Medium]:
    """What came with these messages of a group, in order."""
    found = await session.exec(
        select(Medium)
        .where(Medium.group_id == group_id, col(Medium.external_id).in_(set(external_ids)))
        .order_by(col(Medium.external_id), col(Medium.place))
    )
    return found.all()
