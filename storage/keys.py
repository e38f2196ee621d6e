"""Keys of other systems: shown once, kept as a hash. A key begins with the number of its row."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Key

#: When a key was last used is known to the minute: not every request writes.
MINUTE = timedelta(minutes=1)


async def make(
    session: AsyncSession, *, name: str, scopes: Sequence[str], by: str, now: datetime
) -> tuple[Key, str]:
    """A new key, and what the other system is to show: nobody can read it again."""
    row = Key(
        name=name, hash=secrets.token_hex(32), scopes=list(scopes), made_at=now, made_by=by
    )  # fmt: skip
    session.add(row)
    await session.flush()
    shown = f"{prefix(row)}{secrets.token_urlsafe(32)}"
    row.hash = digest(shown)
    await session.flush()
    return row, shown


def prefix(key: Key) -> str:
    """How a key begins: tells which one it is, and lets nobody in."""
    return f"mc{key.id}_"


def digest(shown: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(shown.encode("utf-8", "replace")).hexdigest()


async def find(session: AsyncSession, shown: str) -> Key | None:
    """The key that somebody shows; None for an unknown or ended one."""
    found = await session.exec(
        select(Key).where(Key.hash == digest(shown), col(Key.ended_at).is_(None))
    )
    return found.first()


async def every(session: AsyncSession) -> Sequence[Key]:
    """All keys: those in use first, the newest first."""
    order = (col(Key.ended_at).is_not(None), col(Key.id).desc())
    return (await session.exec(select(Key).order_by(*order))).all()


async def end(session: AsyncSession, key_id: int, now: datetime) -> Key | None:
    """Let nobody in with a key any more; None where there is none, or it has ended."""
    found = await session.exec(
        select(Key).where(Key.id == key_id, col(Key.ended_at).is_(None)).with_for_update()
    )
    row = found.first()
    if row is not None:
        row.ended_at = now
        session.add(row)
    return row


async def used(session: AsyncSession, key: Key, now: datetime) -> None:
    """Note that a key is in use, once a minute at most."""
    if key.used_at is not None and now - key.used_at < MINUTE:
        return
    stale = or_(col(Key.used_at).is_(None), col(Key.used_at) <= now - MINUTE)
    await session.exec(update(Key).where(col(Key.id) == key.id, stale).values(used_at=now))
