"""The city as it is kept in the console: rows locked to be changed, and what points at them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Article, Day, Group, Member, Message, Post, Route, Ticket, Unit
from storage.posts import ON_ITS_WAY
from storage.tickets import OPEN

#: So many of the latest posts of a group say how it is.
LATEST = 50


class Taken(Exception):
    """There is such a row already, or something needs this one."""


async def get[Row: SQLModel](
    session: AsyncSession, table: type[Row], key: Any, *, lock: bool
) -> Row | None:
    """A row, with `lock` kept from others until the transaction ends; or None."""
    return await session.get(table, key, with_for_update=lock or None, populate_existing=True)


async def keep(session: AsyncSession, row: SQLModel) -> None:
    """Write a row, new or changed. Taken where another one has its name."""
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        raise Taken from error


async def remove(session: AsyncSession, row: SQLModel) -> None:
    """Take a row away. Taken where something points at it."""
    await session.delete(row)
    try:
        await session.flush()
    except IntegrityError as error:
        raise Taken from error


# --- what points at them ------------------------------------------------------------------------


#: Of what is confidential nobody but inspectors may know how much there is.
TOLD = col(Ticket.confidential).is_(False)


async def at_unit(session: AsyncSession, unit: Unit) -> dict[str, int]:
    """How many tickets, members and routes name a unit."""
    assists = col(Ticket.assisting).contains([unit.name])
    return {
        "tickets": await _count(session, Ticket, or_(col(Ticket.unit_id) == unit.id, assists)),
        "members": await _count(session, Member, col(Member.unit_id) == unit.id),
        "routes": await _count(session, Route, col(Route.unit_id) == unit.id),
    }


async def at_district(session: AsyncSession, name: str) -> dict[str, int]:
    """How many tickets, groups and routes name a district; misconduct left out."""
    return {
        "tickets": await _count(session, Ticket, TOLD & (col(Ticket.district) == name)),
        "groups": await _count(session, Group, col(Group.district) == name),
        "routes": await _count(session, Route, col(Route.district) == name),
    }


async def at_group(session: AsyncSession, group_id: str) -> dict[str, int]:
    """How many tickets, messages and posts a group has; misconduct left out."""
    return {
        "tickets": await _count(session, Ticket, TOLD & (col(Ticket.group_id) == group_id)),
        "messages": await _count(session, Message, col(Message.group_id) == group_id),
        "posts": await _count(session, Post, col(Post.group_id) == group_id),
    }


async def _count(session: AsyncSession, table: type[SQLModel], where: ColumnElement[bool]) -> int:
    return (await session.exec(select(func.count()).select_from(table).where(where))).one()


async def open_of_units(session: AsyncSession) -> dict[int, int]:
    """How many open tickets each unit leads."""
    return await _grouped(session, Ticket.unit_id, col(Ticket.status).in_(OPEN))


async def members_of_units(session: AsyncSession) -> dict[int, int]:
    """How many people each unit has."""
    return await _grouped(session, Member.unit_id)


async def _grouped(
    session: AsyncSession, of: int | None, *where: ColumnElement[bool]
) -> dict[int, int]:
    key = col(of)
    rows = await session.exec(
        select(key, func.count()).where(key.is_not(None), *where).group_by(key)
    )
    return {number: many for number, many in rows.all() if number is not None}


# --- members, articles, routes, days --------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which members a list shows; empty asks for nothing."""

    words: str = ""  # in the name, the enterprise, or the id
    role: str = ""
    unit_id: int | None = None


async def members(
    session: AsyncSession, wanted: Wanted, *, after: int = 0, most: int = 50
) -> Sequence[Member]:
    """One page of the members, in the order in which they came, after row `after`."""
    query = select(Member).where(col(Member.id) > after).order_by(col(Member.id)).limit(most)
    if wanted.words:
        columns = (col(Member.name), col(Member.enterprise), col(Member.external_id))
        query = query.where(or_(*(one.contains(wanted.words, autoescape=True) for one in columns)))
    if wanted.role:
        query = query.where(Member.role == wanted.role)
    if wanted.unit_id is not None:
        query = query.where(Member.unit_id == wanted.unit_id)
    return (await session.exec(query)).all()


async def roles(session: AsyncSession) -> dict[str, int]:
    """How many people have each role."""
    rows = await session.exec(select(Member.role, func.count()).group_by(Member.role))
    return dict(rows.all())


