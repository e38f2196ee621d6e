"""What the register asks: how groups are, what points where, who is found."""

from datetime import timedelta

import pytest

from storage import people, register
from storage.database import Database
from storage.models import District, Member, Post, Unit
from storage.register import Health, Wanted
from tests.fixtures import rows
from tests.fixtures.cast import START, Town

pytestmark = pytest.mark.embedded


async def say(database: Database, *posts: tuple[str, str | None, int]) -> None:
    """Posts of g1 in order: status, error, tries."""
    async with database.transaction() as session:
        for status, error, tries in posts:
            sent = START if status == "sent" else None
            session.add(
                Post(group_id="g1", text="好", why="reply", at=START, next_at=START, status=status,
                     error=error, tries=tries, sent_at=sent)
            )  # fmt: skip
            await session.flush()


async def health(database: Database) -> Health:
    async with database.transaction() as session:
        return (await register.health(session))["g1"]


async def test_a_group_in_which_nothing_was_said_has_no_health_yet(database: Database) -> None:
    assert await health(database) == Health()


async def test_the_latest_post_that_was_tried_tells_how_a_group_is(database: Database) -> None:
    await say(database, ("sent", None, 1), ("failed", "HTTP 403", 1), ("waiting", None, 0))
    found = await health(database)
    assert (found.ails, found.failed, found.error, found.sent_at) == (True, 1, "HTTP 403", START)
    await say(database, ("sent", None, 1))
    found = await health(database)
    assert (found.ails, found.failed, found.error) == (False, 1, None)


async def test_what_failed_long_ago_is_forgotten(database: Database) -> None:
    await say(database, ("failed", "HTTP 403", 1), *[("sent", None, 1)] * register.LATEST)
    assert (await health(database)).failed == 0
    async with database.transaction() as session:
        assert await register.unsaid(session, "g1") == []


async def test_what_is_tried_again_ails_until_it_is_said(database: Database) -> None:
    await say(database, ("waiting", "HTTP 503", 3))
    found = await health(database)
    assert (found.ails, found.failed, found.retrying) == (True, 0, 1)
    async with database.transaction() as session:
        assert [post.error for post in await register.unsaid(session, "g1")] == ["HTTP 503"]


async def test_a_group_was_last_heard_when_somebody_last_spoke(town: Town) -> None:
    await town.says("zhang", "早", "chitchat")
    town.later(hours=1)
    await town.says("li", "早", "chitchat")
    assert (await health(town.database)).heard_at == START + timedelta(hours=1)


async def test_what_points_at_a_unit_is_counted_also_where_it_assists(database: Database) -> None:
    async with database.transaction() as session:
        unit = await people.unit_named(session, "市自规局")
        assert unit is not None
        await rows.make(session, assisting=["市自规局"])
        await rows.make(session, unit_id=unit.id, status="closed")
        await rows.make(session, unit_id=unit.id, status="suspended")
        assert await register.at_unit(session, unit) == {"tickets": 3, "members": 0, "routes": 1}
        assert (await register.open_of_units(session))[unit.id or 0] == 1


async def test_a_name_that_is_taken_is_told(database: Database) -> None:
    with pytest.raises(register.Taken):
        async with database.transaction() as session:
            await register.keep(session, Unit(name="市自规局"))


async def test_a_row_to_which_a_key_points_is_not_removed(database: Database) -> None:
    async with database.transaction() as session:
        unit = await people.unit_named(session, "市自规局")
    assert unit is not None
    with pytest.raises(register.Taken):
        async with database.transaction() as session:
            await register.remove(session, unit)


async def test_members_are_found_by_what_they_are_called(database: Database) -> None:
    async with database.transaction() as session:
        session.add(Member(channel="sandbox", external_id="x_y", name="100%-王"))
        found = [
            [row.external_id for row in await register.members(session, Wanted(words=words))]
            for words in ("0%", "x_y", "_", "宏远机械")
        ]
    assert found == [["x_y"], ["x_y"], ["x_y"], ["li"]]


async def test_roles_are_those_of_the_channel(database: Database) -> None:
    async with database.transaction() as session:
        pairs = [("sandbox", "h1"), ("webhook", "h1"), ("webhook", "visitor")]
        assert await register.roles_of(session, pairs) == {
            ("sandbox", "h1"): "handler", ("webhook", "visitor"): "member",
        }  # fmt: skip


async def test_the_routes_that_fit_come_best_first(database: Database) -> None:
    async with database.transaction() as session:
        found = await people.fitting(session, "traffic", "天元区")
        assert [unit.name for _, unit in found] == ["天元区城管局", "市自规局"]
        assert await people.fitting(session, "land", "天元区") == []


async def test_the_route_of_just_this_place_is_no_other(database: Database) -> None:
    async with database.transaction() as session:
        assert await register.route(session, "traffic", "荷塘区") is None
        assert await register.route(session, "traffic", None) is not None


async def test_a_district_is_named_by_tickets_groups_and_routes(database: Database) -> None:
    async with database.transaction() as session:
        session.add(District(name="芦淞区"))
        await rows.make(session, district="天元区")
        assert await register.at_district(session, "天元区") == {
            "tickets": 1, "groups": 2, "routes": 1,
        }  # fmt: skip
        assert not any((await register.at_district(session, "芦淞区")).values())
