"""The notice as it is published: read as it was meant, or refused with line and reason."""

import unicodedata
from datetime import date, timedelta

import chinese_calendar
import pytest

from actions.announced import Announcement, Special
from bot import calendars
from bot.documents import Invalid
from tests.bot.calendars.notices import NEXT, NOTICES


def read(text: str) -> Announcement:
    return calendars.parse(text.encode())


def refused(old: str, new: str) -> Invalid:
    assert old in NEXT
    with pytest.raises(Invalid) as error:
        read(NEXT.replace(old, new))
    return error.value


def works(notice: Announcement, day: date) -> bool:
    return notice.days[day].working if day in notice.days else day.weekday() < 5


def year(number: int) -> list[date]:
    first = date(number, 1, 1)
    return [first + timedelta(days=n) for n in range((date(number, 12, 31) - first).days + 1)]


@pytest.mark.parametrize("number", NOTICES)
def test_a_notice_says_what_the_maintained_calendar_says(number: int) -> None:
    notice = read(NOTICES[number])
    wrong = [day for day in year(number) if works(notice, day) != chinese_calendar.is_workday(day)]
    assert (notice.year, notice.silent(), wrong) == (number, [], [])


@pytest.mark.parametrize(
    "copied",
    [
        lambda text: unicodedata.normalize("NFKC", text),
        lambda text: text.replace("，", "，\n").replace("、", " 、\t"),
        lambda text: text.replace("\n", "\r\n\r\n　　"),
        lambda text: text.replace("\n", ""),
        lambda text: text.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        lambda text: text.replace("至", "—"),
        lambda text: text.replace("周", "星期"),
    ],
    ids=["half-width", "broken lines", "Windows", "one line", "full-width digits", "dash", "星期"],
)
@pytest.mark.parametrize("number", [2024, 2026])
def test_however_it_was_copied_it_says_the_same(number: int, copied: object) -> None:
    assert callable(copied)
    assert read(copied(NOTICES[number])) == read(NOTICES[number])


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_it_may_be_saved_as_windows_saves_it(coding: str) -> None:
    assert calendars.parse(NEXT.encode(coding)) == read(NEXT)


def test_a_day_has_the_name_of_its_holiday() -> None:
    days = read(NOTICES[2025]).days
    assert days[date(2025, 10, 6)] == Special(working=False, name="国庆节、中秋节")
    assert days[date(2025, 9, 28)] == Special(working=True, name="国庆节、中秋节")


def test_it_may_reach_into_the_year_before() -> None:
    days = read(NOTICES[2019]).days
    outside = {day: special.working for day, special in days.items() if day.year == 2018}
    assert outside == {
        date(2018, 12, 29): True, date(2018, 12, 30): False, date(2018, 12, 31): False,
    }  # fmt: skip


def test_what_is_only_recommended_is_no_holiday() -> None:
    assert works(read(NOTICES[2024]), date(2024, 2, 9))


def test_it_says_what_was_not_copied() -> None:
    (first, second, *_) = NEXT.splitlines()
    assert read(f"{first}\n{second}").silent() == [
        "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "part"),
    [
        ("关于2027年", "关于2028年", 2, "与日历不符"),
        ("关于2027年", "关于", 1, "没有写明年份"),
        ("关于2027年", "关于1027年", 1, "年份 1027 不对"),
        ("1月1日(周五)", "1月1日(周四)", 2, "1月1日(周四)"),
        ("至3日(周日)放假,共3天", "至3日(周日)放假,共4天", 2, "写的是 4 天,按日期数是 3 天"),
        ("9日(周三)放假1天", "9日(周三)放假2天", 6, "写的是 2 天"),
        ("共8天。1月31日(周日)、", "共8天。1月31日(周日)也要来,", 3, "看不懂“1月31日(周日)也要来"),
        ("2月20日(周六)上班", "2月20日(周六)", 3, "看不懂"),
        ("4月3日(周六)至", "4月31日至", 4, "没有“4月31日”这一天"),
        ("4月3日(周六)至5日(周一)放假", "4月5日至3日放假", 4, "不像一段假期"),
        ("5月8日(周六)上班", "5月1日(周六)上班", 5, "既写了放假又写了上班"),
        ("5月8日(周六)上班", "5月7日上班", 5, "本来就上班"),
        ("6月9日(周三)放假1天", "放假1天", 6, "“端午节”一段没有看懂放假日期"),
        ("6月9日(周三)放假1天", "9日(周三)放假1天", 6, "没有写月份"),
        ("9月15日(周三)至17日(周五)", "2025年9月15日至17日", 7, "不在 2027 年"),
        ("9月15日(周三)至", "1月1日至9月", 7, "不像一段假期"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, line: int, part: str) -> None:
    error = refused(old, new)
    assert (error.line, part in error.reason) == (line, True), str(error)


@pytest.mark.parametrize(
    "text", ["", "今天放假", "国务院办公厅关于2027年部分节假日安排的通知\n见附件。", "\0\1\2"]
)
def test_what_is_no_notice_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read(text)
