"""What the ladder says: one post a group and instant, a notice a person; rules, sections 4, 8."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import audience, lateness
from actions.deadlines import Clock
from actions.ladder import LEVELS
from actions.moves import RUNNING
from actions.names import name
from actions.render import render
from storage import people, posts
from storage import reminders as rows
from storage.models import Reminder, Ticket

#: So many lines fit a phone's screen.
LINES = 10
#: While its ticket is in one of these a level fires; a suspended one is not reminded of.
FIRES = {"unanswered": ("new", "assigned")}
#: A letter is drawn up with these levels.
LETTERS = {"orange": "supervision", "red": "handover"}


@dataclass(frozen=True, slots=True)
class Told:
    """A ticket in a group's post."""

    ticket: Ticket
    level: str


async def run(session: AsyncSession, until: datetime, now: datetime) -> None:
    """Fire every level whose instant has come."""
    clock = await Clock.read(session)
    groups: dict[str, dict[int, Told]] = {}
    for reminder, ticket in await rows.due(session, until):
        if ticket.status not in FIRES.get(reminder.level, RUNNING):
            await session.delete(reminder)
            continue
        reminder.fired_at = now
        session.add(reminder)
        await _tell(session, reminder, ticket, clock, now)
        if ticket.group_id is not None and not ticket.confidential and reminder.level != "red":
            told = groups.setdefault(ticket.group_id, {})
            told[ticket.no] = _gravest(told.get(ticket.no), Told(ticket, reminder.level))
    for group_id, by_number in groups.items():
        await _post(session, group_id, list(by_number.values()), clock, now)


def _gravest(one: Told | None, other: Told) -> Told:
    if one is not None and LEVELS.index(one.level) > LEVELS.index(other.level):
        return one
    return other


async def _tell(
    session: AsyncSession, reminder: Reminder, ticket: Ticket, clock: Clock, now: datetime
) -> None:
    unit = await people.unit(session, ticket.unit_id)
    named = unit.name if unit else None
    text = render(
        "notice_confidential" if ticket.confidential else "notice_level",
        level=reminder.level, no=ticket.no, unit=named, text=ticket.text, due_at=ticket.due_at,
        respond_by=ticket.respond_by,
    )  # fmt: skip
    await posts.tell(
        session,
        await audience.level(session, ticket, reminder.level),
        level=reminder.level,
        text=text,
        at=now,
        ticket_no=ticket.no,
        not_before=clock.speak(now, urgent=ticket.urgent),
    )
    if (letter := LETTERS.get(reminder.level)) and not ticket.confidential:
        text = render(
            f"letter_{letter}", no=ticket.no, unit=named, text=ticket.text, now=now,
            reported_at=ticket.reported_at, due_at=ticket.due_at, late=_late(ticket, clock, now),
        )  # fmt: skip
        await rows.draw_up(session, ticket.no, letter, text, now)


async def _post(
    session: AsyncSession, group_id: str, told: Sequence[Told], clock: Clock, now: datetime
) -> None:
    """Earliest deadline first, then number: the most overdue on top."""
    listed = sorted(told, key=lambda one: (one.ticket.due_at, one.ticket.no))
    lines = []
    for one in listed[:LINES]:
        unit = await people.unit(session, one.ticket.unit_id)
        lines.append(
            {
                "no": one.ticket.no, "level": one.level, "unit": unit.name if unit else None,
                "due_at": one.ticket.due_at, "late": _late(one.ticket, clock, now),
            }
        )  # fmt: skip
    urgent = any(one.ticket.urgent for one in listed)
    await posts.say(
        session,
        group_id=group_id,
        text=render("reminder", rows=lines, more=max(0, len(listed) - LINES)),
        at=now,
        why="reminder",
        about=[one.ticket.no for one in listed],
        not_before=clock.speak(now, urgent=urgent),
    )


def _late(ticket: Ticket, clock: Clock, now: datetime) -> str:
    """By how much a ticket is past its deadline: 3个工作日, 25小时; nothing where it is not."""
    late = lateness.until(ticket.due_at, now, clock, urgent=ticket.urgent)
    past = name("lateness", "past")
    return late.words.removeprefix(past) if late.words.startswith(past) else ""
