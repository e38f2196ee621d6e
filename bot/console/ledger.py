"""台账: the list of tickets."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from actions.names import names
from bot.console.page import Enter, Visit
from storage import people, tickets

router = APIRouter(prefix="/tickets")

PAGE = 30
#: The greatest number that a ticket can have.
LARGEST = 2**31 - 1

Here = Annotated[Visit, Depends(Enter("tickets"))]
Text = Annotated[str, Query(max_length=100)]
Number = Annotated[int | None, Query(ge=1, le=LARGEST)]


@router.get("")
async def ledger(
    visit: Here,
    status: Text = "",
    unit: Text = "",
    district: Text = "",
    before: Number = None,
) -> Response:
    """One page of the ledger, newest first."""
    who = visit.who
    async with visit.app.database.transaction() as session:
        units = await people.units(session)
        by_name = {row.name: row.id for row in units}
        wanted = tickets.Filter(
            status=status if status in names()["status"] else None,
            unit_id=by_name.get(unit),
            district=district.replace("\x00", "") or None,
            confidential=who.role == "inspector",
            own=(who.id, who.enterprise) if who.role == "member" else None,
            serves=who.unit_id or 0 if who.role == "handler" else None,
        )
        rows = await tickets.page(session, wanted, before=before, most=PAGE)
        districts = await people.districts(session)
    return visit.show(
        "ledger.html", rows=rows,  units=units,
        unit_names={row.id: row.name for row in units}, districts=districts,
        status=status, unit=unit, district=district, before=before,
        older=rows[-1].no if len(rows) == PAGE else None,
    )  # fmt: skip
