"""The tables. One class a table; the names are those of the glossary in ARCHITECTURE.md."""

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    MetaData,
    Sequence,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

# Every constraint has a name that a migration can speak of.
SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention

#: One order for all that is said in the groups, by people and by the bot.
said = Sequence("said_seq", metadata=SQLModel.metadata)


class Instant(TypeDecorator[datetime]):
    """A moment with its offset. A naive one is refused at the door: it names no moment."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> datetime | None:
        """Refuse a moment without offset (ValueError)."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a moment without offset: {value!r}")
        return value


#: The end of what has no end yet.
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


def _instant(**column: Any) -> Any:
    return Field(sa_type=Instant, **column)


def _json(default: type[list[Any]] | type[dict[str, Any]] = list) -> Any:
    return Field(default_factory=default, sa_column=Column(JSONB, nullable=False))


class Unit(SQLModel, table=True):
    """责任单位: a body that handles tickets."""

    __tablename__: ClassVar[str] = "units"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    aliases: list[str] = _json()
    head: str | None = None  # external id of the member who heads it


class District(SQLModel, table=True):
    """区县: the city's own name for it, and what people write."""

    __tablename__: ClassVar[str] = "districts"

    name: str = Field(primary_key=True)
    aliases: list[str] = _json()


class Group(SQLModel, table=True):
    """群: where enterprises write and the bot answers."""

    __tablename__: ClassVar[str] = "groups"

    id: str = Field(primary_key=True)  # the channel's own id of the group
    name: str
    district: str | None = None
    channel: str = "sandbox"


class Member(SQLModel, table=True):
    """A person, known by (channel, external id); rules, section 1."""

    __tablename__: ClassVar[str] = "members"
    __table_args__ = (UniqueConstraint("channel", "external_id"),)

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    external_id: str
    name: str
    role: str = "member"
    unit_id: int | None = Field(default=None, foreign_key="units.id", index=True)
    enterprise: str | None = None
    enterprise_from: str | None = None  # register, nickname or named: the first has the last word


class Route(SQLModel, table=True):
    """Which unit leads tickets of a category in a district; a missing half fits all."""

    __tablename__: ClassVar[str] = "routes"
    __table_args__ = (UniqueConstraint("category", "district", postgresql_nulls_not_distinct=True),)

    id: int | None = Field(default=None, primary_key=True)
    category: str | None = None
    district: str | None = None
    unit_id: int = Field(foreign_key="units.id")


class Setting(SQLModel, table=True):
    """A number or time of the rules that the city changed; the names are those of CITY.yaml."""

    __tablename__: ClassVar[str] = "settings"

    key: str = Field(primary_key=True)
    value: Any = Field(sa_column=Column(JSONB, nullable=False))


class Day(SQLModel, table=True):
    """A day of the State Council's calendar; rules, section 3."""

    __tablename__: ClassVar[str] = "days"

    day: date = Field(primary_key=True)
    working: bool
    why: str  # 周末, 春节, 调休 …
    source: str  # where this row comes from
    official: bool  # False: a guess ahead of the notice


