"""Customer groups: who is in them, who owns them, what was counted, and which wait for a tap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Carrier, Cursor, Member, Post

#: So many days of figures are kept.
DAYS = 62

TRY_AGAIN = sql(
    """
    UPDATE carriers SET about = about - 'fault'
    WHERE channel = :channel AND about ->> 'fault' IS NOT NULL
    """
)


# --- how far something has come -----------------------------------------------------------------


async def kept(session: AsyncSession, name: str) -> Any:
    """What is kept under a name; None where nothing is."""
    cursor = await session.get(Cursor, name)
    return None if cursor is None else cursor.value


async def keep(session: AsyncSession, name: str, value: Any, at: datetime) -> None:
    """Keep a value under a name."""
    row = insert(Cursor).values(name=name, value=value, at=at)
    fresh = {"value": row.excluded.value, "at": row.excluded.at}
    await session.exec(row.on_conflict_do_update(index_elements=["name"], set_=fresh))


async def names(session: AsyncSession, prefix: str) -> set[str]:
    """The ends of all names that begin so."""
    found = await session.exec(
        select(Cursor.name).where(col(Cursor.name).startswith(prefix, autoescape=True))
    )
    return {name.removeprefix(prefix) for name in found.all()}


async def forget(session: AsyncSession, name: str) -> None:
    """Keep nothing under a name."""
    await session.exec(delete(Cursor).where(col(Cursor.name) == name))


# --- groups -------------------------------------------------------------------------------------


async def carrier(session: AsyncSession, channel: str, address: str) -> Carrier | None:
    """A group as a channel calls it, for this transaction alone; or None."""
    return await session.get(Carrier, (channel, address), with_for_update=True)


async def addresses(session: AsyncSession, channel: str) -> set[str]:
    """How a channel calls all its groups."""
    found = await session.exec(select(Carrier.address).where(Carrier.channel == channel))
    return set(found.all())


#: The version of the members as we know them; none: to be looked at.
_VERSION = col(Carrier.about)["member_version"].astext


async def unseen(session: AsyncSession, channel: str, most: int) -> Sequence[str]:
    """Groups of a channel that are to be looked at."""
    found = await session.exec(
        select(Carrier.address)
        .where(
            Carrier.channel == channel, col(Carrier.blocked).is_(None), _VERSION.is_(None),
            col(Carrier.about)["fault"].astext.is_(None),
        )
        .order_by(Carrier.address)
        .limit(most)
    )  # fmt: skip
    return found.all()


async def try_again(session: AsyncSession, channel: str) -> None:
    """Look again at the groups that could not be looked at."""
    connection = await session.connection()
    await connection.execute(TRY_AGAIN, {"channel": channel})


async def faulty(session: AsyncSession, channel: str) -> int:
    """How many groups of a channel can't be looked at."""
    found = await session.exec(
        select(func.count())
        .select_from(Carrier)
        .where(Carrier.channel == channel, col(Carrier.about)["fault"].astext.is_not(None))
    )
    return found.one()


async def owners(session: AsyncSession, channel: str) -> Sequence[str]:
    """Who owns groups of a channel."""
    owner = col(Carrier.about)["owner"].astext
    found = await session.exec(
        select(owner)
        .where(Carrier.channel == channel, owner.is_not(None), col(Carrier.blocked).is_(None))
        .distinct()
        .order_by(owner)
    )
    return [name for name in found.all() if name]


async def known(
    session: AsyncSession, channel: str, external_ids: Sequence[str]
) -> dict[str, Member]:
    """Those of these people whom we know, by external id."""
    found = await session.exec(
        select(Member).where(
            Member.channel == channel, col(Member.external_id).in_(set(external_ids))
        )
    )
    return {member.external_id: member for member in found.all()}


# --- what waits for an officer ------------------------------------------------------------------


async def settled(
    session: AsyncSession, post_id: int, *, at: datetime | None, error: str | None = None
) -> None:
    """What came of a post that waits for an officer: sent at an instant, or failed, and why.

    One that does not wait any more is left as it is.
    """
    post = await session.get(Post, post_id, with_for_update=True)
    if post is None or post.status != "awaiting":
        return
    post.status, post.sent_at, post.error = "sent" if error is None else "failed", at, error
    session.add(post)


# --- figures of groups that can't be read -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Day:
    """What was counted in all groups of an owner, up to the end of a day."""

    day: date
    said: int  # messages
    speakers: int  # members who said something
    members: int
    joined: int  # on that day
    spoken_in: int  # groups in which something was said
    groups: int


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures of a group's owner: there are none of a single group."""

    owner: str
    days: Sequence[Day]  # the latest first


_FIGURES = {
    "said": "msg_total", "speakers": "member_has_msg", "members": "member_total",
    "joined": "new_member_cnt", "spoken_in": "chat_has_msg", "groups": "chat_total",
}  # fmt: skip


def _counts(channel: str, owner: str) -> str:
    return f"{channel}:counts:{owner}"


async def count(
    session: AsyncSession, channel: str, owner: str, day: date, told: Mapping[str, int],
    at: datetime,
) -> None:  # fmt: skip
    """Keep what the platform counted for an owner on a day."""
    name = _counts(channel, owner)
    had = await kept(session, name)
    days = {**(had if isinstance(had, dict) else {}), day.isoformat(): dict(told)}
    await keep(session, name, {key: days[key] for key in sorted(days)[-DAYS:]}, at)


async def counted(session: AsyncSession, channel: str, group_id: str) -> Counted | None:
    """What was counted for the owner of a group; None where no owner is known."""
    found = await session.exec(
        select(Carrier.about).where(Carrier.channel == channel, Carrier.group_id == group_id)
    )
    owner = (found.first() or {}).get("owner")
    if not owner:
        return None
    days = await kept(session, _counts(channel, owner)) or {}
    return Counted(
        owner,
        [
            Day(date.fromisoformat(day), **{ours: told.get(theirs, 0)
                                            for ours, theirs in _FIGURES.items()})
            for day, told in sorted(days.items(), reverse=True)
        ],
    )  # fmt: skip
