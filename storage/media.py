"""Pictures, voices and files that came with messages: to be fetched, and their bytes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Blob, Double, Medium, Message


class Held(NamedTuple):
    """A medium, and of what type and size its bytes are, where they are kept."""

    medium: Medium
    type: str | None
    size: int | None


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


async def brought(
    session: AsyncSession,
    *,
    group_id: str,
    external_id: str,
    place: int,
    channel: str,
    kind: str,
    name: str | None,
    sha256: str,
    at: datetime,
) -> None:
    """A medium whose bytes came with the message, and are kept; the first ones stay."""
    row = insert(Medium).values(
        group_id=group_id, external_id=external_id, place=place, channel=channel, kind=kind,
        name=name, sha256=sha256, status="kept", at=at, next_at=at, tries=0,
    )  # fmt: skip
    await session.exec(row.on_conflict_do_nothing())


async def claim(session: AsyncSession, now: datetime, *, but: Iterable[str] = ()) -> Medium | None:
    """The next one to fetch, locked; None where nothing waits. Channels in `but` are left out."""
    found = await session.exec(
        select(Medium)
        .where(
            Medium.status == "waiting", col(Medium.next_at) <= now,
            col(Medium.channel).not_in(list(but)),
        )
        .order_by(col(Medium.next_at), col(Medium.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    return found.first()


async def lock(session: AsyncSession, number: int) -> Medium | None:
    """One that still waits, locked; None where somebody else has settled it."""
    found = await session.exec(
        select(Medium).where(Medium.id == number, Medium.status == "waiting").with_for_update()
    )
    return found.first()


async def keep(session: AsyncSession, *, sha256: str, type_: str, content: bytes) -> None:
    """Keep bytes; the same ones are kept once."""
    row = insert(Blob).values(sha256=sha256, type=type_, size=len(content), content=content)
    await session.exec(row.on_conflict_do_nothing())


async def content(session: AsyncSession, sha256: str) -> bytes | None:
    """The bytes of this hash, or None."""
    found = await session.exec(select(Blob.content).where(Blob.sha256 == sha256))
    return found.first()


async def one(session: AsyncSession, number: int) -> Held | None:
    """The medium of this row id, without its bytes; or None."""
    found = await session.exec(
        select(Medium, Blob.type, Blob.size)
        .outerjoin(Blob, col(Medium.sha256) == col(Blob.sha256))
        .where(Medium.id == number)
    )
    row = found.first()
    return Held(*row) if row else None


async def of_messages(
    session: AsyncSession, messages: Iterable[Message]
) -> dict[tuple[int, int], Held]:
    """What came with messages, by the message's row id and the place in it.

    Where several channels brought a message, the one from which the bytes came counts.
    """
    called = {
        (row.group_id, row.external_id): row.id or 0 for row in messages if row.images
    }  # fmt: skip
    if not called:
        return {}
    doubles = await session.exec(
        select(Double).where(col(Double.message_id).in_(set(called.values())))
    )
    called |= {(row.group_id, row.external_id): row.message_id for row in doubles.all()}
    found = await session.exec(
        select(Medium, Blob.type, Blob.size)
        .outerjoin(Blob, col(Medium.sha256) == col(Blob.sha256))
        .where(tuple_(col(Medium.group_id), col(Medium.external_id)).in_(list(called)))
        .order_by(col(Medium.id))
    )
    return _best(called, [Held(*row) for row in found.all()])


def _best(
    called: Mapping[tuple[str, str], int], found: Sequence[Held]
) -> dict[tuple[int, int], Held]:
    """One a place: kept before waiting before failed."""
    order = ("failed", "waiting", "kept")
    ranked = sorted(found, key=lambda held: order.index(held.medium.status))
    return {
        (called[held.medium.group_id, held.medium.external_id], held.medium.place): held
        for held in ranked
    }