async def roles_of(
    session: AsyncSession, pairs: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """The roles of those who are known, by (channel, external id)."""
    wanted = set(pairs)
    rows = await session.exec(
        select(Member.channel, Member.external_id, Member.role).where(
            col(Member.external_id).in_({of for _, of in wanted})
        )
    )
    found = {(channel, of): role for channel, of, role in rows.all()}
    return {pair: role for pair, role in found.items() if pair in wanted}


async def articles(
    session: AsyncSession, *, words: str = "", published: bool | None = None
) -> Sequence[Article]:
    """All articles that have these words, in order."""
    query = select(Article).order_by(col(Article.id))
    if words:
        title, body = col(Article.title), col(Article.body)
        query = query.where(
            or_(title.contains(words, autoescape=True), body.contains(words, autoescape=True))
        )
    if published is not None:
        query = query.where(col(Article.published).is_(published))
    return (await session.exec(query)).all()


async def routes(session: AsyncSession) -> dict[tuple[str | None, str | None], str]:
    """The unit of each route, by (category, district)."""
    rows = await session.exec(select(Route, Unit.name).join(Unit, col(Unit.id) == Route.unit_id))
    return {(route.category, route.district): name for route, name in rows.all()}


async def route(session: AsyncSession, category: str | None, district: str | None) -> Route | None:
    """The one route of just this category and district, locked; or None."""
    found = await session.exec(
        select(Route)
        .where(
            col(Route.category).is_not_distinct_from(category),
            col(Route.district).is_not_distinct_from(district),
        )
        .with_for_update()
    )
    return found.first()


async def years(session: AsyncSession) -> tuple[int, int] | None:
    """The first and the last year of the calendar."""
    found: tuple[Any, Any] = (
        await session.exec(select(func.min(Day.day), func.max(Day.day)))
    ).one()
    first, last = found
    return (first.year, last.year) if first else None


# --- how the groups are -------------------------------------------------------------------------

#: Each group looks at its own latest rows alone: the cost follows the groups, not what was said.
HEALTH = sql(
    """
    SELECT g.id, heard.at AS heard_at, latest.sent_at, latest.failed, latest.retrying,
           latest.awaiting, tried.status, tried.error, tried.next_at
    FROM groups g
    LEFT JOIN LATERAL (
        SELECT at FROM messages WHERE group_id = g.id ORDER BY said DESC LIMIT 1
    ) heard ON true
    LEFT JOIN LATERAL (
        SELECT max(sent_at) AS sent_at,
               count(*) FILTER (WHERE status IN ('failed', 'unknown')) AS failed,
               count(*) FILTER (WHERE status IN ('waiting', 'sending') AND error IS NOT NULL)
                   AS retrying,
               count(*) FILTER (WHERE status = 'awaiting') AS awaiting
        FROM (
            SELECT sent_at, status, error FROM posts
            WHERE group_id = g.id ORDER BY said DESC LIMIT :latest
        ) newest
    ) latest ON true
    LEFT JOIN LATERAL (
        SELECT status, error, next_at FROM (
            SELECT said, status, error, next_at, tries FROM posts
            WHERE group_id = g.id ORDER BY said DESC LIMIT :latest
        ) newest WHERE tries > 0 ORDER BY said DESC LIMIT 1
    ) tried ON true
    WHERE :only = '' OR g.id = :only
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """When a group was last heard and spoken to, and how its latest posts went."""

    heard_at: datetime | None = None
    sent_at: datetime | None = None
    failed: int = 0  # not said, or nobody knows; of the latest posts
    retrying: int = 0
    awaiting: int = 0  # an officer must tap
    status: str | None = None  # of the latest post that was tried
    error: str | None = None
    next_at: datetime | None = None  # when that is tried again

    @property
    def ails(self) -> bool:
        """Whether the latest post that was tried was not said, by a fault.

        One that is on its way, or that waits for an officer, has none.
        """
        tried = self.status in ON_ITS_WAY and self.error is not None
        return tried or self.status in {"failed", "unknown"}


async def health(session: AsyncSession, only: str = "") -> Mapping[str, Health]:
    """How the groups are, or one of them, by id."""
    connection = await session.connection()
    rows = await connection.execute(HEALTH, {"latest": LATEST, "only": only})
    return {row.pop("id"): Health(**row) for row in map(dict, rows.mappings())}


async def unsaid(session: AsyncSession, group_id: str, most: int = 10) -> Sequence[Post]:
    """Of a group's latest posts those that were not said, or are being tried again."""
    latest = (
        select(Post.id).where(Post.group_id == group_id).order_by(col(Post.said).desc())
    ).limit(LATEST)
    ailing = or_(
        col(Post.status).in_(("failed", "unknown")),
        col(Post.status).in_(ON_ITS_WAY) & col(Post.error).is_not(None),
    )
    found = await session.exec(
        select(Post)
        .where(col(Post.id).in_(latest), ailing)
        .order_by(col(Post.said).desc())
        .limit(most)
    )
    return found.all()
