"""Records of the message archive: kept as they were pulled, until they are handed over."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Cursor, Member, Recorded

CURSOR = "wecom_archive"


@dataclass(frozen=True, slots=True)
class Pulled:
    """A record, with its message where it could be opened, else why not."""

    seq: int
    external_id: str
    record: Mapping[str, Any]  # as it was pulled, still encrypted
    body: str | None = None
    error: str | None = None


async def cursor(session: AsyncSession) -> tuple[int, datetime | None]:
    """How far it was read, and when last; 0 and None at the beginning."""
    found = await session.get(Cursor, CURSOR)
    return (int(found.value), found.at) if found else (0, None)


async def keep(session: AsyncSession, records: Sequence[Pulled], at: datetime) -> int:
    """Keep what was pulled and how far that is, in one transaction; returns how far.

    A second pull of the same records changes nothing, and nobody sets the cursor back.
    """
    if records:
        rows = [_row(one, at) for one in records]
        await session.exec(insert(Recorded).values(rows).on_conflict_do_nothing())
    furthest = max((one.seq for one in records), default=0)
    known = insert(Cursor).values(name=CURSOR, value=furthest, at=at)
    before, after = col(Cursor.value), known.excluded.value
    moved = known.on_conflict_do_update(
        index_elements=["name"],
        # jsonb numbers are compared as numbers
        set_={"value": func.greatest(before, after), "at": func.greatest(col(Cursor.at), at)},
    ).returning(col(Cursor.value))
    return int((await session.exec(moved)).one()[0])


def _row(one: Pulled, at: datetime) -> dict[str, Any]:
    return {
        "seq": one.seq, "external_id": one.external_id, "record": dict(one.record),
        "body": one.body, "status": "parked" if one.body is None else "waiting",
        "error": one.error, "at": at,
    }  # fmt: skip


async def waiting(session: AsyncSession, most: int) -> Sequence[Recorded]:
    """What is not handed over yet, in order."""
    found = await session.exec(
        select(Recorded).where(Recorded.status == "waiting").order_by(col(Recorded.seq)).limit(most)
    )
    return found.all()


async def handed(session: AsyncSession, seqs: Collection[int]) -> None:
    """These are handed over, or are for nobody.

    What they say is not kept a second time, nor what is said between two people: the record itself
    stays as it was pulled, and who has the key can open it again.
    """
    await session.exec(
        update(Recorded)
        .where(col(Recorded.seq).in_(seqs), col(Recorded.status) == "waiting")
        .values(status="handed", error=None, body=None)
    )


async def park(session: AsyncSession, seq: int, why: str) -> None:
    """Set a record aside; what is behind it goes on."""
    await session.exec(
        update(Recorded).where(col(Recorded.seq) == seq).values(status="parked", error=why)
    )


async def locked(
    session: AsyncSession, versions: Collection[int], after: int, most: int
) -> Sequence[Recorded]:
    """Records that could not be opened, of these versions of the key, in order after a place."""
    version = col(Recorded.record)["publickey_ver"].as_string()
    found = await session.exec(
        select(Recorded)
        .where(
            Recorded.status == "parked", col(Recorded.body).is_(None), Recorded.seq > after,
            version.in_([str(one) for one in versions]),
        )
        .order_by(col(Recorded.seq))
        .limit(most)
    )  # fmt: skip
    return found.all()


async def opened(session: AsyncSession, seq: int, body: str | None, why: str | None) -> None:
    """A record was tried again: its message, or why it still can't be opened."""
    fresh = {"body": body, "status": "waiting", "error": None} if body else {"error": why}
    await session.exec(
        update(Recorded)
        .where(col(Recorded.seq) == seq, col(Recorded.status) == "parked")
        .values(**fresh)
    )


async def again(session: AsyncSession) -> None:
    """What could be read and not be handed over is tried once more."""
    await session.exec(
        update(Recorded)
        .where(col(Recorded.status) == "parked", col(Recorded.body).is_not(None))
        .values(status="waiting")
    )


async def parked(session: AsyncSession) -> tuple[int, str | None]:
    """How many records are set aside, and why the first one is."""
    aside = select(Recorded.seq).where(Recorded.status == "parked")
    many = await session.exec(select(func.count()).select_from(aside.subquery()))
    first = await session.exec(
        select(Recorded.error)
        .where(Recorded.status == "parked")
        .order_by(col(Recorded.seq))
        .limit(1)
    )
    return many.one(), first.first()


async def names(session: AsyncSession, people: str, ids: Collection[str]) -> dict[str, str]:
    """What these people are called, by their ids; who is not known is left out."""
    found = await session.exec(
        select(Member.external_id, Member.name).where(
            Member.channel == people, col(Member.external_id).in_(ids)
        )
    )
    return dict(found.all())
