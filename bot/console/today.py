"""今日: what waits for whoever is signed in, what falls due, what they follow and were told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import announced, rights
from actions.calendar import Judged
from actions.deadlines import ZONE, Clock, local
from actions.figures import NONE, Rank, ranked
from actions.review import MISCONDUCT
from bot.console.confidential import recheckable
from bot.console.ledger_asked import Asked
from bot.console.page import Enter, Visit
from bot.console.rows import Row, Rows
from bot.streams import Away
from storage import carriers, figures, inspection, ledger, people, reviews, tickets, today
from storage.models import Event, Member, Notice, Ticket

router = APIRouter()

#: So many rows of a list fit a glance; and so many are shown when one is opened whole.
FEW, MANY = 10, 500
TOLD, PAGE = 6, 30
#: A letter is new for so long.
NEW = timedelta(days=7)
#: The places of a ranking that a leader asks about.
LAST = 3
RUNNING = ("new", "assigned", "accepted")
#: A unit has it in hand.
HAND = ("assigned", "accepted")

Here = Annotated[Visit, Depends(Enter("today"))]


@dataclass(frozen=True, slots=True)
class Section:
    """A list under its heading: the first rows, how many there are, and where all of them are."""

    code: str
    rows: Sequence[Row]
    total: int
    whole: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and the list that it counts."""

    code: str
    count: int
    whole: str


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence about something that is not a ticket; `count` 0 says that all is well."""

    code: str
    count: int = 0
    about: Any = None


@dataclass(frozen=True, slots=True)
class Day:
    """Today in the calendar, and the next working day."""

    is_: Judged
    next: datetime

    @classmethod
    def of(cls, clock: Clock, now: datetime) -> "Day":
        """At this instant."""
        on = local(now).date()
        follows = clock.calendar.from_(on + timedelta(days=1))
        return cls(clock.calendar.judge(on), datetime.combine(follows, time(), ZONE))


@dataclass(slots=True)
class Desk:
    """What is put together for one person; each list is asked for as the ledger would."""

    session: AsyncSession
    who: Member
    now: datetime
    day: Day
    units: dict[str, int | None]
    row: Rows
    whole: str  # the list that is shown whole
    sections: list[Section] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    ranking: list[Rank] | None = None

    def most(self, code: str) -> int:
        """How many rows a list may show."""
        return MANY if code == self.whole else FEW

    def asked(self, asked: Asked) -> ledger.Filter:
        """A list as this person may see it."""
        return asked.filter(self.who, self.units, self.now, phones=rights.reads_phones(self.who))

    async def listed(self, code: str, asked: Asked) -> None:
        """A list of the ledger, what is due first on top."""
        wanted = asked.but(sort="due")
        page = await ledger.page(
            self.session, self.asked(wanted), order=wanted.order, most=self.most(code)
        )
        self.put(code, self.rows(page.rows), page.count, f"/tickets?{wanted.query}")

    async def falling(self, kind: str = "") -> None:
        """What falls due today and on the next working day."""
        await self.listed("today", Asked(today=True, kind=kind))
        due = self.day.next
        wanted = replace(
            self.asked(Asked(kind=kind)), due_since=due, due_until=due + timedelta(days=1)
        )
        page = await ledger.page(
            self.session, wanted, order=ledger.Order("due_at", descending=False),
            most=self.most("tomorrow"),
        )  # fmt: skip
        self.put("tomorrow", self.rows(page.rows), page.count)

    async def figure(self, code: str, asked: Asked) -> None:
        """How many there are of a list of the ledger."""
        count = await ledger.count(self.session, self.asked(asked))
        self.figures.append(Figure(code, count, f"/tickets?{asked.query}"))

    def put(self, code: str, rows: Sequence[Row], total: int, whole: str = "") -> None:
        """One more list."""
        self.sections.append(Section(code, rows, total, whole or f"/?all={code}#{code}"))

    def line(self, code: str, count: int = 0, about: Any = None) -> None:
        """One more sentence."""
        self.lines.append(Line(code, count, about))

    def rows(self, found: Sequence[Ticket]) -> list[Row]:
        """Tickets, each with what presses."""
        return [self.row.of(ticket) for ticket in found]


@router.get("/")
async def page(
    visit: Here, all_: Annotated[str, Query(alias="all", max_length=20)] = ""
) -> Response:
    """What waits for this person."""
    lag = await _lag(visit) if visit.who.role == "admin" else None
    async with visit.app.database.transaction() as session:
        clock = await Clock.read(session)
        units = {unit.name: unit.id for unit in await people.units(session)}
        # a handler knows whose they are
        names = {} if visit.who.role == "handler" else {units[name]: name for name in units}
        desk = Desk(
            session=session, who=visit.who, now=visit.now, day=Day.of(clock, visit.now),
            units=units, row=Rows(visit.now, clock, names), whole=all_,
        )  # fmt: skip
        await FOR[visit.who.role](desk)
        if visit.who.role == "admin":
            desk.line("lag", -1 if lag is None else lag)
        await _followed(desk)
        told = await today.notices(session, visit.who, visit.now, most=TOLD)
    return visit.show(
        "today.html", desk=desk, day=desk.day, whole=all_,
        told=[_told(visit.who, *row) for row in told],
    )  # fmt: skip


@router.get("/notices")
async def notices(
    visit: Here, before: Annotated[int | None, Query(ge=1, lt=2**31)] = None
) -> Response:
    """What this person was told, newest first."""
    async with visit.app.database.transaction() as session:
        told = await today.notices(session, visit.who, visit.now, before=before, most=PAGE)
    return visit.show(
        "today_notices.html", told=[_told(visit.who, *row) for row in told], before=before,
        older=told[-1][0].id if len(told) == PAGE else None,
    )  # fmt: skip


def _told(who: Member, notice: Notice, ticket: Ticket | None) -> dict[str, Any]:
    """A notice; it leads to its ticket only where this person may see that (still)."""
    leads = ticket is not None and rights.sees(who, ticket)
    return {"row": notice, "leads": leads, "confidential": bool(ticket and ticket.confidential)}


async def _lag(visit: Visit) -> int | None:
    """How many messages wait to be read; None where nobody can say."""
    try:
        return await visit.app.streams.lag()
    except Away:
        return None


async def _followed(desk: Desk) -> None:
    found = await today.followed(desk.session, desk.who, most=desk.most("followed"))
    # of a unit or enterprise that is not theirs any more there is no word
    seen = [ticket for ticket in found.rows if rights.sees(desk.who, ticket)]
    gone = len(found.rows) - len(seen)
    desk.put("followed", desk.rows(seen), found.total - gone)


# --- for each role --------------------------------------------------------------------------------


async def _member(desk: Desk) -> None:
    """What the enterprise is asked to judge, and what is in hand."""
    await desk.listed("judge", Asked(status=("resolved",)))
    await desk.listed("mine", Asked(status=tickets.OPEN))
    shown = [row.ticket.no for section in desk.sections for row in section.rows]
    told = await today.last_told(desk.session, shown)
    desk.sections = [
        replace(section, rows=[_with(row, told.get(row.ticket.no)) for row in section.rows])
        for section in desk.sections
    ]


def _with(row: Row, event: Event | None) -> Row:
    """A row with what was last said of the work."""
    return replace(row, words=event.words, at=event.at, step=event.step) if event else row


async def _handler(desk: Desk) -> None:
    """What the own unit has to accept, to work on, and to do again."""
    if desk.who.unit_id is None:
        desk.line("homeless", 1)
    await desk.figure("overdue", Asked(overdue=True))
    await desk.figure("accept", Asked(status=("assigned",)))
    await desk.figure("reopened", Asked(status=HAND, reopened=True))
    await desk.figure("urgent", Asked(status=HAND, urgent=True))
    await desk.listed("accept", Asked(status=("assigned",)))
    await desk.listed("work", Asked(status=("accepted",)))
    await desk.falling()


async def _coordinator(desk: Desk) -> None:
    """What has no unit, what units ask for, what is late, and what must be judged."""
    session = desk.session
    await desk.figure("overdue", Asked(overdue=True))
    await desk.figure("unassigned", Asked(status=("new",)))
    await desk.figure("urgent", Asked(status=RUNNING, urgent=True))
    await desk.figure("reopened", Asked(status=RUNNING, reopened=True))
    await desk.listed("unassigned", Asked(status=("new",)))
    wished, total = await today.wishes(session, most=desk.most("wishes"))
    desk.put("wishes", [desk.row.of(*wish) for wish in wished], total)
    await desk.listed("overdue", Asked(overdue=True))
    await desk.falling()
    desk.line("reviews", await reviews.count(session, MISCONDUCT, among=False))
    await _groups(desk)
    await _calendar(desk)


async def _groups(desk: Desk) -> None:
    """Groups that nobody set up, and those that can't be spoken to."""
    desk.line("unplaced", await carriers.strange(desk.session))
    desk.line("blocked", await carriers.blocked(desk.session))


