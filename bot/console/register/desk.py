"""What is the same for all records of the register: look at one, make one, change it, remove it.

The form carries the mark of what it showed. Has the record become something else meanwhile, both
are shown, and nothing is written until it is sent again.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import rights
from bot.channels.base import clean
from bot.console.page import Enter, Missing, Visit, sealed
from bot.console.register import form as forms
from bot.console.register.form import Choices, Fault, Faults, Field, Form, Given
from storage import changes, people, register

Here = Annotated[Visit, Depends(Enter("register"))]
#: So many of its latest changes stand under a record.
LATEST = 20


class Desk[Row: SQLModel]:
    """One sort of records."""

    what: ClassVar[str]  # as the changes name it
    path: ClassVar[str]
    title: ClassVar[str] = "name"  # the column that names a record
    fields: ClassVar[tuple[Field, ...]]
    part: ClassVar[str] = "registrar"  # who may change it
    table: type[Row]

    def key(self, text: str) -> Any:
        """The key of a row, as it stands in an address; None for what is none."""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None

    def of(self, row: Row) -> str:
        """How addresses and changes name a row."""
        return str(getattr(row, "id"))  # noqa: B009  # most have one

    async def choices(self, _session: AsyncSession) -> Choices:
        """What can be chosen in its fields."""
        return {}

    async def shown(self, _session: AsyncSession, row: Row) -> Given:
        """A row as its form has it."""
        return {one.name: one.typed(getattr(row, one.name)) for one in self.fields}

    async def check(
        self, _session: AsyncSession, _visit: Visit, _row: Row | None, _values: dict[str, Any]
    ) -> Faults:
        """What is wrong that no single field shows."""
        return {}

    async def put(self, _session: AsyncSession, row: Row, values: Mapping[str, Any]) -> None:
        """Write the values into a row."""
        for name, value in values.items():
            setattr(row, name, value)

    async def preset(
        self, _session: AsyncSession, _visit: Visit
    ) -> tuple[Given, tuple[str, Mapping[str, Any]] | None]:
        """What stands in the form of a new one, and what is told beside it."""
        return {}, None

    async def settled(self, _visit: Visit, _of: str) -> str:
        """What else must happen once a row is written, and kept; the address gets what is told."""
        return ""

    async def after(self, _session: AsyncSession) -> None:
        """What else must happen with each change."""

    async def held(self, _session: AsyncSession, _row: Row) -> Mapping[str, int] | None:
        """What points at a row; None where rows of this sort are never removed."""
        return None

    async def more(
        self, _session: AsyncSession, _visit: Visit, _row: Row
    ) -> tuple[str, Mapping[str, Any]] | None:
        """A template with more about a row, and what it is told."""
        return None


def add[Row: SQLModel](router: APIRouter, desk: Desk[Row]) -> None:
    """The pages of the records of a desk: below its list, which is the module's own."""
    May = Annotated[Visit, Depends(Enter(desk.part))]  # noqa: N806  # a type

    @router.get("/new")
    async def blank(visit: May) -> Response:
        async with visit.app.database.transaction() as session:
            given, more = await desk.preset(session, visit)
            form = await _blank(desk, session)
        return forms.show(visit, replace(form, given=form.given | given, more=more))

    @router.post("/new", dependencies=[Depends(sealed)])
    async def make(visit: May) -> Response:
        return await _save(desk, visit, None)

    @router.get("/{key}")
    async def look(key: str, visit: Here) -> Response:
        async with visit.app.database.transaction() as session:
            row = await _found(desk, session, key, lock=False)
            form = await _form(desk, session, visit, row)
        return forms.show(visit, form)

    @router.post("/{key}", dependencies=[Depends(sealed)])
    async def change(key: str, visit: May) -> Response:
        return await _save(desk, visit, key)

    @router.post("/{key}/remove", dependencies=[Depends(sealed)])
    async def remove(key: str, visit: May) -> Response:
        return await _remove(desk, visit, key)


async def _found[Row: SQLModel](
    desk: Desk[Row], session: AsyncSession, key: str, *, lock: bool = True
) -> Row:
    wanted = desk.key(clean(key))
    row = None if wanted is None else await register.get(session, desk.table, wanted, lock=lock)
    if row is None:
        raise Missing
    return row


async def _blank(desk: Desk[Any], session: AsyncSession) -> Form:
    fields = desk.fields
    return Form(
        what=desk.what, title="", back=desk.path, action=f"{desk.path}/new", fields=fields,
        given={one.name: "yes" if one.shape == "check" else "" for one in fields},
        choices=await desk.choices(session), new=True,
    )  # fmt: skip


