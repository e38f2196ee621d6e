"""What the address of a list of tickets asks for, and how that is said in words.

One class reads an address, writes one, and makes the filter of it: what is kept as a view, what
is exported and what a batch returns to are the same list. What makes no sense in an address asks
for nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from urllib.parse import urlencode

from actions.deadlines import ZONE
from actions.names import name, names
from actions.render import moment
from bot.channels.base import clean
from storage.figures import Scope, conditions
from storage.ledger import Behind, Filter, Key, Order, Place
from storage.models import Member, Ticket
from storage.tickets import LARGEST

#: How the orders are called in an address, and on the page.
SORTS = {
    "-no": "编号,新的在前", "no": "编号,旧的在前", "due": "时限,早的在前", "-due": "时限,晚的在前",
    "-reported": "反映时间,新的在前", "reported": "反映时间,旧的在前",
}  # fmt: skip
KEYS: dict[str, Key] = {"no": "no", "due": "due_at", "reported": "reported_at"}
NEWEST = "-no"
#: What is yes or no, and how it is called.
FLAGS = {
    "overdue": "超期", "today": "今天到期", "urgent": "紧急", "reopened": "重办过",
    "unassigned": "尚无承办单位",
}  # fmt: skip
#: Those that must be one of the names that there are.
CODES = {"kind": "类型", "category": "类别", "source": "来源"}
TEXTS = {"unit": "承办单位", "district": "区县", "group": "群", "enterprise": "企业"}
LONGEST = 100
WORDS = 8
YEARS = range(2000, 2200)


class Unknown(Exception):
    """A list is asked for that there is not: of a figure that nobody counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a list is asked for; the names are those of the address, but for `from` and `to`."""

    q: str = ""
    status: tuple[str, ...] = ()
    kind: str = ""
    category: str = ""
    source: str = ""
    unit: str = ""
    district: str = ""
    group: str = ""
    enterprise: str = ""
    overdue: bool = False
    today: bool = False
    urgent: bool = False
    reopened: bool = False
    unassigned: bool = False
    first: date | None = None  # `from`: reported on this day or later
    last: date | None = None  # `to`: on this day or earlier
    figure: str = ""
    since: datetime | None = None
    until: datetime | None = None
    at: datetime | None = None
    sort: str = NEWEST

    @classmethod
    def read(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """As an address says it; of what may stand there once, the last counts."""
        given: dict[str, list[str]] = {}
        for key, value in pairs:
            given.setdefault(key, []).append(clean(value).strip()[:LONGEST])
        one = {key: values[-1] for key, values in given.items()}
        known: dict[str, Any] = {key: one.get(key, "") for key in ("q", "figure", *TEXTS)}
        known |= {key: one.get(key, "") if one.get(key) in names()[key] else "" for key in CODES}
        known |= {key: one.get(key) in ("1", "on") for key in FLAGS}
        known |= {key: _instant(one.get(key, "")) for key in ("since", "until", "at")}
        asked = set(given.get("status", ()))
        return cls(
            status=tuple(code for code in names()["status"] if code in asked),
            first=_day(one.get("from", "")), last=_day(one.get("to", "")),
            sort=one["sort"] if one.get("sort") in SORTS else NEWEST, **known,
        )  # fmt: skip

    @property
    def query(self) -> str:
        """As it stands in an address, without what asks for nothing."""
        found: list[tuple[str, str]] = []
        for field in fields(self):
            value = getattr(self, field.name)
            key = {"first": "from", "last": "to"}.get(field.name, field.name)
            if field.name == "status":
                found += [(key, code) for code in value]
            elif value and value != field.default:
                found.append((key, _written(value)))
        return urlencode(found)

    def but(self, **other: Any) -> "Asked":
        """The same list, but for this."""
        return replace(self, **other)

    @property
    def nothing(self) -> "Asked":
        """All that there is, in the same order."""
        return Asked(sort=self.sort)

    @property
    def plain(self) -> "Asked":
        """Without the figure, which is not asked for in a form."""
        return self.but(figure="", since=None, until=None, at=None)

    @property
    def figure_fields(self) -> list[tuple[str, str]]:
        """What a form must carry along so that the list stays that of a figure."""
        keys = ("figure", "since", "until", "at")
        return [(key, _written(value)) for key in keys if (value := getattr(self, key))]

    @property
    def order(self) -> Order:
        """The order that is asked for."""
        return Order(KEYS[self.sort.lstrip("-")], self.sort.startswith("-"))

    @property
    def number(self) -> int | None:
        """The one ticket that is looked for by its number."""
        found = re.fullmatch(r"#?([0-9]{1,9})", self.q)
        return int(found[1]) if found else None

    @property
    def words(self) -> tuple[str, ...]:
        """What is looked for in the text."""
        return () if self.number is not None else tuple(dict.fromkeys(self.q.split()))[:WORDS]

    @property
    def by_phone(self) -> bool:
        """Whether something is looked for that may be a phone number, or most of one."""
        return any(re.search(r"\d{4}", word) for word in self.words)

    def filter(
        self, who: Member, units: Mapping[str, int | None], now: datetime, *, phones: bool
    ) -> Filter:
        """What the database is asked for, narrowed to what this person may see.

        A unit that there is not has no ticket. Who reads no phone numbers does not find by them
        either. Raises Unknown for a figure that nobody counts.
        """
        narrow: dict[str, Any] = {
            "unit_id": units.get(self.unit, 0) if self.unit else None,
            "district": self.district or None,
            "category": self.category or None,
            "group_id": self.group or None,
        }
        wanted = Filter(
            statuses=self.status, kind=self.kind or None, source=self.source or None,
            enterprise=self.enterprise or None, urgent=self.urgent, reopened=self.reopened,
            unassigned=self.unassigned, words=self.words,
            no=self.number if phones or not self.by_phone else 0,
            overdue=now if self.overdue else None,
            due_since=_midnight(now) if self.today else None,
            due_until=_midnight(now) + timedelta(days=1) if self.today else None,
            since=_start(self.first), until=_start(self.last, 1), **seen_by(who),
        )  # fmt: skip
        if not self.figure:
            return replace(wanted, **narrow)
        at = self.at or now
        if self.figure not in conditions(at):
            raise Unknown
        only = {field: value for field, value in narrow.items() if value is not None}
        scope = Scope(at=at, since=self.since, until=self.until, only=only)
        return replace(wanted, behind=Behind(self.figure, scope, present=at >= now))

    def said(self, groups: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Each thing that is asked for, in words, and the address of the list without it."""
        if self.figure:
            yield self._figure(), self.plain.query
        if self.q:
            words = f"编号 #{self.number}" if self.number is not None else f"含“{self.q}”"
            yield words, self.but(q="").query
        if self.status:
            shown = "、".join(name("status", code) for code in self.status)
            yield f"状态 {shown}", self.but(status=()).query
        yield from self._named(groups)
        yield from ((label, self.but(**{key: False}).query) for key, label in FLAGS.items()
                    if getattr(self, key))  # fmt: skip
        if self.first or self.last:
            yield f"{_days(self.first, self.last)}反映", self.but(first=None, last=None).query

    def _named(self, groups: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        for key, label in (CODES | TEXTS).items():
            if value := getattr(self, key):
                called = name(key, value) if key in CODES else groups.get(value, value)
                shown = called if key in {*CODES, "group"} else value
                yield f"{label} {shown}", self.but(**{key: ""}).query

    def _figure(self) -> str:
        opened = ""
        if self.since or self.until:
            last = self.until - timedelta(microseconds=1) if self.until else None
            opened = _days(
                self.since.astimezone(ZONE).date() if self.since else None,
                last.astimezone(ZONE).date() if last else None,
            )
        as_of = f",截至{self.at.astimezone(ZONE).year}年{moment(self.at)}" if self.at else ""
        return f"“{name('figure', self.figure)}”所计的工单:{opened or '启用以来'}登记{as_of}"


def seen_by(who: Member) -> dict[str, Any]:
    """What `rights.sees` comes to in a list."""
    return {
        "confidential": who.role == "inspector",
        "own": (who.id, who.enterprise) if who.role == "member" else None,
        "serves": who.unit_id or 0 if who.role == "handler" else None,
    }


# --- places in a list -----------------------------------------------------------------------------


def place_of(ticket: Ticket, order: Order) -> str:
    """Where a ticket stands in an order, as in an address."""
    if order.by == "no":
        return str(ticket.no)
    at: datetime = getattr(ticket, order.by)
    return f"{int(at.timestamp() * 1_000_000)}-{ticket.no}"


def place(text: str, order: Order) -> Place | None:
    """The place that an address names; None where it names none of this order."""
    found = re.fullmatch(r"(?:([0-9]{1,17})-)?([0-9]{1,10})", text)
    if found is None or int(found[2]) > LARGEST or (found[1] is None) != (order.by == "no"):
        return None
    no = int(found[2])
    if found[1] is None:
        return Place(no, no)
    try:
        at = datetime.fromtimestamp(0, ZONE) + timedelta(microseconds=int(found[1]))
    except OverflowError:
        return None
    return Place(at, no)


# --- days and instants ----------------------------------------------------------------------------


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in YEARS else None


def _instant(text: str) -> datetime | None:
    """A day is its first moment; what has no offset is told in the city's."""
    try:
        at = datetime.fromisoformat(re.sub(r" (?=\d\d:\d\d$)", "+", text))
    except ValueError:
        return None
    if at.year not in YEARS:
        return None
    return at if at.tzinfo else at.replace(tzinfo=ZONE)


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(ZONE).date(), time(), ZONE)


def _start(day: date | None, later: int = 0) -> datetime | None:
    return datetime.combine(day + timedelta(days=later), time(), ZONE) if day else None


def _written(value: object) -> str:
    if value is True:
        return "1"
    return value.isoformat() if isinstance(value, date) else str(value)


def _days(first: date | None, last: date | None) -> str:
    """A span of days as people write it: 2026年3月1日至31日."""
    if first == last and first is not None:
        return f"{first.year}年{first.month}月{first.day}日"
    begin, end = (f"{day.year}年{day.month}月{day.day}日" if day else "" for day in (first, last))
    if not end:
        return f"{begin}起"
    return f"{begin}至{end}" if begin else f"{end}及以前"
