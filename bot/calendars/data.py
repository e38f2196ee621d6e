"""The simple form for machines: {"year": 2027, "days": [{"date", "working", "name"}]}."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from actions.announced import Announcement, Special
from bot.calendars.year import Year, shown
from bot.documents import Invalid, load_json


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Day(_Strict):
    date: Annotated[date, Field(strict=False)]
    working: bool
    name: Annotated[str, Field(min_length=1, max_length=50)]


class _Year(_Strict):
    year: int
    days: Annotated[list[_Day], Field(min_length=1, max_length=366)]


_year: TypeAdapter[_Year] = TypeAdapter(_Year)


def read(text: str) -> Announcement:
    """The notice in a JSON text; Invalid names the line."""
    document = load_json(text)
    found = document.read(_year)
    year = Year(found.year, document.line(["year"]))
    for number, day in enumerate(found.days):
        line = document.line(["days", number])
        if day.date in year.days:
            raise Invalid(line, f"{shown(day.date)}写了两次,请删去一处")
        year.add(day.date, Special(day.working, day.name), line)
    return year.whole()