class Message(SQLModel, table=True):
    """What somebody said in a group, kept as it came."""

    __tablename__: ClassVar[str] = "messages"
    __table_args__ = (
        UniqueConstraint("group_id", "external_id"),
        Index("ix_messages_group_id_said", "group_id", "said"),
        Index("ix_messages_reparse", "said", postgresql_where=text("parser = 'keywords'")),
        Index(
            "ix_messages_also",
            "also",
            postgresql_using="gin",
            postgresql_where=text("also <> '[]'::jsonb"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    said: int | None = Field(
        default=None,
        sa_column=Column(BigInteger, said, server_default=said.next_value(), nullable=False),
    )
    group_id: str = Field(foreign_key="groups.id")
    external_id: str
    sender_id: int = Field(foreign_key="members.id")
    name: str  # as shown in the group at that time
    text: str
    images: list[dict[str, Any]] = _json()
    quote: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    mentions_bot: bool = False
    at: datetime = _instant()
    parse: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    parser: str | None = None
    ticket_no: int | None = Field(default=None, foreign_key="tickets.no", index=True)
    # the other tickets that it opened, where it told several problems
    also: list[int] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    effect: str = "silence"  # what it did: open, add, ask …; rules, section 5
    recalled_at: datetime | None = _instant(default=None)


class Ticket(SQLModel, table=True):
    """工单. Its state; how it came to it is told by its events."""

    __tablename__: ClassVar[str] = "tickets"
    __table_args__ = (
        Index("ix_tickets_status_no", "status", "no"),
        Index("ix_tickets_unit_id_no", "unit_id", "no"),
        Index("ix_tickets_district_no", "district", "no"),
        Index("ix_tickets_group_id_no", "group_id", "no"),
        Index("ix_tickets_reporter_id_no", "reporter_id", "no"),
        Index(
            "ix_tickets_open",
            "reported_at",
            postgresql_where=text(
                "status::text = ANY (ARRAY['new', 'assigned', 'accepted', 'suspended'])"
            ),
        ),
    )

    no: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str = "issue"
    status: str = "new"
    category: str | None = None
    source: str = "group"
    group_id: str | None = Field(default=None, foreign_key="groups.id")
    reporter_id: int | None = Field(default=None, foreign_key="members.id")
    enterprise: str | None = None
    contact: str | None = None  # name and phone of who told it on another way than in a group
    district: str | None = None
    address: str | None = None
    unit_id: int | None = Field(default=None, foreign_key="units.id")
    assisting: list[str] = _json()
    handler_id: int | None = Field(default=None, foreign_key="members.id")  # who accepted
    text: str
    reported_at: datetime = _instant()
    respond_by: datetime = _instant()
    due_at: datetime = _instant()
    counted: dict[str, Any] = _json(dict)  # how both were counted: `actions.deadlines.Part`
    provisional: bool = False
    accepted_at: datetime | None = _instant(default=None)
    responded_at: datetime | None = _instant(default=None)
    first_respond_by: datetime = _instant()
    resolved_at: datetime | None = _instant(default=None)
    closed_at: datetime | None = _instant(default=None)
    suspended_at: datetime | None = _instant(default=None)
    extension_asked_at: datetime | None = _instant(default=None)
    resolve_count: int = 0
    reopened: int = 0
    extended: int = 0
    rating: str | None = None
    urgent: bool = False
    confidential: bool = False
    alone: bool = False  # a consult that the bot answered alone
    asked: bool = False  # the bot asked for place and name, and nobody has told yet
    urged_at: datetime | None = _instant(default=None)  # when the handler was last told so
    merged_into: int | None = Field(default=None, foreign_key="tickets.no")


class Event(SQLModel, table=True):
    """One step of a ticket. Never changed or deleted; each carries the hash of the one before."""

    __tablename__: ClassVar[str] = "events"

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    ticket_no: int = Field(foreign_key="tickets.no", index=True)
    at: datetime = _instant()
    by: str  # external id of who did it; 'clock' for the clock
    step: str
    was: str | None = None  # the status before; None for the first
    became: str
    words: str = ""
    message: str | None = None  # external id of the message it came from
    prev: str
    hash: str


class State(SQLModel, table=True):
    """What a ticket was from `since` on until before `until`: the past as it can be asked about.

    One row of each ticket has no end yet. Those rows lie apart (a partition), so that figures of
    today never walk through the past. Written in the transaction of the step that changes it.
    """

    __tablename__: ClassVar[str] = "states"
    __table_args__ = (
        Index("ix_states_reported_at", "reported_at"),
        Index("ix_states_until", "until"),
        {"postgresql_partition_by": "LIST (past)"},
    )

    ticket_no: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    since: datetime = Field(sa_type=Instant, primary_key=True)
    past: bool = Field(default=False, primary_key=True)
    until: datetime = _instant()  # FOREVER for the row that has no end
    reported_at: datetime = _instant()
    kind: str
    status: str
    category: str | None = None
    district: str | None = None
    unit_id: int | None = None
    group_id: str | None = None
    due_at: datetime = _instant()
    respond_by: datetime = _instant()  # the first one
    responded_at: datetime | None = _instant(default=None)
    resolved_at: datetime | None = _instant(default=None)
    suspended_at: datetime | None = _instant(default=None)
    resolve_count: int = 0
    reopened: int = 0
    rating: str | None = None
    confidential: bool = False
    alone: bool = False


class Link(SQLModel, table=True):
    """Two tickets that look alike; both directions stand here."""

    __tablename__: ClassVar[str] = "links"

    ticket_no: int = Field(primary_key=True, foreign_key="tickets.no")
    other_no: int = Field(primary_key=True, foreign_key="tickets.no")


class Intake(SQLModel, table=True):
    """A row of a ledger that was imported: it opens one ticket, however often it comes."""

    __tablename__: ClassVar[str] = "intakes"

    key: str = Field(primary_key=True)  # of what the row says: `actions.intake`
    ticket_no: int = Field(foreign_key="tickets.no")


class Reminder(SQLModel, table=True):
    """A level of the ladder: planned for an instant, fired once; rules, section 4."""

    __tablename__: ClassVar[str] = "reminders"
    __table_args__ = (
        UniqueConstraint("ticket_no", "level", "deadline"),
        Index("ix_reminders_open", "at", postgresql_where=text("fired_at IS NULL")),
    )

    id: int | None = Field(default=None, primary_key=True)
    ticket_no: int = Field(foreign_key="tickets.no", index=True)
    level: str
    at: datetime = _instant()
    deadline: datetime = _instant()  # of which it reminds
    fired_at: datetime | None = _instant(default=None)


class Letter(SQLModel, table=True):
    """督办函 or 移交函: drawn up with its level; its layout is made when it is printed."""

    __tablename__: ClassVar[str] = "letters"

    id: int | None = Field(default=None, primary_key=True)
    ticket_no: int = Field(foreign_key="tickets.no", index=True)
    kind: str  # supervision, handover
    at: datetime = _instant()
    text: str


class Review(SQLModel, table=True):
    """待审: a message that people must judge; what they decide becomes a training example."""

    __tablename__: ClassVar[str] = "reviews"
    __table_args__ = (Index("ix_reviews_open", "id", postgresql_where=text("decided_at IS NULL")),)

    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(foreign_key="messages.id", unique=True)
    why: str  # unsure, staff
    at: datetime = _instant()
    decided_at: datetime | None = _instant(default=None)
    by: str | None = None
    decision: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))


class Article(SQLModel, table=True):
    """A piece of the knowledge base; rules, section 5."""

    __tablename__: ClassVar[str] = "articles"

    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(unique=True)
    body: str
    source: str
    dated: date
    published: bool = True


class Digest(SQLModel, table=True):
    """日巡查, 周通报, 月讲评: made once for its period; rules, section 7."""

    __tablename__: ClassVar[str] = "digests"
    __table_args__ = (UniqueConstraint("kind", "until"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str  # daily, weekly, monthly
    at: datetime = _instant()  # when it was due
    made_at: datetime = _instant()
    since: datetime = _instant()
    until: datetime = _instant()
    figures: dict[str, Any] = _json(dict)  # all, before, since_start


class Head(SQLModel, table=True):
    """The last number given: one row a counter. Locked, it puts its users into one order."""

    __tablename__: ClassVar[str] = "heads"

    name: str = Field(primary_key=True)  # ticket, event
    last: int = 0
    hash: str = ""  # of the last event


class Post(SQLModel, table=True):
    """What the bot says in a group: written with the step that causes it, sent afterwards."""

    __tablename__: ClassVar[str] = "posts"
    __table_args__ = (
        Index("ix_posts_group_id_said", "group_id", "said"),
        Index("ix_posts_waiting", "next_at", postgresql_where=text("status = 'waiting'")),
    )

    id: int | None = Field(default=None, primary_key=True)
    said: int | None = Field(
        default=None,
        sa_column=Column(BigInteger, said, server_default=said.next_value(), nullable=False),
    )
    group_id: str = Field(foreign_key="groups.id")
    to: list[str] = _json()  # external ids of those addressed
    text: str
    about: list[int] = _json()  # numbers of the tickets meant
    why: str  # reply, reminder, digest, notice
    answers: int | None = Field(default=None, foreign_key="messages.id")
    at: datetime = _instant()
    status: str = "waiting"  # waiting, sent, failed, unknown
    next_at: datetime = _instant()
    tries: int = 0
    sent_at: datetime | None = _instant(default=None)
    error: str | None = None


class Notice(SQLModel, table=True):
    """What is told to a person rather than to a group."""

    __tablename__: ClassVar[str] = "notices"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = _instant()
    not_before: datetime = _instant()  # in the night it waits
    member_id: int = Field(foreign_key="members.id", index=True)
    level: str
    ticket_no: int | None = Field(default=None, foreign_key="tickets.no", index=True)
    text: str


class Question(SQLModel, table=True):
    """What the bot asked somebody and still waits for; one a person and group."""

    __tablename__: ClassVar[str] = "questions"

    group_id: str = Field(primary_key=True, foreign_key="groups.id")
    member_id: int = Field(primary_key=True, foreign_key="members.id")
    message_id: int = Field(foreign_key="messages.id")  # the message that raised it
    action: str
    asked_at: datetime = _instant()


class Due(SQLModel, table=True):
    """Work for an instant: a unique row, claimed when its time has come."""

    __tablename__: ClassVar[str] = "due"
    __table_args__ = (
        UniqueConstraint("what", "ticket_no", "at", postgresql_nulls_not_distinct=True),
        Index(
            "ix_due_open", "next_at", "at", "turn", "id", postgresql_where=text("done_at IS NULL")
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = _instant()
    turn: int  # at one instant the lower one comes first
    what: str
    ticket_no: int | None = Field(default=None, foreign_key="tickets.no", index=True)
    next_at: datetime = _instant()  # `at`, or later where it failed
    error: str | None = None  # of the last try
    done_at: datetime | None = _instant(default=None)


class Poisoned(SQLModel, table=True):
    """A message that could not be handled, set aside with its error: shown, never lost."""

    __tablename__: ClassVar[str] = "poisoned"

    id: int | None = Field(default=None, primary_key=True)
    group_id: str
    external_id: str
    payload: str
    error: str
    at: datetime = _instant()


class Account(SQLModel, table=True):
    """A sign-in to the console."""

    __tablename__: ClassVar[str] = "accounts"

    login: str = Field(primary_key=True)
    password: str  # an argon2 hash
    member_id: int = Field(foreign_key="members.id")
    made_at: datetime = _instant()


class SignIn(SQLModel, table=True):
    """A browser that is signed in; the cookie holds the token, the table its hash alone."""

    __tablename__: ClassVar[str] = "signins"

    token: str = Field(primary_key=True)  # SHA-256 of the token
    login: str = Field(foreign_key="accounts.login", index=True)
    at: datetime = _instant()
    until: datetime = _instant()
