"""What each step does to a ticket; rules, sections 2, 3 and 8."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import args as given
from actions import rights
from actions.base import Refused
from actions.calendar import Calendar
from actions.deadlines import Clock, Terms
from actions.policy import Policy
from actions.render import render
from storage import due, events, people, posts, tickets
from storage.models import Member, Message, Ticket, Unit

#: Who takes a step that nobody takes: the clock, and the routing of a new ticket.
CLOCK = "clock"


@dataclass(slots=True, kw_only=True)
class Move:
    """A step that may be taken: on which ticket, by whom, when, with what."""

    session: AsyncSession
    ticket: Ticket
    by: Member | None
    now: datetime
    args: given.Args
    message: Message | None
    policy: Policy
    to: str  # the status after

    async def log(self, step: str, to: str, words: str = "") -> None:
        """Bring the ticket to a status, and append the event."""
        was, self.ticket.status = self.ticket.status, to
        await events.append(
            self.session,
            ticket_no=self.ticket.no,
            at=self.now,
            by=self.by.external_id if self.by else CLOCK,
            step=step,
            was=was,
            became=to,
            words=words,
            message=self.message.external_id if self.message else None,
        )

    async def clock(self, *others: datetime) -> Clock:
        """Policy and calendar around now and these instants."""
        days = [at.date() for at in (self.now, *others)]
        return Clock(self.policy, await Calendar.around(self.session, *days))

    async def post(self, template: str, **values: object) -> None:
        """Tell the ticket's group and its reporter; in the night it waits, unless it is urgent.

        A message in the group is answered by its action instead, and a confidential ticket is
        never spoken of.
        """
        ticket = self.ticket
        if self.message is not None or ticket.group_id is None or ticket.confidential:
            return
        reporter = await people.member(self.session, ticket.reporter_id)
        when = self.now if ticket.urgent else (await self.clock()).speak(self.now)
        await posts.say(
            self.session,
            group_id=ticket.group_id,
            text=render(template, who=reporter.name if reporter else "", no=ticket.no, **values),
            at=self.now,
            why="notice",
            to=[reporter.external_id] if reporter else [],
            about=[ticket.no],
            not_before=when,
        )

    async def tell(
        self, members: list[Member], level: str, template: str, **values: object
    ) -> None:
        """Leave each of these people a notice about the ticket, if they may see it."""
        text = render(template, no=self.ticket.no, text=self.ticket.text, **values)
        for member in members:
            if member.id is not None and rights.sees(member, self.ticket):
                await posts.tell(
                    self.session,
                    member_id=member.id,
                    level=level,
                    text=text,
                    at=self.now,
                    ticket_no=self.ticket.no,
                )


async def request(move: Move, step: str) -> None:
    """A handler's wish: the coordinators are told, the ticket stays as it is; rules, section 8."""
    words = getattr(move.args, "reason", "")
    if step == "extend":
        _check_extension(move)
        move.ticket.extension_asked_at = move.ticket.extension_asked_at or move.now
        move.session.add(move.ticket)
    coordinators = list(await people.with_role(move.session, "coordinator"))
    who = move.by.name if move.by else ""
    await move.tell(coordinators, "request", "notice_request", step=step, who=who, words=words,
                    args=move.args)  # fmt: skip


async def assign(move: Move) -> None:
    """交办: to a unit that leads and others that assist."""
    await _hand_over(move, "assign")


async def transfer(move: Move) -> None:
    """转办: to another unit; neither deadline moves."""
    await _hand_over(move, "transfer")


async def _hand_over(move: Move, step: str) -> None:
    wanted = _of(move, given.Unit)
    lead = await _unit(move, wanted.unit)
    assisting = [await _unit(move, name) for name in wanted.assisting]
    if step == "transfer" and lead.id == move.ticket.unit_id:
        raise Refused(render("refused_same_unit", no=move.ticket.no, unit=lead.name))
    ticket = move.ticket
    ticket.unit_id, ticket.handler_id = lead.id, None
    ticket.assisting = [unit.name for unit in assisting]
    await move.log(step, move.to, wanted.reason or lead.name)
    if lead.id is not None:
        handlers = list(await people.handlers(move.session, lead.id))
        await move.tell(handlers, "assigned", "notice_assigned", due_at=ticket.due_at)
    await move.post("post_assigned", unit=lead.name, due_at=ticket.due_at, step=step)


async def _unit(move: Move, name: str) -> Unit:
    unit = await people.unit_named(move.session, name)
    if unit is None:
        raise Refused(render("refused_unit", unit=name))
    return unit


