"""What each step does to a ticket; rules, sections 2, 3 and 8."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import args as given
from actions import audience, called, terms, urging
from actions.base import Refused
from actions.deadlines import Clock, Part
from actions.move import ROUTING, Move
from actions.render import render
from storage import due, people, reminders, tickets
from storage.models import Ticket, Unit

#: While it is in one of these, its deadline can still be changed.
RUNNING = ("new", "assigned", "accepted")


async def request(move: Move, step: str) -> None:
    """A handler's wish: the coordinators are told, the ticket stays as it is; rules, section 8."""
    if step == "extend":
        _check_extension(move)
        move.ticket.extension_asked_at = move.ticket.extension_asked_at or move.now
    words = getattr(move.args, "reason", "")
    days = getattr(move.args, "days", None)
    unit = getattr(move.args, "unit", None)
    who = move.by.name if move.by else ""
    coordinators = await people.with_role(move.session, "coordinator")
    wish = {"step": step, "args": {"reason": words, "days": days, "unit": unit}}
    await move.tell(coordinators, "request", "notice_request", wish=wish, step=step, who=who,
                    words=words, days=days, unit=unit)  # fmt: skip


# --- who handles it -----------------------------------------------------------------------------


async def assign(move: Move) -> None:
    """交办: to a unit that leads and others that assist."""
    await _hand_over(move, "assign")


async def transfer(move: Move) -> None:
    """转办: to another unit; neither deadline moves."""
    await _hand_over(move, "transfer")


async def _hand_over(move: Move, step: str) -> None:
    wanted, ticket = move.of(given.Unit), move.ticket
    if ticket.confidential:
        raise Refused(render("refused_confidential", no=ticket.no))
    lead = await _unit(move, wanted.unit)
    assisting = [await _unit(move, name) for name in wanted.assisting]
    if step == "transfer" and lead.id == ticket.unit_id:
        raise Refused(render("refused_same_unit", no=ticket.no, unit=lead.name))
    ticket.unit_id, ticket.handler_id = lead.id, None
    ticket.assisting = [unit.name for unit in assisting if unit.id != lead.id]
    await move.log(step, move.to, wanted.reason or lead.name)
    await assigned(move)
    await move.post("post_assigned", unit=lead.name, due_at=ticket.due_at, step=step)


async def _unit(move: Move, name: str) -> Unit:
    unit = await people.unit_named(move.session, name)
    if unit is None:
        raise Refused(render("refused_unit", unit=name))
    return unit


async def assigned(move: Move) -> None:
    """Tell the units of a ticket that it is theirs now."""
    told = audience.once(
        await audience.unit(move.session, move.ticket),
        await audience.assisting(move.session, move.ticket),
    )
    await move.tell(told, "assigned", "notice_assigned", due_at=move.ticket.due_at)


async def give_back(move: Move) -> None:
    """退回: the ticket has no unit, and the coordinators look for another."""
    ticket = move.ticket
    ticket.unit_id = ticket.handler_id = None
    ticket.assisting = []
    await move.log("return", move.to, move.of(given.Reason).reason)
    await unassigned(move)
    await move.post("post_returned")


async def unassigned(move: Move) -> None:
    """Tell those who look after what no unit has."""
    told = await audience.overseers(move.session, move.ticket)
    await move.tell(told, "new", "notice_new", due_at=move.ticket.due_at)


# --- the work -----------------------------------------------------------------------------------


async def accept(move: Move) -> None:
    """签收: the first one is the response; on an accepted ticket it is progress."""
    words = move.of(given.Words).text
    if move.ticket.status == "accepted":
        await move.log("progress", move.to, words)
        await move.post("post_progress", words=words)
        return
    await _accepted(move, words)
    await move.post("post_accepted", due_at=move.ticket.due_at)


async def _accepted(move: Move, words: str = "") -> None:
    ticket = move.ticket
    ticket.accepted_at = ticket.accepted_at or move.now
    ticket.responded_at = ticket.responded_at or move.now
    ticket.handler_id = move.by.id if move.by and move.by.role == "handler" else None
    await move.log("accept", "accepted", words)


async def progress(move: Move) -> None:
    """反馈进展: on an assigned ticket it accepts first."""
    words = move.of(given.Words).text
    if move.ticket.status != "accepted":
        await _accepted(move)
    await move.log("progress", move.to, words)
    await move.post("post_progress", words=words)


async def resolve(move: Move) -> None:
    """办结: the enterprise is asked, and its silence is an answer too."""
    words = move.of(given.Words).text
    await _resolved(move, words)
    await move.post("post_resolved", words=words, days=move.clock.policy.silence_days)


