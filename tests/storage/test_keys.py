"""Keys: shown once, found by what is shown, ended for good."""

from datetime import timedelta

import pytest

from storage import keys
from storage.database import Database
from storage.models import Key
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded


async def made(database: Database, name: str = "热线平台") -> tuple[Key, str]:
    async with database.transaction() as session:
        return await keys.make(session, name=name, scopes=["tickets:read"], by="a1", now=START)


async def test_only_its_hash_is_kept_and_it_is_found_by_what_is_shown(database: Database) -> None:
    row, shown = await made(database)
    assert shown.startswith(keys.prefix(row))
    async with database.transaction() as session:
        found = await keys.find(session, shown)
        assert found is not None
        assert (found.id, found.name, found.scopes) == (row.id, "热线平台", ["tickets:read"])
        kept = [str(value) for value in found.model_dump().values()]
    assert not any(shown.removeprefix(keys.prefix(row)) in value for value in kept)


async def test_what_nobody_was_shown_lets_nobody_in(database: Database) -> None:
    row, shown = await made(database)
    for other in ("", keys.prefix(row), shown[:-1], shown + "x", row.hash, "\ud800"):
        async with database.transaction() as session:
            assert await keys.find(session, other) is None


async def test_an_ended_one_is_not_found_and_ends_once(database: Database) -> None:
    row, shown = await made(database)
    async with database.transaction() as session:
        ended = await keys.end(session, row.id or 0, START)
        assert ended is not None
        assert ended.ended_at == START
    async with database.transaction() as session:
        assert await keys.find(session, shown) is None
        assert await keys.end(session, row.id or 0, START) is None
        assert await keys.end(session, 99, START) is None


async def test_its_use_is_noted_once_a_minute(database: Database) -> None:
    _, shown = await made(database)
    seen = []
    for seconds in (0, 59, 60):
        async with database.transaction() as session:
            key = await keys.find(session, shown)
            assert key is not None
            await keys.used(session, key, START + timedelta(seconds=seconds))
        async with database.transaction() as session:
            key = await keys.find(session, shown)
            assert key is not None
            seen.append(key.used_at)
    assert seen == [START, START, START + timedelta(seconds=60)]


async def test_those_in_use_stand_first_the_newest_first(database: Database) -> None:
    rows = [await made(database, name) for name in ("一", "二", "三")]
    async with database.transaction() as session:
        await keys.end(session, rows[2][0].id or 0, START)
    async with database.transaction() as session:
        assert [row.name for row in await keys.every(session)] == ["二", "一", "三"]
