"""Which ticket a message acts on; rules, sections 5 and 8 ("In the group")."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from actions import rights
from actions.base import Action, Context
from storage import messages, tickets
from storage.models import Message, Post, Ticket

#: Not 3#4栋, and not a number with letters before it.
NUMBER = re.compile(r"(?<![0-9A-Za-z])[#＃]\s*(\d{1,9})(?!\d)")
#: Several in a row, as the bot offers them: #2、#1.
LISTED = re.compile(r"[#＃]\s*\d+、\s*[#＃]")
BARE = re.compile(r"\s*[#＃]?\s*(\d{1,9})\s*(?:号|号工单)?\s*[。.!!]?\s*")
#: How a quote names a post of the bot: by its place among them.
POST = re.compile(r"post-(\d{1,12})")


@dataclass(frozen=True, slots=True)
class Unknown:
    """A number that no ticket here has."""

    no: int


@dataclass(frozen=True, slots=True)
class Found:
    """The ticket meant, and the one to act on: another where it was merged."""

    named: Ticket
    ticket: Ticket


def number(context: Context) -> int | None:
    """The number that the message itself names."""
    found = context.entity("ticket_no")
    if found and found.isdecimal() and len(found) < 10:
        return int(found)
    match = NUMBER.search(context.message.text)
    return int(match[1]) if match else None


async def find(context: Context, action: Action) -> Found | Unknown | Sequence[Ticket] | None:
    """The ticket; Unknown for a wrong number, several where the bot must ask, None for none.

    In order: the number that the message names, the ticket that it quotes, for details the one
    that the sender opened or added to within 30 minutes, else by who the sender is.
    """
    no = number(context)
    if no is not None:
        return await by_number(context, action, no)
    if action.recent:
        found = await of_detail(context, action)
        if found is not None:
            return found
    elif (no := await quoted(context)) is not None:
        return await by_number(context, action, no)
    if context.sender.role == "handler":
        return await _of_unit(context, action)
    if context.sender.role == "member":
        return await _of_reporter(context, action)
    return None


async def pointed(context: Context) -> int | None:
    """The number that the message names, else that of the ticket which it quotes."""
    no = number(context)
    return no if no is not None else await quoted(context)


async def by_number(context: Context, action: Action, no: int) -> Found | Unknown:
    """The ticket of a number; a confidential one is answered like one that does not exist."""
    ticket = await tickets.lock(context.session, no)
    if ticket is None or ticket.confidential:
        return Unknown(no)
    return await _followed(context, action, ticket)


async def of_detail(context: Context, action: Action) -> Found | None:
    """The ticket that a detail joins by a quote, or because the sender was just at it.

    Also a confidential one, for its own reporter; rules, section 8 ("Misconduct").
    """
    for no in (await _quoted(context), await recent(context)):
        ticket = await tickets.lock(context.session, no) if no is not None else None
        if ticket is None or (ticket.confidential and ticket.reporter_id != context.sender.id):
            continue
        return await _followed(context, action, ticket)
    return None


async def _locked(context: Context, action: Action, no: int) -> Found | None:
    ticket = await tickets.lock(context.session, no)
    return await _followed(context, action, ticket) if ticket else None


async def _followed(context: Context, action: Action, named: Ticket) -> Found:
    ticket = named
    while action.follows and ticket.merged_into is not None:
        into = await tickets.lock(context.session, ticket.merged_into)
        if into is None:
            break
        ticket = into
    return Found(named, ticket)


async def recent(context: Context) -> int | None:
    """The ticket that the sender last opened or added to in this group within 30 minutes."""
    since = context.now - timedelta(minutes=context.clock.policy.detail_minutes)
    return await messages.last_touched(
        context.session, context.group.id, context.message.sender_id, since
    )


async def quoted(context: Context) -> int | None:
    """The number of the ticket that the quoted message or post belongs to.

    None for a confidential one: it can't be found so, and its number is never said.
    """
    no = await _quoted(context)
    ticket = await tickets.get(context.session, no) if no is not None else None
    return no if ticket is not None and not ticket.confidential else None


async def _quoted(context: Context) -> int | None:
    quote = context.message.quote or {}
    if (text := quote.get("text")) and (numbers := NUMBER.findall(text)):
        # a reply speaks of one ticket first of all; a list of several of none
        one = len(set(numbers)) == 1 or (text.startswith("@") and not LISTED.search(text))
        return int(numbers[0]) if one else None
    quoted_id = quote.get("id")
    if not quoted_id:
        return None
    if post := POST.fullmatch(quoted_id):
        said = await context.session.get(Post, int(post[1]))
        return await _said_of(context, said) if said is not None else None
    message = await messages.find(context.session, context.group.id, quoted_id)
    return await _of_message(context, message) if message else None


async def _said_of(context: Context, post: Post) -> int | None:
    """The ticket of a post: the only one that it is about, else that of the message it answers."""
    if post.group_id != context.group.id:
        return None
    if len(post.about) == 1:
        return post.about[0]
    answered = await context.session.get(Message, post.answers) if post.answers else None
    return await _of_message(context, answered) if answered else None


async def _of_message(context: Context, message: Message) -> int | None:
    """The ticket of a message; of several that it opened the only one of the sender's unit."""
    if not message.also or message.ticket_no is None:
        return message.ticket_no
    numbers = [message.ticket_no, *message.also]
    found = [await tickets.get(context.session, no) for no in numbers]
    mine = [ticket.no for ticket in found if ticket and rights.serves(context.sender, ticket)]
    return mine[0] if len(mine) == 1 else None


async def _of_reporter(context: Context, action: Action) -> Found | None:
    if context.sender.id is None:
        return None
    # after a merge its reporter is answered about the ticket that took it in
    for statuses in (action.statuses, *([("merged",)] if action.follows else [])):
        found = await tickets.of_reporter(
            context.session,
            context.group.id,
            reporter_id=context.sender.id,
            enterprise=context.sender.enterprise,
            statuses=statuses,
        )
        if found:
            return await _locked(context, action, found.no)
    return None


async def _of_unit(context: Context, action: Action) -> Found | Sequence[Ticket] | None:
    if context.sender.unit_id is None:
        return None
    for statuses in action.of_unit:
        found = await tickets.of_unit(
            context.session, context.group.id, unit_id=context.sender.unit_id, statuses=statuses
        )
        if len(found) > 1:
            return found
        if found:
            return await _locked(context, action, found[0].no)
    return None
