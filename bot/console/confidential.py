"""保密: the inspectors' room, by numbers and times.

Words stand only on a ticket's page, where the look is recorded.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions.deadlines import Clock
from actions.render import moment
from actions.review import MISCONDUCT
from bot.console.page import Enter, Missing, Visit, sealed
from bot.console.rows import Rows
from storage import changes, events, inspection, people, reviews
from storage.models import Change, Event, Ticket

router = APIRouter(prefix="/confidential")

FEW, ENDED, PAGE = 10, 20, 30
#: What was closed so long ago may be looked at again: the work has had time to hold, or not.
CLOSED = (timedelta(days=10), timedelta(days=30))
#: Events verified in one answer: so many rounds, of so many each. Between them others are served.
ROUNDS, ROUND = 20, 1000

Here = Annotated[Visit, Depends(Enter("confidential"))]
Before = Annotated[int | None, Query(ge=1, lt=2**31)]


@router.get("")
async def room(visit: Here) -> Response:
    """All of it at a glance."""
    now = visit.now
    async with visit.app.database.transaction() as session:
        row = Rows(now, await Clock.read(session), await _units(session))
        found = await inspection.misconduct(session, most=ENDED)
        looked = await inspection.looked(session, [ticket.no for ticket in found])
        looks = await inspection.taken(session, "look", most=FEW)
        done = await inspection.taken(session, "recheck", most=FEW)
        due, total = await recheckable(session, now, most=FEW)
        letters = await inspection.letters(session, most=FEW)
        suspected = await reviews.page(session, MISCONDUCT, among=True, most=FEW)
        waiting = await reviews.count(session, MISCONDUCT, among=True)
        groups = {group.id: group.name for group in await people.groups(session)}
        audits = await changes.page(session, what=("audit",), most=1)
        chain, done_to = await events.last(session), await inspection.progress(session)
        last = [one.last for one in looked.values()]
        names = await _names(session, [*last, *_events(looks), *_events(done)], audits)
    return visit.show(
        "confidential.html", rows=[row.of(ticket) for ticket in found], looked=looked, looks=looks,
        done=done, due=[row.of(ticket) for ticket in due], total=total, letters=letters,
        suspected=suspected, waiting=waiting, groups=groups, audits=audits, chain=chain,
        names=names, done_to=done_to,
    )  # fmt: skip


async def recheckable(
    session: AsyncSession, now: datetime, *, most: int
) -> tuple[Sequence[Ticket], int]:
    """What may be looked at again now, and how much there is."""
    newest, oldest = CLOSED
    return await inspection.recheckable(session, now - oldest, now - newest, most=most)


@router.get("/rechecks")
async def rechecks(visit: Here, before: Before = None) -> Response:
    """回头看: what may be looked at again, and what was, newest first."""
    async with visit.app.database.transaction() as session:
        row = Rows(visit.now, await Clock.read(session), await _units(session))
        due, total = await recheckable(session, visit.now, most=PAGE * 10)
        done = await inspection.taken(session, "recheck", before=before, most=PAGE)
        names = await _names(session, _events(done))
    return visit.show(
        "confidential_rechecks.html", due=[row.of(ticket) for ticket in due], total=total,
        done=done, names=names, before=before,
        older=done[-1][0].seq if len(done) == PAGE else None,
    )  # fmt: skip


@router.get("/looks")
async def looks(visit: Here, before: Before = None) -> Response:
    """Who looked at what, newest first."""
    async with visit.app.database.transaction() as session:
        found = await inspection.taken(session, "look", before=before, most=PAGE)
        names = await _names(session, _events(found))
    return visit.show(
        "confidential_looks.html", looks=found, names=names, before=before,
        older=found[-1][0].seq if len(found) == PAGE else None,
    )  # fmt: skip


# --- letters --------------------------------------------------------------------------------------


@router.get("/letters")
async def letters(visit: Here, before: Before = None) -> Response:
    """督办函 and 移交函, newest first."""
    async with visit.app.database.transaction() as session:
        found = await inspection.letters(session, before=before, most=PAGE)
    return visit.show(
        "confidential_letters.html", letters=found, before=before,
        older=found[-1][0].id if len(found) == PAGE else None,
    )  # fmt: skip


@router.get("/letters/{number}")
async def letter(number: int, visit: Here) -> Response:
    """One letter, as it is printed."""
    async with visit.app.database.transaction() as session:
        found = await inspection.letter(session, number) if 0 < number < 2**31 else None
    if found is None:
        raise Missing
    title, *lines = [line for line in found.text.splitlines() if line.strip()]
    if lines and lines[-1] == moment(found.at):  # on paper with its year
        lines.pop()
    return visit.show("confidential_letter.html", letter=found, title=title, lines=lines)


# --- the chain ------------------------------------------------------------------------------------


@router.get("/audit")
async def audit(visit: Here) -> Response:
    """How far a verification has come, and how the last ones ended."""
    async with visit.app.database.transaction() as session:
        done = await inspection.progress(session)
        chain = await events.last(session)
        audits = await changes.page(session, what=("audit",), most=FEW)
        broken = audits[0].became.get("broken") if audits else None
        where = await events.get(session, broken) if broken else None
        names = await _names(session, [], audits)
    return visit.show(
        "confidential_audit.html", done=done, chain=chain, audits=audits, where=where, names=names
    )


@router.post("/audit", dependencies=[Depends(sealed)])
async def verify(visit: Here, again: Annotated[str, Form(max_length=1)] = "") -> Response:
    """Verify some more events, from where it came to; what it ends with is noted."""
    async with visit.app.database.transaction() as session:
        walked = await inspection.place(session)
        if again:
            walked = events.Walked()
        for _ in range(ROUNDS):
            walked = await events.walk(session, walked, ROUND)
            if walked.ended:
                break
        await inspection.keep(session, walked)
        if walked.ended:
            await changes.note(
                session, at=visit.now, by=visit.who.external_id, what="audit", of="events",
                became={"events": walked.seq, "hash": walked.hash, "broken": walked.broken},
            )  # fmt: skip
    return RedirectResponse("/confidential/audit", 303)


# --- names ----------------------------------------------------------------------------------------


def _events(found: Sequence[tuple[Event, Ticket]]) -> list[Event]:
    return [event for event, _ in found]


async def _names(
    session: AsyncSession, found: Sequence[Event], audits: Sequence[Change] = ()
) -> dict[str, str]:
    """How those are called who did it, by external id."""
    return await people.called(session, [row.by for row in found] + [row.by for row in audits])


async def _units(session: AsyncSession) -> dict[int | None, str]:
    return {unit.id: unit.name for unit in await people.units(session)}
