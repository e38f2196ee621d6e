"""A step on its way: on which ticket, by whom, when, with what; and what all steps share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import args as given
from actions.deadlines import Clock
from actions.render import OFFERS, render
from storage import events, people, posts
from storage.models import Member, Message, Ticket

#: Who takes a step that nobody takes: the clock, the routing of a new ticket, the knowledge base.
CLOCK, ROUTING, KNOWLEDGE = "clock", "routing", "knowledge"


@dataclass(slots=True, kw_only=True)
class Move:
    """A step that may be taken."""

    session: AsyncSession
    ticket: Ticket
    by: Member | None
    now: datetime
    args: given.Args
    message: Message | None
    clock: Clock
    to: str = ""  # the status after
    name: str = CLOCK  # who takes it where nobody does

    def of[Given: given.Args](self, kind: type[Given]) -> Given:
        """The arguments, as what the step takes."""
        if not isinstance(self.args, kind):
            raise TypeError(f"{type(self.args).__name__} where {kind.__name__} is due")
        return self.args

    async def log(self, step: str, to: str, words: str = "") -> None:
        """Bring the ticket to a status, and append the event."""
        was, self.ticket.status = self.ticket.status, to
        await events.append(
            self.session,
            ticket_no=self.ticket.no,
            at=self.now,
            by=self.by.external_id if self.by else self.name,
            step=step,
            was=was,
            became=to,
            words=words,
            message=self.message.external_id if self.message else None,
        )

    async def post(self, template: str, **values: object) -> None:
        """Tell the ticket's group and its reporter; in the night it waits, unless it is urgent.

        A message in the group is answered by its action instead, and a confidential ticket is
        never spoken of.
        """
        ticket = self.ticket
        if self.message is not None or ticket.group_id is None or ticket.confidential:
            return
        reporter = await people.member(self.session, ticket.reporter_id)
        if ticket.source != "group":  # told on another way: who wrote it down is not who waits
            reporter = None
        await posts.say(
            self.session,
            group_id=ticket.group_id,
            text=render(template, who=reporter.name if reporter else None, no=ticket.no, **values),
            at=self.now,
            why="notice",
            to=[reporter.external_id] if reporter else [],
            about=[ticket.no],
            offers=OFFERS.get(template, ()),
            not_before=self.clock.speak(self.now, urgent=ticket.urgent),
        )

    async def tell(
        self,
        members: Sequence[Member],
        level: str,
        template: str,
        *,
        wish: Mapping[str, Any] | None = None,
        **values: object,
    ) -> None:
        """Leave each of these people a notice about the ticket; `wish` is what it asks for."""
        ticket = self.ticket
        # the inspectors hear of misconduct at once; rules, section 8
        at_once = ticket.urgent or ticket.confidential
        await posts.tell(
            self.session,
            members,
            level=level,
            # each look at a confidential ticket is an event: no notice gives its words away
            text=render("notice_confidential", no=ticket.no, level=level, due_at=ticket.due_at)
            if ticket.confidential
            else render(template, no=ticket.no, text=ticket.text, **values),
            at=self.now,
            ticket_no=ticket.no,
            not_before=self.clock.speak(self.now, urgent=at_once),
            wish=wish,
        )
