"""What waits for somebody, or for its instant."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from storage.models.base import instant, json_of


class Review(SQLModel, table=True):
    """待审: a message that people must judge; what they decide becomes a training example."""

    __tablename__: ClassVar[str] = "reviews"
    __table_args__ = (Index("ix_reviews_open", "id", postgresql_where=text("decided_at IS NULL")),)

    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(foreign_key="messages.id", unique=True)
    why: str  # unsure, staff
    at: datetime = instant()
    decided_at: datetime | None = instant(default=None)
    by: str | None = None
    decision: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))


class Digest(SQLModel, table=True):
    """日巡查, 周通报, 月讲评: made once for its period; rules, section 7."""

    __tablename__: ClassVar[str] = "digests"
    __table_args__ = (UniqueConstraint("kind", "until"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str  # daily, weekly, monthly
    at: datetime = instant()  # when it was due
    made_at: datetime = instant()
    since: datetime = instant()
    until: datetime = instant()
    figures: dict[str, Any] = json_of(dict)  # all, before, since_start


class Head(SQLModel, table=True):
    """The last number given: one row a counter. Locked, it puts its users into one order."""

    __tablename__: ClassVar[str] = "heads"

    name: str = Field(primary_key=True)  # ticket, event
    last: int = 0
    hash: str = ""  # of the last event


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
    at: datetime = instant()
    turn: int  # at one instant the lower one comes first
    what: str
    ticket_no: int | None = Field(default=None, foreign_key="tickets.no", index=True)
    next_at: datetime = instant()  # `at`, or later where it failed
    error: str | None = None  # of the last try
    done_at: datetime | None = instant(default=None)
