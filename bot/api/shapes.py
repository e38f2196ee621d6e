"""What the API and the hooks tell: the shapes, each field with what it means."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from actions.deadlines import ZONE
from actions.names import name
from actions.phones import masked
from storage import models
from storage.tickets import LARGEST

Kind = Literal["issue", "consult"]
Status = Literal[
    "new", "assigned", "accepted", "suspended", "resolved", "closed", "withdrawn", "rejected",
    "merged",
]  # fmt: skip
Source = Literal["group", "breakfast_meeting", "hotline", "visit", "web", "api"]
Category = Literal[
    "land", "construction", "utilities", "finance", "labor", "subsidy", "tax", "permit",
    "enforcement", "arrears", "traffic", "environment", "safety", "market", "facilities",
    "service", "other",
]  # fmt: skip
Number = Annotated[int, Field(ge=1, le=LARGEST)]
#: An instant, told in the city's offset.
Moment = Annotated[
    datetime,
    PlainSerializer(lambda at: at.astimezone(ZONE).isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class Shape(BaseModel):
    """What is told has these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class Named(Shape):
    """One of a fixed set: a code for programs, and the Chinese name that people know it by."""

    code: str = Field(description="The code; it never changes.", examples=["accepted"])
    name: str = Field(description="The Chinese name.", examples=["办理中"])


class Ticket(Shape):
    """工单: one problem, as it stands."""

    number: Number = Field(description="编号. The running number, written #1024.", examples=[1024])
    kind: Named = Field(
        description="类型.", examples=[{"code": "issue", "name": "诉求"}]
    )  # fmt: skip
    status: Named = Field(description="状态.", examples=[{"code": "accepted", "name": "办理中"}])
    category: Named | None = Field(
        description="类别; null where nobody has said.",
        examples=[{"code": "traffic", "name": "道路交通"}],
    )
    source: Named = Field(
        description="来源: on which way it was told.",
        examples=[{"code": "hotline", "name": "热线"}],
    )
    text: str = Field(
        description="诉求内容, in the words of who told it.", examples=["新马路的路灯坏了一周"]
    )
    enterprise: str | None = Field(description="企业.", examples=["株洲宏远机械有限公司"])
    contact: str | None = Field(
        description="联系人, where it was not told in a group.", examples=["李四 138****5678"]
    )
    district: str | None = Field(description="区县.", examples=["天元区"])
    address: str | None = Field(description="地点.", examples=["栗雨工业园新马路"])
    group: str | None = Field(description="群: its id; see /groups.", examples=["g1"])
    unit: str | None = Field(description="承办单位: who leads.", examples=["天元区城管局"])
    assisting: list[str] = Field(description="协办单位.", examples=[["株洲供电公司"]])
    urgent: bool = Field(description="紧急: counted in hours.", examples=[False])
    reported_at: Moment = Field(description="反映时间.", examples=["2026-11-20T09:30:00+08:00"])
    respond_by: Moment = Field(description="响应时限.", examples=["2026-11-25T17:30:00+08:00"])
    due_at: Moment = Field(description="办结时限.", examples=["2026-11-27T17:30:00+08:00"])
    provisional: bool = Field(
        description="The deadline rests on days that no notice has announced.", examples=[False]
    )
    accepted_at: Moment | None = Field(
        description="首次签收时间.", examples=["2026-11-20T10:05:00+08:00"]
    )
    resolved_at: Moment | None = Field(description="办结时间.", examples=[None])
    closed_at: Moment | None = Field(description="销号时间.", examples=[None])
    suspended_at: Moment | None = Field(
        description="挂账时间: its clock stands still since then.", examples=[None]
    )
    extended: int = Field(description="延期次数.", examples=[0])
    reopened: int = Field(description="重办次数.", examples=[0])
    rating: Named | None = Field(
        description="评价, the enterprise's last one.",
        examples=[{"code": "satisfied", "name": "满意"}],
    )


class Event(Shape):
    """One step of a ticket; never changed or deleted."""

    seq: int = Field(description="The running number over all tickets.", examples=[20481], ge=1)
    ticket: Number = Field(description="编号 of the ticket.", examples=[1024])
    at: Moment = Field(description="When.", examples=["2026-11-20T10:05:00+08:00"])
    by: str = Field(description="By whom: a person's or a service's name.", examples=["李科"])
    step: Named = Field(
        description="What was done.", examples=[{"code": "accept", "name": "签收"}]
    )  # fmt: skip
    was: Named | None = Field(
        serialization_alias="from",
        description="状态 before; null for the first event of a ticket.",
        examples=[{"code": "assigned", "name": "已交办"}],
    )
    became: Named = Field(
        serialization_alias="to",
        description="状态 after.",
        examples=[{"code": "accepted", "name": "办理中"}],
    )
    words: str = Field(description="What was said with it.", examples=["收到,今天到现场"])

    model_config = ConfigDict(serialize_by_alias=True)