async def _resolved(move: Move, words: str) -> None:
    ticket = move.ticket
    ticket.resolved_at = move.now
    ticket.responded_at = ticket.responded_at or move.now
    ticket.resolve_count += 1
    await move.log("resolve", "resolved", words)
    await reminders.drop(move.session, ticket.no)
    await listen(move.session, ticket, move.clock, move.now)


async def listen(session: AsyncSession, ticket: Ticket, clock: Clock, since: datetime) -> None:
    """Plan the end of silence: close of business of the 3rd working day after `since`."""
    await due.drop(session, "silence", ticket.no)
    end = clock.days(since, clock.policy.silence_days).at
    await due.plan(session, "silence", end, ticket_no=ticket.no)


# --- what the enterprise says of it -------------------------------------------------------------


async def confirm(move: Move) -> None:
    """销号: by the enterprise, or a coordinator on its behalf; before 办结 it implies that."""
    rating = move.of(given.Rating).rating
    if move.ticket.status != "resolved":
        await _resolved(move, "")
    move.ticket.rating = rating or move.ticket.rating
    await _closed(move, "confirm", rating or "")
    await move.post("post_closed")


async def silence(move: Move) -> None:
    """到期自动销号: three working days without a word; no rating."""
    await _closed(move, "silence", "")
    policy = move.clock.policy
    await move.post("post_silence", days=policy.silence_days, dispute_days=policy.dispute_days)


async def _closed(move: Move, step: str, words: str) -> None:
    move.ticket.closed_at = move.now
    await due.drop(move.session, "silence", move.ticket.no)
    await move.log(step, "closed", words)


async def dispute(move: Move) -> None:
    """提出异议: the work starts again; after closing for 15 working days."""
    ticket = move.ticket
    if missed := untimely("dispute", ticket, move.clock, move.now):
        raise Refused(missed)
    ticket.rating = "dissatisfied"
    await _reopened(move, "dispute", move.of(given.Reason).reason)


async def recheck(move: Move) -> None:
    """回头看: where it does not hold, the work starts again."""
    found = move.of(given.Recheck)
    if found.passed:
        await move.log("recheck", "closed", found.text)
        return
    await _reopened(move, "recheck", found.text)


async def _reopened(move: Move, step: str, words: str) -> None:
    ticket, alone = move.ticket, move.ticket.alone
    ticket.reopened += 1
    ticket.resolved_at = ticket.closed_at = ticket.extension_asked_at = None
    ticket.alone = False
    await due.drop(move.session, "silence", ticket.no)
    terms.count(ticket, move.clock.reopened(move.now, urgent=ticket.urgent), move.clock)
    await terms.climb(move.session, ticket, move.clock, move.now)
    await move.log(step, "accepted", words)
    if ticket.unit_id is None:  # the bot had answered it alone, or the inspectors have it
        routed = await _routed(move) if alone else False
        await (assigned if routed else unassigned)(move)
    await move.post("post_reopened", due_at=ticket.due_at)


async def _routed(move: Move) -> bool:
    """Give what the bot had answered alone to the unit of the best route, as a new ticket.

    The status stays the one that the dispute leads to.
    """
    ticket = move.ticket
    unit = await people.route(move.session, ticket.category, ticket.district)
    if unit is None:
        return False
    ticket.unit_id = unit.id
    await replace(move, by=None, name=ROUTING).log("assign", ticket.status, unit.name)
    return True


# --- ends that are no closing -------------------------------------------------------------------


async def withdraw(move: Move) -> None:
    """撤回: by the enterprise."""
    await _ended(move, "withdraw", move.of(given.Reason).reason)
    await move.post("post_ended", status=move.to, reason="")


async def reject(move: Move) -> None:
    """不予受理: with the reason, which the enterprise is told."""
    reason = move.of(given.Reason).reason
    await _ended(move, "reject", reason)
    await move.post("post_ended", status=move.to, reason=reason)


async def merge(move: Move) -> None:
    """并案: into another open ticket."""
    into, ticket = move.of(given.Into).into, move.ticket
    target = await tickets.get(move.session, into)
    if target is None or target.confidential != ticket.confidential:
        raise Refused(render("refused_number", no=into))
    if target.no == ticket.no:
        raise Refused(render("refused_itself", no=into))
    if target.status not in tickets.OPEN:
        last = await tickets.taken_by(move.session, target)
        takes = last is not None and last.no != ticket.no and last.status in tickets.OPEN
        raise Refused(
            render("refused_merge", no=into, status=target.status,
                   into=last.no if last and takes else None)
        )  # fmt: skip
    ticket.merged_into = into
    await _ended(move, "merge", f"#{into}")
    await move.post("post_merged", into=into)


async def _ended(move: Move, step: str, words: str) -> None:
    await reminders.drop(move.session, move.ticket.no)
    await move.log(step, move.to, words)


