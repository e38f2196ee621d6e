"""What each figure counts."""

from datetime import timedelta
from typing import Any

import pytest

from storage import figures, people, tickets
from storage.database import Database
from storage.figures import Counts
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded

DUE = START + timedelta(days=3)
LATE, EARLY = DUE + timedelta(seconds=1), DUE - timedelta(days=1)
DONE = {"status": "resolved", "resolved_at": DUE, "resolve_count": 1, "responded_at": EARLY}


async def make(database: Database, **fields: Any) -> None:
    async with database.transaction() as session:
        made = {
            "text": "路灯坏了", "reported_at": START, "respond_by": DUE, "due_at": DUE,
            "first_respond_by": DUE, **fields,
        }  # fmt: skip
        await tickets.make(session, **made)


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, Counts(collected=1, overdue=1, unanswered=1)),
        ({"due_at": LATE}, Counts(collected=1, unanswered=1)),
        ({"first_respond_by": LATE}, Counts(collected=1, overdue=1)),
        ({"responded_at": DUE}, Counts(collected=1, overdue=1, responded=1, in_time=1)),
        ({"responded_at": LATE}, Counts(collected=1, overdue=1, responded=1)),
        (DONE, Counts(collected=1, done=1, on_time=1, responded=1, in_time=1, once_done=1)),
        (
            {**DONE, "resolved_at": LATE},
            Counts(collected=1, done=1, responded=1, in_time=1, once_done=1),
        ),
        (
            {**DONE, "status": "closed", "rating": "fairly"},
            Counts(
                collected=1, done=1, on_time=1, responded=1, in_time=1, once_done=1, rated=1,
                content=1,
            ),
        ),
        (
            {**DONE, "rating": "dissatisfied", "reopened": 1, "status": "accepted"},
            Counts(
                collected=1, overdue=1, responded=1, in_time=1, once_done=1, rated=1, reopened=1
            ),
        ),
        ({"status": "suspended", "suspended_at": DUE}, Counts(collected=1, unanswered=1)),
        (
            {"status": "suspended", "suspended_at": LATE},
            Counts(collected=1, overdue=1, unanswered=1),
        ),
        ({"status": "rejected"}, Counts()),
        ({"status": "merged"}, Counts()),
        ({"status": "withdrawn"}, Counts()),
        ({"kind": "misconduct"}, Counts()),
        ({"confidential": True}, Counts()),
    ],
)  # fmt: skip
async def test_a_ticket_is_counted_as_it_stands(
    database: Database, fields: dict[str, Any], counts: Counts
) -> None:
    await make(database, **fields)
    async with database.transaction() as session:
        assert await figures.total(session, LATE) == counts


async def test_counts_are_told_apart_by_unit_district_and_category(database: Database) -> None:
    async with database.transaction() as session:
        unit = await people.unit_named(session, "市自规局")
        assert unit is not None
    await make(database, unit_id=unit.id, district="天元区", category="traffic")
    await make(database, district="天元区")
    async with database.transaction() as session:
        found = [await figures.by(session, of, EARLY) for of in ("unit", "district", "category")]
    assert found == [
        {"市自规局": Counts(collected=1)},
        {"天元区": Counts(collected=2)},
        {"traffic": Counts(collected=1)},
    ]
