"""What the board asks for: trends, spots, groups without life; and a unit's own alone."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from storage import board, figures, people, states
from storage.board import Spot
from storage.database import Database
from storage.figures import Scope
from storage.models import Ticket
from tests.fixtures import rows
from tests.fixtures.cast import START, Town, at

pytestmark = pytest.mark.embedded

DAY = timedelta(days=1)
NOW = START + 10 * DAY


async def make(database: Database, reported_at: datetime = START, **fields: Any) -> Ticket:
    async with database.transaction() as session:
        made = {"due_at": NOW + DAY, "first_respond_by": NOW + DAY} | fields
        return await rows.make(session, reported_at=reported_at, **made)


async def test_a_trend_counts_each_part_of_the_time_by_the_report(database: Database) -> None:
    edges = [START, START + DAY, START + 2 * DAY, START + 3 * DAY]
    await make(database, START - DAY)  # before
    await make(database, START)
    await make(database, START + DAY)  # exactly at an edge: of the part that begins there
    await make(database, START + DAY * 1.5, due_at=START + 2 * DAY)
    await make(database, START + DAY, status="resolved", resolved_at=NOW)
    await make(database, START + 3 * DAY)  # after
    async with database.transaction() as session:
        found = await board.trend(session, Scope(at=NOW), edges)
    assert [(of.collected, of.done, of.overdue) for of in found] == [
        (1, 0, 0),
        (3, 1, 1),
        (0, 0, 0),
    ]


async def test_a_trend_and_the_spots_are_of_the_scope(database: Database) -> None:
    await make(database, district="天元区", category="tax")
    await make(database, district="荷塘区", category="tax")
    await make(database, district="荷塘区")  # of no category yet
    await make(database, district="荷塘区", category="tax", status="rejected")
    scope = Scope(at=NOW, only={"district": "荷塘区"})
    async with database.transaction() as session:
        (part,) = await board.trend(session, scope, [START, NOW])
        assert part.collected == 2
        assert await board.spots(session, scope) == {Spot("tax", "荷塘区"): 1}
        assert await board.spots(session, Scope(at=NOW)) == {
            Spot("tax", "荷塘区"): 1, Spot("tax", "天元区"): 1
        }  # fmt: skip
        assert await board.spots(session, Scope(at=START - DAY)) == {}


async def test_the_first_is_the_first_that_is_collected(database: Database) -> None:
    async with database.transaction() as session:
        assert await board.first(session, Scope(at=NOW)) is None
    await make(database, START - DAY, kind="misconduct", confidential=True)
    await make(database, START + DAY)
    await make(database, START)
    async with database.transaction() as session:
        assert await board.first(session, Scope(at=NOW)) == START


async def test_a_unit_is_shown_what_was_its_own_and_is_so_today(database: Database) -> None:
    async with database.transaction() as session:
        one, other = [
            await people.unit_named(session, name) for name in ("市自规局", "株洲供电公司")
        ]
        assert one is not None
        assert other is not None
    await make(database, unit_id=one.id)
    moved = await make(database, unit_id=one.id)
    async with database.transaction() as session:
        ticket = await session.merge(moved)
        ticket.unit_id = other.id
        await states.write(session, ticket, START + DAY)
    async with database.transaction() as session:

        async def numbers(unit: Any, when: datetime, *, own: bool) -> list[int]:
            scope = Scope(at=when, only={"unit_id": unit.id}, led_by=unit.id if own else None)
            found = list(await figures.behind(session, "collected", scope))
            assert (await figures.total(session, scope)).collected == len(found)
            return found

        assert await numbers(one, START, own=False) == [2, 1]
        assert await numbers(one, START, own=True) == [1]
        assert await numbers(other, START, own=True) == []
        assert await numbers(other, NOW, own=True) == [2]


async def test_silent_are_the_groups_in_which_nobody_wrote_for_so_long(town: Town) -> None:
    await town.says("zhang", "大家好", "chitchat")  # on 3 April, in g1
    town.later(days=20)
    await town.says("li", "大家好", "chitchat", group="g2")
    async with town.database.transaction() as session:
        many, found = await board.silent(session, town.now, 14)
        assert many == 2
        assert [(group.id, group.last) for group in found] == [("bridge", None), ("g1", START)]
        assert found[1].name == "制造名城-天元区-1群"
        assert (await board.silent(session, town.now, 14, most=1))[0] == 2
        assert len((await board.silent(session, town.now, 14, most=1))[1]) == 1
        # exactly so many days is long enough
        assert (await board.silent(session, town.now, 20))[0] == 2
        assert (await board.silent(session, town.now, 21))[0] == 1


async def test_an_old_message_does_not_make_a_group_silent(town: Town) -> None:
    await town.says("zhang", "大家好", "chitchat")
    town.now = at("05-30 10:00")
    await town.says("zhang", "还有人吗", "chitchat")
    async with town.database.transaction() as session:
        _, found = await board.silent(session, town.now, 14)
    assert "g1" not in [group.id for group in found]
