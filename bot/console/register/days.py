"""日历: a year of working days, where each comes from, and what the city sets otherwise."""

import calendar as months
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import announced, rights
from actions.deadlines import local
from bot.calendars.year import shown
from bot.console.page import Enter, Missing, Visit, sealed
from bot.console.register import form as forms
from bot.console.register.desk import LATEST, Here
from bot.console.register.form import Faults, Field, Form, Given
from storage import calendar, changes, people, register
from storage.models import Day

router = APIRouter(prefix="/calendar")

WHAT, PATH = "day", "/register/calendar"
FIELDS = (
    Field("working", "这一天", "choice", needed=True),
    Field("why", "原因", needed=True, most=50),
)
CHOICES = {"working": (("yes", "上班"), ("no", "休息"))}
May = Annotated[Visit, Depends(Enter("registrar"))]


@router.get("")
async def year(visit: Here, year: Annotated[int, Query(ge=1, le=9998)] = 0) -> Response:
    """One year, month by month."""
    today = local(visit.now).date()
    async with visit.app.database.transaction() as session:
        known = await register.years(session) or (today.year, today.year)
        wanted = min(max(year or today.year, known[0]), known[1])
        rows = await calendar.between(session, date(wanted, 1, 1), date(wanted, 12, 31))
        status = await announced.status(session, visit.now)
        history = await changes.page(session, what=[WHAT], most=LATEST)
        actors = await people.called(session, [line.by for line in history])
    return visit.show(
        "register/calendar.html", here="register", tab=WHAT, year=wanted, known=known, today=today,
        days={row.day: row for row in rows}, months=[_weeks(wanted, n) for n in range(1, 13)],
        status=status, shown=shown, may=rights.enters(visit.who, "registrar"), history=history,
        actors=actors, city=calendar.BY_CITY, saved="saved" in visit.request.query_params,
    )  # fmt: skip


def _weeks(year: int, month: int) -> list[list[date | None]]:
    """The weeks of a month from Monday on, with gaps where another month's days are."""
    weeks = months.Calendar().monthdatescalendar(year, month)
    return [[day if day.month == month else None for day in week] for week in weeks]


@router.get("/{day}")
async def one(day: str, visit: Here) -> Response:
    """One day."""
    async with visit.app.database.transaction() as session:
        form = await _form(session, visit, await _row(session, day))
    return forms.show(visit, form)


@router.post("/{day}", dependencies=[Depends(sealed)])
async def change(day: str, visit: May) -> Response:
    """Say what would come of it; agreed to, set the day and count all deadlines anew."""
    given = await forms.sent(visit)
    async with visit.app.database.transaction() as session:
        row = await _row(session, day, lock=True)
        form = await _form(session, visit, row)
        wanted, faults = await _wanted(session, row, given)
        wrong = _wrong(form, given, faults)
        if wrong is None and given.get("agreed") != forms.mark(_agreed(form, given)):
            wrong = await _foreseen(session, form, given, wanted)
        if wrong is None:
            await _write(session, visit, row, wanted)
    if wrong is not None:
        return forms.show(visit, wrong, 200 if wrong.agree else 409 if wrong.now else 422)
    await visit.app.streams.wake("")
    return RedirectResponse(f"{PATH}?year={row.day.year}&saved=1", 303)


async def _row(session: AsyncSession, text: str, *, lock: bool = False) -> Day:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Missing from error
    row = await register.get(session, Day, day, lock=lock)
    if row is None or text != day.isoformat():
        raise Missing
    return row


def _given(row: Day) -> Given:
    return {"working": "yes" if row.working else "no", "why": row.why}


def _told(row: Day) -> Given:
    """As the changes keep it."""
    return {**_given(row), "source": row.source}


async def _form(session: AsyncSession, visit: Visit, row: Day) -> Form:
    given, of = _given(row), row.day.isoformat()
    history = await changes.page(session, what=[WHAT], of=of, most=LATEST)
    return Form(
        what=WHAT, title=shown(row.day), back=f"{PATH}?year={row.day.year}", fields=FIELDS,
        action=f"{PATH}/{of}" if rights.enters(visit.who, "registrar") else "",
        given=given, choices=CHOICES, saw=forms.mark(_told(row)), history=history,
        actors=await people.called(session, [line.by for line in history]),
        reset=row.source == calendar.BY_CITY, more=("register/day.html", {"day": row}),
    )  # fmt: skip


async def _wanted(session: AsyncSession, row: Day, given: Given) -> tuple[Day, Faults]:
    """The day as it shall be: as the city says, or as it was before the city said anything."""
    if "reset" in given:
        return await _before(session, row), {}
    values, faults = forms.read(FIELDS, given, CHOICES, {}, phones=True)
    day = Day(
        day=row.day, working=values["working"] == "yes", why=given.get("why", ""),
        source=calendar.BY_CITY, official=True,
    )  # fmt: skip
    return day, faults


async def _before(session: AsyncSession, row: Day) -> Day:
    for line in await changes.page(session, what=[WHAT], of=row.day.isoformat()):
        was: Mapping[str, Any] = line.was or {}
        if was.get("source", calendar.BY_CITY) != calendar.BY_CITY:
            source = str(was["source"])
            return Day(
                day=row.day, working=was["working"] == "yes", why=str(was.get("why", "")),
                source=source, official=source != calendar.EXPECTED,
            )  # fmt: skip
    known = calendar.seeded(row.day)
    if known is not None:
        return known
    weekend = row.day.weekday() >= calendar.SATURDAY
    why = calendar.WEEKEND if weekend else ""
    return Day(day=row.day, working=not weekend, why=why, source=calendar.EXPECTED, official=False)


def _wrong(form: Form, given: Given, faults: Faults) -> Form | None:
    if given.get("saw") != form.saw:
        return forms.again(form, given, faults, now=form.given)
    return forms.again(form, given, faults) if faults else None


def _agreed(form: Form, given: Given) -> Given:
    kept = {name: given.get(name, "") for name in ("working", "why")}
    return {**kept, "saw": form.saw, "reset": "yes" if "reset" in given else ""}


async def _foreseen(session: AsyncSession, form: Form, given: Given, wanted: Day) -> Form:
    """The form once more, with what would come of it."""
    clock = await announced.trial(session, days=[wanted])
    told = {"day": wanted, "moved": await announced.foresee(session, clock),
            "reset": "reset" in given}  # fmt: skip
    again = forms.again(form, given, {})
    return replace(again, agree=("register/agree_day.html", told),
                   agreed=forms.mark(_agreed(form, given)))  # fmt: skip


async def _write(session: AsyncSession, visit: Visit, row: Day, wanted: Day) -> None:
    was, of = _told(row), row.day.isoformat()
    moved = await announced.foresee(session, await announced.trial(session, days=[wanted]))
    await calendar.put(session, [wanted])
    await announced.recount(session, visit.now)
    became: dict[str, Any] = {**_told(wanted), **({"moved": len(moved)} if moved else {})}
    await changes.note(
        session, at=visit.now, by=visit.who.external_id, what=WHAT, of=of, was=was, became=became
    )
