"""A new ticket: its number, unit and deadlines, and who is told; rules, sections 2 and 3."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import moves, terms
from actions.args import Args
from actions.deadlines import Clock
from actions.move import CLOCK, ROUTING, Move
from storage import events, people, states, tickets
from storage.models import Member, Message, Ticket, Unit


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
    message: Message | None = None
    asked: bool = False  # the bot asks for place and name in its answer
    contact: str | None = None  # who told it, where nobody wrote it in a group
    at: datetime | None = None  # when it was told, where that was before it is opened
    unit: Unit | None = None  # who handles it, where that is known without a route


async def open_ticket(
    session: AsyncSession,
    report: Report,
    *,
    by: Member | None,
    now: datetime,
    routed: bool = True,
    actor: str = CLOCK,
) -> Ticket:
    """Open a ticket and give it to the unit of the best route; None is nobody, as `actor`.

    Without a route it stays `new`, and the coordinators are told; so does misconduct, of which
    the inspectors are told alone. With `routed=False` nobody is asked: the bot answers itself.
    """
    clock = await Clock.read(session)
    confidential = report.kind == "misconduct"
    urgent = report.urgent and report.kind == "issue"
    reported_at = report.at or now
    counted = clock.opened(report.kind, reported_at, urgent=urgent)
    ticket = Ticket(
        no=await tickets.next_number(session),
        kind=report.kind,
        source=report.source,
        category=None if confidential else report.category,
        group_id=report.group_id,
        reporter_id=by.id if by else None,
        enterprise=report.enterprise,
        contact=report.contact,
        district=report.district,
        address=report.address,
        text=report.text,
        urgent=urgent,
        confidential=confidential,
        reported_at=reported_at,
        respond_by=reported_at,
        first_respond_by=reported_at,
        due_at=reported_at,
        asked=report.asked,
    )
    terms.count(ticket, counted, clock)
    ticket.first_respond_by = ticket.respond_by
    session.add(ticket)
    await session.flush()
    await events.append(
        session, ticket_no=ticket.no, at=now, by=by.external_id if by else actor, step="open",
        was=None, became="new", words=report.text,
        message=report.message.external_id if report.message else None,
    )  # fmt: skip
    move = Move(
        session=session, ticket=ticket, by=None, now=now, args=Args(), message=report.message,
        clock=clock, name=ROUTING,
    )  # fmt: skip
    if routed:
        await _route(move, report.unit)
    await terms.climb(session, ticket, clock, now)
    unit = await people.unit(session, ticket.unit_id)
    await move.post("post_opened", unit=unit.name if unit else None, due_at=ticket.due_at,
                    source=ticket.source, text=ticket.text, urgent=urgent)  # fmt: skip
    await session.flush()
    await states.write(session, ticket, now)
    return ticket


async def _route(move: Move, named: Unit | None) -> None:
    ticket, unit = move.ticket, named
    if ticket.confidential:
        unit = None
    elif unit is None:
        unit = await people.route(move.session, ticket.category, ticket.district)
    if unit is None:
        await moves.unassigned(move)
        return
    ticket.unit_id = unit.id
    await move.log("assign", "assigned", unit.name)
    await moves.assigned(move)
