"""工单: one ticket, its story, and the steps that may be taken."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from actions import rights, steps
from bot.console.page import Enter, Missing, Visit
from storage import events, messages, people, tickets

router = APIRouter(prefix="/tickets")

Here = Annotated[Visit, Depends(Enter("tickets"))]
#: The greatest number that a ticket can have.
LARGEST = 2**31 - 1


@router.get("/{no}")
async def ticket(no: str, visit: Here) -> Response:
    """One ticket; what somebody may not see looks like what does not exist."""
    if not re.fullmatch(r"[0-9]{1,10}", no) or int(no) > LARGEST:
        raise Missing
    who = visit.who
    async with visit.app.database.transaction() as session:
        row = await tickets.get(session, int(no))
        if row is None or not rights.sees(who, row):
            raise Missing
        await steps.look(session, row, who, visit.now)
        said = await messages.of_ticket(session, row.no)
        happened = await events.of_ticket(session, row.no)
        actors = await people.called(session, [event.by for event in happened])
        unit = await people.unit(session, row.unit_id)
        group = await people.group(session, row.group_id)
        reporter = await people.member(session, row.reporter_id)
    return visit.show(
        "ticket.html", row=row, said=said, happened=happened, actors=actors, unit=unit,
        group=group, reporter=reporter,
        phones=rights.reads_phones(who),
    )  # fmt: skip
