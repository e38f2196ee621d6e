"""One step on many tickets of a list: each in a transaction of its own, each with its result."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from actions import rights, steps
from actions.base import Refused
from actions.render import render
from bot.console import ticket_steps
from bot.console.ledger_asked import Asked
from bot.console.page import Enter, Missing, Visit, sealed
from storage import tickets
from storage.models import Member, Ticket
from storage.tickets import LARGEST

router = APIRouter()

#: The steps that make sense for many: what they say fits each ticket.
BATCH = ("assign", "transfer", "accept", "extend", "suspend", "resume", "urge")
#: No more tickets than a page shows.
MOST = 200
#: For so many seconds the results can be read again.
KEPT = 3600

Here = Annotated[Visit, Depends(Enter("tickets"))]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a step on one ticket; `said` is why it was refused."""

    no: int
    taken: bool
    said: str


def steps_for(rows: Sequence[Ticket], who: Member) -> dict[str, bool]:
    """The steps that fit at least one of these tickets; True where they are only asked for."""
    found: dict[str, bool] = {}
    if not rights.takes_many(who):
        return found
    for ticket in rows:
        for step in steps.possible(ticket, who):
            if step in BATCH and not (step == "accept" and ticket.status == "accepted"):
                found[step] = rights.may_request(who, step, ticket)
    return {step: found[step] for step in BATCH if step in found}


@router.post("/batch", dependencies=[Depends(sealed)])
async def batch(visit: Here) -> Response:
    """Take one step on each ticket that was chosen, then show what came of it."""
    typed = ticket_steps.typed(await visit.request.form())
    step, back = ticket_steps.first(typed, "step"), ticket_steps.first(typed, "back")
    if not step:
        return RedirectResponse("/tickets", 303)
    if step not in BATCH or not rights.takes_many(visit.who):
        raise Missing
    numbers = [int(no) for no in dict.fromkeys(typed.get("no", ())) if _is_number(no)][:MOST]
    mine = {key.removeprefix(f"{step}."): values for key, values in typed.items()
            if key.startswith(f"{step}.")}  # fmt: skip
    results = [await _taken(visit, no, step, mine) for no in numbers]
    mark = secrets.token_urlsafe(12)
    told = {"step": step, "back": Asked.read(parse_qsl(back)).query,
            "results": [[result.no, result.taken, result.said] for result in results]}  # fmt: skip
    with visit.app.streams.reached():
        await visit.app.streams.client.set(_key(visit, mark), json.dumps(told), ex=KEPT)
    return RedirectResponse(f"/tickets/batch/{mark}", 303)


@router.get("/batch/{mark}")
async def results(visit: Here, mark: str) -> Response:
    """What came of a batch: whoever looks again takes no step again."""
    with visit.app.streams.reached():
        kept = await visit.app.streams.client.get(_key(visit, mark))
    if kept is None:
        raise Missing
    told = json.loads(kept)
    rows = [Result(*row) for row in told["results"]]
    return visit.show(
        "ledger_batch.html", step=told["step"], back=told["back"],
        taken=[row for row in rows if row.taken], refused=[row for row in rows if not row.taken],
    )  # fmt: skip


async def _taken(visit: Visit, no: int, step: str, typed: dict[str, list[str]]) -> Result:
    who, group = visit.who, None
    try:
        async with visit.app.database.transaction() as session:
            ticket = await tickets.lock(session, no)
            if ticket is None or not rights.sees(who, ticket):
                raise Refused(render("refused_number", no=no))
            args = ticket_steps.read(step, typed, ticket)
            done = await steps.take(session, ticket, step, by=who, now=visit.now, args=args)
            group = ticket.group_id
    except Refused as refused:
        return Result(no, taken=False, said=str(refused))
    await visit.app.streams.wake(group or "")
    return Result(no, taken=True, said="" if done else "已向专班提出申请")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and 0 < int(text) <= LARGEST


def _key(visit: Visit, mark: str) -> str:
    """Of this account alone."""
    return f"mingcheng:batch:{visit.browser.login}:{mark}"
