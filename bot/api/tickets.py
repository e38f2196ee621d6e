"""Tickets: listed, told with their story, and opened for what another system was told."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import ConfigDict, Field, StringConstraints, ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import intake, lateness, terms
from actions.base import Refused
from actions.deadlines import Clock, Count
from actions.names import name
from bot.api import shapes
from bot.api.asked import Listed, Short, Strict, When, Words
from bot.api.keys import Caller, Needs
from bot.api.problems import Fault, sentence, told
from bot.api.shapes import Category, Day, Kind, Number, Part, Story, Ticket
from storage import events, ledger, messages, people, tickets
from storage.ledger import Place
from storage.tickets import LARGEST

router = APIRouter(prefix="/tickets", tags=["tickets"])

Reads = Annotated[Caller, Depends(Needs("tickets:read"))]
Writes = Annotated[Caller, Depends(Needs("tickets:write"))]
#: A report has at most so many bytes.
MOST = 64 << 10


class Tickets(shapes.Shape):
    """A page of tickets, the newest first."""

    tickets: list[Ticket] = Field(description="At most `limit`.")
    next: Number | None = Field(
        description="`before` of the next page; null on the last one.", examples=[1001]
    )


class Report(Strict):
    """What somebody told the other system; who leads it follows from the routes."""

    model_config = ConfigDict(strict=True)

    text: Annotated[Words, StringConstraints(max_length=5000)] = Field(
        description="诉求内容, in the words of who told it.", examples=["新马路的路灯坏了一周"]
    )
    external_id: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")] | None = Field(
        None, description="The other system's own number: it opens one ticket, however often it "
        "is sent, and with whichever key of the same name.", examples=["12345-20261120-018"],
    )  # fmt: skip
    at: When | None = Field(
        None, description="反映时间; deadlines count from here. None: now.",
        examples=["2026-11-20T09:30:00+08:00"],
    )  # fmt: skip
    kind: Kind = Field(
        "issue", description="类型. Misconduct is not taken here: it is told to the inspectors.",
        examples=["issue"],
    )  # fmt: skip
    category: Category | None = Field(None, description="类别.", examples=["traffic"])
    enterprise: Short | None = Field(
        None, description="企业, as it is registered.", examples=["株洲宏远机械有限公司"]
    )
    contact: Short | None = Field(
        None, description="联系人: name and phone.", examples=["李四 13800000000"]
    )
    district: Short | None = Field(
        None, description="区县 or one of its aliases.", examples=["天元区"]
    )
    address: Short | None = Field(None, description="地点.", examples=["栗雨工业园新马路"])
    group: Short | None = Field(
        None, description="群, its id or name: where it is followed up.", examples=["g1"]
    )
    urgent: bool | None = Field(
        None, description="紧急; none: judged by the words.", examples=[False]
    )


@router.get("", summary="List tickets (台账)", responses=told(404))
async def page(caller: Reads, asked: Annotated[Listed, Query()]) -> Tickets:
    """The newest first, filtered like the ledger; confidential tickets are in no list."""
    before = Place(asked.before, asked.before) if asked.before else None
    async with caller.app.database.transaction() as session:
        wanted = await asked.filter(session, caller.now, phones=caller.phones)
        found = await ledger.page(session, wanted, after=before, most=asked.limit + 1)
        units = await _units(session)
    rows = found.rows[: asked.limit]
    more = len(found.rows) > asked.limit
    return Tickets(
        tickets=[shapes.ticket(row, units, phones=caller.phones) for row in rows],
        next=rows[-1].no if more else None,
    )


@router.get("/{number}", summary="One ticket (工单)", responses=told(404))
async def story(
    caller: Reads, number: Annotated[int, Path(ge=1, le=LARGEST, description="编号.", examples=[1])]
) -> Story:
    """As it stands, what happened to it, and how its deadlines were counted."""
    phones = caller.phones
    async with caller.app.database.transaction() as session:
        row = await tickets.get(session, number)
        if row is None or row.confidential:
            raise Fault(404, f"There is no ticket #{number}")
        happened = await events.of_ticket(session, number)
        actors = await people.called(session, [event.by for event in happened])
        said = await messages.of_ticket(session, number)
        units, clock = await _units(session), await Clock.read(session)
    counted = terms.counts(row)
    return Story(
        ticket=shapes.ticket(row, units, phones=phones),
        lateness=lateness.words(row, caller.now, clock), messages=len(said),
        merged_into=row.merged_into,
        events=[shapes.event(event, actors, phones=phones) for event in happened],
        respond_by=_explained(counted.respond, clock), due_at=_explained(counted.resolve, clock),
    )  # fmt: skip


Once = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")] | None,
    Header(
        alias="Idempotency-Key", description="Sent again with the same one, a report opens "
        "nothing more. Where `external_id` is given, that alone counts.",
        examples=["6f0f6f2e-8d3c-4a57-9d0a-0a8a3c1e5b11"],
    ),
]  # fmt: skip
OPENED: dict[int | str, dict[str, Any]] = {
    200: {"description": "It was opened before: the same ticket.", "model": Ticket},
    **told(409, 413, 415),
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": Report.model_json_schema()}},
    }
}


@router.post(
    "", summary="Report a problem (登记诉求)", status_code=201, responses=OPENED, openapi_extra=BODY
)
async def opens(caller: Writes, request: Request, answer: Response, once: Once = None) -> Ticket:
    """Open a ticket, source `api`. The same report twice is one ticket: 201 first, then 200."""
    report = await _report(request)
    row = intake.Row(
        number=1, source="api", own=_own(caller, report.external_id, once),
        **report.model_dump(exclude={"external_id"}),
    )  # fmt: skip
    async with caller.app.database.transaction() as session:
        try:
            no, fresh = await intake.open_one(session, row, caller.now, actor=_actor(caller))
        except Refused as refused:
            raise Fault(422, str(refused)) from refused
        ticket = await tickets.get(session, no)
        units = await _units(session)
    if ticket is None or ticket.confidential or ticket.text != report.text:
        raise Fault(409, "This key was used for another report; each report has a key of its own")
    if fresh:
        await caller.app.streams.wake(ticket.group_id or "")
    answer.status_code = 201 if fresh else 200
    answer.headers["Location"] = f"/api/v1/tickets/{no}"
    return shapes.ticket(ticket, units, phones=caller.phones)


async def _report(request: Request) -> Report:
    """The body, read no further than it may be long."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Fault(415, "Send the report as application/json")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST:
            raise Fault(413, f"A report has at most {MOST} bytes")
    try:
        return Report.model_validate_json(bytes(body))
    except ValidationError as error:
        raise Fault(422, sentence(error.errors(include_url=False, include_input=False))) from error


def _own(caller: Caller, external_id: str | None, once: str | None) -> str:
    """What makes a report the same one, among those of one system: the keys of one name."""
    if external_id is not None:
        return f"{caller.key.name}/id/{external_id}"
    return f"{caller.key.name}/once/{once or secrets.token_hex(16)}"


def _actor(caller: Caller) -> str:
    """How the events call the system."""
    return f"{name('source', 'api')}:{caller.key.name}"


async def _units(session: AsyncSession) -> dict[int | None, str]:
    return {unit.id: unit.name for unit in await people.units(session)}


def _explained(count: Count, clock: Clock) -> list[Part]:
    return [
        Part(
            why=shapes.Named(code=part.why, name=name("part", part.why)),
            start=part.start, stop=part.stop,
            working_days=part.days, hours=part.hours, ends_at=end.at,
            days=[
                Day(day=day.day, counted=day.working, why=day.why, official=day.official)
                for day in days
            ],
        )
        for part, days, end in clock.explain(count)
    ]  # fmt: skip
