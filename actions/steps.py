"""The steps of a ticket: one table, and the one way to take them; rules, sections 2 and 8."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import called, moves, rights, similar
from actions.args import Args, Opening, check_args
from actions.base import Refused
from actions.deadlines import Clock
from actions.move import CLOCK, Move
from actions.names import name, names
from actions.opening import Report, open_ticket
from actions.render import render
from actions.urgent import urgent
from actions.urging import OPEN
from storage import events, people, states, tickets
from storage.models import Member, Message, Ticket

#: Step → status before → status after. What is not here is refused.
STEPS: dict[str, dict[str, str]] = {
    "assign": {"new": "assigned"},
    "accept": {"new": "accepted", "assigned": "accepted", "accepted": "accepted"},
    "progress": {"assigned": "accepted", "accepted": "accepted"},
    "resolve": {"new": "resolved", "assigned": "resolved", "accepted": "resolved"},
    "confirm": {"assigned": "closed", "accepted": "closed", "resolved": "closed"},
    "dispute": {"resolved": "accepted", "closed": "accepted"},
    "withdraw": {"new": "withdrawn", "assigned": "withdrawn", "accepted": "withdrawn"},
    "reject": {"new": "rejected", "assigned": "rejected", "accepted": "rejected"},
    "merge": {"new": "merged", "assigned": "merged", "accepted": "merged"},
    "return": {"assigned": "new", "accepted": "new"},
    "transfer": {"assigned": "assigned", "accepted": "assigned"},
    "extend": {"assigned": "assigned", "accepted": "accepted"},
    "suspend": {"accepted": "suspended"},
    "resume": {"suspended": "accepted"},
    "edit": {
        status: status
        for status in ("new", "assigned", "accepted", "suspended", "resolved", "closed")
    },
    "urge": {status: status for status in OPEN},
    "recheck": {"closed": "accepted"},
    "silence": {"resolved": "closed"},
}
#: These leave the status as it is.
STAYS = frozenset({"edit", "urge"})
#: From `new` these are for misconduct alone: no unit is asked about it.
UNROUTED = frozenset({"accept", "resolve"})


async def take(
    session: AsyncSession,
    ticket: Ticket,
    step: str,
    *,
    by: Member | None,
    now: datetime,
    args: Mapping[str, Any] | Args | None = None,
    message: Message | None = None,
    actor: str = CLOCK,
) -> bool:
    """Take a step on a locked ticket, whoever takes it; None is the service itself, as `actor`.

    Returns whether it was taken: False for a request that went to the coordinators instead.
    Raises Refused, with nothing changed, where it can't be.
    """
    checked = args if isinstance(args, Args) else check_args(step, args or {})
    asked = by is not None and rights.may_request(by, step, ticket)
    if by is not None and not asked and not rights.may(by, step, ticket):
        raise Refused(_not_yours(step, ticket, by))
    if not _open(step, ticket, by):
        raise Refused(await _not_now(session, step, ticket, by))
    move = Move(
        session=session, ticket=ticket, by=by, now=now, args=checked, message=message,
        clock=await Clock.read(session), to=STEPS[step][ticket.status], name=actor,
    )  # fmt: skip
    if asked:
        await moves.request(move, step)
    else:
        await moves.BODIES[step](move)
    session.add(ticket)
    await session.flush()
    if not asked:
        await states.write(session, ticket, now)
    return not asked


async def look(session: AsyncSession, ticket: Ticket, by: Member, now: datetime) -> None:
    """Each look at a confidential ticket is an event; rules, section 5. At others one may look."""
    if ticket.confidential:
        await events.append(
            session, ticket_no=ticket.no, at=now, by=by.external_id, step="look",
            was=ticket.status, became=ticket.status,
        )  # fmt: skip


def _not_yours(step: str, ticket: Ticket, by: Member) -> str:
    """Of what somebody may not see there is no word, not even that it is there."""
    if ticket.confidential and not rights.sees(by, ticket):
        return render("refused_number", no=ticket.no)
    if ticket.confidential and step in rights.ROUTED | rights.OTHERS:
        return render("refused_confidential", no=ticket.no)
    return render(
        "refused_role", step=step, role=by.role, no=ticket.no, possible=_helps(ticket, by),
        parties=[party for party in names()["party"] if step in rights.STEPS[party]],
    )  # fmt: skip


async def _not_now(session: AsyncSession, step: str, ticket: Ticket, by: Member | None) -> str:
    """What is possible instead, for whoever asks; where nothing is, for others, or elsewhere."""
    into = await tickets.taken_by(session, ticket)
    return render(
        "refused_status", step=step, no=ticket.no, status=ticket.status,
        possible=_helps(ticket, by), into=into.no if into else None, others=_others(ticket),
    )  # fmt: skip


def _others(ticket: Ticket) -> dict[str, list[str]]:
    """What each party to a ticket may do with it now; of a confidential one that is not told."""
    if ticket.confidential:
        return {}
    now = [step for step in STEPS if ticket.status in STEPS[step] and step not in STAYS]
    if ticket.status == "new":
        now = [step for step in now if step not in UNROUTED]
    may = {
        party: [step for step in now if step in rights.STEPS[party]] for party in names()["party"]
    }
    return {party: steps for party, steps in may.items() if steps}


def _helps(ticket: Ticket, by: Member | None) -> list[str]:
    """What somebody may do instead; to urge does not help whose step was refused."""
    return [step for step in possible(ticket, by) if step != "urge"]


def possible(ticket: Ticket, by: Member | None) -> list[str]:
    """The steps that somebody may take on a ticket now."""
    return [
        step
        for step in STEPS
        if by is not None
        and _open(step, ticket, by)
        and (rights.may(by, step, ticket) or rights.may_request(by, step, ticket))
    ]


def _open(step: str, ticket: Ticket, by: Member | None) -> bool:
    unrouted = step in UNROUTED and ticket.status == "new"
    if unrouted and by is not None and not ticket.confidential:
        return False
    return ticket.status in STEPS.get(step, {})  # `open` is a step, but of no ticket that is there


def table() -> Iterator[str]:
    """The steps as a table for people: status before, and where each step leads from there."""
    pairs = [pair for step in STEPS.values() for pair in step.items()]
    statuses = dict.fromkeys([before for before, _ in pairs] + [after for _, after in pairs])
    yield "| status | 中文 | leaves by |"
    yield "|---|---|---|"
    for status in statuses:
        ways = [
            f"{step} {name('step', step)} → `{before[status]}`"
            for step, before in STEPS.items()
            if status in before and step not in STAYS
        ]
        yield f"| `{status}` | {name('status', status)} | {' · '.join(ways) or 'nothing'} |"


async def named(session: AsyncSession, external_id: str) -> Member:
    """Who takes a step by this id; Refused for somebody unknown."""
    member = await people.known(session, external_id)
    if member is None:
        raise Refused(render("refused_person", who=external_id))
    return member


async def open_by_hand(
    session: AsyncSession, args: Mapping[str, Any], *, by: Member, now: datetime
) -> Ticket:
    """Open a ticket that was told on another way than in a group; Refused where it can't be."""
    told = check_args("open", args)
    if not isinstance(told, Opening) or not rights.opens(by, told.kind):
        raise Refused(render("refused_opening", role=by.role))
    group = await people.group(session, told.group)
    if told.group is not None and group is None:
        raise Refused(render("refused_group", group=told.group))
    written = told.district and await called.district(session, told.district)
    report = Report(
        text=told.text, kind=told.kind, source=told.source, category=told.category,
        district=written or told.district or (group.district if group else None),
        enterprise=told.enterprise, group_id=told.group, urgent=urgent(told.text, told.category),
    )  # fmt: skip
    ticket = await open_ticket(session, report, by=by, now=now)
    await similar.link(session, ticket, (await Clock.read(session)).policy.similar_days)
    return ticket
