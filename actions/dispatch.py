"""What one message does: an action, a question, or silence; rules, sections 5 and 8."""

import importlib
import pkgutil
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import answer, enterprise, moves, review, rights, targets
from actions.base import Action, Context, Refused
from actions.deadlines import Clock
from nlu.addressed import behind
from nlu.parse import Parse
from storage import people, questions, tickets
from storage.models import Message, Ticket

#: What a message without words does.
DETAIL = "add_detail"
#: What a handler does with a consult by answering it.
DONE = "report_done"
#: Told by staff these are for the coordinators to look at; rules, section 8.
REVIEWED = frozenset({"report_issue", "consult"})
STAFF = frozenset(rights.ROLES) - {"member", "coordinator"}


@cache
def actions() -> dict[str, Action]:
    """All actions by the intent that calls them: whatever module here defines `ACTION`."""
    found: dict[str, Action] = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        action = getattr(importlib.import_module(f"actions.{module.name}"), "ACTION", None)
        if isinstance(action, Action):
            found[action.intent] = action
    return found


async def handle(session: AsyncSession, message: Message, parse: Parse, now: datetime) -> None:
    """Do all that a recorded message causes, in the caller's transaction."""
    context = await of_message(session, message, parse, now)
    sender = context.sender
    if await _answers(context):
        return
    await enterprise.learn(session, sender, message.name, context.entity("enterprise"))
    if not message.text.strip():
        await _wordless(context)
    elif (consult := await answer.meant(context)) is not None:
        await _run(context, actions()[DONE], targets.Found(consult, consult))
    elif parse.intent.confidence < context.clock.policy.confidence_threshold:
        await _unsure(context)
    else:
        await _act(context)


async def of_message(
    session: AsyncSession,
    message: Message,
    parse: Parse,
    now: datetime,
    told: datetime | None = None,
) -> Context:
    """What an action is given of a message; `told` where it is judged later than it was said."""
    sender = await people.member(session, message.sender_id)
    group = await people.group(session, message.group_id)
    if sender is None or group is None:
        raise LookupError(f"message {message.id} of nobody or nowhere")
    return Context(
        session=session, now=now, clock=await Clock.read(session), message=message,
        sender=sender, group=group, parse=parse, told=told,
    )  # fmt: skip


async def _act(context: Context) -> None:
    intent, role = context.parse.intent.name, context.sender.role
    action = actions().get(intent)
    if action is not None and role in action.roles:
        await _on_ticket(context, action) if action.step else await action.run(context, None)
    elif intent in REVIEWED and role in STAFF:
        await review.keep(context, "staff")
    elif context.message.mentions_bot:
        await _line(context)


async def _line(context: Context) -> None:
    """Chit-chat with the bot is answered with a line of help; rules, section 8."""
    await context.reply("line", role=context.sender.role)
    context.acted("help")


async def _on_ticket(context: Context, action: Action) -> None:
    found = await targets.find(context, action)
    match found:
        case targets.Found():
            await _run(context, action, found)
        case targets.Unknown():
            await context.reply("unknown_number", no=found.no)
        case None:
            if action.asks or context.message.mentions_bot:
                await _ask(context, action, [])
        case several:
            each = [targets.Found(ticket, ticket) for ticket in several]
            if any([await _allowed(context, action, one) for one in each]):
                await _ask(context, action, [ticket.no for ticket in several])
            else:
                await _run(context, action, each[0])


async def _run(context: Context, action: Action, found: targets.Found) -> None:
    ticket = found.ticket
    if not await _allowed(context, action, found):
        addressed = context.message.mentions_bot or context.completes
        if action.intent == DETAIL and not addressed:
            return  # talk about another's ticket
        # of somebody else's ticket nobody is told more than that
        no = found.named.no
        await context.reply("not_yours", about=[no], no=no, role=context.sender.role)
        return
    try:
        async with context.session.begin_nested():
            await action.run(context, ticket)
            await _heard(context, ticket)
    except Refused as refused:
        await context.session.refresh(ticket)
        await context.reply("refused", reason=str(refused), about=[ticket.no])


async def _allowed(context: Context, action: Action, found: targets.Found) -> bool:
    if found.named.confidential:
        return found.named.reporter_id == context.sender.id
    if any(_may(context, action, ticket) for ticket in (found.ticket, found.named)):
        return True
    if not action.follows or context.sender.role != "member":
        return False
    # after a merge its reporter is answered about the ticket that took it in
    merged = await tickets.taken_in(context.session, found.ticket.no)
    return any(_may(context, action, ticket) for ticket in merged)


def _may(context: Context, action: Action, ticket: Ticket) -> bool:
    sender, step = context.sender, action.step or ""
    return rights.may(sender, step, ticket) or rights.may_request(sender, step, ticket)


async def _heard(context: Context, ticket: Ticket) -> None:
    """An enterprise that still speaks of a resolved ticket is not silent; rules, section 8."""
    if ticket.status == "resolved" and rights.owns(context.sender, ticket):
        await moves.listen(context.session, ticket, context.clock, context.now)


async def _ask(context: Context, action: Action, numbers: list[int]) -> None:
    await questions.ask(context.session, context.message, action.intent, context.now)
    await context.reply("which_number", numbers=numbers[:5], about=numbers)
    context.acted("asked")


async def _answers(context: Context) -> bool:
    """Whether this is the bare number that the bot asked the same person for.

    The step counts from the answer; its words are those of the message that raised the question.
    """
    said = context.message.text
    bare = targets.BARE.fullmatch(said[behind(said) if context.message.mentions_bot else 0 :])
    if bare is None or context.sender.id is None:
        return False
    since = context.now - timedelta(minutes=context.clock.policy.question_minutes)
    session, group = context.session, context.group.id
    question = await questions.pending(session, group, context.sender.id, since)
    if question is None:
        return False
    asked = await session.get(Message, question.message_id)
    action = actions().get(question.action)
    if asked is None or action is None:
        return False
    first = Parse.from_json(asked.parse) if asked.parse else context.parse
    completed = replace(context, parse=first, words=asked.text, completes=True)
    found = await targets.by_number(completed, action, int(bare[1]))
    if isinstance(found, targets.Unknown):
        await context.reply("unknown_number", no=found.no)
        return True
    await questions.answered(session, question)
    await _run(completed, action, found)
    if context.message.ticket_no is not None:
        asked.ticket_no, asked.effect = context.message.ticket_no, context.message.effect
        session.add(asked)
    return True


async def _wordless(context: Context) -> None:
    """Pictures and files go to the ticket they belong to, without a word; else nowhere."""
    if context.message.mentions_bot and not context.message.images:
        await _line(context)  # called by name, and nothing else
        return
    action = actions()[DETAIL]
    found = await targets.of_detail(context, action)
    if found is not None and await _allowed(context, action, found):
        await _run(context, action, found)


async def _unsure(context: Context) -> None:
    """Nothing opens on a guess: addressed, the bot asks; else the coordinators look at it."""
    if context.message.mentions_bot:
        await context.reply("unclear")
        return
    await review.keep(context, "unsure")
