"""台账: the list of tickets, and one with all that happened to it."""

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from actions import rights, steps
from actions.names import names
from bot.console.page import AppOf, Missing, PagesOf, Who, seal
from storage import events, messages, people, tickets

router = APIRouter(prefix="/tickets")

PAGE = 30
#: The greatest number that a ticket can have.
LARGEST = 2**31 - 1

Text = Annotated[str, Query(max_length=100)]
Number = Annotated[int | None, Query(ge=1, le=LARGEST)]


@router.get("")
async def ledger(
    app: AppOf,
    pages: PagesOf,
    request: Request,
    who: Who,
    status: Text = "",
    unit: Text = "",
    district: Text = "",
    before: Number = None,
) -> Response:
    """One page of the ledger, newest first."""
    async with app.database.transaction() as session:
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
    return pages.show(
        "ledger.html", rows=rows, who=who, seal=seal(request), now=app.now(), units=units,
        unit_names={row.id: row.name for row in units}, districts=districts,
        status=status, unit=unit, district=district, before=before,
        older=rows[-1].no if len(rows) == PAGE else None,
    )  # fmt: skip


@router.get("/{no}")
async def ticket(no: str, app: AppOf, pages: PagesOf, request: Request, who: Who) -> Response:
    """One ticket; what somebody may not see looks like what does not exist."""
    if not re.fullmatch(r"[0-9]{1,10}", no) or int(no) > LARGEST:
        raise Missing
    async with app.database.transaction() as session:
        row = await tickets.get(session, int(no))
        if row is None or not rights.sees(who, row):
            raise Missing
        await steps.look(session, row, who, app.now())
        said = await messages.of_ticket(session, row.no)
        happened = await events.of_ticket(session, row.no)
        actors = await people.called(session, [event.by for event in happened])
        unit = await people.unit(session, row.unit_id)
        group = await people.group(session, row.group_id)
        reporter = await people.member(session, row.reporter_id)
    return pages.show(
        "ticket.html", row=row, said=said, happened=happened, actors=actors, unit=unit,
        group=group, reporter=reporter, who=who, seal=seal(request), now=app.now(),
        phones=rights.reads_phones(who),
    )  # fmt: skip
