"""A city is written as it is given, as often as it is given."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import SQLModel, select

from storage import calendar, cities, people, settings
from storage.database import Database
from storage.models import Article, Day, District, Group, Member, Route, Setting, Unit

pytestmark = pytest.mark.embedded

CITY: dict[str, Any] = {
    "districts": {"芦淞区": ["芦淞"]},
    "units": {"市城管局": (["城管"], None)},
    "groups": [{"id": "g7", "name": "芦淞1群", "district": "芦淞区", "reads": "sandbox",
                "answers": "sandbox", "pushes": "sandbox", "carriers": {"sandbox": "g7"}}],
    "members": [
        {
            "channel": "sandbox", "id": "h7", "name": "市城管局-何科", "role": "handler",
            "enterprise": None, "unit": "市城管局",
        }
    ],
    "routes": [{"category": "traffic", "district": "芦淞区", "unit": "市城管局"}],
    "days": {date(2023, 4, 8): True, date(2023, 4, 10): False},
    "articles": [
        {"title": "奖补申报", "body": "每年3月", "source": "市科技局", "date": date(2023, 1, 5)}
    ],
    "settings": {"silence_days": 4},
}  # fmt: skip
TABLES: tuple[type[SQLModel], ...] = (
    District, Unit, Group, Member, Route, Day, Setting, Article,
)  # fmt: skip


async def load(database: Database, **other: Any) -> None:
    async with database.transaction() as session:
        await cities.load(session, **{**CITY, **other})


async def everything(database: Database) -> list[list[str]]:
    async with database.transaction() as session:
        found = [(await session.exec(select(table))).all() for table in TABLES]
    return [sorted(row.model_dump_json() for row in rows) for rows in found]


async def test_loaded_twice_it_is_the_same(database: Database) -> None:
    await load(database)
    once = await everything(database)
    await load(database)
    assert await everything(database) == once


async def test_what_a_file_does_not_mention_stays(database: Database) -> None:
    await load(database)
    async with database.transaction() as session:
        assert await people.group(session, "g1") is not None
        assert await people.unit_named(session, "株洲供电公司") is not None


async def test_what_is_known_is_changed(database: Database) -> None:
    await load(database)
    await load(database, units={"市城管局": (["市容"], "h7")})
    async with database.transaction() as session:
        unit = await people.unit_named(session, "市容")
        assert unit is not None
        assert (unit.name, unit.head, unit.aliases) == ("市城管局", "h7", ["市容"])


async def test_a_route_can_get_another_unit(database: Database) -> None:
    await load(database)
    route = {"category": "traffic", "district": "芦淞区", "unit": "市自规局"}
    await load(database, routes=[route])
    async with database.transaction() as session:
        unit = await people.route(session, "traffic", "芦淞区")
        assert unit is not None
        assert unit.name == "市自规局"


async def test_a_corrected_day_outlives_the_next_seeding(database: Database) -> None:
    await load(database)
    async with database.transaction() as session:
        await calendar.seed(session)
    async with database.transaction() as session:
        days = await calendar.between(session, date(2023, 4, 8), date(2023, 4, 10))
    assert [day.working for day in days] == [True, False, False]
    assert days[0].source == calendar.BY_CITY


async def test_changed_settings_are_read_back(database: Database) -> None:
    await load(database)
    await load(database, settings={"silence_days": 5, "close_of_business": "18:00"})
    async with database.transaction() as session:
        found = await settings.read(session)
    assert found == {"silence_days": 5, "close_of_business": "18:00"}


async def test_a_city_with_a_group_is_not_empty(database: Database) -> None:
    async with database.transaction() as session:
        assert not await cities.empty(session)
