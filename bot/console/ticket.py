"""工单: one ticket, its story, and the steps that may be taken."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import audience, decline, reply, rights, steps
from actions.base import Refused
from actions.deadlines import Clock
from bot.console import ticket_steps
from bot.console import ticket_story as story
from bot.console.page import Denied, Enter, Missing, Visit, sealed
from bot.console.ticket_steps import Typed, first, typed
from storage import events, follows, people, tickets, today
from storage.models import Event, Member, Ticket

router = APIRouter(prefix="/tickets")

Here = Annotated[Visit, Depends(Enter("tickets"))]
#: What was just done, said once on top of the page.
Did = Annotated[str, Query(max_length=40)]
SEALED = [Depends(sealed)]
#: For so many seconds a form that opens a ticket opens it once, however often it is sent.
ONCE = 3600
#: So many of what happened meanwhile are told.
TOLD = 5


class Meanwhile(Exception):
    """Something happened to the ticket since the form was shown."""


@dataclass(frozen=True, slots=True)
class Back:
    """A form that comes back: which one, what was typed, and why."""

    step: str = ""
    typed: Typed = field(default_factory=dict)
    fault: str = ""
    seen: int | None = None  # the last event that its page knew, where more has happened
    preview: str = ""


# --- open by hand: its address before that of a ticket ------------------------------------------


@router.get("/new")
async def blank(visit: Here, did: Did = "") -> Response:
    """The form for a report that was told on another way than in a group."""
    return await _opening(visit, Back(), done=did == "misconduct")


@router.post("/new", dependencies=SEALED)
async def open_by_hand(visit: Here) -> Response:
    """Open a ticket, and show it to whoever may see it."""
    was, streams = typed(await visit.request.form()), visit.app.streams
    turn = secrets.token_hex(8)
    once = f"open:{visit.who.id}:{first(was, 'once')[:40] or turn}"
    if not await streams.hold(once, turn, ONCE):  # the button was pressed twice
        return RedirectResponse(await streams.kept(once) or "/tickets", 303)
    try:
        async with visit.app.database.transaction() as session:
            ticket = await steps.open_by_hand(
                session, ticket_steps.opening(was), by=visit.who, now=visit.now
            )
    except Refused as refused:
        await streams.drop(once, turn)
        return await _opening(visit, Back("open", was, str(refused)), 400)
    sees = rights.sees(visit.who, ticket)
    to = f"/tickets/{ticket.no}?did=open" if sees else "/tickets/new?did=misconduct"
    await streams.keep(once, to, ONCE)
    await streams.wake(ticket.group_id or "")
    return RedirectResponse(to, 303)


async def _opening(visit: Visit, back: Back, code: int = 200, *, done: bool = False) -> Response:
    kinds = [kind for kind in ticket_steps.KINDS if rights.opens(visit.who, kind)]
    if not kinds:
        raise Denied
    async with visit.app.database.transaction() as session:
        districts = await people.districts(session)
        groups = await people.groups(session)
    return visit.show(
        "ticket_new.html", code, kinds=kinds, districts=districts, groups=groups, back=back,
        form=ticket_steps.Form("open", False, None, back.typed), done=done,
        once=secrets.token_hex(8),
    )  # fmt: skip


# --- one ticket ---------------------------------------------------------------------------------


@router.get("/{no}")
async def ticket(no: str, visit: Here, did: Did = "", asked: Did = "") -> Response:
    """One ticket; what somebody may not see looks like what does not exist."""
    return await _page(visit, _number(no), Back(), did=did, asked=asked)


@router.post("/{no}/steps/{step}", dependencies=SEALED)
async def take(no: str, step: str, visit: Here) -> Response:
    """Take a step, or ask for it; nothing is done where something happened meanwhile."""
    number, was = _number(no), typed(await visit.request.form())
    try:
        async with visit.app.database.transaction() as session:
            row = await _theirs(session, visit.who, number)
            _unchanged(was, await events.of_ticket(session, number))
            args = ticket_steps.read(step, was, row)
            taken = await steps.take(session, row, step, by=visit.who, now=visit.now, args=args)
    except Refused as refused:
        return await _page(visit, number, Back(step, was, str(refused)), 400)
    except Meanwhile:
        return await _page(visit, number, Back(step, was, seen=_seq(was)), 409)
    await visit.app.streams.wake(row.group_id or "")
    return RedirectResponse(f"/tickets/{number}?{'did' if taken else 'asked'}={step}", 303)


@router.post("/{no}/reply", dependencies=SEALED)
async def say(no: str, visit: Here) -> Response:
    """Say something in the ticket's group, or first see how it will read there."""
    number, was = _number(no), typed(await visit.request.form())
    text, preview = first(was, "text"), first(was, "do") == "preview"
    try:
        async with visit.app.database.transaction() as session:
            row = await _theirs(session, visit.who, number)
            if preview:
                words = await reply.wording(session, row, text, by=visit.who)
            else:
                await reply.reply(session, row, text, by=visit.who, now=visit.now)
    except Refused as refused:
        return await _page(visit, number, Back("say", was, str(refused)), 400)
    if preview:
        return await _page(visit, number, Back("say", was, preview=words))
    await visit.app.streams.wake(row.group_id or "")
    return RedirectResponse(f"/tickets/{number}?did=say", 303)


