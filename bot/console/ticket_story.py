"""All that is told of one ticket on its page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import decide, rights, terms
from actions.deadlines import Clock
from actions.lateness import lateness
from actions.moves import RUNNING
from actions.reminders import FIRES
from bot.channels.sandbox import BOT
from bot.console import enclosed
from bot.console.enclosed import Enclosed
from bot.console.ticket_days import explained
from storage import (
    events,
    follows,
    messages,
    people,
    posts,
    reminders,
    tickets,
    today,
    windows,
)
from storage.models import Event, Member, Message, Post, Ticket
from storage.windows import Quoted

#: What answers a request.
EDITED = re.compile(r"(?:^|;)(category|district|enterprise|address|urgent)=")


@dataclass(frozen=True, slots=True)
class Bubble:
    """Something that was said of the ticket in its group."""

    row: Message | Post
    by_bot: bool
    id: str
    name: str
    role: str | None
    quoted: Quoted | None = None
    unquotable: bool = False  # what is quoted is not for this person
    media: Sequence[Enclosed] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """A line of what was done: an event, or what a handler asked the coordinators for."""

    at: datetime
    who: str
    event: Event | None = None
    asked: str = ""
    edits: Sequence[tuple[str, str]] = ()


async def tell(session: AsyncSession, row: Ticket, who: Member, now: datetime) -> dict[str, Any]:
    """What the page of a ticket shows to somebody who may see it."""
    clock = await Clock.read(session)
    happened = await events.of_ticket(session, row.no)
    counted, runs = terms.counts(row), row.status in RUNNING
    done = await _done(session, happened, row, who)
    into = await tickets.taken_by(session, row)
    shown = {
        "row": row,
        "late": lateness(row, now, clock),
        "said": await _said(session, row, who),
        "done": done,
        "pending": _pending(done) if runs else [],
        "looks": [event for event in happened if event.step == "look"],
        "seq": latest(happened),
        "resolve": explained(counted.resolve, row.due_at, clock, now, runs=runs),
        "respond": explained(counted.respond, row.respond_by, clock, now, runs=False),
        "similar": _seen(who, await tickets.linked(session, row.no)),
        "merged": _seen(who, await tickets.taken_in(session, row.no)),
        "into": into if into and rights.sees(who, into) else None,
        "unit": await people.unit(session, row.unit_id),
        "handler": await people.member(session, row.handler_id),
        "group": await people.group(session, row.group_id),
        "reporter": await people.member(session, row.reporter_id),
        "followed": await follows.follows(session, who.id or 0, row.no),
    }
    shown["actors"] = await people.called(session, [event.by for event in happened])
    return shown | await _pressed(session, row, who)


#: After these a ticket is as it was before.
UNCHANGED = frozenset({"look", "urge"})


def latest(happened: Sequence[Event]) -> int:
    """The last event after which a form may still be taken at its word."""
    return max((event.seq for event in happened if event.step not in UNCHANGED), default=0)


async def _pressed(session: AsyncSession, row: Ticket, who: Member) -> dict[str, Any]:
    """The ladder and the letters, for those who may read of them."""
    ladder = await reminders.of_ticket(session, row.no) if rights.reads_ladder(who) else []
    drawn = await reminders.letters(session, row.no)
    return {
        "ladder": [
            (rung, row.status in FIRES.get(rung.level, (*RUNNING, "suspended"))) for rung in ladder
        ],
        "letters": [letter for letter in drawn if rights.reads_letter(who, letter.kind)],
    }


async def _said(session: AsyncSession, row: Ticket, who: Member) -> list[Bubble]:
    """What people and the bot said of it, in the order of the groups' talk."""
    told: list[Message | Post] = [*await messages.of_ticket(session, row.no)]
    if row.group_id is not None and not row.confidential:
        told += await posts.about(session, row.group_id, row.no, row.reported_at)
    told.sort(key=lambda one: one.said or 0)
    heard = [one for one in told if isinstance(one, Message)]
    senders = await people.by_ids(session, [one.sender_id for one in heard])
    media = await enclosed.of_messages(session, heard, who)
    return [await _bubble(session, one, senders, media, who) for one in told]


async def _bubble(
    session: AsyncSession,
    one: Message | Post,
    senders: dict[int, Member],
    media: dict[int, list[Enclosed]],
    who: Member,
) -> Bubble:
    if isinstance(one, Post):
        return Bubble(one, True, f"post-{one.id}", BOT, None)
    quoted = await windows.quoted(session, one.group_id, one.quote)
    readable = quoted is None or await _readable(session, quoted.source, who)
    return Bubble(
        one, False, one.external_id, one.name, senders[one.sender_id].role,
        quoted if readable else None, not readable, media.get(one.id or 0, ()),
    )  # fmt: skip


async def _readable(session: AsyncSession, source: Message | None, who: Member) -> bool:
    """Whether somebody may read what is quoted here, of whatever ticket that was."""
    if source is None:
        return True
    numbers = [no for no in (source.ticket_no, *source.also) if no is not None]
    about = (await tickets.some(session, numbers)).values()
    return rights.hears(who, misconduct=decide.secret(source, about))


async def _done(
    session: AsyncSession, happened: Sequence[Event], row: Ticket, who: Member
) -> list[Done]:
    """The events, and between them what was asked for, newest last."""
    found = [
        Done(event.at, event.by, event, edits=edits(event.words) if event.step == "edit" else ())
        for event in happened
        if event.step != "look"
    ]
    if rights.reads_ladder(who):
        found += [Done(at, "", asked=text) for at, text in await posts.requests(session, row.no)]
    return sorted(found, key=lambda one: one.at)


def _pending(done: Sequence[Done]) -> list[Done]:
    """What was asked for and not answered by a step since."""
    answered = [one.at for one in done if one.event and one.event.step in today.SETTLES]
    return [one for one in done if one.asked and one.at >= max(answered, default=one.at)]


def edits(words: str) -> list[tuple[str, str]]:
    """What an `edit` set right: field and value."""
    parts = EDITED.split(words)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def _seen(who: Member, found: Sequence[Ticket]) -> list[Ticket]:
    return [ticket for ticket in found if rights.sees(who, ticket)]
