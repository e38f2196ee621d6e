"""Who may do what: the one place of authorisation; rules, sections 1 and 8."""

from storage.models import Member, Ticket

ROLES = ("member", "handler", "coordinator", "inspector", "leader", "admin")

#: Steps of a member on own tickets, of a handler on tickets of the own unit, of a coordinator.
OWN = frozenset({"confirm", "dispute", "withdraw", "add", "ask", "urge"})
UNIT = frozenset({"accept", "progress", "resolve", "ask"})
#: What a handler can't do but ask the coordinators for.
REQUESTS = frozenset({"transfer", "return", "extend"})
COORDINATION = frozenset(
    {
        "open", "assign", "transfer", "return", "reject", "merge", "extend", "suspend", "resume",
        "edit", "confirm", "add", "ask",
    }
)  # fmt: skip
INSPECTION = frozenset({"recheck", "ask"})
#: What nobody does but the clock.
CLOCK = frozenset({"silence"})


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
        return member.role == "inspector" and step not in CLOCK
    match member.role:
        case "member":
            return step in OWN and owns(member, ticket)
        case "handler":
            return step in UNIT and serves(member, ticket)
        case "coordinator":
            return step in COORDINATION
        case "inspector":
            return step in INSPECTION
        case _:
            return False


def may_request(member: Member, step: str, ticket: Ticket) -> bool:
    """Whether somebody may ask the coordinators for a step."""
    return (
        not ticket.confidential
        and member.role == "handler"
        and step in REQUESTS
        and serves(member, ticket)
    )


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


def tries_groups(member: Member) -> bool:
    """Whether somebody may speak in a sandbox group in the name of its members."""
    return member.role in {"admin", "coordinator"}
