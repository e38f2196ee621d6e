"""The State Council's notice as it is published, copied into a file.

    国务院办公厅关于2026年部分节假日安排的通知
    一、元旦:1月1日(周四)至3日(周六)放假调休,共3天。1月4日(周日)上班。

Read with full-width and half-width punctuation and whatever line breaks the copying left. Every
date in a holiday's paragraph must be understood, and agree with its weekday and with the number
of days that is named; nothing is passed over in silence.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from actions.announced import Announcement, Special
from bot.calendars.year import WEEKDAYS, Year, shown
from bot.documents import Invalid

#: 2026年部分节假日安排, 2026年元旦、春节… : not the year of its number or its signature.
TITLE = re.compile(r"(\d{4})年[^。:;\d]{0,12}?(?:节假日|放假|元旦)")
HOLIDAY = "元旦|春节|清明节?|(?:五一)?(?:国际)?劳动节|五一|端午节?|中秋节?|国庆节?"
#: 一、元旦: or only 元旦: where the numbering got lost.
HEADING = re.compile(
    rf"(?:[一二三四五六七八九十]{{1,3}}、|\(?[一二三四五六七八九十\d]{{1,2}}[).、])([^:。;,()\d]{{1,30}}):"
    rf"|(?<![^。;)])((?:{HOLIDAY})(?:[、和及](?:{HOLIDAY}))*):"
)
#: What follows the last holiday: an admonition, and who signed when.
END = re.compile(r"节假日期间|特此通知|国务院办公厅\d{4}年")
DATE = r"(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日(?:\([^()]*\))?"
SPAN = rf"{DATE}(?:[至到~\-—–―]+{DATE})?"
SAID = re.compile(
    rf"(?P<when>{SPAN}(?:[、,和及]{SPAN})*)(?:均|都|正常|照常)?"
    r"(?P<what>放假|补休|休息|上班|补班|工作)"
)
PARTS = re.compile(
    r"(?:(?P<year>\d{4})年)?(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})日"
    r"(?:\((?P<note>[^()]*)\))?"
)
ANY_DATE = re.compile(r"\d{1,2}日")
OFF = ("放假", "补休", "休息")
NUMBER = re.compile(r"(?:共|放假)(\d{1,2})天")
WEEKDAY = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])")
SENTENCE = re.compile(r"[^。;!]+")


def read(text: str) -> Announcement:
    """The notice in a text; Invalid names the line and what can't be understood."""
    copied = _Copied.of(text)
    found = TITLE.search(copied.text)
    if found is None:
        raise Invalid(1, "没有写明年份;请连标题一起复制:国务院办公厅关于2027年部分节假日安排的通知")
    year = Year(int(found[1]), copied.line(found.start()))
    headings = list(HEADING.finditer(copied.text, found.end()))
    if not headings:
        raise Invalid(1, "没有找到“一、元旦:”这样的段落,请复制通知全文")
    ends = [heading.start() for heading in headings[1:]] + [len(copied.text)]
    for heading, end in zip(headings, ends, strict=True):
        stop = END.search(copied.text, heading.end(), end)
        last = stop.start() if stop else end
        _paragraph(year, copied, heading[1] or heading[2], (heading.end(), last))
    return year.whole()


@dataclass(frozen=True, slots=True)
class _Copied:
    """A text without any white space, and the line of each of its characters."""

    text: str
    lines: list[int]

    @classmethod
    def of(cls, text: str) -> "_Copied":
        kept = [
            (char, number)
            for number, line in enumerate(text.splitlines(), 1)
            for char in unicodedata.normalize("NFKC", line)
            if not char.isspace() and unicodedata.category(char) != "Cf"
        ]
        return cls("".join(char for char, _ in kept), [number for _, number in kept])

    def line(self, at: int) -> int:
        """The line of a character."""
        return self.lines[at] if at < len(self.lines) else 0


def _paragraph(year: Year, copied: _Copied, name: str, where: tuple[int, int]) -> None:
    """Take all days of one holiday."""
    before = len(year.days)
    for sentence in SENTENCE.finditer(copied.text, *where):
        _sentence(year, copied, name, (sentence.start(), sentence.end()))
    if len(year.days) == before:
        raise Invalid(copied.line(where[0]), f"“{name}”一段没有看懂放假日期,请核对")


def _sentence(year: Year, copied: _Copied, name: str, where: tuple[int, int]) -> None:
    off, at = 0, where[0]
    said = list(SAID.finditer(copied.text, *where))
    for one in said:
        _all_read(copied, at, one.start())
        working, line = one["what"] not in OFF, copied.line(one.start())
        days = list(_days(year, one["when"], line))
        off += 0 if working else len(days)
        for day in days:
            _weekend(day, working=working, line=line)
            year.add(day, Special(working, name), line)
        at = one.end()
    _all_read(copied, at, where[1])
    number = NUMBER.search(copied.text, *where)
    if number and said and int(number[1]) != off:
        reason = f"“{name}”写的是 {number[1]} 天,按日期数是 {off} 天,请核对"
        raise Invalid(copied.line(number.start()), reason)


def _all_read(copied: _Copied, first: int, last: int) -> None:
    """No date between two places was passed over, but in what is only recommended."""
    rest = copied.text[first:last]
    if (found := ANY_DATE.search(rest)) and "鼓励" not in rest[: found.start()]:
        raise Invalid(copied.line(first + found.start()), f"看不懂“{rest.strip(',、')}”,请核对")


def _days(year: Year, when: str, line: int) -> Iterator[date]:
    """The days of `1月1日(周四)至3日、28日`; what a date leaves out is as in the one before."""
    before: date | None = None
    for span in re.finditer(SPAN, when):
        dates = []
        for parts in PARTS.finditer(span[0]):
            before = _date(year, parts, before, line)
            dates.append(before)
        yield from year.span(dates[0], dates[-1], line)


def _date(year: Year, parts: re.Match[str], before: date | None, line: int) -> date:
    if parts["month"] is None and before is None:
        raise Invalid(line, f"“{parts[0]}”没有写月份,请核对")
    near = before.year if before and parts["month"] is None else year.year
    month = int(parts["month"]) if parts["month"] else before.month if before else 0
    try:
        day = date(int(parts["year"] or near), month, int(parts["day"]))
    except ValueError as error:
        raise Invalid(line, f"没有“{parts[0]}”这一天,请核对") from error
    weekday = WEEKDAY.search(parts["note"] or "")
    if weekday and WEEKDAYS.index(weekday[1].replace("天", "日")) != day.weekday():
        raise Invalid(line, f"“{parts[0]}”与日历不符:{shown(day)};请核对年份和日期")
    return day


def _weekend(day: date, *, working: bool, line: int) -> None:
    if working and day.weekday() < WEEKDAYS.index("六"):
        raise Invalid(line, f"{shown(day)}本来就上班,请核对日期")
