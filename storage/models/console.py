"""What the console knows: who signs in, what they keep, and which other systems are connected."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from storage.models.base import instant, json_of


class Account(SQLModel, table=True):
    """A sign-in to the console. Who is signed in stands in the streams' server, not here."""

    __tablename__: ClassVar[str] = "accounts"

    login: str = Field(primary_key=True)
    password: str  # an argon2 hash
    member_id: int = Field(foreign_key="members.id", index=True)
    made_at: datetime = instant()
    given: bool = True  # by somebody else: the first sign-in asks for another password
    totp: str | None = None  # the secret of one-time codes, where they are asked for
    subject: str | None = Field(default=None, unique=True)  # who it is to a provider of sign-ins
    failures: int = 0  # in a row
    locked_until: datetime | None = instant(default=None)
    last_at: datetime | None = instant(default=None)  # when it last signed in


class Change(SQLModel, table=True):
    """A sign-in, or a change of what the city decides: who, when, from what to what."""

    __tablename__: ClassVar[str] = "changes"
    __table_args__ = (Index("ix_changes_what_id", "what", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant()
    by: str  # external id of who did it; the login where nobody is known by it
    what: str  # sign_in, refused, member, unit, route, setting, day, article, group, key, hook …
    of: str  # which one: a login, a name, an id
    was: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    became: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    address: str | None = None  # where the browser was


class View(SQLModel, table=True):
    """A list of the ledger that somebody keeps under a name."""

    __tablename__: ClassVar[str] = "views"
    __table_args__ = (UniqueConstraint("member_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="members.id")
    name: str
    query: str  # as in the address of the page


class Follow(SQLModel, table=True):
    """A ticket that somebody follows."""

    __tablename__: ClassVar[str] = "follows"

    member_id: int = Field(primary_key=True, foreign_key="members.id")
    ticket_no: int = Field(primary_key=True, foreign_key="tickets.no", index=True)


class Key(SQLModel, table=True):
    """What another system shows to be let in; only its hash is kept."""

    __tablename__: ClassVar[str] = "keys"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    hash: str = Field(unique=True)  # SHA-256 of the key
    scopes: list[str] = json_of()
    made_at: datetime = instant()
    made_by: str
    used_at: datetime | None = instant(default=None)
    ended_at: datetime | None = instant(default=None)


class Hook(SQLModel, table=True):
    """Where another system wants to be told of what happens."""

    __tablename__: ClassVar[str] = "hooks"

    id: int | None = Field(default=None, primary_key=True)
    url: str
    secret: str  # signs what is sent
    steps: list[str] = json_of()  # of which steps; none named: of all
    after: int  # the last event that is no longer to be told
    made_at: datetime = instant()
    made_by: str
    ended_at: datetime | None = instant(default=None)


class Delivery(SQLModel, table=True):
    """What a hook is told: one row an event, sent until it is taken."""

    __tablename__: ClassVar[str] = "deliveries"
    __table_args__ = (
        UniqueConstraint("hook_id", "event_seq"),
        Index("ix_deliveries_waiting", "next_at", postgresql_where=text("status = 'waiting'")),
    )

    id: int | None = Field(default=None, primary_key=True)
    hook_id: int = Field(foreign_key="hooks.id")
    event_seq: int = Field(foreign_key="events.seq")
    at: datetime = instant()
    next_at: datetime = instant()
    tries: int = 0
    status: str = "waiting"  # waiting, taken, given_up
    code: int | None = None  # the HTTP status of the last try
    error: str | None = None
