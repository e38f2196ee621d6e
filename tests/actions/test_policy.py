"""The numbers of the rules, and what a city may put in their place."""

import contextlib
from datetime import time
from typing import Any

import pytest

from actions.deadlines import Clock
from actions.policy import Policy
from storage import settings
from storage.database import Database

#: As rules, sections 3 to 5 and 8 have them.
RULES = {
    "issue_respond_days": 3,
    "issue_resolve_days": 5,
    "consult_respond_days": 3,
    "consult_resolve_days": 3,
    "misconduct_respond_days": 3,
    "misconduct_resolve_days": 15,
    "reopened_respond_days": 1,
    "reopened_resolve_days": 3,
    "urgent_respond_hours": 2,
    "urgent_resolve_hours": 24,
    "close_of_business": time(17, 30),
    "reminders_at": time(9),
    "quiet_from": time(20),
    "quiet_to": time(8),
    "silence_days": 3,
    "dispute_days": 15,
    "extension_days_max": 10,
    "extensions_max": 2,
    "detail_minutes": 30,
    "question_minutes": 10,
    "urge_hours": 4,
    "similar_days": 14,
    "confidence_threshold": 0.6,
}


@pytest.mark.parametrize(("name", "value"), RULES.items())
def test_the_defaults_are_those_of_the_rules(name: str, value: Any) -> None:
    assert getattr(Policy(), name) == value


@pytest.mark.parametrize(
    ("name", "given", "read"),
    [
        ("issue_resolve_days", 7, 7),
        ("extensions_max", 0, 0),
        ("question_minutes", 0, 0),
        ("close_of_business", "18:00", time(18)),
        ("quiet_from", "21:30", time(21, 30)),
        ("confidence_threshold", 0.75, 0.75),
        ("confidence_threshold", 1, 1.0),
        ("confidence_threshold", 0, 0.0),
    ],
)
def test_a_setting_takes_the_place_of_its_default(name: str, given: Any, read: Any) -> None:
    policy = Policy.from_mapping({name: given})
    assert getattr(policy, name) == read
    assert Policy.from_mapping({}) == Policy()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("issue_resolve_days", -1),
        ("issue_resolve_days", 0),  # the day of the report never counts
        ("silence_days", 0),
        ("issue_resolve_days", 10_000),
        ("issue_resolve_days", 2.5),
        ("issue_resolve_days", "5"),
        ("issue_resolve_days", True),
        ("issue_resolve_days", None),
        ("urgent_respond_hours", -2),
        ("urgent_resolve_hours", 0),
        ("close_of_business", "25:00"),
        ("close_of_business", "half past five"),
        ("close_of_business", 1050),  # what YAML makes of 17:30 without quotation marks
        ("close_of_business", None),
        ("confidence_threshold", 1.1),
        ("confidence_threshold", -0.1),
        ("confidence_threshold", float("nan")),
        ("confidence_threshold", "0.6"),
        ("confidence_threshold", True),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        Policy.from_mapping({name: value})


def test_a_setting_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="issue_days"):
        Policy.from_mapping({"issue_days": 5})


@pytest.mark.embedded
async def test_the_city_settings_are_read_from_the_database(database: Database) -> None:
    async with database.transaction() as session:
        assert (await Clock.read(session)).policy == Policy()
        await settings.write(session, {"issue_resolve_days": 7, "close_of_business": "18:00"})
    async with database.transaction() as session:
        policy = (await Clock.read(session)).policy
    assert policy == Policy(issue_resolve_days=7, close_of_business=time(18))


@pytest.mark.embedded
async def test_a_change_that_was_rolled_back_is_not_in_force(database: Database) -> None:
    with contextlib.suppress(RuntimeError):
        async with database.transaction() as session:
            await settings.write(session, {"silence_days": 9})
            assert (await Clock.read(session)).policy.silence_days == 9
            raise RuntimeError
    async with database.transaction() as session:
        assert (await Clock.read(session)).policy == Policy()
