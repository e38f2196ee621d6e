"""The contract of a channel. It knows no platform, and no channel knows another."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Literal, Protocol

from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, ValidationError

#: A request larger than this is refused; in bytes.
LARGEST = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What arrived over HTTP, without the framework that brought it."""

    headers: Mapping[str, str]  # names in lower case
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Image:
    """A picture; its bytes stay where they are."""

    id: str
    name: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quoted message that has no id here."""

    sender: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """Something said, or taken back, in a group."""

    kind: Literal["message", "recall"]
    channel: str
    group: str
    id: str
    at: datetime
    sender: str = ""
    name: str = ""
    text: str = ""
    images: tuple[Image, ...] = ()
    quote: str | Quoted | None = None
    mentions_bot: bool = False

    def as_json(self) -> str:
        """As it lies in the stream."""
        return json.dumps({**asdict(self), "at": self.at.isoformat()}, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> "Incoming":
        """As it came out of the stream; ValueError for what is none."""
        return _incoming.validate_json(text, extra="forbid")


_incoming = TypeAdapter(Incoming)


@dataclass(frozen=True, slots=True)
class Addressed:
    """Somebody whom a post addresses."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A post on its way; `id` is the same in every try."""

    id: str
    group: str
    text: str
    to: Sequence[Addressed]
    about: Sequence[int]
    why: str
    at: datetime


class Rejected(Exception):
    """A request can't be taken: the status of the answer, and the reason in it."""

    def __init__(self, status: int, reason: str) -> None:
        """Refuse with this HTTP status and reason."""
        super().__init__(reason)
        self.status, self.reason = status, reason


class Later(Exception):
    """Not sent, and may be tried again."""


class Permanent(Exception):
    """Not sent, and never will be; the message says why."""


class Unknown(Exception):
    """Perhaps sent: nobody answered. Not tried again where that could say it twice."""


class Channel(Protocol):
    """Speaks one protocol."""

    name: str
    #: Whether `/in/<name>` takes its requests: only where they prove who sent them.
    callback: bool

    def receive(self, request: Request, now: datetime) -> list[Incoming]:
        """Verify and parse; pure. Rejected says what is wrong."""

    async def send(self, post: Outgoing, now: datetime) -> None:
        """Say it in the group. Raises Later, Permanent or Unknown."""


def clean(text: str) -> str:
    """What can be kept in a database: no NUL, no half of a character."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


#: Words as they can be kept; and what names something, of which something must be left.
Words = Annotated[str, AfterValidator(clean)]
Id = Annotated[Words, Field(min_length=1, max_length=200)]


def parse[Model: BaseModel](model: type[Model], body: bytes) -> Model:
    """The body as this model; Rejected(400) names what is missing, unknown or mistyped."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)[:3]
        where = [".".join(str(part) for part in fault["loc"]) or "body" for fault in faults]
        reasons = [f"{at}: {fault['msg']}" for at, fault in zip(where, faults, strict=True)]
        raise Rejected(400, "; ".join(reasons)) from error