async def _form[Row: SQLModel](
    desk: Desk[Row], session: AsyncSession, visit: Visit, row: Row
) -> Form:
    """The form of a row as it is now."""
    of, shown = desk.of(row), await desk.shown(session, row)
    history = await changes.page(session, what=[desk.what], of=of, most=LATEST)
    return Form(
        what=desk.what, title=shown[desk.title], back=desk.path,
        action=f"{desk.path}/{of}" if rights.enters(visit.who, desk.part) else "",
        fields=desk.fields, given=shown, choices=await desk.choices(session),
        saw=forms.mark(shown), history=history,
        actors=await people.called(session, [line.by for line in history]),
        held=await desk.held(session, row), more=await desk.more(session, visit, row),
    )  # fmt: skip


async def _save[Row: SQLModel](desk: Desk[Row], visit: Visit, key: str | None) -> Response:
    given = await forms.sent(visit)
    try:
        async with visit.app.database.transaction() as session:
            row, form = await _opened(desk, session, visit, key)
            wrong = await _wrong(desk, session, visit, row, form, given)
            if wrong is None:
                of = await _write(desk, session, visit, row, form, given)
    except register.Taken:
        async with visit.app.database.transaction() as session:
            _, form = await _opened(desk, session, visit, key)
        return forms.show(visit, forms.again(form, given, {desk.title: Fault("taken")}), 409)
    if wrong is not None:
        return forms.show(visit, wrong, 409 if wrong.now else 422)
    told = await desk.settled(visit, of)
    return RedirectResponse(f"{desk.path}/{quote(of, safe='')}?saved=1{told}", 303)


async def _opened[Row: SQLModel](
    desk: Desk[Row], session: AsyncSession, visit: Visit, key: str | None
) -> tuple[Row | None, Form]:
    """The row of a key and its form; an empty form without a key."""
    if key is None:
        return None, await _blank(desk, session)
    row = await _found(desk, session, key)
    return row, await _form(desk, session, visit, row)


async def _wrong[Row: SQLModel](
    desk: Desk[Row],
    session: AsyncSession,
    visit: Visit,
    row: Row | None,
    form: Form,
    given: Given,
) -> Form | None:
    """The form once more where it can't be taken as it is."""
    fields = [one for one in desk.fields if row is None or not one.once]
    values, faults = forms.read(fields, given, form.choices, form.given, visit.phones)
    faults = faults or await desk.check(session, visit, row, values)
    if row is not None and given.get("saw") != form.saw:
        return forms.again(form, given, faults, now=form.given)
    return forms.again(form, given, faults) if faults else None


async def _write[Row: SQLModel](
    desk: Desk[Row], session: AsyncSession, visit: Visit, row: Row | None, form: Form, given: Given
) -> str:
    """Write what was given, and a line of it; how the row is called."""
    fields = [one for one in desk.fields if row is None or not one.once]
    was = {} if row is None else form.given
    values, _ = forms.read(fields, given, form.choices, was, visit.phones)
    kept = desk.table() if row is None else row
    await desk.put(session, kept, values)
    await register.keep(session, kept)
    before, after = forms.differing(desk.fields, was, await desk.shown(session, kept))
    of = desk.of(kept)
    if before or after:
        await desk.after(session)
        await changes.note(
            session, at=visit.now, by=visit.who.external_id, what=desk.what, of=of,
            was=before if row is not None else None, became=after,
        )  # fmt: skip
    return of


async def _remove(desk: Desk[Any], visit: Visit, key: str) -> Response:
    try:
        async with visit.app.database.transaction() as session:
            row = await _found(desk, session, key)
            form = await _form(desk, session, visit, row)
            if form.held is None or any(form.held.values()):
                raise register.Taken
            await register.remove(session, row)
            await desk.after(session)
            await changes.note(
                session, at=visit.now, by=visit.who.external_id, what=desk.what, of=desk.of(row),
                was=form.given,
            )  # fmt: skip
    except register.Taken:  # also where only what is not told points at it
        async with visit.app.database.transaction() as session:
            form = await _form(desk, session, visit, await _found(desk, session, key, lock=False))
        return forms.show(visit, replace(form, faults={"": Fault("held")}), 409)
    return RedirectResponse(f"{desk.path}?removed=1", 303)
