"""What is said: in the groups, by people and by the bot, and to single people."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from storage.models.base import instant, json_of, said


class Message(SQLModel, table=True):
    """What somebody said in a group, kept as it came."""

    __tablename__: ClassVar[str] = "messages"
    __table_args__ = (
        UniqueConstraint("group_id", "external_id"),
        Index("ix_messages_group_id_said", "group_id", "said"),
        Index("ix_messages_sender_id_group_id", "sender_id", "group_id"),
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
    images: list[dict[str, Any]] = json_of()
    quote: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    mentions_bot: bool = False
    via: str | None = None  # the channel by which it came; where accounts share one, also which
    # how the platform lets an answer be tied to it; may be a secret, never shown or logged
    handle: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    at: datetime = instant()
    parse: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    parser: str | None = None
    ticket_no: int | None = Field(default=None, foreign_key="tickets.no", index=True)
    # the other tickets that it opened, where it told several problems
    also: list[int] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    effect: str = "silence"  # what it did: open, add, ask …; rules, section 5
    recalled_at: datetime | None = instant(default=None)


class Double(SQLModel, table=True):
    """What another channel calls a message that was heard already."""

    __tablename__: ClassVar[str] = "doubles"

    group_id: str = Field(primary_key=True, foreign_key="groups.id")
    external_id: str = Field(primary_key=True)
    message_id: int = Field(foreign_key="messages.id", index=True)
    via: str


class Post(SQLModel, table=True):
    """What the bot says in a group: written with the step that causes it, sent afterwards."""

    __tablename__: ClassVar[str] = "posts"
    __table_args__ = (
        Index("ix_posts_group_id_said", "group_id", "said"),
        Index(
            "ix_posts_waiting",
            "next_at",
            postgresql_where=text("status::text = ANY (ARRAY['waiting', 'sending'])"),
        ),
        Index("ix_posts_awaiting", "via", "id", postgresql_where=text("status = 'awaiting'")),
        Index(
            "ix_posts_receipt",
            "group_id",
            text("(receipt ->> 'id')"),
            postgresql_where=text("receipt IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    said: int | None = Field(
        default=None,
        sa_column=Column(BigInteger, said, server_default=said.next_value(), nullable=False),
    )
    group_id: str = Field(foreign_key="groups.id")
    to: list[str] = json_of()  # external ids of those addressed
    text: str
    about: list[int] = json_of()  # numbers of the tickets meant
    why: str  # reply, reminder, digest, notice
    answers: int | None = Field(default=None, foreign_key="messages.id")
    at: datetime = instant()
    # what may be done about it with one tap: intents, of the first ticket of `about`
    offers: list[str] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    # waiting, sending, sent, failed, unknown; awaiting: an officer must tap to send it
    status: str = "waiting"
    next_at: datetime = instant()  # while it is being sent: when whoever sends it counts as dead
    tries: int = 0
    parts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # of it that are said
    via: str | None = None  # the channel by which it left
    receipt: Any = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True))
    )  # its number there
    sent_at: datetime | None = instant(default=None)
    error: str | None = None


class Notice(SQLModel, table=True):
    """What is told to a person rather than to a group."""

    __tablename__: ClassVar[str] = "notices"
    __table_args__ = (
        Index("ix_notices_member_id_id", "member_id", "id"),
        Index("ix_notices_requests", "ticket_no", "at", postgresql_where=text("level = 'request'")),
        Index(
            "ix_notices_waiting",
            "next_at",
            postgresql_where=text("status::text = ANY (ARRAY['waiting', 'sending'])"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant()
    not_before: datetime = instant()  # in the night it waits
    member_id: int = Field(foreign_key="members.id")
    level: str
    ticket_no: int | None = Field(default=None, foreign_key="tickets.no", index=True)
    text: str
    # what is asked for: a step and its arguments, as the form of that step would have them
    wish: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    # of those who can be told on their phone: waiting, sending, sent, failed, unknown
    status: str | None = None
    next_at: datetime | None = instant(default=None)
    tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    error: str | None = None


class Question(SQLModel, table=True):
    """What the bot asked somebody and still waits for; one a person and group."""

    __tablename__: ClassVar[str] = "questions"

    group_id: str = Field(primary_key=True, foreign_key="groups.id")
    member_id: int = Field(primary_key=True, foreign_key="members.id")
    message_id: int = Field(foreign_key="messages.id")  # the message that raised it
    action: str
    asked_at: datetime = instant()


class Unplaced(SQLModel, table=True):
    """What a platform delivered and nothing is done with: of a group or a kind that is unknown."""

    __tablename__: ClassVar[str] = "unplaced"
    __table_args__ = (Index("ix_unplaced_channel_address_id", "channel", "address", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    address: str  # of the group, as the channel calls it; empty where none is named
    why: str  # group, kind
    payload: str
    at: datetime = instant()


class Medium(SQLModel, table=True):
    """A picture, voice or file that came with a message: where it is fetched, what came of it."""

    __tablename__: ClassVar[str] = "media"
    __table_args__ = (
        UniqueConstraint("group_id", "external_id", "place"),
        Index("ix_media_waiting", "next_at", postgresql_where=text("status = 'waiting'")),
    )

    id: int | None = Field(default=None, primary_key=True)
    group_id: str = Field(foreign_key="groups.id")
    external_id: str  # of the message
    place: int  # among those of the message
    channel: str
    kind: str  # image, voice, video, file
    name: str | None = None
    # how the channel fetches it; may be a secret, never shown or logged; gone once it is kept
    source: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    status: str = "waiting"  # waiting, kept, failed
    sha256: str | None = Field(default=None, foreign_key="blobs.sha256", index=True)
    at: datetime = instant()
    next_at: datetime = instant()
    tries: int = 0
    error: str | None = None


class Blob(SQLModel, table=True):
    """The bytes of a picture, voice or file, once however often it was sent."""

    __tablename__: ClassVar[str] = "blobs"

    sha256: str = Field(primary_key=True)
    type: str  # what its content shows: image/png …
    size: int
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Recorded(SQLModel, table=True):
    """A record of the message archive, as it was pulled, until it is handed over."""

    __tablename__: ClassVar[str] = "recorded"
    __table_args__ = (
        Index("ix_recorded_waiting", "seq", postgresql_where=text("status = 'waiting'")),
        Index("ix_recorded_parked", "seq", postgresql_where=text("status = 'parked'")),
    )

    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    external_id: str = Field(index=True)
    record: dict[str, Any] = json_of(dict)  # as the archive gave it, still encrypted
    body: str | None = None  # decrypted; JSON
    status: str = "waiting"  # waiting, handed, parked
    error: str | None = None
    at: datetime = instant()


class Cursor(SQLModel, table=True):
    """How far something that is read from elsewhere has come."""

    __tablename__: ClassVar[str] = "cursors"

    name: str = Field(primary_key=True)
    value: Any = Field(sa_column=Column(JSONB, nullable=False))
    at: datetime = instant()


class Poisoned(SQLModel, table=True):
    """A message that could not be handled, set aside with its error: shown, never lost."""

    __tablename__: ClassVar[str] = "poisoned"

    id: int | None = Field(default=None, primary_key=True)
    group_id: str
    external_id: str
    payload: str
    error: str
    at: datetime = instant()
