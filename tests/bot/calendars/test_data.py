"""The JSON form of a year: checked, and refused with its line."""

import json
from datetime import date
from typing import Any

import pytest

from actions.announced import Special
from bot import calendars
from bot.documents import Invalid

NEW_YEAR = {"date": "2027-01-01", "working": False, "name": "元旦"}
MAKE_UP = {"date": "2027-01-31", "working": True, "name": "春节"}


def year(*days: dict[str, Any], number: Any = 2027, **more: Any) -> str:
    return json.dumps({"year": number, "days": days, **more}, indent=1, ensure_ascii=False)


def test_the_days_are_as_they_are_given() -> None:
    notice = calendars.parse(year(NEW_YEAR, MAKE_UP).encode())
    assert notice.year == 2027
    assert notice.days == {
        date(2027, 1, 1): Special(working=False, name="元旦"),
        date(2027, 1, 31): Special(working=True, name="春节"),
    }


def test_tabs_and_escapes_are_read() -> None:
    text = json.dumps({"year": 2027, "days": [NEW_YEAR]}, indent="\t", ensure_ascii=True)
    assert calendars.parse(text.encode()).days[date(2027, 1, 1)].name == "元旦"


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        (year(), 3, "一条也没有"),
        (year(NEW_YEAR, number="2027"), 2, "应是整数"),
        (year(NEW_YEAR, number=1999), 2, "年份 1999 不对"),
        (year(NEW_YEAR, colour="red"), 10, "colour"),
        (year({**NEW_YEAR, "working": 1}), 6, "应是 true 或 false"),
        (year({**NEW_YEAR, "date": "2027-02-30"}), 5, "应是日期"),
        (year({**NEW_YEAR, "name": ""}), 7, "不能空着"),
        (year({"date": "2027-01-01", "working": False}), 4, "缺少这一项"),
        (year(NEW_YEAR, NEW_YEAR), 9, "写了两次"),
        (year({**NEW_YEAR, "date": "2026-06-01"}), 4, "不在 2027 年"),
        ('{"year": 2027,\n "year": 2028, "days": []}', 2, "键 year 重复"),
        ('{"year": 2027,\n "days": [}', 2, "JSON"),
        ("[1, 2]", 1, "应由"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, part: str) -> None:
    with pytest.raises(Invalid) as error:
        calendars.parse(text.encode())
    assert (error.value.line, part in error.value.reason) == (line, True), str(error.value)