class Day(Shape):
    """One day of a deadline's counting."""

    day: date = Field(description="The day.", examples=["2026-11-23"])
    counted: bool = Field(description="Whether it counts as a working day.", examples=[True])
    why: str = Field(description="Why not, or why after all: 周末, 春节, 调休 ….", examples=[""])
    official: bool = Field(
        description="Announced by a notice; else a guess by its weekday.", examples=[True]
    )


class Part(Shape):
    """One part of a deadline's counting, in order."""

    why: Named = Field(
        description="What is counted for.", examples=[{"code": "opened", "name": "登记"}]
    )
    start: Moment | None = Field(
        description="From when; null: from where the part before it ended.",
        examples=["2026-11-20T09:30:00+08:00"],
    )
    stop: Moment | None = Field(
        description="Until when the clock stood still, of 挂账.", examples=[None]
    )
    working_days: int = Field(description="So many working days.", examples=[5])
    hours: int = Field(description="Or so many hours by the clock.", examples=[0])
    days: list[Day] = Field(description="The days that it counted or skipped.")
    ends_at: Moment = Field(description="Where it ends.", examples=["2026-11-27T17:30:00+08:00"])


class Story(Shape):
    """工单, with all that happened and why it is due when it is."""

    ticket: Ticket = Field(description="As it stands.")
    lateness: str = Field(
        description="How the deadline presses, in words.", examples=["今天17:30前"]
    )
    messages: int = Field(description="How many messages in groups were about it.", examples=[3])
    merged_into: Number | None = Field(
        description="并案: the ticket that took it in.", examples=[None]
    )
    events: list[Event] = Field(description="办理过程, in order.")
    respond_by: list[Part] = Field(description="How 响应时限 was counted.")
    due_at: list[Part] = Field(description="How 办结时限 was counted.")


class Telling(Shape):
    """What a hook is told: one event of one ticket."""

    seq: int = Field(description="The event's running number.", examples=[20481])
    at: Moment = Field(description="When it happened.", examples=["2026-11-20T10:05:00+08:00"])
    ticket: Ticket = Field(description="The ticket as it stands when this is sent.")
    step: Named = Field(description="What was done.")
    was: Named | None = Field(serialization_alias="from", description="状态 before.")
    became: Named = Field(serialization_alias="to", description="状态 after.")

    model_config = ConfigDict(serialize_by_alias=True)


def named(of: str, code: str) -> Named:
    """A code with its name."""
    return Named(code=code, name=name(of, code))


def _perhaps(of: str, code: str | None) -> Named | None:
    return named(of, code) if code is not None else None


def ticket(row: models.Ticket, units: Mapping[int | None, str], *, phones: bool = False) -> Ticket:
    """A ticket as it is told; `units` are the names by row id."""

    def shown(text: str) -> str:
        return text if phones else masked(text)

    return Ticket(
        number=row.no, kind=named("kind", row.kind), status=named("status", row.status),
        category=_perhaps("category", row.category), source=named("source", row.source),
        text=shown(row.text),
        enterprise=shown(row.enterprise) if row.enterprise else None,
        contact=shown(row.contact) if row.contact else None,
        district=row.district, address=shown(row.address) if row.address else None,
        group=row.group_id, unit=units.get(row.unit_id), assisting=row.assisting,
        urgent=row.urgent, reported_at=row.reported_at, respond_by=row.respond_by,
        due_at=row.due_at, provisional=row.provisional, accepted_at=row.accepted_at,
        resolved_at=row.resolved_at, closed_at=row.closed_at, suspended_at=row.suspended_at,
        extended=row.extended, reopened=row.reopened, rating=_perhaps("rating", row.rating),
    )  # fmt: skip


def event(row: models.Event, actors: Mapping[str, str], *, phones: bool = False) -> Event:
    """An event as it is told; `actors` are the names of people by id."""
    by = actors.get(row.by) or name("actor", row.by)
    return Event(
        seq=row.seq, ticket=row.ticket_no, at=row.at, by=by if phones else masked(by),
        step=named("step", row.step),
        was=_perhaps("status", row.was), became=named("status", row.became),
        words=row.words if phones else masked(row.words),
    )  # fmt: skip


def telling(row: models.Event, of: models.Ticket, units: Mapping[int | None, str]) -> Telling:
    """An event as a hook is told of it: without words, phone numbers masked."""
    return Telling(
        seq=row.seq, at=row.at, ticket=ticket(of, units), step=named("step", row.step),
        was=_perhaps("status", row.was), became=named("status", row.became),
    )  # fmt: skip
