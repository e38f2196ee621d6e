"""What an expression of time means: 昨天下午3点, 上周五, 本月底前.

An expression is read from the coarse to the fine, as Chinese says it: each word picks a piece of
what the words before it picked, and the first word picks what is nearest.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from nlu.text import fold

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
#: What is counted in months, in days, by the clock. Weeks are ISO weeks.
MONTHS = {"年": 12, "季度": 3, "月": 1}
DAYS = {"周": 7, "天": 1, "日": 1}
CLOCK = {"小时": HOUR, "分钟": MINUTE}
#: How many years, months, weeks or days from now; longer words first.
RELATIVE = {"大前": -3, "上上": -2, "下下": 2, "大后": 3, "去": -1, "昨": -1, "上": -1, "前": -2}
RELATIVE |= {"今": 0, "本": 0, "这": 0, "明": 1, "下": 1, "后": 2}
#: Pieces of a year by first and last month; of a month, of a week by the days before and up to it.
OF_YEAR = {"上半年": (1, 6), "下半年": (7, 12), "前3季度": (1, 9)}
OF_YEAR |= {"初": (1, 2), "中": (6, 7), "底": (11, 12)}
OF_MONTH = {"初": (0, 10), "上": (0, 10), "中": (10, 20), "下": (20, 31), "底": (20, 31)}
OF_WEEK = {day: (first, first + 1) for first, day in enumerate("一二三四五六日")}
OF_WEEK |= {"天": (6, 7), "末": (5, 7)}
#: Month, day and length, as the days off usually are: the exact ones are announced every year.
HOLIDAYS = {"元旦": (1, 1, 1), "五一": (5, 1, 5), "劳动": (5, 1, 5)}
HOLIDAYS |= {"国庆": (10, 1, 7), "十一": (10, 1, 7)}
#: Parts of a day in hours from its midnight: first, end, and where the twelve hours begin in which
#: an hour of the dial is looked for. So 晚上12点 is the end of the day, 夜里3点 the next morning.
PARTS = {
    **dict.fromkeys(("半夜", "深夜", "夜里", "夜间", "晚上凌晨", "晚凌晨", "夜"), (22, 29, 18)),
    **dict.fromkeys(("凌晨",), (0, 6, 0)),
    **dict.fromkeys(("一大早", "一早", "清早", "清晨", "早上", "早晨", "早", "晨"), (6, 9, 1)),
    **dict.fromkeys(("上午",), (8, 12, 1)),
    **dict.fromkeys(("中午", "正午"), (11, 14, 9)),
    **dict.fromkeys(("下午", "午后"), (12, 18, 12)),
    **dict.fromkeys(("傍晚",), (17, 19, 12)),
    **dict.fromkeys(("晚上", "晚间", "晚"), (18, 24, 17)),
}
#: 昨天3点 is in the afternoon, 昨天8点 in the morning: who means the night says so.
WAKING = 7
MINUTES = {"": 0, "整": 0, "多": 0, "1刻": 15, "半": 30, "3刻": 45}
#: As many units to either side are looked at: a 31st may be two months away, and two pieces are
#: enough to see that none is meant. A 29 February is known for some two years.
NEAR = range(-2, 3)

#: A first day, and the day after the last.
type Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class When:
    """A half-open period, or an instant, which starts where it ends; both ends are aware."""

    start: datetime
    end: datetime

    @property
    def exact(self) -> bool:
        """Whether it is an instant."""
        return self.start == self.end


def when(text: str, now: datetime, *, ahead: bool = False) -> When | None:
    """What an expression of time means to one who says it at `now`, in the offset of `now`.

    What is bare (12月, 3号, 周五, 月底, 晚上, 10点) is the latest that has begun: reports speak of
    the past. With `ahead`, as in a promise, it is the first that has not ended. 上周五 is the
    Friday of the last ISO week, whatever day it is. What tells its side (昨天, 三天前) keeps it.

    - 前 makes the end count: of a day or longer its last moment, of a holiday, a weekend or a part
      of a day its first. The period runs from `now` until then; what is past is the instant alone.
    - 内, with `ahead`, cuts off what is past of a period. 三天内 is the 72 hours after `now`, and
      without `ahead` those before it.
    - 三天前, 两周后 are as wide as their unit. Hours are instants (三点半, 两小时前), unless they
      are vague (3点多, 两三点): then they are an hour wide.
    - An hour up to 12 with 点 is there twice a day. A part of the day decides; a day alone means
      one from 7 to 18; a bare one is the nearest. 时 and 8:30 count 24 hours.
    - 初, 中, 底 are thirds of a month; of a year its first, middle and last two months.
    - Of 12号到15号 the right side is what comes next after the left; 到现在 ends at `now`.

    None for what does not exist (2月30日, 25点, a date on another weekday), comes again (每天),
    has no end (国庆后), is vague (现在, 最近), depends on what was said (次日, 当天), on the moon
    (春节) or on working days (三个工作日内), and for all else.

    Raises:
        ValueError: `now` is naive. Nothing is raised for any text.

    """
    if now.utcoffset() is None:
        raise ValueError("now is naive")
    frame = Frame(now, now, ahead)
    # below, a ValueError says that there is no such number, date or hour
    with suppress(ValueError, OverflowError):
        said = _plain(text)
        return _counted(said, frame) or _single(said, frame) or _range(said, frame)
    return None


# --- one way to say a thing -----------------------------------------------------------------------

DIGITS = str.maketrans("零〇一二两三四五六七八九", "001223456789")
#: What else is said for the same, so that the words below have one form each.
PLAIN = (
    ("[ 的]", ""),
    ("礼拜|星期", "周"),
    ("钟头", "小时"),
    ("(?<=月)份|(?<=年)度|(?<=点)钟", ""),
    ("(?<=[年月])[末尾终]", "底"),
    ("[之以](?=[前后内])", ""),
    ("^(?=[年月周]内$)", "本"),
    ("(?<=[今昨明前后])(?:[日儿]|(?=[早晚晨夜凌]|[上中下]午))", "天"),
    ("半个?小时", "30分钟"),
    ("半个月", "15天"),
    ("半年(?=[前后内])(?<![上下]半年)", "6个月"),
    ("([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})日?", r"\1年\2月\3日"),
    # 两三点 is some time after two
    (
        "(一(?=[二两])|[二两](?=三)|三(?=四)|四(?=五)|五(?=六)|六(?=七)|七(?=八)|八(?=九)).点",
        r"\1点多",
    ),
)
NUMERAL = "[零〇一二两三四五六七八九十]{1,4}"
# neither 周三 nor 五一 is a number
NUMBER = re.compile(
    f"(?<!周){NUMERAL}(?=[年月号日点时季个天周分秒刻]|小时|[到至](?:[0-9]|{NUMERAL}))|(?<=[月点]){NUMERAL}"
)


def _plain(text: str) -> str:
    said = fold(text)
    for pattern, plain in PLAIN:
        said = re.sub(pattern, plain, said)
    return NUMBER.sub(_digits, said)


def _digits(match: re.Match[str]) -> str:
    said = match[0].translate(DIGITS)
    tens, ten, ones = said.partition("十")
    if ten and len(tens) < 2 and len(ones) < 2:
        return str(int(tens or 1) * 10 + int(ones or 0))
    # 二〇二六年 and 零五分; but 三四号 and 十二三号 are two days
    if ten or (len(said) not in (1, 4) and not said.startswith("0")):
        raise ValueError(match[0])
    return said


# --- the words, in the order in which they are said -----------------------------------------------

GIVEN = re.compile(
    f"(?P<year>[0-9]{{4}}|[0-9]{{2}})年|(?P<which>{'|'.join(RELATIVE)})1?个?"
    "(?P<unit>年|季度|月|周|(?<=[今昨明前后])天)"
)


def _stretch(unit: str, day: date, count: int = 0) -> Days:
    """The unit that is so many after the one of that day."""
    if unit in MONTHS:
        size = MONTHS[unit]
        first = ((day.year * 12 + day.month - 1) // size + count) * size
        return _month(first), _month(first + size)
    size = DAYS[unit]
    first = ((day.toordinal() - 1) // size + count) * size + 1  # the ordinal 1 is a Monday
    return date.fromordinal(first), date.fromordinal(first + size)


def _month(index: int) -> date:
    return date(index // 12, index % 12 + 1, 1)


def _given(match: re.Match[str], today: date) -> Days:
    if match["which"]:
        return _stretch(match["unit"], today, RELATIVE[match["which"]])
    year = int(match["year"])
    if len(match["year"]) == 2:
        latest = today.year + 20  # 98年 is past
        year = latest - (latest - year) % 100
    return _stretch("年", date(year, 1, 1))


def _numbered(match: re.Match[str], january: date) -> Days:
    size = MONTHS[match["unit"]]
    return _stretch(match["unit"], january.replace(month=(int(match["number"]) - 1) * size + 1))


def _named(match: re.Match[str], january: date) -> Days:
    first, last = OF_YEAR[match["piece"]]
    return january.replace(month=first), _stretch("月", january.replace(month=last))[1]


def _third(match: re.Match[str], month: date) -> Days:
    first, last = OF_MONTH[match["third"]]
    return month + first * DAY, min(month + last * DAY, _stretch("月", month)[1])


def _day(match: re.Match[str], month: date) -> Days:
    return _stretch("天", month.replace(day=int(match["day"])))


def _holiday(match: re.Match[str], january: date) -> Days:
    month, day, length = HOLIDAYS[match["name"]]
    first = january.replace(month=month, day=day)
    return first, first + length * DAY


def _weekday(match: re.Match[str], monday: date) -> Days:
    first, last = OF_WEEK[match["day"]]
    return monday + first * DAY, monday + last * DAY


class Piece(NamedTuple):
    """A word that cuts a piece out of a unit, of which it is given the first day."""

    unit: str
    pattern: str
    cut: Callable[[re.Match[str], date], Days]


PIECES = (
    Piece("年", "第?(?P<number>[0-9]{1,2})(?P<unit>季度|月)", _numbered),
    Piece("年", "(?:年|(?<=年)|(?=[上下前]))(?P<piece>[上下]半年|前3季度|[初中底])", _named),
    Piece("月", "(?:月|(?<=月)|(?=.旬))(?P<third>[上中下](?=旬)|[初中底])旬?", _third),
    Piece("月", "(?:(?<=月)|(?=..?[号日]))(?P<day>[0-9]{1,2})(?![0-9点时:])[号日]?", _day),
    Piece("年", f"(?P<name>{'|'.join(HOLIDAYS)})(?:国庆|劳动)?节?(?:小?长假|假期)?", _holiday),
    # beside a date it only has to agree: 6月12日(周五)
    Piece("周", r"\(?周?(?<=周)(?P<day>[一二三四五六日天末])\)?", _weekday),
)
PART = f"(?:{'|'.join(PARTS)})"
HOURS = re.compile(
    f"(?P<part>{PART}|)(?:(?P<hour>[0-9]{{1,2}})(?P<unit>[点时:])"
    "(?P<minute>半|整|多|[13]刻|[0-9]{1,2}分?)?(?::[0-9]{2}|[0-9]{1,2}秒)?)?"
)
#: What is 前 these ends where they begin.
OPENING = re.compile(f".*(?:{PART}|{'|'.join(HOLIDAYS)}|[节假期末])")


def _hours(match: re.Match[str], *, alone: bool) -> tuple[timedelta, timedelta, timedelta]:
    """How long after midnight it is, how long it lasts, and after how long it comes again."""
    part = PARTS.get(match["part"])
    if part and not match["hour"]:
        return part[0] * HOUR, (part[1] - part[0]) * HOUR, DAY
    hour, said = int(match["hour"]), match["minute"] or ""
    minute = MINUTES[said] if said in MINUTES else int(said.rstrip("分"))
    if hour > 24 or minute > 59:
        raise ValueError(match[0])
    dial = 12 if 1 <= hour <= 12 else 24
    twice = dial == 12 and match["unit"] == "点" and not match["hour"].startswith("0")
    window = part[2] if part else WAKING if twice and not alone else None
    if window is not None:
        hour = window + (hour - window) % dial
        if hour >= window + 12:
            raise ValueError(match[0])
    length = HOUR if said == "多" else 0 * HOUR
    return hour * HOUR + minute * MINUTE, length, 12 * HOUR if twice and window is None else DAY


# --- the sentences they make ----------------------------------------------------------------------

TAIL = re.compile("(?P<before>前)|(?P<within>内)|(?:左右|前后|期间|之间|许)?")


class Frame(NamedTuple):
    """What an expression stands in: what 昨天 counts from, what is near, and on which side."""

    now: datetime
    near: datetime
    ahead: bool

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.now.tzinfo)

    def days(self, days: Days) -> When:
        return When(*map(self.midnight, days))

    def nearest(self, found: list[When]) -> When | None:
        if self.ahead:
            return next((one for one in found if self.near < one.end), None)
        return next((one for one in reversed(found) if one.start <= self.near), None)

    def cut(self, scope: When | None, piece: Piece, match: re.Match[str]) -> list[When]:
        """All pieces nearby; of a scope, the only one in it."""
        near, found = (scope.start if scope else self.near).date(), list[When]()
        for count in NEAR:
            with suppress(ValueError):  # not all months have a 31st
                found.append(self.days(piece.cut(match, _stretch(piece.unit, near, count)[0])))
        if scope:
            found = [one for one in found if scope.start <= one.start and one.end <= scope.end]
        return found if scope is None or len(found) == 1 else []

    def hours(self, scope: When | None, match: re.Match[str]) -> list[When]:
        """All such hours nearby; of a day the one, though it is early on the next (夜里3点)."""
        if scope and scope.end - scope.start != DAY:
            return []
        since, length, step = _hours(match, alone=scope is None)
        midnight = self.midnight((scope.start if scope else self.near).date())
        starts = [midnight + since + count * step for count in ([0] if scope else NEAR)]
        return [When(start, start + length) for start in starts]


def _single(said: str, frame: Frame) -> When | None:
    """One word after the other, each at most once, and what is left behind them."""
    given = GIVEN.match(said)
    scopes: list[When | None] = [frame.days(_given(given, frame.now.date())) if given else None]
    at = given.end() if given else 0
    for piece in PIECES:
        if match := re.compile(piece.pattern).match(said, at):
            scopes = [one for scope in scopes for one in frame.cut(scope, piece, match)]
            at = match.end()
    if (match := HOURS.match(said, at)) and match[0]:
        scopes = [one for scope in scopes for one in frame.hours(scope, match)]
        at = match.end()
    found = [scope for scope in scopes if scope]
    tail = TAIL.fullmatch(said, at)
    if tail is None:
        return None
    if tail["before"]:
        opens = OPENING.fullmatch(said[:at])
        found = [When(one.start, one.start) if opens else When(one.end, one.end) for one in found]
    one = found[0] if given and found else frame.nearest(found)
    if one and tail["before"]:
        return When(min(frame.now, one.end), one.end)
    if one and tail["within"] and frame.ahead and one.start < frame.now < one.end:
        return When(frame.now, one.end)
    return one


COUNTED = re.compile(
    "(?P<count>[0-9]{1,3})个?(?P<unit>分钟|小时|天|周|年|(?<=个)月|日(?=内))(?P<side>[前后内])"
)


def _counted(said: str, frame: Frame) -> When | None:
    match = COUNTED.fullmatch(said)
    if match is None:
        return None
    unit, side = match["unit"], match["side"]
    past = side == "前" or (side == "内" and not frame.ahead)
    other = _moved(frame.now, unit, int(match["count"]) * (-1 if past else 1))
    if side == "内":
        return When(*sorted((frame.now, other)))
    return When(other, other) if unit in CLOCK else frame.days(_stretch(unit, other.date()))


def _moved(now: datetime, unit: str, count: int) -> datetime:
    if unit not in MONTHS:
        return now + count * (CLOCK[unit] if unit in CLOCK else DAYS[unit] * DAY)
    first, after = _stretch("月", now.date(), MONTHS[unit] * count)
    return datetime.combine(min(first + (now.day - 1) * DAY, after - DAY), now.timetz())


RANGE = re.compile("从?(.+?)(?:到|至|[-~—–―]+)(.+)")
UNIT = re.compile("[0-9]{1,4}([年月号日点时])")


def _range(said: str, frame: Frame) -> When | None:
    match = RANGE.fullmatch(said)
    if match is None:
        return None
    # what has begun and not ended is ahead as well: 12号到15号, said on the 13th
    found = _joined(match[1], match[2], frame._replace(ahead=False))
    if frame.ahead and (found is None or found.end <= frame.now):
        return _joined(match[1], match[2], frame)
    return found


def _joined(left: str, right: str, frame: Frame) -> When | None:
    unit = UNIT.match(right)  # 12到15号: the left side has it too
    first = (_single(left + unit[1], frame) if unit else None) or _single(left, frame)
    if first is None:
        return None
    next_day = f"{first.start.date() + DAY:%Y年%m月%d日}"
    right = re.sub("^(次日|翌日|第2天)", next_day, right)
    if re.search(f"{PART}[0-9]", left):
        right = right.replace(":", "点", 1)  # 下午2:00-5:00: the right side is of the dial too
    last = _single(right, Frame(frame.now, first.start, ahead=True))
    if right in ("今", "现在", "目前"):
        last = When(frame.now, frame.now)
    return When(first.start, last.end) if last and first.start <= last.start else None