# --- time ---------------------------------------------------------------------------------------


async def extend(move: Move) -> None:
    """延期: granted by a coordinator, counted from the old deadline."""
    wanted, ticket = move.of(given.Extension), move.ticket
    _check_extension(move)
    ticket.extended += 1
    ticket.extension_asked_at = None
    part = Part(why="extended", days=wanted.days)
    await terms.move(move.session, ticket, part, move.clock, move.now)
    await move.log("extend", move.to, wanted.reason)
    await move.post("post_extended", due_at=ticket.due_at, reason=wanted.reason)


def _check_extension(move: Move) -> None:
    ticket, policy = move.ticket, move.clock.policy
    days = move.args.days if isinstance(move.args, given.Extension) else 1
    if not 1 <= days <= policy.extension_days_max:
        raise Refused(render("refused_days", most=policy.extension_days_max))
    if missed := untimely("extend", ticket, move.clock, move.now):
        raise Refused(missed)


def untimely(step: str, ticket: Ticket, clock: Clock, now: datetime) -> str | None:
    """Why a step that its status allows is out of time, or too early; None where it is not."""
    policy = clock.policy
    if step == "dispute" and ticket.closed_at:
        over = now > clock.days(ticket.closed_at, policy.dispute_days).at
        return render("refused_late", no=ticket.no) if over else None
    if step == "extend" and ticket.extended >= policy.extensions_max:
        return render("refused_extended", no=ticket.no, most=policy.extensions_max)
    if step == "extend" and (ticket.extension_asked_at or now) > ticket.due_at:
        return render("refused_too_late", no=ticket.no, due_at=ticket.due_at)
    if step == "urge" and (again := urging.again_at(ticket, clock)) and now < again:
        return render("refused_urged", no=ticket.no, urged_at=ticket.urged_at, again_at=again,
                      waits=ticket.urged_at is not None and ticket.urged_at > now)  # fmt: skip
    return None


async def suspend(move: Move) -> None:
    """挂账: the clock stands still."""
    reason = move.of(given.Reason).reason
    move.ticket.suspended_at = move.now
    await move.log("suspend", move.to, reason)
    await move.post("post_suspended", reason=reason)


async def resume(move: Move) -> None:
    """恢复办理: the deadline moves by the time that the clock stood still."""
    ticket = move.ticket
    part = Part(why="resumed", start=ticket.suspended_at or move.now, stop=move.now)
    ticket.suspended_at = None
    await terms.move(move.session, ticket, part, move.clock, move.now)
    await move.log("resume", move.to)
    await move.post("post_resumed", due_at=ticket.due_at)


async def urge(move: Move) -> None:
    """催办: who handles it is told, the ticket stays as it is."""
    ticket, words = move.ticket, move.of(given.Words).text
    who = move.by.name if move.by else ""
    if missed := untimely("urge", ticket, move.clock, move.now):
        raise Refused(missed)
    await urging.pass_on(
        move.session, ticket, move.clock, move.now, who=who, by=move.by, words=words
    )
    await move.log("urge", ticket.status, words)


# --- what was wrong -----------------------------------------------------------------------------


async def edit(move: Move) -> None:
    """修改: what was read or told wrongly; made urgent, both deadlines count from now."""
    changes = move.of(given.Changes).model_dump(exclude_none=True)
    if not changes:
        raise Refused(render("refused_nothing"))
    ticket = move.ticket
    wanted = changes.get("urgent", ticket.urgent)
    turned = wanted != ticket.urgent
    if turned and ticket.status not in RUNNING:
        raise Refused(render("refused_urgent", no=ticket.no, status=ticket.status))
    if wanted_district := changes.get("district"):
        known = await called.district(move.session, wanted_district)
        changes["district"] = known or wanted_district
    for field, value in changes.items():
        setattr(ticket, field, value)
    if turned:
        await _turned(move)
    words = ";".join(f"{field}={value}" for field, value in changes.items())
    await move.log("edit", ticket.status, words)
    if turned:
        await move.post("post_urgent", urgent=wanted, due_at=ticket.due_at)


async def _turned(move: Move) -> None:
    """Urgent now, both deadlines count from now; not urgent any more, from the report again."""
    ticket, clock = move.ticket, move.clock
    at = move.now if ticket.urgent else ticket.reported_at
    terms.count(ticket, clock.opened(ticket.kind, at, urgent=ticket.urgent), clock)
    if ticket.responded_at is None:
        ticket.first_respond_by = ticket.respond_by
    await terms.climb(move.session, ticket, clock, move.now)


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
    "urge": urge,
    "edit": edit,
    "recheck": recheck,
    "silence": silence,
}
