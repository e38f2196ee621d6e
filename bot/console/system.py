"""系统: how the service does, what failed, and who is let in."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import rights
from actions.phones import masked
from bot.app import App
from bot.channels.base import Incoming, clean
from bot.condition import ORDER, conditions
from bot.console import access
from bot.console.bubbles import bubbles
from bot.console.outline import outline
from bot.console.page import Enter, Missing, Visit, sealed
from bot.models import InUse
from bot.parsing import Twins
from nlu.several import Several
from storage import carriers, changes, health, people, poison, tickets
from storage.models import Poisoned

router = APIRouter(prefix="/system")
router.include_router(access.router)

Here = Annotated[Visit, Depends(Enter("system"))]
Number = Annotated[int, Path(ge=1, lt=2**31)]
SHOWN = 50


@router.get("")
async def overview(visit: Here) -> Response:
    """Queues, workers, parser, what failed, and how much room there is."""
    app = visit.app
    queues, workers = await app.streams.queues(), await app.streams.workers()
    streams = await app.streams.about()
    async with app.database.transaction() as session:
        room = await health.room(session)
        unsent = await bubbles(session, await health.unsent(session), visit.who)
        waiting = await health.waiting(session, visit.now)
        untold = await health.untold(session)
        undone = await health.undone(session)
        shown = {row.id: await _named(session, visit, row.ticket_no) for row in undone}
        of_notices = {n.id: await _named(session, visit, n.ticket_no) for n, _ in untold}
        overdue = await health.overdue(session, visit.now)
        aside = await health.set_aside(session)
        groups = {row.id: row.name for row in await people.groups(session)}
    found = await conditions(app.channels, app.streams, visit.now)
    disk = shutil.disk_usage(app.settings.data if app.settings.data.exists() else ".")
    return visit.show(
        "system.html", queues=queues, groups=groups, room=room, unsent=unsent, waiting=waiting,
        undone=undone, shown=shown, untold=untold, of_notices=of_notices,
        channels=sorted(found.values(), key=lambda one: ORDER.index(one.state)),
        overdue=overdue, aside=aside, disk=disk, streams=streams,
        workers=[(name, datetime.fromtimestamp(at, UTC)) for name, at in workers],
        reader=_reader(app), brief=_brief, size=_size,
    )  # fmt: skip


@router.post("/posts/{post_id}/again", dependencies=[Depends(sealed)])
async def send_again(visit: Here, post_id: Number) -> Response:
    """Send a post anew that failed; of an unknown one it may be said twice."""
    async with visit.app.database.transaction() as session:
        post = await health.send_again(session, post_id, visit.now)
        if post is None:
            raise Missing
        await changes.note(
            session, at=visit.now, by=visit.who.external_id, what="post", of=str(post_id),
            was=post.error and _brief(post.error), became="again",
        )  # fmt: skip
    await visit.app.streams.wake(post.group_id)
    return RedirectResponse("/system#unsent", 303)


@router.get("/messages")
async def messages(visit: Here) -> Response:
    """Messages that could not be handled."""
    return await _messages(visit)


@router.post("/messages/{number}/again", dependencies=[Depends(sealed)])
async def again(visit: Here, number: Number) -> Response:
    """Put a message that was set aside back into its stream.

    It is there before it is gone here: found twice, it still acts once.
    """
    async with visit.app.database.transaction() as session:
        row = await _poisoned(session, number)
        await visit.app.streams.append(row.group_id, row.payload)
        await _dealt_with(session, visit, row, "again")
    return RedirectResponse("/system/messages", 303)


@router.post("/messages/{number}/dismiss", dependencies=[Depends(sealed)])
async def dismiss(
    visit: Here, number: Number, reason: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    """Give a message up, with a reason that is recorded."""
    why = clean(reason).strip()
    if not why:
        return await _messages(visit, asked=number)
    async with visit.app.database.transaction() as session:
        row = await _poisoned(session, number)
        await _dealt_with(session, visit, row, why)
    return RedirectResponse("/system/messages", 303)


async def _messages(visit: Visit, asked: int | None = None) -> Response:
    async with visit.app.database.transaction() as session:
        rows = await poison.newest(session, SHOWN)
        many = await health.set_aside(session)
        odd, more = await carriers.odd(session)
        groups = {row.id: row.name for row in await people.groups(session)}
    return visit.show(
        "system_messages.html", 400 if asked else 200, rows=rows, many=many, groups=groups,
        asked=asked, brief=_brief, odd=odd, odds=more, outline=outline,
    )  # fmt: skip


async def _poisoned(session: AsyncSession, number: int) -> Poisoned:
    row = await poison.lock(session, number)
    if row is None:
        raise Missing
    return row


async def _dealt_with(session: AsyncSession, visit: Visit, row: Poisoned, how: str) -> None:
    """What was said stays in the record: what is given up is not lost."""
    was = {
        "group": row.group_id, "id": row.external_id, "error": _brief(row.error),
        "payload": _lasting(row.payload), "at": row.at.isoformat(),
    }  # fmt: skip
    await changes.note(
        session, at=visit.now, by=visit.who.external_id, what="poisoned", of=str(row.id),
        was=was, became=how,
    )  # fmt: skip
    await poison.forget(session, row)


def _lasting(payload: str) -> str:
    """What was said, without what it was answered and its pictures were fetched by: secrets."""
    try:
        said = Incoming.from_json(payload)
    except ValueError:
        return payload
    if said.handle is None and all(image.source is None for image in said.images):
        return payload
    images = tuple(replace(image, source=None) for image in said.images)
    return replace(said, handle=None, images=images).as_json()


async def _named(session: AsyncSession, visit: Visit, no: int | None) -> int | None:
    """The ticket of this number, where this person may know of it."""
    ticket = (await tickets.some(session, [no])).get(no) if no is not None else None
    return ticket.no if ticket is not None and rights.sees(visit.who, ticket) else None


def _reader(app: App) -> dict[str, Any] | None:
    """What reads, where this process has loaded it; a part that never reads never does."""
    parser = vars(app).get("parser")
    if parser is None:
        return None
    inner = parser.parser if isinstance(parser, Several) else parser
    about = inner.model.about if isinstance(inner, InUse) else None
    return {
        "name": parser.name,
        "away": isinstance(inner, Twins) and inner.name != inner.first.name,
        "about": about,
        "figures": about.figures if about else {},
    }


def _brief(error: str) -> str:
    """An error without what was said: only its first line, and no phone number."""
    return masked(error.splitlines()[0][:200]) if error else ""


def _size(many: int) -> str:
    """Bytes as people read them."""
    amount = float(many)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TB"
