"""The contract of a channel. It knows no platform, and no channel knows another."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol

from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, ValidationError

from storage.database import Database

#: A request larger than this is refused; in bytes.
LARGEST = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What arrived over HTTP, without the framework that brought it."""

    headers: Mapping[str, str]  # names in lower case
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform is answered, where it wants more than to know that all went well."""

    body: bytes = b""
    type: str = "text/plain; charset=utf-8"
    status: int = 200


Kind = Literal["image", "voice", "video", "file"]


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, voice or file; its channel fetches the bytes from `source`, if it can."""

    id: str
    name: str | None = None
    sha256: str | None = None
    kind: Kind = "image"
    source: dict[str, Any] | None = None  # may be a secret


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quoted message that has no id here."""

    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class Meant:
    """What a button says, that words needn't be read for: an intent, and the ticket it is about."""

    intent: str
    ticket_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """Something said, or taken back, in a group."""

    kind: Literal["message", "recall"]
    channel: str
    group: str  # as the channel calls it; from the inbox on, as we do
    id: str
    at: datetime
    sender: str = ""
    name: str = ""
    text: str = ""
    images: tuple[Media, ...] = ()
    quote: str | Quoted | None = None
    mentions_bot: bool = False
    people: str = ""  # under which name its senders are known; empty: the channel's
    via: str = ""  # where several accounts of a channel hear one group: which; empty: the channel
    handle: dict[str, Any] | None = None  # what ties an answer to it; may be a secret
    meant: Meant | None = None

    def as_json(self) -> str:
        """As it lies in the stream."""
        return json.dumps({**asdict(self), "at": self.at.isoformat()}, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> "Incoming":
        """As it came out of the stream; ValueError for what is none, without what was said."""
        try:
            return _incoming.validate_json(text, extra="forbid")
        except ValidationError as error:
            raise ValueError(_reasons(error)) from None


_incoming = TypeAdapter(Incoming)


@dataclass(frozen=True, slots=True)
class Raw:
    """What nothing is done with, kept as it came: a kind of message that is not known."""

    address: str  # of the group, as the channel calls it; may be empty
    payload: str
    id: str = ""  # where a platform may deliver it twice: the same then


@dataclass(frozen=True, slots=True)
class Hint:
    """Something changed on the platform; whoever cares looks it up. May be lost or come twice."""

    name: str  # change_external_chat, msgaudit_notify …
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """All that a request or a frame brought."""

    messages: Sequence[Incoming] = ()
    raw: Sequence[Raw] = ()
    hints: Sequence[Hint] = ()
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Addressed:
    """Somebody whom a post addresses."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A post on its way, or a part of it; `id` is the same in every try."""

    id: str
    group: str  # as the channel calls it
    text: str
    to: Sequence[Addressed]
    about: Sequence[int]
    why: str
    at: datetime
    part: int = 0  # of `parts`: the first one addresses, the last one offers
    parts: int = 1
    offers: Sequence[str] = ()  # intents that one tap may mean, of the first ticket of `about`
    handle: Mapping[str, Any] | None = None  # of the message that it answers, from this channel
    carrier: Mapping[str, Any] = field(default_factory=dict)  # what the platform told of the group


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told to one person; `id` is the same in every try."""

    id: str
    to: str
    text: str
    level: str
    ticket_no: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """It left. `awaits`: not yet, an officer must tap; `receipt`: what the platform calls it."""

    receipt: Mapping[str, Any] | None = None
    awaits: bool = False


class Rejected(Exception):
    """A request can't be taken: the status of the answer, and the reason in it."""

    def __init__(self, status: int, reason: str) -> None:
        """Refuse with this HTTP status and reason."""
        super().__init__(reason)
        self.status, self.reason = status, reason


class Later(Exception):
    """Not sent, and may be tried again: in `after` seconds, which counts as no try, or in time."""

    def __init__(self, reason: str, *, after: float | None = None) -> None:
        """Not now, for this reason."""
        super().__init__(reason)
        self.after = after


class Permanent(Exception):
    """Not sent, and never will be; the message says why.

    `blocks`: nothing can be sent to this group by this channel until somebody mends it.
    """

    def __init__(self, reason: str, *, blocks: bool = False) -> None:
        """Never, for this reason."""
        super().__init__(reason)
        self.blocks = blocks


class Unknown(Exception):
    """Perhaps sent: nobody answered. Not tried again where that could say it twice."""


@dataclass(frozen=True, slots=True)
class Powers:
    """What a channel can do for a group: how it is read, answered and pushed to.

    `mention`: it hears only what addresses the bot. `officer`: an officer must tap to send.
    """

    reads: Literal["none", "mention", "all"] = "none"
    answers: Literal["none", "auto", "officer"] = "none"
    pushes: Literal["none", "auto", "officer"] = "none"


@dataclass(frozen=True, slots=True)
class Health:
    """How a channel is: `off` where it is not set up. The words are for people, in Chinese."""

    state: Literal["ok", "warn", "down", "off"]
    words: str


class Shared(Protocol):
    """What the processes of an installation share; see `bot/streams.py`."""

    async def wait(self, key: str, windows: Sequence[tuple[int, float]]) -> float:
        """Take one turn of `key`, at most so many in so many seconds each.

        Returns 0, or after how many seconds it may be tried again; then no turn was taken.
        """

    async def hold(self, name: str, holder: str, seconds: float) -> bool:
        """Take or keep a lease; False while another one holds it."""

    async def drop(self, name: str, holder: str) -> None:
        """Give a lease back, where it is still ours."""

    async def keep(self, key: str, value: str, seconds: float) -> None:
        """Keep a value for so long."""

    async def kept(self, key: str) -> str | None:
        """What is kept, or None."""

    async def forget(self, key: str) -> None:
        """Keep it no longer."""

    def hints(self, name: str) -> AsyncIterator[str]:
        """Hints of this name as they come (JSON); an empty text first, and when none came."""


class Socket(Protocol):
    """An open WebSocket that somebody opened to us. Its end is Closed."""

    @property
    def headers(self) -> Mapping[str, str]:
        """With names in lower case."""

    @property
    def query(self) -> Mapping[str, str]:
        """What stands behind the question mark."""

    async def receive(self) -> str:
        """The next text frame."""

    async def send(self, text: str) -> None:
        """Send a text frame."""


class Closed(Exception):
    """The other side of a socket is gone."""


class Door(Protocol):
    """What a channel's own loop works through; see `bot/inbox.py`."""

    @property
    def database(self) -> Database:
        """Ours."""

    def now(self) -> datetime:
        """The instant that it is."""

    async def take(self, channel: "Channel", received: Received) -> list[Incoming]:
        """Keep what came; on disk when it returns. Away or a database's error when it can't be.

        Returns what will be handled: of a group that nobody set up it is nothing.
        """

    async def report(self, channel: "Channel", health: Health) -> None:
        """Tell how the channel is; told again at least every minute, else it counts as gone."""


class Channel:
    """Speaks one protocol. What a channel can't do is as it stands here."""

    name: str
    title: str  # in Chinese
    powers: Powers
    #: Whether `/in/<name>` takes its requests: only where they prove who sent them.
    callback: bool = False
    #: Whether a platform calls: what is for a group that nobody set up is kept, not refused.
    platform: bool = True
    #: Whether a second try of the same post says it once: by its id.
    idempotent: bool = False
    #: Under which name its people are known; channels of one platform share it.
    people: str = ""
    #: Whether it can tell a person something.
    tells: bool = False
    #: Whether posts leave by a connection that the web process holds.
    served: bool = False
    #: For how many seconds its platform keeps a picture, voice or file.
    lasts: float = 3 * 24 * 3600
    #: Whether what it calls a group is a secret: shown as a mask, and never recorded.
    secret_address: bool = False

    @classmethod
    def address(cls, given: str) -> str:
        """How it calls a group, from what people copy. ValueError says in Chinese what is wrong."""
        return given

    def by_settings(self) -> Health | None:
        """How it is where its settings alone tell: not set up, or nothing that must run."""
        return None

    def receive(self, request: Request, now: datetime) -> Received:
        """Verify and parse; pure. Rejected says what is wrong."""
        raise Rejected(404, f"{self.name} takes no requests")

    def verify(self, request: Request, now: datetime) -> Answer:
        """Answer a platform that asks whether the address is ours (GET). Rejected otherwise."""
        raise Rejected(405, f"{self.name} is asked nothing")

    def ready(self) -> bool:
        """Whether this process can send now: one that holds no connection leaves it to others."""
        return True

    def split(self, post: Outgoing) -> list[str]:
        """The texts of the parts that a post is sent in."""
        return [post.text]

    async def send(self, post: Outgoing, now: datetime) -> Sent:
        """Say it in the group. Raises Later, Permanent or Unknown."""
        raise Permanent("这个通道不能发言")

    async def tell(self, told: Told, now: datetime) -> Sent:
        """Tell a person. Raises Later, Permanent or Unknown."""
        raise Permanent("这个通道不能通知到人")

    async def fetch(self, source: Mapping[str, Any], most: int) -> bytes:
        """The bytes of a medium, at most so many. Raises Later or Permanent."""
        raise Permanent("这个通道取不到文件")

    async def run(self, door: Door) -> None:
        """The channel's own loop, until cancelled; several processes may run it."""

    async def serve(self, socket: Socket, door: Door) -> None:
        """Speak with who opened a WebSocket to `/in/<name>`, until it closes. Rejected first."""
        raise Rejected(404, f"{self.name} takes no connections")

    async def close(self) -> None:
        """Give all connections back."""


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
        raise Rejected(400, _reasons(error)) from error


def _reasons(error: ValidationError) -> str:
    """What is missing, unknown or mistyped, by its place; never what stands there."""
    faults = error.errors(include_url=False, include_input=False)[:3]
    where = [".".join(str(part) for part in fault["loc"]) or "body" for fault in faults]
    return "; ".join(f"{at}: {fault['msg']}" for at, fault in zip(where, faults, strict=True))
