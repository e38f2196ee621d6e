"""What was said in a group, as bubbles; of misconduct only that something was said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import decide, rights
from actions.phones import masked
from bot.channels.sandbox import BOT
from bot.console import enclosed
from bot.console.enclosed import Enclosed
from storage import people, tickets, windows
from storage.models import Member, Message, Post, Ticket
from storage.windows import Quoted


@dataclass(frozen=True, slots=True)
class Bubble:
    """Something that was said; `hidden`: that it was said is all that this person may know."""

    row: Message | Post
    hidden: bool
    name: str
    role: str | None
    sender: str
    quoted: Quoted | None
    unquotable: bool  # what is quoted is hidden
    about: Sequence[int]
    parse: Mapping[str, Any] | None
    phones: bool
    media: Sequence[Enclosed] = ()

    @property
    def by_bot(self) -> bool:
        """Whether the bot said it."""
        return isinstance(self.row, Post)

    @property
    def id(self) -> str:
        """As a quote names it."""
        return f"post-{self.row.id}" if isinstance(self.row, Post) else self.row.external_id


async def bubbles(
    session: AsyncSession, said: Sequence[Message | Post], who: Member, *, parses: bool = False
) -> list[Bubble]:
    """For this person, in their order; with `parses` also how each was understood."""
    told = [row for row in said if isinstance(row, Message)]
    answers = await windows.answered(session, [row for row in said if isinstance(row, Post)])
    quotes = {
        row.id: await windows.quoted(session, row.group_id, row.quote) for row in told if row.quote
    }
    sources = [quote.source for quote in quotes.values() if quote and quote.source]
    every = [*said, *answers.values(), *sources]
    known = await tickets.some(session, [no for row in every for no in _about(row)])
    senders = await people.by_ids(session, [row.sender_id for row in told])
    media = await enclosed.of_messages(session, told, who)
    seen = _Seen(who, known, parses)
    return [
        seen.post(row, answers.get(row.answers or 0))
        if isinstance(row, Post)
        else _with(
            seen.message(row, senders[row.sender_id], quotes.get(row.id)), media.get(row.id or 0)
        )
        for row in said
    ]


def _with(bubble: Bubble, media: Sequence[Enclosed] | None) -> Bubble:
    """With what came with it, unless it is hidden."""
    return replace(bubble, media=media) if media and not bubble.hidden else bubble


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one person sees of it."""

    who: Member
    known: Mapping[int, Ticket]
    parses: bool

    def hidden(self, message: Message | None) -> bool:
        if message is None:
            return False
        named = self.named(message)
        if any(ticket.confidential for ticket in named):
            return True  # its words stand on the ticket's page, where each look is recorded
        return not rights.hears(self.who, misconduct=decide.secret(message, named))

    def about(self, row: Message | Post) -> list[int]:
        return [ticket.no for ticket in self.named(row) if rights.sees(self.who, ticket)]

    def phones(self, row: Message | Post) -> bool:
        return rights.reads_phones_of(self.who, self.named(row))

    def named(self, row: Message | Post) -> list[Ticket]:
        return [self.known[no] for no in _about(row) if no in self.known]

    def post(self, row: Post, answers: Message | None) -> Bubble:
        return Bubble(
            row, self.hidden(answers), BOT, None, "", None, False, self.about(row), None,
            self.phones(row),
        )  # fmt: skip

    def message(self, row: Message, sender: Member, quoted: Quoted | None) -> Bubble:
        phones, hidden = self.phones(row), self.hidden(row)
        if hidden:  # who told it is hidden with it
            return Bubble(row, True, "", None, "", None, False, self.about(row), None, phones)
        reads = rights.reads_parses(self.who, misconduct=decide.suspected(row))
        return Bubble(
            row, False, row.name if phones else masked(row.name), sender.role, sender.external_id,
            quoted, self.hidden(quoted.source) if quoted else False, self.about(row),
            row.parse if self.parses and reads else None, phones,
        )  # fmt: skip


def _about(row: Message | Post) -> list[int]:
    if isinstance(row, Post):
        return row.about
    return [] if row.ticket_no is None else [row.ticket_no, *row.also]
