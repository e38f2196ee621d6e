"""The one form of the register: its fields, what was typed into them, and what is wrong with it."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from fastapi.responses import Response

from actions.phones import masked
from bot.channels.base import clean
from bot.console.page import Visit
from storage.models import Change

#: What is given as a form has it: texts by the names of the fields.
Given = dict[str, str]
#: What can be chosen: by field, value and name of each.
Choices = Mapping[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field: a word of `register/words.html`, and what it is about."""

    word: str
    about: Any = ""


Faults = dict[str, Fault]


@dataclass(frozen=True, slots=True)
class Field:
    """A column as people fill it in.

    Args:
        name: of the column, and of the field in the form.
        label: what people call it.
        shape: how it is typed; `lines` are several words, one a line.
        needed: whether it must not be empty.
        most: characters, of a word or of all.
        once: given when the record is made, and never again.
        personal: phone numbers in it are masked for who need not call.
        within: stands with others under a heading: a word of `register/words.html`.

    """

    name: str
    label: str
    shape: Literal["line", "lines", "text", "choice", "check", "date", "time", "number"] = "line"
    needed: bool = False
    most: int = 200
    once: bool = False
    personal: bool = False
    within: str = ""

    def read(self, given: str, choices: Choices) -> Any:
        """The value that was typed; Fault where it is none."""
        if self.shape == "check":
            return bool(given)
        if self.shape == "lines":
            return self._words(given)
        if not given:
            return Fault("empty") if self.needed else None
        if len(given) > self.most:
            return Fault("long", self.most)
        if self.shape == "choice" and given not in dict(choices[self.name]):
            return Fault("choice")
        return self._day(given) if self.shape == "date" else given

    def _words(self, given: str) -> Any:
        words = list(dict.fromkeys(word.strip() for word in re.split(r"[\n,,、;;]", given)))
        words = [word for word in words if word]
        if any(len(word) > self.most for word in words) or len(words) > self.most:
            return Fault("long", self.most)
        return words

    def _day(self, given: str) -> date | Fault:
        try:
            return date.fromisoformat(given)
        except ValueError:
            return Fault("date")

    def typed(self, value: Any) -> str:
        """A value as it would be typed."""
        if self.shape == "check":
            return "yes" if value else ""
        if self.shape == "lines":
            return "\n".join(value)
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form as it is shown.

    Args:
        what: which sort of record; its words stand under this name in `register/words.html`.
        title: the heading of the page.
        back: where the list is.
        action: where it is sent to; empty where this person may only read.
        fields: in their order.
        given: what stands in them.
        saw: the mark of what the record was when the form was shown.
        faults: by field; `""` is one of the whole.
        now: what the record has become meanwhile, by field.
        agree: what would come of it, to be agreed to: a template, and what it is told.
        agreed: the mark of what is agreed to.
        history: the changes of the record.
        held: how much points at it, so that it can't be removed; None: nothing is removed here.
        more: a template with more about the record, and what it is told.

    """

    what: str
    title: str
    back: str
    action: str
    fields: Sequence[Field]
    given: Given
    choices: Choices = field(default_factory=dict)
    saw: str = ""
    new: bool = False
    faults: Faults = field(default_factory=dict)
    now: Given = field(default_factory=dict)
    agree: tuple[str, Mapping[str, Any]] | None = None
    agreed: str = ""
    history: Sequence[Change] = ()
    actors: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, int] | None = None
    more: tuple[str, Mapping[str, Any]] | None = None
    reset: bool = False  # whether there is something to go back to


def mark(given: Mapping[str, str]) -> str:
    """What tells whether a record, or what is to be agreed to, is still the same."""
    return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:32]


async def sent(visit: Visit) -> Given:
    """What was sent, as it can be kept: texts alone, without white space around them."""
    parts = (await visit.request.form()).items()
    return {
        clean(name): clean(value).replace("\r\n", "\n").strip()
        for name, value in parts
        if isinstance(value, str)
    }


def read(
    fields: Sequence[Field], given: Given, choices: Choices, was: Given, phones: bool
) -> tuple[dict[str, Any], Faults]:
    """The values of the fields, and what is wrong. A mask that was left alone changes nothing."""
    values: dict[str, Any] = {}
    faults: Faults = {}
    for one in fields:
        text = given.get(one.name, "")
        if one.personal and not phones and text == masked(was.get(one.name, "")):
            text = was.get(one.name, "")
        value = one.read(text, choices)
        if isinstance(value, Fault):
            faults[one.name] = value
        values[one.name] = value
    return values, faults


def differing(fields: Sequence[Field], was: Given, became: Given) -> tuple[Given, Given]:
    """Of both what differs, for the record of changes."""
    names = [one.name for one in fields if was.get(one.name, "") != became.get(one.name, "")]
    return ({name: was[name] for name in names if was.get(name)},
            {name: became.get(name, "") for name in names})  # fmt: skip


def again(form: Form, given: Given, faults: Faults, now: Given | None = None) -> Form:
    """A form with what was typed, what is wrong with it, and what the record has become."""
    once = {one.name for one in form.fields if one.once and not form.new}
    typed = {
        name: value if name in once else given.get(name, "") for name, value in form.given.items()
    }
    return replace(form, given=typed, faults=faults, now=now or {})


def show(visit: Visit, form: Form, code: int = 200) -> Response:
    """The page of a form."""
    return visit.show(
        "register/form.html", code, form=form, here="register", tab=form.what,
        saved="saved" in visit.request.query_params,
    )  # fmt: skip
