"""Tickets, and all that belongs to one."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.models.base import Instant, instant, json_of


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
        Index(
            "ix_tickets_ledger",
            "reported_at",
            "no",
            postgresql_include=[
                "due_at", "status", "kind", "category", "unit_id", "district", "group_id",
                "source", "urgent", "reopened", "confidential", "suspended_at",
            ],
        ),
        Index("ix_tickets_due_at_no", "due_at", "no"),
        Index("ix_tickets_confidential", "no", postgresql_where=text("confidential")),
        Index("ix_tickets_category_no", "category", "no"),
        Index("ix_tickets_enterprise_no", "enterprise", "no"),
        Index(  # of pairs of letters: a function of the migrations
            "ix_tickets_pairs",
            text("pairs(text, enterprise, address)"),
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 512},
        ),
    )  # fmt: skip

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
    assisting: list[str] = json_of()
    handler_id: int | None = Field(default=None, foreign_key="members.id")  # who accepted
    text: str
    reported_at: datetime = instant()
    respond_by: datetime = instant()
    due_at: datetime = instant()
    counted: dict[str, Any] = json_of(dict)  # how both were counted: `actions.deadlines.Part`
    provisional: bool = False
    accepted_at: datetime | None = instant(default=None)
    responded_at: datetime | None = instant(default=None)
    first_respond_by: datetime = instant()
    resolved_at: datetime | None = instant(default=None)
    closed_at: datetime | None = instant(default=None)
    suspended_at: datetime | None = instant(default=None)
    extension_asked_at: datetime | None = instant(default=None)
    resolve_count: int = 0
    reopened: int = 0
    extended: int = 0
    rating: str | None = None
    urgent: bool = False
    confidential: bool = False
    alone: bool = False  # a consult that the bot answered alone
    asked: bool = False  # the bot asked for place and name, and nobody has told yet
    urged_at: datetime | None = instant(default=None)  # when the handler was last told so
    merged_into: int | None = Field(default=None, foreign_key="tickets.no")


class Event(SQLModel, table=True):
    """One step of a ticket. Never changed or deleted; each carries the hash of the one before."""

    __tablename__: ClassVar[str] = "events"
    __table_args__ = (
        Index(
            "ix_events_inspected",
            "step",
            "seq",
            postgresql_where=text("step::text = ANY (ARRAY['look', 'recheck'])"),
        ),
    )

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    ticket_no: int = Field(foreign_key="tickets.no", index=True)
    at: datetime = instant()
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
    until: datetime = instant()  # FOREVER for the row that has no end
    reported_at: datetime = instant()
    kind: str
    status: str
    category: str | None = None
    district: str | None = None
    unit_id: int | None = None
    group_id: str | None = None
    due_at: datetime = instant()
    respond_by: datetime = instant()  # the first one
    responded_at: datetime | None = instant(default=None)
    resolved_at: datetime | None = instant(default=None)
    suspended_at: datetime | None = instant(default=None)
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
    at: datetime = instant()
    deadline: datetime = instant()  # of which it reminds
    fired_at: datetime | None = instant(default=None)


class Letter(SQLModel, table=True):
    """督办函 or 移交函: drawn up with its level; its layout is made when it is printed."""

    __tablename__: ClassVar[str] = "letters"

    id: int | None = Field(default=None, primary_key=True)
    ticket_no: int = Field(foreign_key="tickets.no", index=True)
    kind: str  # supervision, handover
    at: datetime = instant()
    text: str
