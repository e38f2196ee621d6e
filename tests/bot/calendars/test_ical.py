"""Calendar files: events that say 休 or 班; the rest of a calendar is left out."""

from datetime import date, timedelta

import pytest

from actions.announced import Special
from bot import calendars
from bot.documents import Invalid


def event(summary: str, start: str, end: str | None = None, *more: str) -> str:
    lines = [f"SUMMARY:{summary}", f"DTSTART;VALUE=DATE:{start}", f"UID:{summary}{start}"]
    if end:
        lines.append(f"DTEND;VALUE=DATE:{end}")
    return "\r\n".join(["BEGIN:VEVENT", *lines, *more, "END:VEVENT"])


def calendar(*events: str) -> bytes:
    whole = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//test//CN", *events, "END:VCALENDAR"]
    return "\r\n".join([*whole, ""]).encode()


@pytest.mark.parametrize(
    ("summary", "working", "name"),
    [
        ("元旦（休）", False, "元旦"),
        ("元旦(休)", False, "元旦"),
        ("元旦 休", False, "元旦"),
        ("休:元旦", False, "元旦"),
        ("元旦 假期 第1天/共3天", False, "元旦"),
        ("春节（班）", True, "春节"),
        ("春节 补班 第1天/共2天", True, "春节"),
        ("春节调休上班", True, "春节"),
        ("休", False, "放假"),
    ],
)
def test_a_summary_says_what_a_day_is(summary: str, working: bool, name: str) -> None:
    notice = calendars.parse(calendar(event(summary, "20270101")))
    assert notice.year == 2027
    assert notice.days == {date(2027, 1, 1): Special(working=working, name=name)}


def test_the_end_of_an_event_is_the_day_after() -> None:
    notice = calendars.parse(calendar(event("国庆节 休", "20271001", "20271008")))
    assert list(notice.days) == [date(2027, 10, 1) + timedelta(days=n) for n in range(7)]


def test_an_event_with_hours_is_of_its_days() -> None:
    hours = "DTSTART:20270101T090000\r\nDTEND:20270102T180000"
    text = event("元旦 休", "x").replace("DTSTART;VALUE=DATE:x", hours)
    assert list(calendars.parse(calendar(text)).days) == [date(2027, 1, 1), date(2027, 1, 2)]


def test_an_event_may_have_a_length_instead_of_an_end() -> None:
    text = calendar(event("元旦 休", "20270101", None, "DURATION:P3D"))
    assert list(calendars.parse(text).days) == [date(2027, 1, n) for n in (1, 2, 3)]


def test_a_broken_file_is_refused() -> None:
    with pytest.raises(Invalid, match="iCal"):
        calendars.parse(b"BEGIN:VCALENDAR\nnonsense\n")


def test_other_events_are_left_out() -> None:
    notice = calendars.parse(calendar(event("立春", "20270204"), event("元旦 休", "20270101")))
    assert list(notice.days) == [date(2027, 1, 1)]


def test_of_several_years_the_last_whole_one_is_taken() -> None:
    events = [event("国庆节 休", f"{year}1001", f"{year}1008") for year in (2025, 2026, 2027)]
    notice = calendars.parse(calendar(*events, event("元旦 休", "20280101")))
    assert (notice.year, {day.year for day in notice.days}) == (2027, {2027})


def test_new_year_may_begin_in_december() -> None:
    text = calendar(
        event("元旦 休", "20261231", "20270103"), event("国庆节 休", "20271001", "20271008")
    )
    notice = calendars.parse(text)
    assert (notice.year, min(notice.days)) == (2027, date(2026, 12, 31))


@pytest.mark.parametrize(
    ("events", "line", "part"),
    [
        ((), 0, "没有注明"),
        ((event("立春", "20270204"),), 0, "没有注明"),
        ((event("元旦 休", "20270101"), event("春节 调休", "20270131")), 9, "看不出是放假还是上班"),
        ((event("元旦 休", "20270101", "20270301"),), 4, "太长"),
        ((event("元旦 休", "20270101", None, "RRULE:FREQ=YEARLY"),), 4, "重复的事件"),
        ((event("元旦 休", "20270101"), event("元旦 班", "20270101")), 9, "既写了放假又写了上班"),
        ((event("元旦 休", "someday"),), 4, "日期看不懂"),
        (("BEGIN:VEVENT\r\nSUMMARY:元旦 休\r\nUID:1\r\nEND:VEVENT",), 4, "DTSTART"),
    ],
)
def test_a_mistake_is_named_with_its_line(events: tuple[str, ...], line: int, part: str) -> None:
    with pytest.raises(Invalid) as error:
        calendars.parse(calendar(*events))
    assert (error.value.line, part in error.value.reason) == (line, True), str(error.value)
