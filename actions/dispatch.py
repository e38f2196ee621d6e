"""What one message does: an action, a question, or silence; rules, sections 5 and 8."""

import importlib
import pkgutil
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import enterprise, targets
from actions.base import Action, Context, Refused
from actions.policy import Policy
from actions.render import render
from nlu.parse import Parse
from storage import people, posts, questions, tickets
from storage.models import Message, Ticket

#: What a message without words does.
DETAIL = "add_detail"
HELP = "ask_help"


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
    sender = await people.member(session, message.sender_id)
    group = await people.group(session, message.group_id)
    if sender is None or group is None:
        raise LookupError(f"message {message.id} of nobody or nowhere")
    context = Context(
        session=session, now=now, policy=await Policy.read(session), message=message,
        sender=sender, group=group, parse=parse,
    )  # fmt: skip
    if await _answers(context):
        return
    await enterprise.learn(session, sender, message.name, context.entity("enterprise"))
    if not message.text.strip():
        await _wordless(context)
    elif parse.intent.confidence < context.policy.confidence_threshold:
        await _unsure(context)
    else:
        await _act(context)


async def _act(context: Context) -> None:
    action = actions().get(context.parse.intent.name)
    if action is not None and context.sender.role in action.roles:
        await _on_ticket(context, action) if action.step else await action.run(context, None)
    elif context.parse.intent.name == "report_issue":
        context.acted("review")  # told by staff: for the coordinators to look at, silently
        await _review(context)
    elif context.message.mentions_bot:
        await actions()[HELP].run(context, None)


async def _on_ticket(context: Context, action: Action) -> None:
    found = await targets.find(context, action)
    match found:
        case Ticket():
            await _run(context, action, found)
        case targets.Unknown():
            await context.reply("unknown_number", no=found.no)
        case None:
            if action.asks or context.message.mentions_bot:
                await _ask(context, action, [])
        case several:
            await _ask(context, action, [ticket.no for ticket in several])


async def _run(context: Context, action: Action, ticket: Ticket) -> None:
    if not targets.allowed(context, action, ticket):
        # of somebody else's ticket nobody is told more than that
        await context.reply("not_yours", no=ticket.no, role=context.sender.role)
        return
    try:
        async with context.session.begin_nested():
            await action.run(context, ticket)
    except Refused as refused:
        await context.session.refresh(ticket)
        await context.reply("refused", reason=str(refused), about=[ticket.no])


async def _ask(context: Context, action: Action, numbers: list[int]) -> None:
    await questions.ask(context.session, context.message, action.intent, context.now)
    await context.reply("which_number", numbers=numbers[:5], about=numbers)
    context.acted("ask")


async def _answers(context: Context) -> bool:
    """Whether this is the bare number that the bot asked the same person for.

    The step counts from the answer; its words are those of the message that raised the question.
    """
    bare = targets.BARE.fullmatch(context.message.text)
    if bare is None or context.sender.id is None:
        return False
    since = context.now - timedelta(minutes=context.policy.question_minutes)
    session, group = context.session, context.group.id
    question = await questions.pending(session, group, context.sender.id, since)
    if question is None:
        return False
    asked = await session.get(Message, question.message_id)
    action = actions().get(question.action)
    if asked is None or action is None:
        return False
    ticket = await tickets.lock(session, int(bare[1]))
    if ticket is None or ticket.confidential:
        await context.reply("unknown_number", no=int(bare[1]))
        return True
    await questions.answered(session, question)
    first = Parse.from_json(asked.parse) if asked.parse else context.parse
    await _run(replace(context, parse=first, words=asked.text), action, ticket)
    asked.ticket_no = context.message.ticket_no
    session.add(asked)
    return True


async def _wordless(context: Context) -> None:
    """Pictures and files go to the ticket they belong to, without a word; else nowhere."""
    no = await targets.quoted(context)
    if no is None:
        no = await targets.recent(context)
    ticket = await tickets.lock(context.session, no) if no is not None else None
    action = actions()[DETAIL]
    if ticket is not None and not ticket.confidential and targets.allowed(context, action, ticket):
        await action.run(context, ticket)


async def _unsure(context: Context) -> None:
    """Nothing opens on a guess: addressed, the bot asks; else the coordinators look at it."""
    if context.message.mentions_bot:
        await context.reply("unclear")
        return
    context.acted("review")
    await _review(context)


async def _review(context: Context) -> None:
    guess = context.parse
    text = render(
        "notice_review", who=context.message.name, group=context.group.name,
        text=context.message.text, intent=guess.intent.name,
        category=guess.category.name if guess.category else None,
    )  # fmt: skip
    for member in await people.with_role(context.session, "coordinator"):
        if member.id is not None:
            await posts.tell(
                context.session, member_id=member.id, level="review", text=text, at=context.now
            )
