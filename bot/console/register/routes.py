"""路由: which unit leads what, as a matrix; and a try-out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import called, rights
from actions.deadlines import Clock
from actions.names import name, names
from bot.channels.base import clean
from bot.console.page import Enter, Missing, Visit, sealed
from bot.console.register import form as forms
from bot.console.register.desk import LATEST, Here
from bot.console.register.form import Field, Form, Given
from nlu.parse import Parse
from storage import changes, people, register
from storage.models import Route, Unit

router = APIRouter(prefix="/routes")

WHAT, PATH = "route", "/register/routes"
FIELDS = (Field("unit", "承办单位", "choice"),)
#: What a report is about, and where: of none is asked for by "".
Text = Annotated[str, Query(max_length=2000)]
May = Annotated[Visit, Depends(Enter("registrar"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Where a problem would go: how it reads, and the routes that fit, the best first."""

    parse: Parse | None
    category: str | None
    district: str | None
    from_words: bool  # whether the words named the district
    fits: Sequence[tuple[Route, Unit]]
    unit: Unit | None
    sure: bool = True


@router.get("")
async def matrix(visit: Here, q: Text = "", category: Text = "", district: Text = "") -> Response:
    """All routes, and where a problem would go."""
    words = clean(q).strip()
    parses = await visit.app.parser.parse([words]) if words else []
    async with visit.app.database.transaction() as session:
        routes = await register.routes(session)
        districts = [row.name for row in await people.districts(session)]
        where = district if district in districts else None
        about = category if category in names()["category"] else None
        told = parses[0].parts or (parses[0],) if parses else []
        tried = [await _tried(session, parse, where) for parse in told]
        if not words and (where or about):
            tried = [await _reach(session, about, where)]
    return visit.show(
        "register/routes.html", here="register", tab=WHAT, routes=routes, districts=districts,
        may=rights.enters(visit.who, "registrar"), tried=tried, asked=words,
        category=about or "", district=where or "", saved="saved" in visit.request.query_params,
    )  # fmt: skip


async def _tried(session: AsyncSession, parse: Parse, where: str | None) -> Tried:
    """As a message of a group in this district would go."""
    written = next((one.value for one in parse.entities if one.entity == "district"), None)
    named = await called.district(session, written) if written else None
    about = parse.category.name if parse.category else None
    clock = await Clock.read(session)
    return await _reach(
        session, about, named or where, parse=parse, from_words=named is not None,
        sure=parse.intent.confidence >= clock.policy.confidence_threshold,
    )  # fmt: skip


async def _reach(
    session: AsyncSession,
    category: str | None,
    district: str | None,
    *,
    parse: Parse | None = None,
    from_words: bool = False,
    sure: bool = True,
) -> Tried:
    return Tried(
        parse=parse, category=category, district=district, from_words=from_words, sure=sure,
        fits=await people.fitting(session, category, district),
        unit=await people.route(session, category, district),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Place:
    """A cell of the matrix."""

    category: str | None
    district: str | None

    @property
    def of(self) -> str:
        """As the changes name it."""
        return f"{self.category or ''}/{self.district or ''}"

    @property
    def query(self) -> str:
        """As the address names it."""
        return urlencode({"category": self.category or "", "district": self.district or ""})

    @property
    def title(self) -> str:
        """As people name it."""
        return f"{name('category', self.category) or '所有类别'} · {self.district or '全市'}"


async def place(visit: May, category: Text = "", district: Text = "") -> _Place:
    """The cell that an address names; Missing where there is none."""
    async with visit.app.database.transaction() as session:
        known = {row.name for row in await people.districts(session)}
    fits = category in names()["category"] or not category, district in known or not district
    if not all(fits) or not (category or district):
        raise Missing
    return _Place(category or None, district or None)


Placed = Annotated[_Place, Depends(place)]


@router.get("/edit")
async def edit(visit: May, at: Placed) -> Response:
    """The unit of one category in one district."""
    async with visit.app.database.transaction() as session:
        form = await _form(session, at)
    return forms.show(visit, form)


@router.post("/edit", dependencies=[Depends(sealed)])
async def save(visit: May, at: Placed) -> Response:
    """Send its tickets to another unit from now on; none leaves it to the route behind."""
    given = await forms.sent(visit)
    try:
        async with visit.app.database.transaction() as session:
            form = await _form(session, at)
            wrong = _wrong(form, given)
            if wrong is None:
                await _write(session, visit, at, form, given)
    except register.Taken:
        async with visit.app.database.transaction() as session:
            form = await _form(session, at)
        wrong = forms.again(form, given, {}, now=form.given)
    if wrong is not None:
        return forms.show(visit, wrong, 409 if wrong.now else 422)
    return RedirectResponse(f"{PATH}?saved=1", 303)


def _wrong(form: Form, given: Given) -> Form | None:
    _, faults = forms.read(FIELDS, given, form.choices, form.given, phones=True)
    if given.get("saw") != form.saw:
        return forms.again(form, given, faults, now=form.given)
    return forms.again(form, given, faults) if faults else None


async def _form(session: AsyncSession, at: _Place) -> Form:
    row = await register.route(session, at.category, at.district)
    unit = await people.unit(session, row.unit_id) if row else None
    given = {"unit": unit.name if unit else ""}
    fits = await people.fitting(session, at.category, at.district)
    behind = [found.name for route, found in fits if row is None or route.id != row.id]
    units = [(one.name, one.name) for one in await people.units(session)]
    history = await changes.page(session, what=[WHAT], of=at.of, most=LATEST)
    return Form(
        what=WHAT, title=at.title, back=PATH, action=f"{PATH}/edit?{at.query}", fields=FIELDS,
        given=given, saw=forms.mark(given), history=history,
        choices={"unit": [("", f"不单独指定({behind[0] if behind else '由专班交办'})"), *units]},
        actors=await people.called(session, [line.by for line in history]),
    )  # fmt: skip


async def _write(session: AsyncSession, visit: Visit, at: _Place, form: Form, given: Given) -> None:
    row = await register.route(session, at.category, at.district)
    unit = await people.unit_named(session, given["unit"]) if given.get("unit") else None
    if unit is not None:
        kept = row or Route(category=at.category, district=at.district, unit_id=unit.id or 0)
        kept.unit_id = unit.id or 0
        await register.keep(session, kept)
    elif row is not None:
        await register.remove(session, row)
    was, became = forms.differing(FIELDS, form.given, {"unit": unit.name if unit else ""})
    if was or became:
        await changes.note(
            session, at=visit.now, by=visit.who.external_id, what=WHAT, of=at.of,
            was=was, became=became,
        )  # fmt: skip
