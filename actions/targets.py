"""Which ticket a message acts on; rules, sections 5 and 8 ("In the group")."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from actions import rights
from actions.base import Action, Context
from storage import messages, posts, tickets
from storage.models import Message, Post, Ticket

#: What a sharp sign counts as well: #3厂房, #2号配电箱.
THINGS = re.compile(
    r"号?(?:厂|[栋幢楼门仓库房线炉井杆桥墩塔泵闸柜梯孔岗桩桶罐窑]|配电|变压|变电|开关|机[组床房器]|"
    r"电[机梯箱柜缆表]|车[间辆位]|锅炉|生产线|产线|宿舍|设备|地块|标段|工[地位段])"
)
#: What may follow the number of a ticket, where nothing else says that it is one.
FOLLOWS = (
    r"\s|$|[^\w\s]|号(?:工单|诉求|件|这|的|$|[^\w])|工单|诉求|[这那]|的|进[度展]|催|确认|收到|已|我们|"
    r"是|解决|办[理结好完]|修[好复]|处理[了好完中]|不?满意|到[哪什]|到底|怎|什么|何时|现在|请|还|未|"
    r"没(?:有|解决|修|人|好|处理|办|动静|消息|来|进展|回)|仍|又|延[期长]|申请|转[办给]|"
    r"退[回单]|撤|好了|可以|麻烦|补充|情况|不[是行对]|[尽赶加]?快|销号|评价|签收|同意|归|属于|交[办给由]|就|都|有[进新结]|呢|吗|吧|啊"
)
SHARP = r"(?<![0-9A-Za-z])[#＃]\s*"
#: Of #3和#4厂房 neither is a ticket: what follows the last tells what all are.
OTHERS = rf"(?:\s*(?:[和与跟及、]|以及)\s*{SHARP}\d{{1,9}}(?!\d))*+"
#: A number that is clearly a ticket's; not 3#4栋, and not one with letters before it.
NUMBER = re.compile(rf"{SHARP}(\d{{1,9}})(?!\d)(?={OTHERS}(?:{FOLLOWS}))")
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


def numbers(context: Context) -> list[int]:
    """The numbers that the message itself names, each once."""
    text = context.message.text
    spans = [entity for entity in context.parse.entities if entity.entity == "ticket_no"]
    read = [span.value for span in spans if not THINGS.match(text, span.end)]
    written = [found for found in read if found.isdecimal() and len(found) < 10]
    return list(dict.fromkeys(map(int, [*written, *NUMBER.findall(text)])))


async def find(context: Context, action: Action) -> Found | Unknown | Sequence[Ticket] | None:
    """The ticket; Unknown for a wrong number, several where the bot must ask, None for none.

    In order: the number that the message names, the ticket that it quotes, for details the one
    that the sender opened or added to within 30 minutes, else by who the sender is. Who quotes
    what is confidential means no other ticket.
    """
    if named := numbers(context):
        return await _named(context, action, named)
    if action.recent and (found := await of_detail(context, action)) is not None:
        return found
    no = await _quoted(context)
    if no is not None and await _confidential(context, no):
        return None
    if no is not None and not action.recent:
        return await by_number(context, action, no)
    return await _by_sender(context, action)


async def _by_sender(context: Context, action: Action) -> Found | Sequence[Ticket] | None:
    if context.sender.role == "handler":
        return await _of_unit(context, action)
    if context.sender.role == "member":
        return await _of_reporter(context, action)
    return None


async def _named(
    context: Context, action: Action, named: Sequence[int]
) -> Found | Unknown | Sequence[Ticket]:
    """The ticket of a number, those of several; where one is Unknown, as if it stood alone."""
    found: list[Found] = []
    for no in sorted(named):  # locked in one order, whoever names them
        one = await by_number(context, action, no)
        if isinstance(one, Unknown):
            return one
        found.append(one)
    same = len({one.ticket.no for one in found}) == 1  # one of them took the other in
    return found[0] if same else [one.named for one in found]


async def pointed(context: Context) -> int | None:
    """The only number that the message names, else that of the ticket which it quotes."""
    named = numbers(context)
    if named:
        return named[0] if len(named) == 1 else None
    no = await _quoted(context)
    return no if no is not None and not await _confidential(context, no) else None


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
        if ticket is None:
            continue
        if ticket.confidential and ticket.reporter_id != context.sender.id:
            return None  # quoted by somebody else: it is no detail of another ticket
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


async def _confidential(context: Context, no: int) -> bool:
    """Whether a quote can't be followed: its ticket is not found so, its number never said."""
    ticket = await tickets.get(context.session, no)
    return ticket is not None and ticket.confidential


async def _quoted(context: Context) -> int | None:
    """The number of the ticket that the quoted message or post belongs to."""
    quote = context.message.quote or {}
    if quoted_id := quote.get("id"):
        return await _of_id(context, quoted_id)
    if not (text := quote.get("text")):
        return None
    if (no := await _of_words(context, quote.get("sender", ""), text)) is not None:
        return no
    named = NUMBER.findall(text)
    # a reply speaks of one ticket first of all; a list of several of none
    one = len(set(named)) == 1 or (text.startswith("@") and not LISTED.search(text))
    return int(named[0]) if named and one else None


async def _of_id(context: Context, quoted_id: str) -> int | None:
    if post := POST.fullmatch(quoted_id):
        said = await context.session.get(Post, int(post[1]))
        return await _said_of(context, said) if said is not None else None
    message = await messages.find(context.session, context.group.id, quoted_id)
    if message is not None:
        return await _of_message(context, message)
    said = await posts.receipted(context.session, context.group.id, quoted_id)
    return await _said_of(context, said) if said is not None else None


async def _of_words(context: Context, sender: str, text: str) -> int | None:
    """The ticket of what was quoted by its words alone: a message of its sender, or a post."""
    group, message = context.group.id, context.message.id
    found = await messages.said_by(context.session, group, sender, text, but=message)
    if found is not None:
        return await _of_message(context, found)
    post = await posts.said(context.session, group, text)
    return await _said_of(context, post) if post is not None else None


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
