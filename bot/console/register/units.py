"""单位: who is responsible, under which names, and what they have in hand."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import rights
from bot.console.page import Visit
from bot.console.register import desk, listing
from bot.console.register.desk import Desk, Here
from bot.console.register.form import Fault, Faults, Field, Given
from bot.console.register.listing import Cell, Listing
from storage import people, register
from storage.models import Unit
from storage.tickets import OPEN as STATUSES

router = APIRouter(prefix="/units")

OPEN = "&status=".join(("", *STATUSES))


class Units(Desk[Unit]):
    """One unit."""

    what, path, table = "unit", "/register/units", Unit
    fields = (
        Field("name", "名称", needed=True, most=100),
        Field("aliases", "别名", "lines", most=100),
        Field("head", "负责人编号"),
    )

    async def check(
        self, session: AsyncSession, _visit: Visit, row: Unit | None, values: dict[str, Any]
    ) -> Faults:
        """No name may mean two units; the head is somebody."""
        faults = {}
        for name in ("aliases", "name"):
            for word in values["aliases"] if name == "aliases" else [values["name"]]:
                other = await people.unit_named(session, word)
                if other is not None and (row is None or other.id != row.id):
                    faults[name] = Fault("unit_named", {"word": word, "unit": other.name})
        if values["head"] and await people.known(session, values["head"]) is None:
            faults["head"] = Fault("nobody", values["head"])
        return faults

    async def put(self, session: AsyncSession, row: Unit, values: Mapping[str, Any]) -> None:
        """Renamed, it keeps its old name as another one: what was said and written stays true."""
        before = row.name if row.id is not None else values["name"]
        aliases = [*values["aliases"], *([before] if before != values["name"] else [])]
        row.name, row.head = values["name"], values["head"]
        row.aliases = [word for word in dict.fromkeys(aliases) if word != row.name]

    async def held(self, session: AsyncSession, row: Unit) -> Mapping[str, int]:
        """Tickets, people and routes need it."""
        return await register.at_unit(session, row)

    async def more(
        self, session: AsyncSession, visit: Visit, row: Unit
    ) -> tuple[str, Mapping[str, Any]]:
        """Who works there, and what is open."""
        open_ = await register.open_of_units(session)
        found = register.Wanted(unit_id=row.id)
        return "register/unit.html", {
            "unit": row, "open": open_.get(row.id or 0, 0), "tickets": tickets_of(row.name),
            "people": await register.members(session, found, most=20),
        }  # fmt: skip


def tickets_of(unit: str) -> str:
    """Where the open tickets of a unit are listed."""
    return f"/tickets?unit={quote(unit, safe='')}{OPEN}"


desk.add(router, Units())


@router.get("")
async def units(visit: Here) -> Response:
    """All units."""
    async with visit.app.database.transaction() as session:
        rows = await people.units(session)
        open_ = await register.open_of_units(session)
        many = await register.members_of_units(session)
        heads = await people.called(session, [row.head for row in rows if row.head])
    return listing.show(visit, Listing(
        what="unit", path="/register/units", may=rights.enters(visit.who, "registrar"),
        columns=("名称", "别名", "负责人", "人员", "在办"),
        rows=[_row(row, heads, many.get(row.id or 0, 0), open_.get(row.id or 0, 0))
              for row in rows],
    ))  # fmt: skip


def _row(row: Unit, heads: Given, people_: int, open_: int) -> list[Cell]:
    members = f"/register/members?unit={quote(row.name, safe='')}"
    return [
        Cell(text=row.name, href=f"/register/units/{row.id}"),
        Cell(text="、".join(row.aliases)),
        Cell(text=heads.get(row.head or "", row.head or ""), personal=True),
        Cell(text=str(people_), href=members, number=True),
        Cell(text=str(open_), href=tickets_of(row.name), number=True),
    ]