async def give_back(move: Move) -> None:
    """退回: the ticket has no unit, and the coordinators look for another."""
    reason = _of(move, given.Reason).reason
    move.ticket.unit_id = move.ticket.handler_id = None
    move.ticket.assisting = []
    await move.log("return", move.to, reason)
    coordinators = list(await people.with_role(move.session, "coordinator"))
    await move.tell(coordinators, "new", "notice_new", due_at=move.ticket.due_at)


async def accept(move: Move) -> None:
    """签收: the first one is the response; on an accepted ticket it is progress."""
    words = _of(move, given.Words).text
    if move.ticket.status == "accepted":
        await move.log("progress", move.to, words)
        return
    await _accepted(move, words)


async def _accepted(move: Move, words: str = "") -> None:
    ticket = move.ticket
    ticket.accepted_at = ticket.accepted_at or move.now
    ticket.responded_at = ticket.responded_at or move.now
    ticket.handler_id = move.by.id if move.by else None
    await move.log("accept", "accepted", words)
    await move.post("post_accepted")


async def progress(move: Move) -> None:
    """反馈进展: on an assigned ticket it accepts first."""
    words = _of(move, given.Words).text
    if move.ticket.status == "assigned":
        await _accepted(move)
    await move.log("progress", move.to, words)
    await move.post("post_progress", words=words)


async def resolve(move: Move) -> None:
    """办结: the enterprise is asked, and its silence is an answer too."""
    await _resolved(move, _of(move, given.Words).text)
    await move.post("post_resolved", words=_of(move, given.Words).text)


async def _resolved(move: Move, words: str) -> None:
    ticket = move.ticket
    ticket.resolved_at = move.now
    ticket.responded_at = ticket.responded_at or move.now
    ticket.resolve_count += 1
    await move.log("resolve", "resolved", words)
    await listen(move.session, ticket, move.now, await move.clock())


async def listen(session: AsyncSession, ticket: Ticket, since: datetime, clock: Clock) -> None:
    """Plan the end of silence: close of business of the 3rd working day after `since`."""
    await due.drop(session, "silence", ticket.no)
    await due.plan(session, "silence", clock.days(since, clock.policy.silence_days).at, ticket.no)


async def confirm(move: Move) -> None:
    """销号: by the enterprise, or a coordinator on its behalf; before 办结 it implies that."""
    rating = _of(move, given.Rating).rating
    if move.ticket.status != "resolved":
        await _resolved(move, "")
    move.ticket.rating = rating or move.ticket.rating
    await _closed(move, "confirm", rating or "")


async def silence(move: Move) -> None:
    """到期自动销号: three working days without a word; no rating."""
    await _closed(move, "silence", "")


async def _closed(move: Move, step: str, words: str) -> None:
    move.ticket.closed_at = move.now
    await due.drop(move.session, "silence", move.ticket.no)
    await move.log(step, "closed", words)
    if step == "confirm":
        await move.post("post_closed")


async def dispute(move: Move) -> None:
    """提出异议: the work starts again; after closing for 15 working days."""
    ticket, clock = move.ticket, await move.clock(move.ticket.closed_at or move.now)
    if ticket.closed_at and move.now > clock.days(ticket.closed_at, move.policy.dispute_days).at:
        raise Refused(render("refused_late", no=ticket.no))
    ticket.rating = "dissatisfied"
    await _reopened(move, "dispute", _of(move, given.Reason).reason)
    await move.post("post_reopened", due_at=ticket.due_at)


async def recheck(move: Move) -> None:
    """回头看: where it does not hold, the work starts again."""
    found = _of(move, given.Recheck)
    if found.passed:
        await move.log("recheck", "closed", found.text)
        return
    await _reopened(move, "recheck", found.text)
    await move.post("post_reopened", due_at=move.ticket.due_at)


async def _reopened(move: Move, step: str, words: str) -> None:
    ticket = move.ticket
    ticket.reopened += 1
    ticket.resolved_at = ticket.closed_at = None
    ticket.extension_asked_at = None
    await due.drop(move.session, "silence", ticket.no)
    terms = (await move.clock()).reopened(move.now, urgent=ticket.urgent)
    set_terms(ticket, terms)
    await move.log(step, "accepted", words)


def set_terms(ticket: Ticket, terms: Terms) -> None:
    """Give a ticket both deadlines."""
    ticket.respond_by, ticket.due_at = terms.respond.at, terms.resolve.at
    ticket.provisional = terms.provisional


