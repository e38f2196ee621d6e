"""What is said: in the groups, by people and by the bot, and to single people."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint, text
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
    to: list[str] = json_of()  # external ids of those addressed
    text: str
    about: list[int] = json_of()  # numbers of the tickets meant
    why: str  # reply, reminder, digest, notice
    answers: int | None = Field(default=None, foreign_key="messages.id")
    at: datetime = instant()
    status: str = "waiting"  # waiting, sent, failed, unknown
    next_at: datetime = instant()
    tries: int = 0
    sent_at: datetime | None = instant(default=None)
    error: str | None = None


class Notice(SQLModel, table=True):
    """What is told to a person rather than to a group."""

    __tablename__: ClassVar[str] = "notices"
    __table_args__ = (
        Index("ix_notices_member_id_id", "member_id", "id"),
        Index("ix_notices_requests", "ticket_no", "at", postgresql_where=text("level = 'request'")),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant()
    not_before: datetime = instant()  # in the night it waits
    member_id: int = Field(foreign_key="members.id")
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
    asked_at: datetime = instant()


class Poisoned(SQLModel, table=True):
    """A message that could not be handled, set aside with its error: shown, never lost."""

    __tablename__: ClassVar[str] = "poisoned"

    id: int | None = Field(default=None, primary_key=True)
    group_id: str
    external_id: str
    payload: str
    error: str
    at: datetime = instant()
