"""Whatever the code calls by an English name has a Chinese one."""

import pytest

from actions.names import name, names
from actions.rights import ROLES
from actions.steps import STEPS
from nlu.parse import CATEGORIES, ENTITIES, INTENTS

STATUSES = {status for moves in STEPS.values() for pair in moves.items() for status in pair}


@pytest.mark.parametrize(
    ("of", "codes"),
    [
        ("kind", {"issue", "consult", "misconduct"}),
        ("status", STATUSES),
        ("category", set(CATEGORIES)),
        ("source", {"group", "breakfast_meeting", "hotline", "visit", "web", "api"}),
        ("rating", {"satisfied", "fairly", "dissatisfied"}),
        ("role", set(ROLES)),
        ("party", {"member", "handler", "coordinator", "inspector", "leader"}),
        # some are events and no steps
        ("step", {"open", "look", "recount", "say", "decline", *STEPS}),
        ("intent", set(INTENTS)),
        ("entity", set(ENTITIES)),
    ],
)
def test_every_code_has_a_name_and_every_name_a_code(of: str, codes: set[str]) -> None:
    assert set(names()[of]) == codes


@pytest.mark.parametrize("of", sorted(names()))
def test_no_two_codes_share_a_name(of: str) -> None:
    chinese = list(names()[of].values())
    assert len(set(chinese)) == len(chinese)


@pytest.mark.parametrize(
    ("of", "code", "said"),
    [("status", "assigned", "已交办"), ("status", "melted", "melted"), ("category", None, "")],
)
def test_a_code_without_a_name_stays_as_it_is(of: str, code: str | None, said: str) -> None:
    assert name(of, code) == said
