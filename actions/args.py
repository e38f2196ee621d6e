"""The arguments of each step, checked before anything is done."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from actions.base import Refused
from actions.names import names
from actions.render import render


class Args(BaseModel):
    """None at all; the base of those that have some."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Opening(Args):
    """What was told on another way than in a group."""

    text: str
    source: str
    kind: Literal["issue", "consult", "misconduct"] = "issue"
    category: str | None = None
    district: str | None = None
    enterprise: str | None = None
    group: str | None = None


class Unit(Args):
    """A unit that leads, and others that assist."""

    unit: str
    assisting: list[str] = []
    reason: str = ""


class Reason(Args):
    """Why."""

    reason: str


class Words(Args):
    """What there is to say."""

    text: str = ""


class Extension(Args):
    """By how many working days, and why."""

    days: int
    reason: str


class Into(Args):
    """The ticket that takes another one in."""

    into: int


class Changes(Args):
    """What is to be set right."""

    category: str | None = None
    district: str | None = None
    enterprise: str | None = None
    address: str | None = None
    urgent: bool | None = None


class Rating(Args):
    """How the enterprise likes the result."""

    rating: Literal["satisfied", "fairly", "dissatisfied"] | None = None


class Recheck(Args):
    """回头看: whether it still holds."""

    passed: bool
    text: str = ""


ARGS: dict[str, type[Args]] = {
    "open": Opening,
    "assign": Unit,
    "transfer": Unit,
    "return": Reason,
    "reject": Reason,
    "suspend": Reason,
    "dispute": Reason,
    "withdraw": Reason,
    "accept": Words,
    "progress": Words,
    "resolve": Words,
    "urge": Words,
    "extend": Extension,
    "merge": Into,
    "edit": Changes,
    "confirm": Rating,
    "recheck": Recheck,
    "resume": Args,
    "silence": Args,
}


def shaped(step: str, values: Mapping[str, Any]) -> Args:
    """The arguments of a step, typed; Refused names what is missing, unknown or of a wrong type."""
    if step not in ARGS:
        raise Refused(render("refused_unknown", step=step))
    try:
        return ARGS[step].model_validate(dict(values))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise Refused(render("refused_args", step=step, where=where, fault=fault["msg"])) from error


def check_args(step: str, values: Mapping[str, Any]) -> Args:
    """The arguments of a step, typed and with sense; Refused says what is wrong with them."""
    args = shaped(step, values)
    for of, field in type(args).model_fields.items():
        value = getattr(args, of)
        if field.is_required() and isinstance(value, str) and not value.strip():
            raise Refused(render("refused_empty", step=step, where=of))
    known(step, args)
    return args


def known(step: str, args: Args) -> None:
    """Raise Refused for a category or a source that there is not."""
    for of in ("category", "source"):
        code = getattr(args, of, None)
        if code is not None and code not in names()[of]:
            raise Refused(render("refused_args", step=step, where=of, fault=code))
