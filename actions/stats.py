"""询问数据: the figures of the group for a period, then the city's; rules, section 8."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from actions import spoken
from actions.base import Action, Context
from actions.deadlines import ZONE, local
from actions.figures import figures
from actions.rights import ROLES
from storage import figures as counts
from storage.figures import Scope
from storage.models import Ticket

Days = tuple[date, date]  # from the first day on, before the second
Span = tuple[datetime, datetime]  # half open


def _month(today: date, back: int) -> Days:
    """The month so many months ago, whole."""
    first = today.replace(day=1)
    for _ in range(back):
        first = (first - timedelta(days=1)).replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def _quarter(today: date, back: int) -> Days:
    first, _ = _month(today, (today.month - 1) % 3 + 3 * back)
    return first, (first + timedelta(days=95)).replace(day=1)


def _week(today: date, back: int) -> Days:
    monday = today - timedelta(days=today.weekday() + 7 * back)
    return monday, monday + timedelta(days=7)


def _year(today: date, back: int) -> Days:
    return date(today.year - back, 1, 1), date(today.year - back + 1, 1, 1)


#: What people call a period, and which one it is; what contains another stands first.
PERIODS: tuple[tuple[str, re.Pattern[str], Callable[[date], Days]], ...] = (
    ("昨天", re.compile("昨[天日]"), lambda today: (today - timedelta(days=1), today)),
    ("今天", re.compile("今[天日]|当[天日]"), lambda today: (today, today + timedelta(days=1))),
    ("上周", re.compile("上(?:个)?(?:周|星期|礼拜)"), lambda today: _week(today, 1)),
    ("本周", re.compile("[本这](?:一|个)?(?:周|星期|礼拜)"), lambda today: _week(today, 0)),
    ("上月", re.compile("上(?:个)?月"), lambda today: _month(today, 1)),
    ("本月", re.compile("[本这当](?:一|个)?月"), lambda today: _month(today, 0)),
    ("上季度", re.compile("上(?:个|一)?季度"), lambda today: _quarter(today, 1)),
    ("本季度", re.compile("[本这](?:个|一)?季度"), lambda today: _quarter(today, 0)),
    ("去年", re.compile("去年|上年"), lambda today: _year(today, 1)),
    ("今年", re.compile("今年|本年"), lambda today: _year(today, 0)),
)
NAMED = re.compile(r"(?<!\d)(1[0-2]|[1-9])月份?(?!\d|[个底初])")
#: A year that is named before a month; without one the latest such month is meant.
YEAR = re.compile(r"(20\d\d)年")
#: The last so many days, today among them.
LAST = re.compile(
    r"(?:最近|近|过去|前)(?P<count>\d{1,3}|[一二两三四五六七八九十半])\s*(?P<unit>天|日|个?(?:周|星期|礼拜|月))"
    r"|(?P<within>\d{1,3}|[一二两三四五六七八九十])\s*(?P<of>天)[之以]?内"
)
NUMBERS = {digit: value for value, digit in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
LENGTHS = {"周": 7, "星期": 7, "礼拜": 7, "月": 30}
START = "开通以来"


def period(words: str, now: datetime, said: Sequence[str] = ()) -> tuple[str, Span | None]:
    """The period that the words name, and what it is called; None is since the start.

    `said` are the expressions of time that the parser found in them.
    """
    today = local(now).date()
    if (last := LAST.search(words)) and (found := _last(last, today)):
        return last[0], _whole(found)
    table = _called(words, today)
    spoken_of = [one for text in said if (one := spoken.anywhere(text, local(now)))]
    read = max(spoken_of, key=lambda one: len(one[0]), default=spoken.anywhere(words, local(now)))
    if read is None:
        return table or (START, None)
    span = read[1].start, read[1].end
    # the table has the shorter name for the same
    return table if table and table[1] == span else (read[0], span)


def _last(match: re.Match[str], today: date) -> Days | None:
    written = match["count"] or match["within"]
    count = int(written) if written.isdecimal() else NUMBERS.get(written)
    length = LENGTHS.get((match["unit"] or match["of"]).removeprefix("个"), 1)
    if written == "半":
        count, length = 1, length // 2
    if not count or not length:
        return None
    return today - timedelta(days=count * length - 1), today + timedelta(days=1)


def _called(words: str, today: date) -> tuple[str, Span] | None:
    """What the words name as people mostly do: 本周, 4月份."""
    for called, pattern, span in PERIODS:
        if pattern.search(words):
            return called, _whole(span(today))
    if (found := NAMED.search(words)) is None:
        return None
    month = int(found[1])
    year = YEAR.search(words)
    first = date(int(year[1]) if year else today.year, month, 1)
    if not year and first > today:
        first = first.replace(year=first.year - 1)
    return f"{first.year}年{month}月" if year else f"{month}月", _whole(_month(first, 0))


async def run(context: Context, _ticket: Ticket | None) -> None:
    """Tell the figures as they stand now."""
    said = [entity.value for entity in context.parse.entities if entity.entity == "time"]
    called, span = period(context.message.text, context.now, said)
    since, until = span or (None, None)
    city = Scope(at=context.now, since=since, until=until)
    own = Scope(at=context.now, since=since, until=until, only={"group_id": context.group.id})
    context.acted("stats")
    await context.reply(
        "stats", period=called,
        group=figures(await counts.total(context.session, own)),
        city=figures(await counts.total(context.session, city)),
    )  # fmt: skip


def _whole(days: Days) -> Span:
    first, end = (datetime(day.year, day.month, day.day, tzinfo=ZONE) for day in days)
    return first, end


ACTION = Action(intent="ask_stats", run=run, roles=frozenset(ROLES))
