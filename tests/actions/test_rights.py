"""Role by role against every step, on own, foreign and confidential tickets; rules 1 and 8."""

import pytest

from actions.rights import (
    ROLES,
    hears,
    judges,
    may,
    may_request,
    opens,
    owns,
    reads_parses,
    reads_phones,
    sees,
    serves,
    tries_groups,
    visits,
)  # fmt: skip
from actions.steps import STEPS
from storage.models import Member, Ticket
from tests.fixtures.cast import START

EVERY = {*STEPS, "add", "ask", "urge"}
MEMBER = {"add", "ask", "urge", "confirm", "dispute", "withdraw"}
HANDLER = {"accept", "progress", "resolve", "add", "ask"}
WISHES = {"transfer", "return", "extend"}
COORDINATOR = {
    "assign", "transfer", "return", "reject", "merge", "extend", "suspend", "resume", "edit",
    "confirm", "add", "ask", "urge",
}  # fmt: skip
INSPECTOR = {"recheck", "ask", "urge"}
LEADER = {"ask", "urge"}
#: What needs a unit, which misconduct has not.
ROUTED = {"assign", "transfer", "return"}

#: What a role may do to a ticket of its own and to one of somebody else.
MAY: dict[str, tuple[set[str], set[str]]] = {
    "member": (MEMBER, set()),
    "handler": (HANDLER, set()),
    "coordinator": (COORDINATOR, COORDINATOR),
    "inspector": (INSPECTOR, INSPECTOR),
    "leader": (LEADER, LEADER),
    "admin": (set(), set()),
}


def somebody(role: str) -> Member:
    unit = 7 if role == "handler" else None
    return Member(
        id=1, channel="sandbox", external_id="u1", name="立方-张三", role=role, unit_id=unit,
        enterprise="立方",
    )  # fmt: skip


def ticket(*, own: bool, confidential: bool = False) -> Ticket:
    return Ticket(
        no=1, text="", reported_at=START, respond_by=START, first_respond_by=START, due_at=START,
        reporter_id=2, enterprise="立方" if own else "宏远", unit_id=7 if own else 8,
        confidential=confidential,
    )  # fmt: skip


@pytest.mark.parametrize("step", sorted(EVERY))
@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_take_its_steps_and_no_others(role: str, step: str) -> None:
    own, foreign = MAY[role]
    assert may(somebody(role), step, ticket(own=True)) == (step in own)
    assert may(somebody(role), step, ticket(own=False)) == (step in foreign)


@pytest.mark.parametrize("step", sorted(EVERY - {"silence"}))
@pytest.mark.parametrize("role", ROLES)
def test_a_confidential_ticket_is_moved_by_inspectors_alone(role: str, step: str) -> None:
    secret = ticket(own=True, confidential=True)
    theirs = role == "inspector" and step not in ROUTED | {"urge"}
    assert may(somebody(role), step, secret) == theirs
    assert not may_request(somebody(role), step, secret)


@pytest.mark.parametrize("confidential", [True, False])
@pytest.mark.parametrize("role", ROLES)
def test_silence_is_taken_by_the_clock_alone(role: str, confidential: bool) -> None:
    assert not may(somebody(role), "silence", ticket(own=True, confidential=confidential))


@pytest.mark.parametrize("step", sorted(EVERY))
@pytest.mark.parametrize("role", ROLES)
def test_a_handler_alone_asks_for_what_coordinators_do(role: str, step: str) -> None:
    wish = role == "handler" and step in WISHES
    assert may_request(somebody(role), step, ticket(own=True)) == wish
    assert not may_request(somebody(role), step, ticket(own=False))


@pytest.mark.parametrize(
    ("role", "own", "foreign", "confidential"),
    [
        ("member", True, False, False),
        ("handler", True, False, False),
        ("coordinator", True, True, False),
        ("inspector", True, True, True),
        ("leader", True, True, False),
        ("admin", True, True, False),
    ],
)
def test_a_role_sees_what_it_needs(role: str, own: bool, foreign: bool, confidential: bool) -> None:
    who = somebody(role)
    assert sees(who, ticket(own=True)) == own
    assert sees(who, ticket(own=False)) == foreign
    assert sees(who, ticket(own=True, confidential=True)) == confidential


@pytest.mark.parametrize(
    ("reporter", "enterprise", "of_ticket", "own"),
    [
        (2, "立方", "立方", True),
        (1, None, None, True),
        (1, "立方", "宏远", True),
        (2, None, None, False),
        (2, "", "", False),
        (2, "立方", "宏远", False),
        (2, None, "宏远", False),
    ],
)
def test_own_is_of_the_same_enterprise_or_sender(
    reporter: int, enterprise: str | None, of_ticket: str | None, own: bool
) -> None:
    who, what = somebody("member"), ticket(own=False)
    who.enterprise, what.enterprise, what.reporter_id = enterprise, of_ticket, reporter
    assert owns(who, what) == own


@pytest.mark.parametrize("role", ROLES)
def test_coordinators_open_by_hand_and_inspectors_misconduct_alone(role: str) -> None:
    who = somebody(role)
    assert opens(who, "issue") == opens(who, "consult") == (role == "coordinator")
    assert opens(who, "misconduct") == (role in {"coordinator", "inspector"})


@pytest.mark.parametrize(("works", "leads", "own"), [(7, 7, True), (7, 8, False), (7, None, False)])
def test_a_unit_serves_what_it_leads(works: int, leads: int | None, own: bool) -> None:
    who, what = somebody("handler"), ticket(own=True)
    who.unit_id, what.unit_id = works, leads
    assert serves(who, what) == own


def test_who_has_no_unit_serves_nothing() -> None:
    who, what = somebody("handler"), ticket(own=True)
    who.unit_id = what.unit_id = None
    assert not serves(who, what)


@pytest.mark.parametrize("role", ROLES)
def test_phones_are_read_by_who_works_on_tickets(role: str) -> None:
    assert reads_phones(somebody(role)) == (role in {"handler", "coordinator", "inspector"})


@pytest.mark.parametrize("role", ROLES)
def test_admins_and_coordinators_try_out_groups(role: str) -> None:
    assert tries_groups(somebody(role)) == (role in {"admin", "coordinator"})


@pytest.mark.parametrize("role", ROLES)
def test_coordinators_judge_and_inspectors_what_may_be_misconduct(role: str) -> None:
    assert judges(somebody(role), misconduct=False) == (role == "coordinator")
    assert judges(somebody(role), misconduct=True) == (role == "inspector")


@pytest.mark.parametrize("role", ROLES)
def test_a_member_visits_where_they_spoke_and_staff_every_group(role: str) -> None:
    assert visits(somebody(role), spoke=True)
    assert visits(somebody(role), spoke=False) == (role != "member")


@pytest.mark.parametrize("role", ROLES)
def test_of_misconduct_inspectors_alone_hear(role: str) -> None:
    assert hears(somebody(role), misconduct=False)
    assert hears(somebody(role), misconduct=True) == (role == "inspector")


@pytest.mark.parametrize("role", ROLES)
def test_how_messages_are_understood_is_read_by_who_works_on_it(role: str) -> None:
    reads = role in {"coordinator", "inspector", "admin"}
    assert reads_parses(somebody(role), misconduct=False) == reads
    assert reads_parses(somebody(role), misconduct=True) == (role == "inspector")
