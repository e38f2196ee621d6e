"""Messages that could not be handled: set aside with their error, shown, never lost."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Poisoned


async def keep(session: AsyncSession, *, payload: str, error: str, at: datetime) -> None:
    """Set a message aside, as it lay in the stream."""
    fields = _fields(payload)
    session.add(
        Poisoned(
            group_id=_kept(str(fields.get("group", ""))),
            external_id=_kept(str(fields.get("id", ""))),
            payload=_kept(payload),
            error=_kept(error),
            at=at,
        )
    )
    await session.flush()


async def newest(session: AsyncSession, most: int = 50) -> Sequence[Poisoned]:
    """The latest ones first."""
    found = await session.exec(select(Poisoned).order_by(col(Poisoned.id).desc()).limit(most))
    return found.all()


async def lock(session: AsyncSession, poisoned_id: int) -> Poisoned | None:
    """One of them, for this transaction alone; None where it was dealt with already."""
    return await session.get(Poisoned, poisoned_id, with_for_update=True)


async def forget(session: AsyncSession, row: Poisoned) -> None:
    """It is dealt with; what was done about it is recorded elsewhere."""
    await session.delete(row)
    await session.flush()


def _fields(payload: str) -> dict[str, Any]:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _kept(text: str) -> str:
    """What a column takes: whatever is set aside must not be what stops us from doing so."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
