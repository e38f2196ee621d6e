"""What an official says in a ticket's group, through the bot, in the official's own name."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import rights
from actions.base import Refused
from actions.deadlines import Clock
from actions.render import plain, render
from storage import events, people, posts
from storage.models import Member, Post, Ticket

#: As much as is read in a group.
LONGEST = 500


async def wording(session: AsyncSession, ticket: Ticket, text: str, *, by: Member) -> str:
    """What the group will read; Refused where this person, or this text, can't be said."""
    if not rights.speaks(by, ticket):
        raise Refused(render("refused_say", why="", no=ticket.no))
    if ticket.group_id is None:
        raise Refused(render("refused_say", why="group", no=ticket.no))
    if len(text) > LONGEST:
        raise Refused(render("refused_say", why="long", no=ticket.no, most=LONGEST))
    if not plain(text):
        raise Refused(render("refused_say", why="empty", no=ticket.no))
    reporter = await _reporter(session, ticket)
    return render(
        "post_say", who=reporter.name if reporter else None, no=ticket.no, by=by.name, text=text
    )


async def reply(
    session: AsyncSession, ticket: Ticket, text: str, *, by: Member, now: datetime
) -> Post:
    """Say it, and note in the ticket's story who said what; in the night it waits."""
    words = await wording(session, ticket, text, by=by)
    reporter = await _reporter(session, ticket)
    clock = await Clock.read(session)
    await events.append(
        session, ticket_no=ticket.no, at=now, by=by.external_id, step="say", was=ticket.status,
        became=ticket.status, words=text,
    )  # fmt: skip
    return await posts.say(
        session,
        group_id=ticket.group_id or "",
        text=words,
        at=now,
        why="notice",
        to=[reporter.external_id] if reporter else [],
        about=[ticket.no],
        not_before=clock.speak(now, urgent=ticket.urgent),
    )


async def _reporter(session: AsyncSession, ticket: Ticket) -> Member | None:
    """Whom it addresses: nobody where it was told on another way than in the group."""
    if ticket.source != "group":
        return None
    return await people.member(session, ticket.reporter_id)
