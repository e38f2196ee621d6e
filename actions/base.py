"""What an action is, and what it is given."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import called
from actions.deadlines import Clock
from actions.render import OFFERS, render
from nlu.parse import Parse
from storage import posts
from storage.models import Group, Member, Message, Ticket


class Refused(Exception):
    """A step can't be taken; the message says, in Chinese, what is possible instead."""


@dataclass(slots=True, kw_only=True)
class Context:
    """One message, who sent it where, and how it reads."""

    session: AsyncSession
    now: datetime
    clock: Clock
    message: Message
    sender: Member
    group: Group
    parse: Parse
    words: str = ""  # what the step is told: the message's text, or that of the one it completes
    completes: bool = False  # it is the number that the bot had asked for
    told: datetime | None = None  # when it was said, where people judged it only later

    def __post_init__(self) -> None:
        """Without other words, the message's own."""
        self.words = self.words or self.message.text

    def entity(self, kind: str) -> str | None:
        """The first span of this kind, as written."""
        return next((found.value for found in self.parse.entities if found.entity == kind), None)

    async def district(self) -> str | None:
        """The city's own name of the district that the text names, else the group's."""
        written = self.entity("district")
        known = await called.district(self.session, written) if written else None
        return known or self.group.district

    async def reply(
        self,
        template: str,
        *,
        about: Iterable[int] = (),
        also: Iterable[Member] = (),
        **values: object,
    ) -> None:
        """Answer the sender in the group, at once, at any hour."""
        others = [member.external_id for member in also if member.id != self.sender.id]
        await posts.say(
            self.session,
            group_id=self.group.id,
            text=render(template, who=self.message.name, **values),
            at=self.now,
            why="reply",
            to=[self.sender.external_id, *others],
            about=list(about),
            answers=self.message.id,
            offers=OFFERS.get(template, ()),
        )

    def acted(self, effect: str, ticket: Ticket | None = None) -> None:
        """Note on the message what it did, and to which ticket."""
        self.message.effect = effect
        if ticket is not None:
            self.message.ticket_no = ticket.no
        self.session.add(self.message)


Args = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a message with some intent does.

    An action module defines one as `ACTION`; nothing else is to be edited for a new one.

    Args:
        intent: the intent that calls it.
        run: does it; on a ticket where `step` is set, else on None.
        roles: from whom the intent is meant; from others it is ordinary talk.
        step: what it is to the ticket, as `rights` calls it.
        statuses: in which a member's own tickets are looked for where none is named.
        of_unit: in which a handler's unit's tickets are; the first row that has some counts.
        recent: also the ticket that the sender opened or added to in the last half hour.
        asks: whether the bot asks for the number where no ticket fits.
        follows: whether a merged ticket stands for the one that took it in.

    """

    intent: str
    run: Callable[[Context, Ticket | None], Awaitable[None]]
    roles: frozenset[str]
    step: str | None = None
    statuses: tuple[str, ...] = ()
    of_unit: tuple[tuple[str, ...], ...] = ()
    recent: bool = False
    asks: bool = False
    follows: bool = False
