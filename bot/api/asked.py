"""What a list may be asked for: the filters of the ledger, checked strictly, named alike."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.api.problems import Fault
from bot.api.shapes import Category, Kind, Source, Status
from storage import people
from storage.figures import Scope
from storage.ledger import Behind, Filter
from storage.tickets import LARGEST

YEARS = range(2000, 2200)
WRITTEN = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
#: What was counted: a figure's name, as in `storage.figures.conditions`.
Counted = Literal[
    "collected", "done", "on_time", "overdue", "responded", "in_time", "unanswered", "rated",
    "content", "once_done", "reopened",
]  # fmt: skip


def _read(given: object) -> datetime:
    """An instant as RFC 3339 writes it, with its offset; a number is none."""
    # in an address a plus that nobody has encoded arrives as a space
    text = re.sub(r" (?=[0-9]{2}:[0-9]{2}$)", "+", given) if isinstance(given, str) else ""
    if not WRITTEN.fullmatch(text):
        raise ValueError("write an instant with its offset: 2026-11-20T09:30:00+08:00")
    at = datetime.fromisoformat(text.upper())
    if at.year not in YEARS:
        raise ValueError(f"a year from {YEARS[0]} to {YEARS[-1]}")
    return at


def _whole(text: str) -> str:
    """Text that a database can keep."""
    if "\x00" in text or text != text.encode("utf-8", "replace").decode():
        raise ValueError("no NUL and no half of a character")
    return text


When = Annotated[
    datetime,
    BeforeValidator(_read),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
#: Words from outside, as the database can keep them.
Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$"),
    AfterValidator(_whole),
]
Short = Annotated[Words, StringConstraints(max_length=100)]
Before = Annotated[
    int | None, Field(ge=1, le=LARGEST, description="Only below this number: `next` of a page.")
]
Limit = Annotated[int, Field(ge=1, le=200, description="At most so many.")]


class Strict(BaseModel):
    """A name that nobody knows is refused: a filter that is misspelt must not show everything."""

    model_config = ConfigDict(extra="forbid")


class Period(Strict):
    """Which tickets are counted, and as they stood when."""

    since: When | None = Field(
        None, description="Reported from here on; none: since the start.",
        examples=["2026-11-01T00:00:00+08:00"],
    )  # fmt: skip
    until: When | None = Field(
        None, description="Reported before this; none: until `at`.",
        examples=["2026-12-01T00:00:00+08:00"],
    )  # fmt: skip
    at: When | None = Field(
        None, description="As they stood at this instant; none: now.",
        examples=["2026-12-01T00:00:00+08:00"],
    )  # fmt: skip
    unit: Short | None = Field(None, description="承办单位, its name.", examples=["天元区城管局"])
    district: Short | None = Field(None, description="区县.", examples=["天元区"])
    category: Category | None = Field(None, description="类别.", examples=["traffic"])
    group: Short | None = Field(None, description="群, its id.", examples=["g1"])

    async def only(self, session: AsyncSession) -> dict[str, Any]:
        """What the columns must hold; Fault for a unit that there is not."""
        unit_id = None
        if self.unit is not None:
            found = await people.unit_named(session, self.unit)
            if found is None:
                raise Fault(404, f"There is no unit {self.unit}; /units lists them")
            unit_id = found.id
        only: dict[str, Any] = {
            "unit_id": unit_id, "district": self.district, "category": self.category,
            "group_id": self.group,
        }  # fmt: skip
        return {column: value for column, value in only.items() if value is not None}

    async def scope(self, session: AsyncSession, now: datetime) -> Scope:
        """The scope of the figures."""
        only = await self.only(session)
        return Scope(at=self.at or now, since=self.since, until=self.until, only=only)


class Listed(Period):
    """A list of tickets."""

    q: Short | None = Field(
        None, description="Words, all of which stand in text, enterprise or address. Without "
        "the scope phones:read digits in a row are not looked for.", examples=["路灯"],
    )  # fmt: skip
    status: list[Status] = Field([], description="状态; several may be given.", max_length=9)
    kind: Kind | None = Field(None, description="类型.")
    source: Source | None = Field(None, description="来源.")
    enterprise: Short | None = Field(None, description="企业, or a part of its name.")
    overdue: bool = Field(False, description="超期: open past the deadline.")
    urgent: bool = Field(False, description="紧急.")
    reopened: bool = Field(False, description="重办过.")
    unassigned: bool = Field(False, description="尚无承办单位.")
    figure: Counted | None = Field(
        None, description="The tickets that a figure counts, of the period and scope that the "
        "other parameters name; see /figures.",
    )  # fmt: skip
    before: Before = None
    limit: Limit = 50

    @model_validator(mode="after")
    def _instant_of_a_figure(self) -> Self:
        if self.at is not None and self.figure is None:
            raise ValueError("`at` belongs to `figure`")
        return self

    async def filter(self, session: AsyncSession, now: datetime, *, phones: bool) -> Filter:
        """What the database is asked for; confidential tickets never."""
        words = self.q.split() if self.q else []
        more: dict[str, Any] = {
            "statuses": self.status, "kind": self.kind, "source": self.source,
            "enterprise": self.enterprise, "urgent": self.urgent, "reopened": self.reopened,
            "unassigned": self.unassigned, "overdue": now if self.overdue else None,
            "words": [word for word in words if phones or not re.search(r"\d{4}", word)],
        }  # fmt: skip
        if self.figure is not None:
            behind = Behind(self.figure, await self.scope(session, now))
            return Filter(**more, behind=behind)
        only = await self.only(session)
        return Filter(**more, since=self.since, until=self.until, **only)
