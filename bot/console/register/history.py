"""改动: who changed what of the city, when, from what to what."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from actions import rights
from bot.console.register.desk import Here
from storage import changes, people

router = APIRouter(prefix="/changes")

PAGE = 50
#: Each sort of change; accounts are for those alone who give them.
SORTS = ("group", "member", "unit", "district", "route", "setting", "day", "article", "city")
ACCOUNTS = "account"


@router.get("")
async def history(
    visit: Here,
    what: Annotated[str, Query(max_length=50)] = "",
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """One page of the changes, the newest first."""
    sorts = [*SORTS, *([ACCOUNTS] if rights.enters(visit.who, "registrar") else [])]
    async with visit.app.database.transaction() as session:
        wanted = [what] if what in sorts else sorts
        rows = await changes.page(session, what=wanted, before=before, most=PAGE)
        actors = await people.called(session, [row.by for row in rows])
        units = {str(row.id): row.name for row in await people.units(session)}
        ids = [int(row.of) for row in rows if row.what == "member" and row.of.isdecimal()]
        members = {str(key): row.name for key, row in (await people.by_ids(session, ids)).items()}
    return visit.show(
        "register/changes.html", here="register", tab="changes", rows=rows, actors=actors,
        sorts=sorts, what=what if what in sorts else "", units=units, members=members,
        older=rows[-1].id if len(rows) == PAGE else None, before=before,
    )  # fmt: skip
