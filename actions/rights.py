"""Who may do what: the one place of authorisation; rules, sections 1 and 8."""

from collections.abc import Iterable, Sequence

from storage.models import Member, Ticket

ROLES = ("member", "handler", "coordinator", "inspector", "leader", "admin")

#: Steps of a member on own tickets, of a handler on tickets of the own unit, of a coordinator.
OWN = frozenset({"confirm", "dispute", "withdraw", "add", "ask", "urge"})
UNIT = frozenset({"accept", "progress", "resolve", "add", "ask"})
#: What a handler can't do but ask the coordinators for.
REQUESTS = frozenset({"transfer", "return", "extend"})
COORDINATION = frozenset(
    {
        "assign", "transfer", "return", "reject", "merge", "extend", "suspend", "resume", "edit",
        "confirm", "add", "ask", "urge",
    }
)  # fmt: skip
INSPECTION = frozenset({"recheck", "ask", "urge"})
LEADERSHIP = frozenset({"ask", "urge"})
STEPS: dict[str, frozenset[str]] = {
    "member": OWN,
    "handler": UNIT,
    "coordinator": COORDINATION,
    "inspector": INSPECTION,
    "leader": LEADERSHIP,
    "admin": frozenset(),
}
#: Nobody's: what the clock does, and what needs a unit, which misconduct has not.
CLOCK = frozenset({"silence"})
ROUTED = frozenset({"assign", "transfer", "return"})
#: What is said to others who handle it: of misconduct these are the inspectors themselves.
OTHERS = frozenset({"urge"})

EVERYBODY = frozenset(ROLES)
STAFF = EVERYBODY - {"member"}
#: Who enters which part of the console; what they find there is narrowed by `sees`. The parts are
#: named by their routes: `bot.console.page.Enter`.
PARTS: dict[str, frozenset[str]] = {
    "today": EVERYBODY,  # 今日, and one's own account
    "tickets": EVERYBODY,  # 台账, 工单
    "windows": EVERYBODY,  # 群窗口
    "media": EVERYBODY,  # pictures, voices, files: `opens_media`
    "reviews": frozenset({"coordinator", "inspector"}),  # 待审
    "board": STAFF,  # 看板; a handler's is of the own unit
    "register": STAFF - {"handler"},  # 群与人, to be read
    "registrar": frozenset({"admin"}),  # 群与人, to be changed
    "articles": frozenset({"coordinator", "admin"}),  # the knowledge base, to be changed
    "confidential": frozenset({"inspector"}),  # 保密
    "system": frozenset({"admin"}),  # 系统
}


def enters(member: Member, part: str) -> bool:
    """Whether somebody may open the pages of a part of the console."""
    return member.role in PARTS[part]


def sees(member: Member, ticket: Ticket) -> bool:
    """Whether somebody may look at a ticket. Confidential ones: inspectors alone."""
    if ticket.confidential:
        return member.role == "inspector"
    if member.role == "member":
        return owns(member, ticket)
    if member.role == "handler":
        return serves(member, ticket)
    return member.role in {"coordinator", "inspector", "leader", "admin"}


def may(member: Member, step: str, ticket: Ticket) -> bool:
    """Whether somebody may take a step on a ticket, whatever its status."""
    if ticket.confidential:
        return member.role == "inspector" and step not in ROUTED | CLOCK | OTHERS
    if member.role == "member" and not owns(member, ticket):
        return False
    if member.role == "handler" and not serves(member, ticket):
        return False
    return step in STEPS[member.role]


def may_request(member: Member, step: str, ticket: Ticket) -> bool:
    """Whether somebody may ask the coordinators for a step."""
    return (
        not ticket.confidential
        and member.role == "handler"
        and step in REQUESTS
        and serves(member, ticket)
    )


def opens(member: Member, kind: str) -> bool:
    """Whether somebody may open a ticket in the console: coordinators; inspectors misconduct."""
    return member.role == "coordinator" or (member.role == "inspector" and kind == "misconduct")


def judges(member: Member, *, misconduct: bool) -> bool:
    """Whether somebody may decide what a message of the review list is.

    Coordinators may; what may be misconduct is for the inspectors, as the ticket would be.
    """
    return member.role == ("inspector" if misconduct else "coordinator")


def speaks(member: Member, ticket: Ticket) -> bool:
    """Whether somebody may say something about a ticket in its group, through the bot."""
    works = member.role in {"handler", "coordinator", "inspector"}
    return works and not ticket.confidential and sees(member, ticket)


def takes_many(member: Member) -> bool:
    """Whether somebody takes one step on many tickets at once: staff, who have many."""
    return member.role in STAFF


def declines(member: Member, ticket: Ticket) -> bool:
    """Whether somebody may say no to what a unit asked for."""
    return member.role == "coordinator" and sees(member, ticket)


def reads_ladder(member: Member) -> bool:
    """Whether somebody sees who was and will be reminded of a ticket, and what was asked for."""
    return member.role in STAFF


def reads_letter(member: Member, kind: str) -> bool:
    """Whether somebody reads a 督办函; a 移交函 is not for the unit that it is about."""
    return member.role in STAFF - ({"handler"} if kind == "handover" else set())


def owns(member: Member, ticket: Ticket) -> bool:
    """Whether a ticket is somebody's own: of the same enterprise, else from the same sender."""
    if member.id is not None and ticket.reporter_id == member.id:
        return True
    return bool(member.enterprise) and member.enterprise == ticket.enterprise


def serves(member: Member, ticket: Ticket) -> bool:
    """Whether a ticket is led by somebody's unit."""
    return member.unit_id is not None and ticket.unit_id == member.unit_id


def reads_phones(member: Member) -> bool:
    """Whether somebody needs to call: who works on tickets sees phone numbers, others a mask."""
    return member.role in {"handler", "coordinator", "inspector"}


def reads_phones_of(member: Member, about: Iterable[Ticket]) -> bool:
    """Whether somebody needs to call who spoke of these tickets in a group.

    A handler those alone who spoke of the own unit's: the contacts of others are not theirs.
    """
    if member.role == "handler":
        return any(sees(member, ticket) for ticket in about)
    return reads_phones(member)


def tries_groups(member: Member) -> bool:
    """Whether somebody may speak in a sandbox group in the name of its members."""
    return member.role in {"admin", "coordinator"}


def visits(member: Member, *, spoke: bool) -> bool:
    """Whether somebody may look at a group's window: staff; a member where they have spoken."""
    return spoke or member.role in STAFF


def hears(member: Member, *, misconduct: bool) -> bool:
    """Whether somebody may read in the console what was said: of misconduct, inspectors alone."""
    return member.role == "inspector" or not misconduct


def opens_media(member: Member, about: Sequence[Ticket], *, misconduct: bool, visits: bool) -> bool:
    """Whether somebody may look at what came with a message; `about`: its tickets.

    Of a ticket: who sees it. Of none: who looks into its group. Of misconduct: inspectors alone.
    """
    sees_one = any(sees(member, ticket) for ticket in about)
    return hears(member, misconduct=misconduct) and (sees_one if about else visits)


def reads_parses(member: Member, *, misconduct: bool) -> bool:
    """Whether somebody may look at how a message was understood."""
    works = member.role in {"coordinator", "inspector", "admin"}
    return works and hears(member, misconduct=misconduct)
