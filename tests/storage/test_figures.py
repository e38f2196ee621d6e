"""What each figure counts."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from storage import figures, people
from storage.database import Database
from storage.figures import Counts, Scope
from tests.fixtures import rows
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
        await rows.make(session, **made)


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
        ({"kind": "misconduct", "confidential": True}, Counts()),
        ({**DONE, "kind": "consult", "alone": True}, Counts()),
    ],
)  # fmt: skip
async def test_a_ticket_is_counted_as_it_stands(
    database: Database, fields: dict[str, Any], counts: Counts
) -> None:
    await make(database, **fields)
    async with database.transaction() as session:
        assert await figures.total(session, Scope(at=LATE)) == counts


async def test_counts_are_told_apart_by_unit_district_and_category(database: Database) -> None:
    async with database.transaction() as session:
        unit = await people.unit_named(session, "市自规局")
        assert unit is not None
    await make(database, unit_id=unit.id, district="天元区", category="traffic")
    await make(database, district="天元区")
    async with database.transaction() as session:
        found = [
            await figures.by(session, of, Scope(at=EARLY))
            for of in ("unit", "district", "category")
        ]
    assert found == [
        {"市自规局": Counts(collected=1)},
        {"天元区": Counts(collected=2)},
        {"traffic": Counts(collected=1)},
    ]


@pytest.mark.parametrize(
    ("since", "until", "numbers"),
    [
        (None, None, [2, 1]),
        (START, None, [2, 1]),
        (START, EARLY, [1]),  # the end is not in it
        (EARLY, None, [2]),
        (START + timedelta(seconds=1), EARLY, []),
    ],
)
async def test_a_period_is_half_open(
    database: Database, since: datetime | None, until: datetime | None, numbers: list[int]
) -> None:
    await make(database)
    await make(database, reported_at=EARLY)
    scope = Scope(at=LATE, since=since, until=until)
    async with database.transaction() as session:
        assert await figures.behind(session, "collected", scope) == numbers
        assert (await figures.total(session, scope)).collected == len(numbers)


async def test_the_list_behind_a_figure_is_paged_by_number(database: Database) -> None:
    for _ in range(4):
        await make(database)
    async with database.transaction() as session:
        scope = Scope(at=LATE)
        assert await figures.behind(session, "overdue", scope, most=2) == [4, 3]
        assert await figures.behind(session, "overdue", scope, before=3, most=2) == [2, 1]


async def test_what_the_bot_answered_alone_is_counted_apart(database: Database) -> None:
    await make(database, **DONE, kind="consult", alone=True)
    await make(database, status="rejected", alone=True)
    async with database.transaction() as session:
        assert await figures.answered_alone(session, Scope(at=LATE)) == 1
        assert await figures.behind(session, "done", Scope(at=LATE)) == []