@router.post("/{no}/decline", dependencies=SEALED)
async def refuse(no: str, visit: Here) -> Response:
    """Say no to what the unit asked for."""
    number, was = _number(no), typed(await visit.request.form())
    try:
        async with visit.app.database.transaction() as session:
            row = await _theirs(session, visit.who, number)
            _unchanged(was, await events.of_ticket(session, number))
            await decline.decline(session, row, first(was, "reason"), by=visit.who, now=visit.now)
    except Refused as refused:
        return await _page(visit, number, Back("decline", was, str(refused)), 400)
    except Meanwhile:
        return await _page(visit, number, Back("decline", was, seen=_seq(was)), 409)
    await visit.app.streams.wake(row.group_id or "")
    return RedirectResponse(f"/tickets/{number}?did=decline", 303)


@router.post("/{no}/follow", dependencies=SEALED)
async def follow(no: str, visit: Here) -> Response:
    """Follow a ticket, or no more."""
    number, was = _number(no), typed(await visit.request.form())
    async with visit.app.database.transaction() as session:
        row = await _theirs(session, visit.who, number)
        change = follows.follow if first(was, "on") == "yes" else follows.unfollow
        await change(session, visit.who.id or 0, row.no)
    return RedirectResponse(f"/tickets/{number}", 303)


async def _page(
    visit: Visit, no: int, back: Back, code: int = 200, *, did: str = "", asked: str = ""
) -> Response:
    who, now = visit.who, visit.now
    async with visit.app.database.transaction() as session:
        row = await tickets.get(session, no)
        if row is None or not rights.sees(who, row):
            raise Missing
        await steps.look(session, row, who, now)
        shown = await story.tell(session, row, who, now)
        clock = await Clock.read(session)
        grants = rights.declines(who, row) and not back.step
        wish = await today.wish(session, no) if grants else None
        if wish:
            asked_for, words = ticket_steps.wished(wish)
            back = replace(back, step=asked_for, typed=words)
        forms = ticket_steps.forms(row, who, clock, now, back.step, back.typed)
        more = await _choices(session, row, [form.step for form in forms])
    return visit.show(
        "ticket.html", code, **shown, **more, forms=forms, back=back, did=did, asked=asked,
        speaks=rights.speaks(who, row) and row.group_id is not None, most=reply.LONGEST,
        ahead=ticket_steps.ahead(row, clock, now), policy=clock.policy,
        declines=rights.declines(who, row), wish=wish,
        meanwhile=_meanwhile(back, shown["done"]),
    )  # fmt: skip


async def _choices(session: AsyncSession, row: Ticket, wanted: Sequence[str]) -> dict[str, Any]:
    """What the forms let choose from, and whom urging reaches, where there is such a form."""
    units = await people.units(session) if {"assign", "transfer"} & set(wanted) else []
    districts = await people.districts(session) if "edit" in wanted else []
    handlers = await audience.handler(session, row) if "urge" in wanted else []
    return {"units": units, "districts": districts, "handled": bool(handlers)}


def _meanwhile(back: Back, done: Sequence[story.Done]) -> list[story.Done]:
    """What happened since the form was shown."""
    seen = back.seen
    if seen is None:
        return []
    return [one for one in done if one.event is not None and one.event.seq > seen][-TOLD:]


async def _theirs(session: AsyncSession, who: Member, no: int) -> Ticket:
    """The ticket, locked; Missing where there is none that this person may know of."""
    row = await tickets.lock(session, no)
    if row is None or not rights.sees(who, row):
        raise Missing
    return row


def _unchanged(was: Typed, happened: Sequence[Event]) -> None:
    if _seq(was) < story.latest(happened):
        raise Meanwhile


def _seq(was: Typed) -> int:
    """The last event that a form's page knew."""
    text = first(was, "seq")
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


def _number(no: str) -> int:
    """The number of a ticket in an address; Missing for what is none."""
    if not re.fullmatch(r"[0-9]{1,10}", no) or int(no) > tickets.LARGEST:
        raise Missing
    return int(no)
