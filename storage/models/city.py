"""The city: units, districts, groups, people, routes, settings, calendar, knowledge base."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Column, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from storage.models.base import instant, json_of


class Unit(SQLModel, table=True):
    """责任单位: a body that handles tickets."""

    __tablename__: ClassVar[str] = "units"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    aliases: list[str] = json_of()
    head: str | None = None  # external id of the member who heads it


class District(SQLModel, table=True):
    """区县: the city's own name for it, and what people write."""

    __tablename__: ClassVar[str] = "districts"

    name: str = Field(primary_key=True)
    aliases: list[str] = json_of()


class Group(SQLModel, table=True):
    """群: where enterprises write and the bot answers, each by a channel or by none."""

    __tablename__: ClassVar[str] = "groups"

    id: str = Field(primary_key=True)  # ours; a channel may call the group otherwise
    name: str
    district: str | None = None
    # by which channel it is read, the bot answers somebody, and says what nobody asked for; a
    # default of the column would take the place of none
    reads: str | None = Field(default="sandbox", sa_column=Column(String))
    answers: str | None = Field(default="sandbox", sa_column=Column(String))
    pushes: str | None = Field(default="sandbox", sa_column=Column(String))


class Carrier(SQLModel, table=True):
    """What a channel calls a group, and how the group stands there."""

    __tablename__: ClassVar[str] = "carriers"
    __table_args__ = (UniqueConstraint("group_id", "channel"),)

    channel: str = Field(primary_key=True)
    address: str = Field(primary_key=True)  # of a wecom_webhook it is the key: a secret
    group_id: str = Field(foreign_key="groups.id", ondelete="CASCADE")
    # nothing is sent there until somebody mends it: why, as the platform said
    blocked: str | None = None
    blocked_at: datetime | None = instant(default=None)
    about: dict[str, Any] = json_of(dict)  # what the platform told: owner, version of its members …


class Member(SQLModel, table=True):
    """A person, known by (channel, external id); rules, section 1.

    Channels of one platform know the same people: they share one name here.
    """

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


class Article(SQLModel, table=True):
    """A piece of the knowledge base; rules, section 5."""

    __tablename__: ClassVar[str] = "articles"

    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(unique=True)
    body: str
    source: str
    dated: date
    published: bool = True