async def withdraw(move: Move) -> None:
    """撤回: by the enterprise."""
    await move.log("withdraw", move.to, _of(move, given.Reason).reason)
    await move.post("post_ended", status=move.to, reason="")


async def reject(move: Move) -> None:
    """不予受理: with the reason, which the enterprise is told."""
    reason = _of(move, given.Reason).reason
    await move.log("reject", move.to, reason)
    await move.post("post_ended", status=move.to, reason=reason)


async def merge(move: Move) -> None:
    """并案: into another open ticket."""
    into = _of(move, given.Into).into
    target = await tickets.get(move.session, into)
    if target is None or target.confidential:
        raise Refused(render("refused_number", no=into))
    if target.no == move.ticket.no or target.status not in tickets.OPEN:
        raise Refused(render("refused_merge", no=into, status=target.status))
    move.ticket.merged_into = into
    await move.log("merge", move.to, f"#{into}")
    await move.post("post_merged", into=into)


async def extend(move: Move) -> None:
    """延期: granted by a coordinator, counted from the old deadline."""
    _check_extension(move)
    wanted, ticket = _of(move, given.Extension), move.ticket
    new = (await move.clock(ticket.due_at)).days(ticket.due_at, wanted.days)
    ticket.due_at, ticket.provisional = new.at, ticket.provisional or new.provisional
    ticket.extended += 1
    ticket.extension_asked_at = None
    await move.log("extend", move.to, wanted.reason)
    await move.post("post_extended", due_at=ticket.due_at, reason=wanted.reason)


def _check_extension(move: Move) -> None:
    wanted, ticket, policy = _of(move, given.Extension), move.ticket, move.policy
    if not 1 <= wanted.days <= policy.extension_days_max:
        raise Refused(render("refused_days", most=policy.extension_days_max))
    if ticket.extended >= policy.extensions_max:
        raise Refused(render("refused_extended", no=ticket.no, most=policy.extensions_max))
    if (ticket.extension_asked_at or move.now) > ticket.due_at:
        raise Refused(render("refused_too_late", no=ticket.no, due_at=ticket.due_at))


async def suspend(move: Move) -> None:
    """挂账: the clock stands still."""
    reason = _of(move, given.Reason).reason
    move.ticket.suspended_at = move.now
    await move.log("suspend", move.to, reason)
    await move.post("post_suspended", reason=reason)


async def resume(move: Move) -> None:
    """恢复办理: the deadline moves by the time that the clock stood still."""
    ticket = move.ticket
    since = ticket.suspended_at or move.now
    clock = await move.clock(since, ticket.due_at)
    new = clock.resumed(ticket.due_at, since, move.now, urgent=ticket.urgent)
    ticket.due_at, ticket.provisional = new.at, ticket.provisional or new.provisional
    ticket.suspended_at = None
    await move.log("resume", move.to)
    await move.post("post_resumed", due_at=ticket.due_at)


async def edit(move: Move) -> None:
    """修改: what was read or told wrongly; made urgent, both deadlines count from now."""
    changes = _of(move, given.Changes).model_dump(exclude_none=True)
    if not changes:
        raise Refused(render("refused_nothing"))
    ticket = move.ticket
    urgent = changes.pop("urgent", ticket.urgent)
    if urgent != ticket.urgent:
        ticket.urgent = urgent
        at = move.now if urgent else ticket.reported_at
        set_terms(ticket, (await move.clock(at)).opened(ticket.kind, at, urgent=urgent))
        changes["urgent"] = urgent
    for field, value in changes.items():
        setattr(ticket, field, value)
    words = ";".join(f"{field}={value}" for field, value in changes.items())
    await move.log("edit", ticket.status, words)


def _of[Given: given.Args](move: Move, kind: type[Given]) -> Given:
    if not isinstance(move.args, kind):
        raise TypeError(f"{type(move.args).__name__} where {kind.__name__} is due")
    return move.args


BODIES: dict[str, Callable[[Move], Awaitable[None]]] = {
    "assign": assign,
    "accept": accept,
    "progress": progress,
    "resolve": resolve,
    "confirm": confirm,
    "dispute": dispute,
    "withdraw": withdraw,
    "reject": reject,
    "merge": merge,
    "return": give_back,
    "transfer": transfer,
    "extend": extend,
    "suspend": suspend,
    "resume": resume,
    "edit": edit,
    "recheck": recheck,
    "silence": silence,
}
