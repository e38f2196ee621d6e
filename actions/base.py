"""What an action is, and what it is given."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from actions.policy import Policy
from actions.render import render
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
    policy: Policy
    message: Message
    sender: Member
    group: Group
    parse: Parse
    words: str = ""  # what the step is told: the message's text, or that of the one it completes

    def __post_init__(self) -> None:
        """Without other words, the message's own."""
        self.words = self.words or self.message.text

    def entity(self, kind: str) -> str | None:
        """The first span of this kind, as written."""
        return next((found.value for found in self.parse.entities if found.entity == kind), None)

    async def reply(
        self, template: str, *, about: list[int] | None = None, also: list[Member] | None = None,
        **values: object,
    ) -> None:  # fmt: skip
        """Answer the sender in the group, at once, at any hour."""
        others = [member for member in also or [] if member.id != self.sender.id]
        await posts.say(
            self.session,
            group_id=self.group.id,
            text=render(template, who=self.message.name, **values),
            at=self.now,
            why="reply",
            to=[self.sender.external_id, *(member.external_id for member in others)],
            about=about,
            answers=self.message.id,
        )

    def acted(self, effect: str, ticket: Ticket | None = None) -> None:
        """Note on the message what it did, and to which ticket."""
        self.message.effect = effect
        if ticket is not None:
            self.message.ticket_no = ticket.no
        self.session.add(self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a message with some intent does.

    An action module defines one as `ACTION`; nothing else is to be edited for a new one.

    Args:
        intent: the intent that calls it.
        run: does it; on a ticket where `step` is set, else on None.
        roles: from whom the intent is meant; from others it is ordinary talk.
        step: the step that the ticket must be open to, by `rights`.
        statuses: of tickets that are looked for where none is named.
        recent: also the ticket that the sender opened or added to in the last half hour.
        asks: whether the bot asks for the number where no ticket fits.

    """

    intent: str
    run: Callable[[Context, Ticket | None], Awaitable[None]]
    roles: frozenset[str]
    step: str | None = None
    statuses: tuple[str, ...] = ()
    recent: bool = False
    asks: bool = False
