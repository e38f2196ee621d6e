"""A year's special days, gathered one by one from whatever form they come in."""

from datetime import date, timedelta

from actions.announced import Announcement, Special
from bot.documents import Invalid

#: The State Council announces single years since about then, and nobody plans for later.
FIRST, LAST = 2004, 2100
WEEKDAYS = "一二三四五六日"
#: No holiday is longer; in days.
LONGEST = 31


class Year:
    """The days of one notice."""

    def __init__(self, year: int, line: int) -> None:
        """Gather for a year, which stands in this line."""
        if not FIRST <= year <= LAST:
            raise Invalid(line, f"年份 {year} 不对,应在 {FIRST} 到 {LAST} 之间")
        self.year = year
        self.days: dict[date, Special] = {}

    def add(self, day: date, special: Special, line: int) -> None:
        """Take a day; Invalid where it belongs to another year, or was said to be otherwise."""
        if not date(self.year - 1, 12, 1) <= day <= date(self.year + 1, 1, 31):
            raise Invalid(line, f"{shown(day)}不在 {self.year} 年,请核对年份")
        was = self.days.setdefault(day, special)
        if was.working != special.working:
            raise Invalid(line, f"{shown(day)}既写了放假又写了上班,请核对")

    def span(self, first: date, last: date, line: int) -> list[date]:
        """The days from `first` to `last`; Invalid where they are none, or too many."""
        many = (last - first).days + 1
        if not 1 <= many <= LONGEST:
            raise Invalid(line, f"{shown(first)}至{shown(last)}不像一段假期,请核对")
        return [first + timedelta(days=n) for n in range(many)]

    def whole(self) -> Announcement:
        """All of it; Invalid where there is none."""
        if not self.days:
            raise Invalid(0, "没有找到放假或上班的日期,请核对文件")
        return Announcement(self.year, dict(sorted(self.days.items())))


def shown(day: date) -> str:
    """A day as people write it: 2027年1月1日(周五)."""
    return f"{day.year}年{day.month}月{day.day}日(周{WEEKDAYS[day.weekday()]})"
