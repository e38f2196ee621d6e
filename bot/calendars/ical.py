"""A calendar file (iCal): events whose summary says 休 or 班, as phones subscribe to them."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from icalendar import Calendar

from actions.announced import Announcement, Special
from bot.calendars.year import LONGEST, Year, shown
from bot.documents import Invalid

WORKING = re.compile(r"班")
OFF = re.compile(r"休|放?假")
#: What is not the name: 元旦(休), 春节 假期 第1天/共9天, 国庆节 补班.
NOISE = re.compile(
    r"[(\[【]?(?:调休上班|补班|上班|班|放假|假期|休息|休)[)\]】]?|第\d+天(?:/共\d+天)?"
)
EDGES = re.compile(r"^[\s:·-]+|[\s:·-]+$")
#: So many days make a year that the file is about; a few may only lap over.
MANY = 5


@dataclass(frozen=True, slots=True)
class _Event:
    first: date
    last: date
    special: Special
    line: int

    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def read(text: str) -> Announcement:
    """The latest year in a calendar file; Invalid names the line. Other events are left out."""
    try:
        calendar = Calendar.from_ical(text)
        found = list(_events(calendar, _lines(text)))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise Invalid(0, f"不是有效的日历文件(iCal):{error}") from error
    many = Counter(day.year for event in found for day in event.days())
    if not many:
        raise Invalid(0, "日历里没有注明“休”或“班”的日期,请换一个文件")
    full = [number for number, days in many.items() if days >= MANY]
    year = Year(max(full) if full else many.most_common(1)[0][0], 1)
    for event in found:
        for day in event.days():
            if day.year == year.year or (day.year, day.month) == (year.year - 1, 12):
                year.add(day, event.special, event.line)
    return year.whole()


def _lines(text: str) -> list[int]:
    """Where each event begins."""
    return [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip().upper() == "BEGIN:VEVENT"
    ]


def _events(calendar: Any, lines: list[int]) -> Iterator[_Event]:
    for number, event in enumerate(calendar.walk("VEVENT")):
        line = lines[number] if number < len(lines) else 0
        summary = unicodedata.normalize("NFKC", str(event.get("SUMMARY", "")))
        working, off = bool(WORKING.search(summary)), bool(OFF.search(summary))
        if not working and not off:
            continue
        if not working and "调休" in summary and not re.search(r"放假|假期", summary):
            raise Invalid(line, f"“{summary}”看不出是放假还是上班,请注明“休”或“班”")
        if "RRULE" in event:
            raise Invalid(line, f"“{summary}”是重复的事件,请逐日写明")
        first, last = _span(event, summary, line)
        name = EDGES.sub("", NOISE.sub("", summary)) or ("上班" if working else "放假")
        yield _Event(first, last, Special(working, name), line)


def _span(event: Any, summary: str, line: int) -> tuple[date, date]:
    """First and last day; the end of an event of whole days is the day after."""
    if "DTSTART" not in event:
        raise Invalid(line, f"“{summary}”没有日期(DTSTART)")
    start = event.decoded("DTSTART")
    end = event.decoded("DTEND") if "DTEND" in event else None
    if end is None and "DURATION" in event:
        end = start + event.decoded("DURATION")
    if not isinstance(start, date) or not isinstance(end, date | None):
        raise Invalid(line, f"“{summary}”的日期看不懂,请核对")
    first = start.date() if isinstance(start, datetime) else start
    if end is None:
        return first, first
    last = end.date() if isinstance(end, datetime) else end - timedelta(days=1)
    if (last - first).days >= LONGEST:
        raise Invalid(line, f"“{summary}”从{shown(first)}到{shown(last)},太长了,请核对")
    return first, max(first, last)
