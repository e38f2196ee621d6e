"""Who somebody is, and which unit is responsible."""

import asyncio

import pytest

from storage import people
from storage.database import Database
from storage.models import Route

pytestmark = pytest.mark.embedded


async def unit(database: Database, name: str) -> str | None:
    async with database.transaction() as session:
        found = await people.unit_named(session, name)
        return found.name if found else None


async def add_route(database: Database, name: str, district: str) -> None:
    async with database.transaction() as session:
        found = await people.unit_named(session, name)
        assert found is not None
        assert found.id is not None
        session.add(Route(unit_id=found.id, district=district))


@pytest.mark.parametrize(
    ("category", "district", "lead"),
    [
        ("traffic", "天元区", "天元区城管局"),
        ("traffic", "荷塘区", "市自规局"),
        ("traffic", None, "市自规局"),
        ("utilities", "天元区", "株洲供电公司"),
        ("tax", "天元区", None),
        (None, "天元区", None),
        (None, None, None),
    ],
)
async def test_the_route_that_fits_best_names_the_lead(
    database: Database, category: str | None, district: str | None, lead: str | None
) -> None:
    async with database.transaction() as session:
        found = await people.route(session, category, district)
        assert (found.name if found else None) == lead


async def test_a_route_of_a_district_alone_comes_last(database: Database) -> None:
    await add_route(database, "天元区城管局", "荷塘区")
    async with database.transaction() as session:
        for category, lead in [("traffic", "市自规局"), ("tax", "天元区城管局")]:
            found = await people.route(session, category, "荷塘区")
            assert found is not None
            assert found.name == lead


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("株洲供电公司", "株洲供电公司"),
        ("供电公司", "株洲供电公司"),
        ("区城管", "天元区城管局"),
        ("城管", None),
        ("", None),
    ],
)
async def test_a_unit_is_found_by_name_or_alias(
    database: Database, written: str, name: str | None
) -> None:
    assert await unit(database, written) == name


async def test_a_name_goes_before_an_alias(database: Database) -> None:
    async with database.transaction() as session:
        other = await people.unit_named(session, "市自规局")
        assert other is not None
        other.name, other.aliases = "又一局", ["株洲供电公司"]
        session.add(other)
    assert await unit(database, "株洲供电公司") == "株洲供电公司"


@pytest.mark.parametrize(
    ("written", "name"), [("天元区", "天元区"), ("高新区", "天元区"), ("火星", None)]
)
async def test_a_district_is_found_as_people_write_it(
    database: Database, written: str, name: str | None
) -> None:
    async with database.transaction() as session:
        assert await people.district_named(session, written) == name


async def test_an_unknown_sender_becomes_a_member(database: Database) -> None:
    async with database.transaction() as session:
        met = await people.meet(session, "sandbox", "stranger", "某厂-某人")
        assert (met.role, met.name, met.enterprise) == ("member", "某厂-某人", None)


async def test_a_nickname_never_changes_a_role_or_a_register(database: Database) -> None:
    async with database.transaction() as session:
        met = await people.meet(session, "sandbox", "h1", "专班-假冒")
        assert (met.role, met.name) == ("handler", "天元区城管局-李科")


async def test_the_same_id_in_another_channel_is_somebody_else(database: Database) -> None:
    async with database.transaction() as session:
        met = await people.meet(session, "webhook", "c1", "专班-王敏")
        assert met.role == "member"


async def test_met_at_once_by_many_it_is_one_person(database: Database) -> None:
    async def meet() -> int | None:
        async with database.transaction() as session:
            return (await people.meet(session, "sandbox", "stranger", "某人")).id

    assert len(set(await asyncio.gather(*(meet() for _ in range(8))))) == 1


async def test_those_of_a_unit_are_its_handlers(database: Database) -> None:
    async with database.transaction() as session:
        found = await people.unit_named(session, "天元区城管局")
        assert found is not None
        assert found.id is not None
        handlers = await people.handlers(session, found.id)
    assert [member.external_id for member in handlers] == ["h1", "h2", "h9"]