async def _calendar(desk: Desk) -> None:
    """What rests on days that no notice has announced."""
    desk.line("provisional", await today.provisional(desk.session))
    status = await announced.status(desk.session, desk.now)
    if status.wanted:
        desk.line("calendar", 1, status.last)


async def _inspector(desk: Desk) -> None:
    """What was handed over, and what is confidential."""
    session = desk.session
    open_ = ("new", "accepted", "suspended")
    await desk.figure("misconduct", Asked(kind="misconduct", status=open_))
    await desk.figure("overdue", Asked(overdue=True))
    await desk.listed("misconduct", Asked(kind="misconduct", status=open_))
    await _reminded(desk, "red")
    await desk.falling("misconduct")
    desk.line("suspected", await reviews.count(session, MISCONDUCT, among=True))
    desk.line("rechecks", (await recheckable(session, desk.now, most=1))[1])
    desk.line("letters", await inspection.letters_since(session, desk.now - NEW))


async def _leader(desk: Desk) -> None:
    """What is pressed for and what was handed over, the day in figures, who comes last."""
    on = local(desk.now).date()
    await desk.figure("reported", Asked(first=on, last=on))
    await desk.figure("today", Asked(today=True))
    await desk.figure("overdue", Asked(overdue=True))
    await desk.figure("urgent", Asked(status=RUNNING, urgent=True))
    await desk.figure("reopened", Asked(status=RUNNING, reopened=True))
    await _reminded(desk, "orange", beyond="red")
    await _reminded(desk, "red")
    await desk.falling()
    since = datetime.combine(on.replace(day=1), time(), ZONE)
    scope = figures.Scope(at=desk.now, since=since)
    places = ranked(await figures.by(desk.session, "unit", scope))
    # where nothing was done or late yet there is nothing to blame
    judged = [rank for rank in places if rank.figures["on_time_rate"] != NONE]
    desk.ranking = judged[-LAST:][::-1]


async def _reminded(desk: Desk, level: str, beyond: str | None = None) -> None:
    found = await today.reminded(desk.session, level, beyond=beyond, most=desk.most(level))
    desk.put(level, desk.rows(found.rows), found.total)


async def _admin(desk: Desk) -> None:
    """Whether all parts go on, and what is missing in the registers."""
    session = desk.session
    desk.line("poisoned", await today.poisoned(session))
    desk.line("stuck", await today.stuck(session))
    await _groups(desk)
    desk.line("strangers", await today.strangers(session))
    deserted = await today.deserted(session)
    desk.line("deserted", len(deserted), deserted[:FEW])
    await _calendar(desk)


FOR = {
    "member": _member,
    "handler": _handler,
    "coordinator": _coordinator,
    "inspector": _inspector,
    "leader": _leader,
    "admin": _admin,
}
