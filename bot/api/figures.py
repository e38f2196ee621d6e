"""Figures of a period and a scope, each with the address of the tickets that it counts."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from actions import figures as rules
from actions.names import name
from bot.api import shapes
from bot.api.asked import Counted, Period
from bot.api.keys import Caller, Needs
from bot.api.problems import told
from storage import figures

router = APIRouter(prefix="/figures", tags=["figures"])

#: What each rate is made of: part, and whole.
RATES: dict[str, tuple[Counted, list[Counted]]] = {
    "close_out_rate": ("done", ["collected"]),
    "on_time_rate": ("on_time", ["done", "overdue"]),
    "response_rate": ("in_time", ["responded", "unanswered"]),
    "satisfaction_rate": ("content", ["rated"]),
    "reopen_rate": ("reopened", ["once_done"]),
}


class Count(shapes.Shape):
    """How many tickets are so."""

    code: str = Field(description="What is counted.", examples=["overdue"])
    name: str = Field(description="The Chinese name.", examples=["超期未结"])
    value: int = Field(description="How many.", examples=[3])
    tickets: str = Field(
        description="The address of exactly these tickets.",
        examples=["/api/v1/tickets?figure=overdue&at=2026-12-01T00%3A00%3A00%2B08%3A00"],
    )


class Rate(shapes.Shape):
    """A share of the counts."""

    code: str = Field(description="Which rate.", examples=["close_out_rate"])
    name: str = Field(description="The Chinese name.", examples=["办结率"])
    value: str = Field(
        description="In percent, half up to two decimals; — where there is nothing to share.",
        examples=["94.99%"],
    )
    part: Counted = Field(description="The count that is shared.", examples=["done"])
    whole: list[Counted] = Field(
        description="The counts that, added, it is a share of.", examples=[["collected"]]
    )
    tickets: str = Field(
        description="The address of the tickets of the part.",
        examples=["/api/v1/tickets?figure=done&at=2026-12-01T00%3A00%3A00%2B08%3A00"],
    )


class Figures(shapes.Shape):
    """统计数字 of a period and a scope."""

    since: shapes.Moment | None = Field(
        description="Reported from here on.", examples=["2026-11-01T00:00:00+08:00"]
    )
    until: shapes.Moment | None = Field(
        description="Reported before this.", examples=["2026-12-01T00:00:00+08:00"]
    )
    at: shapes.Moment = Field(
        description="As they stood then.", examples=["2026-12-01T00:00:00+08:00"]
    )
    counts: list[Count] = Field(description="Counts; each has its list.")
    rates: list[Rate] = Field(description="Rates of them.")
    answered_alone: int = Field(
        description="咨询 that the bot answered alone: counted apart, in no rate.", examples=[12]
    )


@router.get("", summary="Figures (统计数字)", responses=told(404))
async def show(
    caller: Annotated[Caller, Depends(Needs("figures:read"))], asked: Annotated[Period, Query()]
) -> Figures:
    """Of the tickets reported in the period, less void ones and misconduct."""
    async with caller.app.database.transaction() as session:
        scope = await asked.scope(session, caller.now)
        counts = await figures.total(session, scope)
        alone = await figures.answered_alone(session, scope)
    shown = rules.figures(counts)
    there = _address(asked, scope.at)
    return Figures(
        since=scope.since, until=scope.until, at=scope.at, answered_alone=alone,
        counts=[
            Count(code=code, name=name("figure", code), value=value, tickets=there(code))
            for code, value in asdict(counts).items()
        ],
        rates=[
            Rate(
                code=code, name=name("figure", code), value=str(shown[code]), part=part,
                whole=whole, tickets=there(part),
            )
            for code, (part, whole) in RATES.items()
        ],
    )  # fmt: skip


def _address(asked: Period, at: datetime) -> Callable[[str], str]:
    """Where the tickets of a count are listed, at the same instant."""
    given = {key: value for key, value in asked if value is not None} | {"at": at}
    query = {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in given.items()
    }
    return lambda figure: "/api/v1/tickets?" + urlencode({"figure": figure, **query})
