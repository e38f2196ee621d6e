"""The steps of a ticket: one table, and the one way to take them; rules, sections 2 and 8."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import moves, rights
from actions.args import Args, Opening, check_args
from actions.base import Refused
from actions.moves import Move
from actions.opening import Report, open_ticket
from actions.policy import Policy
from actions.render import render
from actions.urgent import urgent
from storage import people
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
    "edit": {status: status for status in ("new", "assigned", "accepted", "suspended", "resolved")},
    "recheck": {"closed": "accepted"},
    "silence": {"resolved": "closed"},
}
#: From `new` these are for misconduct alone: no unit is asked about it.
UNROUTED = frozenset({"accept", "resolve"})


async def take(
    session: AsyncSession,
    ticket: Ticket,
    step: str,
    *,
    by: Member | None,
    now: datetime,
    args: Mapping[str, Any] | None = None,
    message: Message | None = None,
) -> bool:
    """Take a step on a locked ticket, whoever takes it; None is the clock.

    Returns whether it was taken: False for a request that went to the coordinators instead.
    Raises Refused, with nothing changed, where it can't be.
    """
    checked = check_args(step, args or {}) if step != "silence" else Args()
    asked = by is not None and rights.may_request(by, step, ticket)
    if by is not None and not asked and not rights.may(by, step, ticket):
        raise Refused(render("refused_role", step=step, role=by.role, no=ticket.no))
    if not _open(step, ticket):
        raise Refused(
            render("refused_status", step=step, no=ticket.no, status=ticket.status,
                   possible=possible(ticket, by))
        )  # fmt: skip
    policy = await Policy.read(session)
    move = Move(
        session=session, ticket=ticket, by=by, now=now, args=checked, message=message,
        policy=policy, to=STEPS[step][ticket.status],
    )  # fmt: skip
    if asked:
        await moves.request(move, step)
        return False
    await moves.BODIES[step](move)
    session.add(ticket)
    await session.flush()
    return True


def possible(ticket: Ticket, by: Member | None) -> list[str]:
    """The steps that somebody may take on a ticket now."""
    return [
        step
        for step in STEPS
        if _open(step, ticket)
        and by is not None
        and (rights.may(by, step, ticket) or rights.may_request(by, step, ticket))
    ]


def statuses(step: str) -> tuple[str, ...]:
    """From which statuses a step leads on."""
    return tuple(STEPS[step])


def _open(step: str, ticket: Ticket) -> bool:
    if step in UNROUTED and ticket.status == "new" and not ticket.confidential:
        return False
    return ticket.status in STEPS.get(step, {})  # `open` is a step, but of no ticket that is there


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
    if not isinstance(told, Opening) or by.role != "coordinator":
        raise Refused(render("refused_opening", role=by.role))
    if told.group is not None and await people.group(session, told.group) is None:
        raise Refused(render("refused_group", group=told.group))
    report = Report(
        text=told.text, kind=told.kind, source=told.source, category=told.category,
        district=told.district, enterprise=told.enterprise, group_id=told.group,
        urgent=urgent(told.text, told.category),
    )  # fmt: skip
    ticket, _ = await open_ticket(
        session, report, by=by, now=now, policy=await Policy.read(session)
    )
    return ticket
