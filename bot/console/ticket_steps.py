"""The forms of a ticket's steps: what each asks for, and what comes of it, said beforehand."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.datastructures import FormData

from actions import args as given
from actions import rights, steps, terms
from actions.base import Refused
from actions.deadlines import Clock, Deadline, Part
from actions.moves import RUNNING, untimely
from actions.render import render
from bot.channels.base import clean
from storage.models import Member, Ticket

#: As much as somebody writes into one field.
LONGEST = 2000
#: What goes on comes first, what ends it last.
ORDER = (
    "assign", "accept", "progress", "resolve", "resume", "extend", "transfer", "return", "suspend",
    "urge", "recheck", "edit", "confirm", "dispute", "merge", "reject", "withdraw",
)  # fmt: skip
EDITED = ("category", "district", "enterprise", "address")

Typed = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Form:
    """A step that may be taken now, with what was typed into it before it came back."""

    step: str
    asks: bool  # a wish that the coordinators decide
    missed: str | None  # why it is too late for it, or too early
    typed: Typed

    def was(self, name: str, default: object = "") -> str:
        """What stands in a field."""
        return first(self.typed, name, "" if default is None else str(default))


@dataclass(frozen=True, slots=True)
class Ahead:
    """What would come of the steps, were they taken now."""

    speaks_at: datetime | None  # when the group hears of it, where that is not at once
    silence: datetime
    dispute: datetime
    reopened: Deadline
    turned: Deadline  # urgent now, or not any more
    resumed: Deadline | None
    extended: list[Deadline]  # by one working day, by two …
    may_turn: bool


def first(typed: Typed, name: str, default: str = "") -> str:
    """The first value of a field."""
    return next(iter(typed.get(name, ())), default)


def typed(form: FormData) -> dict[str, list[str]]:
    """What came with a form, as it can be kept; files are none of ours."""
    found: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            found.setdefault(clean(name), []).append(clean(value).strip())
    return found


def wished(wish: Mapping[str, Any] | None) -> tuple[str, Typed]:
    """The form of what a unit asks for, filled in as it asks: granted with one click."""
    if not wish:
        return "", {}
    told = {name: [str(value)] for name, value in wish["args"].items() if value is not None}
    return wish["step"], told


def forms(
    ticket: Ticket, who: Member, clock: Clock, now: datetime, back: str, was: Typed
) -> list[Form]:
    """The steps that somebody may take now; the one that came `back` has what was typed."""
    return [
        Form(
            step, rights.may_request(who, step, ticket), untimely(step, ticket, clock, now),
            was if step == back else {},
        )
        for step in sorted(steps.possible(ticket, who), key=ORDER.index)
        # to accept what is accepted already is progress, which has a form of its own
        if not (step == "accept" and ticket.status == "accepted")
    ]  # fmt: skip


def ahead(ticket: Ticket, clock: Clock, now: datetime) -> Ahead:
    """Count what the forms promise."""
    policy, resolve = clock.policy, terms.counts(ticket).resolve
    speaks_at = clock.speak(now, urgent=ticket.urgent)
    turned_at = ticket.reported_at if ticket.urgent else now
    pause = Part(why="resumed", start=ticket.suspended_at, stop=now)
    return Ahead(
        speaks_at=speaks_at if speaks_at > now else None,
        silence=clock.days(now, policy.silence_days).at,
        dispute=clock.days(now, policy.dispute_days).at,
        reopened=clock.end(clock.reopened(now, urgent=ticket.urgent).resolve),
        turned=clock.end(clock.opened(ticket.kind, turned_at, urgent=not ticket.urgent).resolve),
        resumed=clock.end((*resolve, pause)) if ticket.suspended_at else None,
        extended=[
            clock.end((*resolve, Part(why="extended", days=days)))
            for days in range(1, policy.extension_days_max + 1)
        ],
        may_turn=ticket.status in RUNNING,
    )


def read(step: str, was: Typed, ticket: Ticket) -> dict[str, Any]:
    """The arguments of a step from what was typed; Refused where it is too much."""
    for values in was.values():
        if any(len(value) > LONGEST for value in values):
            raise Refused(render("refused_long", step=step, most=LONGEST))
    kind = given.ARGS.get(step, given.Args)
    reader = READERS.get(kind)
    return reader(was, ticket) if reader else {}


def _unit(was: Typed, _: Ticket) -> dict[str, Any]:
    return {
        "unit": first(was, "unit"),
        "assisting": [name for name in was.get("assisting", ()) if name],
        "reason": first(was, "reason"),
    }


def _reason(was: Typed, _: Ticket) -> dict[str, Any]:
    return {"reason": first(was, "reason")}


def _words(was: Typed, _: Ticket) -> dict[str, Any]:
    return {"text": first(was, "text")}


def _extension(was: Typed, _: Ticket) -> dict[str, Any]:
    return {"days": _number(first(was, "days")), "reason": first(was, "reason")}


def _into(was: Typed, _: Ticket) -> dict[str, Any]:
    return {"into": _number(first(was, "into").removeprefix("#"))}


def _rating(was: Typed, _: Ticket) -> dict[str, Any]:
    return {"rating": first(was, "rating") or None}


def _recheck(was: Typed, _: Ticket) -> dict[str, Any]:
    passed = {"yes": True, "no": False}.get(first(was, "passed"))
    return {"text": first(was, "text")} | ({} if passed is None else {"passed": passed})


def _changes(was: Typed, ticket: Ticket) -> dict[str, Any]:
    """Only what differs from what the ticket has."""
    found: dict[str, Any] = {
        name: first(was, name)
        for name in EDITED
        if name in was and first(was, name) != (getattr(ticket, name) or "")
    }
    urgent = {"yes": True, "no": False}.get(first(was, "urgent"))
    return found if urgent in {None, ticket.urgent} else {**found, "urgent": urgent}


def _number(text: str) -> int:
    """A number as it was typed; 0, which nothing has, where it is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else 0


READERS: dict[type[given.Args], Callable[[Typed, Ticket], dict[str, Any]]] = {
    given.Unit: _unit,
    given.Reason: _reason,
    given.Words: _words,
    given.Extension: _extension,
    given.Into: _into,
    given.Rating: _rating,
    given.Recheck: _recheck,
    given.Changes: _changes,
}


#: What can be opened by hand.
KINDS = ("issue", "consult", "misconduct")


def opening(was: Typed) -> dict[str, Any]:
    """What `open` takes, from what was typed; Refused where it is too much."""
    if any(len(value) > LONGEST for values in was.values() for value in values):
        raise Refused(render("refused_long", step="open", most=LONGEST))
    fields = ("category", "district", "enterprise", "group")
    return {
        "text": first(was, "text"), "source": first(was, "source"),
        "kind": first(was, "kind", "issue"),
        **{name: first(was, name) or None for name in fields},
    }  # fmt: skip
