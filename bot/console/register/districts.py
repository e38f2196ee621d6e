"""区县: the city's own names, and what people write for them."""

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
from bot.console.register.form import Fault, Faults, Field
from bot.console.register.listing import Cell, Listing
from storage import people, register
from storage.models import District

router = APIRouter(prefix="/districts")


class Districts(Desk[District]):
    """One district."""

    what, path, table = "district", "/register/districts", District
    fields = (
        Field("name", "名称", needed=True, most=50, once=True),
        Field("aliases", "别名", "lines", most=50),
    )

    def key(self, text: str) -> str:
        """Its name."""
        return text

    def of(self, row: District) -> str:
        """Its name."""
        return row.name

    async def check(
        self, session: AsyncSession, _visit: Visit, row: District | None, values: dict[str, Any]
    ) -> Faults:
        """No name may mean two districts."""
        faults = {}
        mine = row.name if row is not None else values["name"]
        for word in [*values["aliases"], *([mine] if row is None else [])]:
            other = await people.district_named(session, word)
            if other is not None and (row is None or other != mine):
                field = "name" if word == mine else "aliases"
                faults[field] = Fault("district_named", {"word": word, "district": other})
        return faults

    async def held(self, session: AsyncSession, row: District) -> Mapping[str, int]:
        """Tickets, groups and routes need it."""
        return await register.at_district(session, row.name)


desk.add(router, Districts())


@router.get("")
async def districts(visit: Here) -> Response:
    """All districts."""
    async with visit.app.database.transaction() as session:
        rows = await people.districts(session)
        groups = [group.district for group in await people.groups(session)]
    return listing.show(visit, Listing(
        what="district", path="/register/districts", columns=("名称", "别名", "群"),
        may=rights.enters(visit.who, "registrar"),
        rows=[
            [
                Cell(text=row.name, href=f"/register/districts/{quote(row.name, safe='')}"),
                Cell(text="、".join(row.aliases)),
                Cell(text=str(groups.count(row.name)), number=True),
            ]
            for row in rows
        ],
    ))  # fmt: skip
