"""A new ticket: its number, unit and deadlines, and who is told; rules, sections 2 and 3."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from actions.calendar import Calendar
from actions.deadlines import Clock
from actions.policy import Policy
from actions.render import render
from storage import events, people, posts, tickets
from storage.models import Member, Ticket, Unit

#: By whom a ticket is assigned that a route sends on at once.
ROUTING = "routing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is known of a problem when it is told."""

    text: str
    kind: str = "issue"
    source: str = "group"
    category: str | None = None
    district: str | None = None
    address: str | None = None
    enterprise: str | None = None
    urgent: bool = False
    group_id: str | None = None
    message: str | None = None  # external id of the message


async def open_ticket(
    session: AsyncSession, report: Report, *, by: Member, now: datetime, policy: Policy
) -> tuple[Ticket, Unit | None]:
    """Open a ticket and give it to the unit of the best route.

    Without a route it stays `new`, and the coordinators are told. Misconduct is confidential, has
    no unit, and is told to the inspectors alone.
    """
    secret = report.kind == "misconduct"
    clock = Clock(policy, await Calendar.around(session, now.date()))
    terms = clock.opened(report.kind, now, urgent=report.urgent)
    unit = None if secret else await people.route(session, report.category, report.district)
    ticket = await tickets.make(
        session,
        kind=report.kind,
        source=report.source,
        category=report.category,
        group_id=report.group_id,
        reporter_id=by.id,
        enterprise=report.enterprise,
        district=report.district,
        address=report.address,
        text=report.text,
        urgent=report.urgent,
        reported_at=now,
        respond_by=terms.respond.at,
        first_respond_by=terms.respond.at,
        due_at=terms.resolve.at,
        provisional=terms.provisional,
        confidential=secret,
    )
    await events.append(
        session, ticket_no=ticket.no, at=now, by=by.external_id, step="open", was=None,
        became="new", words=report.text, message=report.message,
    )  # fmt: skip
    if unit is not None:
        await _assigned(session, ticket, unit, report, now)
    else:
        told = await people.with_role(session, "inspector" if secret else "coordinator")
        await _tell(session, ticket, list(told), "new", now)
    return ticket, unit


async def _assigned(
    session: AsyncSession, ticket: Ticket, unit: Unit, report: Report, now: datetime
) -> None:
    ticket.unit_id, ticket.status = unit.id, "assigned"
    session.add(ticket)
    await events.append(
        session, ticket_no=ticket.no, at=now, by=ROUTING, step="assign", was="new",
        became="assigned", words=unit.name, message=report.message,
    )  # fmt: skip
    if unit.id is not None:
        await _tell(session, ticket, list(await people.handlers(session, unit.id)), "assigned", now)


async def _tell(
    session: AsyncSession, ticket: Ticket, members: list[Member], level: str, now: datetime
) -> None:
    text = render(f"notice_{level}", no=ticket.no, text=ticket.text, due_at=ticket.due_at)
    for member in members:
        if member.id is not None:
            await posts.tell(
                session, member_id=member.id, level=level, text=text, at=now, ticket_no=ticket.no
            )
