"""Tickets in a list of 今日 or 保密: each with what presses, and with what is said of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from actions.deadlines import Clock
from actions.lateness import Late, lateness, until
from storage.models import Ticket


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket in a list."""

    ticket: Ticket
    late: Late
    respond: Late | None = None  # where somebody must respond first, and soon
    unit: str = ""  # empty where it goes without saying
    words: str = ""  # what is said of it here
    at: datetime | None = None
    step: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes them, at an instant."""

    now: datetime
    clock: Clock
    units: Mapping[int | None, str]  # names by row id; none at all where it goes without saying

    def of(self, ticket: Ticket, words: str = "", at: datetime | None = None) -> Row:
        """A ticket with what presses, and these words beside it."""
        return Row(
            ticket, lateness(ticket, self.now, self.clock), self._respond(ticket),
            self.units.get(ticket.unit_id, ""), words, at,
        )  # fmt: skip

    def _respond(self, ticket: Ticket) -> Late | None:
        """By when somebody must respond, where nobody has and it presses."""
        if ticket.responded_at is not None or ticket.status not in {"new", "assigned"}:
            return None
        late = until(ticket.respond_by, self.now, self.clock, urgent=ticket.urgent)
        return late if late.grade else None
