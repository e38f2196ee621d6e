"""Which ticket a message acts on; rules, sections 5 and 8 ("In the group")."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from actions import rights
from actions.base import Action, Context
from storage import messages, tickets
from storage.models import Post, Ticket

NUMBER = re.compile(r"[#＃]\s*(\d{1,9})(?!\d)")
BARE = re.compile(r"\s*[#＃]?\s*(\d{1,9})\s*(?:号|号工单)?\s*")
#: How a quote names a post of the bot: by its place among them.
POST = re.compile(r"post-(\d{1,12})")


@dataclass(frozen=True, slots=True)
class Unknown:
    """A number that no ticket here has."""

    no: int


def number(context: Context) -> int | None:
    """The number that the message itself names."""
    if match := NUMBER.search(context.message.text):
        return int(match[1])
    found = context.entity("ticket_no")
    return int(found) if found and found.isdecimal() and len(found) < 10 else None


async def find(context: Context, action: Action) -> Ticket | Unknown | Sequence[Ticket] | None:
    """The ticket; Unknown for a wrong number, several where the bot must ask, None for none.

    In order: the number that the message names, the ticket that it quotes, for details the one
    that the sender opened or added to within 30 minutes, else by who the sender is.
    """
    no = number(context)
    if no is None:
        no = await quoted(context)
    if no is not None:
        return await _by_number(context, no)
    if action.recent and (no := await recent(context)) is not None:
        return await tickets.lock(context.session, no)
    if context.sender.role == "handler":
        return await _of_unit(context, action)
    return await _of_reporter(context, action)


async def _by_number(context: Context, no: int) -> Ticket | Unknown:
    ticket = await tickets.lock(context.session, no)
    if ticket is None or ticket.confidential:
        return Unknown(no)
    return ticket


async def recent(context: Context) -> int | None:
    """The ticket that the sender last opened or added to in this group within 30 minutes."""
    since = context.now - timedelta(minutes=context.policy.detail_minutes)
    return await messages.last_touched(
        context.session, context.group.id, context.message.sender_id, since
    )


async def quoted(context: Context) -> int | None:
    """The number of the ticket that the quoted message or post belongs to."""
    quote = context.message.quote or {}
    if found := NUMBER.search(quote.get("text") or ""):
        return int(found[1])
    quoted_id = quote.get("id") or ""
    if post := POST.fullmatch(quoted_id):
        said = await context.session.get(Post, int(post[1]))
        about = said.about if said and said.group_id == context.group.id else []
        return about[0] if len(about) == 1 else None
    message = await messages.find(context.session, context.group.id, quoted_id)
    return message.ticket_no if message else None


async def _of_reporter(context: Context, action: Action) -> Ticket | None:
    if context.sender.role != "member" or context.sender.id is None:
        return None
    found = await tickets.of_reporter(
        context.session,
        context.group.id,
        reporter_id=context.sender.id,
        enterprise=context.sender.enterprise,
        statuses=action.statuses,
    )
    return await tickets.lock(context.session, found[0].no) if found else None


async def _of_unit(context: Context, action: Action) -> Ticket | Sequence[Ticket] | None:
    if context.sender.unit_id is None:
        return None
    found = await tickets.of_unit(
        context.session,
        context.group.id,
        unit_id=context.sender.unit_id,
        statuses=action.statuses,
    )
    if len(found) > 1:
        return found
    return await tickets.lock(context.session, found[0].no) if found else None


def allowed(context: Context, action: Action, ticket: Ticket) -> bool:
    """Whether the sender may do this to the ticket."""
    return action.step is None or rights.may(context.sender, action.step, ticket)
