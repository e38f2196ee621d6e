"""Who is told besides the group; rules, sections 4 and 8. A vacant place is skipped."""

from collections.abc import Awaitable, Callable, Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import people
from storage.models import Member, Ticket


async def handler(session: AsyncSession, ticket: Ticket) -> list[Member]:
    """Who accepted it, else every handler of its unit."""
    accepted = await people.member(session, ticket.handler_id)
    if accepted is not None:
        return [accepted]
    return await _handlers(session, ticket)


async def head(session: AsyncSession, ticket: Ticket) -> list[Member]:
    """Who heads its unit."""

    async def ask() -> list[Member]:
        unit = await people.unit(session, ticket.unit_id)
        found = await people.known(session, unit.head) if unit and unit.head else None
        return [found] if found else []

    return await _once_asked(session, ("head", ticket.unit_id), ask)


async def having(session: AsyncSession, role: str) -> list[Member]:
    """Everybody of a role."""

    async def ask() -> list[Member]:
        return list(await people.with_role(session, role))

    return await _once_asked(session, ("role", role), ask)


async def unit(session: AsyncSession, ticket: Ticket) -> list[Member]:
    """The handlers of its unit and who heads it."""
    return once(await _handlers(session, ticket), await head(session, ticket))


async def assisting(session: AsyncSession, ticket: Ticket) -> list[Member]:
    """The handlers of the units that assist."""
    found: list[Member] = []
    for name in ticket.assisting:
        unit = await people.unit_named(session, name)
        if unit is not None and unit.id is not None:
            found += await people.handlers(session, unit.id)
    return found


async def overseers(session: AsyncSession, ticket: Ticket) -> list[Member]:
    """Who looks after what no unit has: the inspectors for misconduct, else the coordinators."""
    role = "inspector" if ticket.confidential else "coordinator"
    return await having(session, role)


async def level(session: AsyncSession, ticket: Ticket, name: str) -> list[Member]:
    """Whom a level of the ladder tells. Of misconduct the inspectors hear, and nobody else."""
    if ticket.confidential or name == "red":
        return await having(session, "inspector")
    match name:
        case "unanswered":
            return await unit(session, ticket)
        case "blue":
            return await handler(session, ticket)
        case "yellow":
            return once(await handler(session, ticket), await head(session, ticket))
        case _:
            return once(await head(session, ticket), await having(session, "leader"))


def once(*groups: Sequence[Member]) -> list[Member]:
    """Everybody of these, nobody twice, in order."""
    return list({member.id: member for group in groups for member in group}.values())


async def _handlers(session: AsyncSession, ticket: Ticket) -> list[Member]:
    unit_id = ticket.unit_id
    if unit_id is None:
        return []

    async def ask() -> list[Member]:
        return list(await people.handlers(session, unit_id))

    return await _once_asked(session, ("handlers", unit_id), ask)


async def _once_asked(
    session: AsyncSession, key: tuple[str, object], ask: Callable[[], Awaitable[list[Member]]]
) -> list[Member]:
    """What was asked before in this transaction: a morning's reminders ask for the same people."""
    asked: dict[tuple[str, object], list[Member]] = session.info.setdefault("audience", {})
    if key not in asked:
        asked[key] = await ask()
    return asked[key]
