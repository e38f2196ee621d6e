"""What was told at breakfast meetings, by hotline or on visits: a ledger's rows become tickets."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import similar
from actions.base import Refused
from actions.deadlines import ZONE, Clock
from actions.opening import Report, open_ticket
from actions.urgent import urgent
from storage import intakes, people
from storage.models import Group, Unit

#: Who opens what no signed-in person opens.
BY = "import"
#: Nothing was recorded before; a date before it is a slip of the pen.
FIRST = datetime(2004, 1, 1, tzinfo=ZONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as it was read: what depends on the city is still in the words of the ledger."""

    number: int  # in the sheet, from 1
    text: str
    source: str = ""
    at: datetime | None = None  # None where it could not be read
    timed: bool = True  # an hour was given, not a day alone
    own: str | None = None  # the other side's own number of the report
    kind: str = "issue"
    category: str | None = None
    enterprise: str | None = None
    contact: str | None = None
    district: str | None = None
    group: str | None = None
    address: str | None = None
    unit: str | None = None
    urgent: bool | None = None  # None: by its words

    @property
    def key(self) -> str:
        """The same for the same report: who told what, when and where, however it is judged."""
        told = [self.at.isoformat() if self.at else None, self.text, self.enterprise, self.contact,
                self.district, self.address]  # fmt: skip
        said = [self.source, self.own] if self.own else [self.source, *told]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row; `column` is empty where it is wrong as a whole."""

    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a ledger comes to in this city."""

    reports: dict[str, Report]  # by their key, in order
    known: int  # rows that were imported before
    faults: list[Fault]


async def check(session: AsyncSession, rows: Sequence[Row], now: datetime) -> Checked:
    """Compare rows with the city: what would be opened, and what is wrong."""
    await intakes.turn(session)
    before = await intakes.known(session, {row.key for row in rows})
    city = await _City.read(session)
    reports: dict[str, Report] = {}
    faults: list[Fault] = []
    first: dict[str, int] = {}
    for row in rows:
        if first.setdefault(row.key, row.number) != row.number:
            faults.append(Fault(row.number, "", f"与第 {first[row.key]} 行相同,请删去一行"))
        elif row.key not in before:
            faults.extend(city.faults(row, now))
            reports[row.key] = city.report(row)
    return Checked(reports, len(before), faults)


async def open_all(
    session: AsyncSession,
    reports: Mapping[str, Report],
    now: datetime,
    told: Callable[[int, int], None] = lambda _done, _whole: None,
    actor: str = BY,
) -> list[int]:
    """Open a ticket for each of these reports; their numbers. `told` hears how far it is."""
    clock = await Clock.read(session)
    numbers = []
    for done, (key, report) in enumerate(reports.items(), 1):
        ticket = await open_ticket(session, report, by=None, now=now, actor=actor)
        await similar.link(session, ticket, clock.policy.similar_days)
        await intakes.keep(session, key, ticket.no)
        numbers.append(ticket.no)
        told(done, len(reports))
    return numbers


async def open_one(
    session: AsyncSession, row: Row, now: datetime, *, actor: str
) -> tuple[int, bool]:
    """Open what another system was told; the number, and False where it was opened before.

    Refused, with every reason, where it does not fit this city.
    """
    checked = await check(session, [row], now)
    if checked.faults:
        raise Refused("；".join(f"{fault.column}:{fault.reason}" for fault in checked.faults))
    if checked.reports:
        (number,) = await open_all(session, checked.reports, now, actor=actor)
        return number, True
    known = await intakes.opened(session, row.key)
    if known is None:
        raise LookupError(f"{row.key} was kept without a ticket")
    return known, False


@dataclass(frozen=True, slots=True)
class _City:
    """The names that a row may use."""

    districts: dict[str, str]  # as written, and the city's own
    groups: dict[str, list[Group]]  # by id and by name
    units: dict[str, Unit]  # by name and alias

    @classmethod
    async def read(cls, session: AsyncSession) -> "_City":
        districts: dict[str, str] = {}
        groups: dict[str, list[Group]] = {}
        units: dict[str, Unit] = {}
        for district in await people.districts(session):
            districts |= dict.fromkeys(district.aliases, district.name)
        for district in await people.districts(session):
            districts[district.name] = district.name
        for group in await people.groups(session):
            for name in {group.id, group.name}:
                groups.setdefault(name, []).append(group)
        every = await people.units(session)
        for unit in every:
            units |= dict.fromkeys(unit.aliases, unit)
        units |= {unit.name: unit for unit in every}
        return cls(districts, groups, units)

    def report(self, row: Row) -> Report:
        """What a row tells, as far as the city knows the names in it."""
        groups = self.groups.get(row.group or "", [])
        group = groups[0] if groups else None
        district = self.districts.get(row.district or "")
        return Report(
            text=row.text,
            kind=row.kind,
            source=row.source,
            category=row.category,
            district=district or (group.district if group else None),
            address=row.address,
            enterprise=row.enterprise,
            contact=row.contact,
            urgent=_is_urgent(row),
            group_id=group.id if group else None,
            at=row.at,
            unit=self.units.get(row.unit or ""),
        )

    def faults(self, row: Row, now: datetime) -> Iterator[Fault]:
        """What is wrong with a row in this city, now."""
        for column, reason in (
            ("反映时间", _when(row, now)),
            ("区县", self._district(row)),
            ("群", self._group(row)),
            ("承办单位", self._unit(row)),
            ("紧急", _urgent(row)),
        ):
            if reason:
                yield Fault(row.number, column, reason)

    def _district(self, row: Row) -> str:
        if row.district is None or row.district in self.districts:
            return ""
        names = "、".join(dict.fromkeys(self.districts.values()))
        return f"没有区县“{row.district}”;现有:{names or '无'}"

    def _group(self, row: Row) -> str:
        many = len(self.groups.get(row.group, [])) if row.group else 1
        if many == 0:
            return f"没有群“{row.group}”,请写群名或群的 id"
        return "" if many == 1 else f"有 {many} 个群叫“{row.group}”,请写群的 id"

    def _unit(self, row: Row) -> str:
        if row.unit is None:
            return ""
        if row.kind == "misconduct":
            return "涉纪线索由纪检直接办理,请空着"
        return "" if row.unit in self.units else f"没有单位“{row.unit}”,请核对,或空着按路由交办"


def _when(row: Row, now: datetime) -> str:
    if row.at is None:
        return ""
    if row.at > now:
        return "在将来,请核对(不能晚于现在)"
    if row.at < FIRST:
        return f"早于 {FIRST.year} 年,请核对年份"
    if not row.timed and _is_urgent(row):
        return "紧急诉求按小时计时,请写到几点几分;不紧急的请在“紧急”一栏写“否”"
    return ""


def _urgent(row: Row) -> str:
    wrong = row.urgent and row.kind != "issue"
    return "只有诉求可以是紧急的,请空着或写“否”" if wrong else ""


def _is_urgent(row: Row) -> bool:
    if row.kind != "issue":
        return False
    return urgent(row.text, row.category) if row.urgent is None else row.urgent
