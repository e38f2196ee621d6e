"""Records of the archive: kept with the cursor or not at all, and never twice."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from storage import archive, people
from storage.archive import Pulled
from storage.database import Database
from storage.models import Cursor, Recorded
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded


def pulled(seq: int, body: str | None = "{}", version: int = 1, error: str | None = None) -> Pulled:
    record = {"seq": seq, "msgid": f"m{seq}", "publickey_ver": version}
    return Pulled(seq, f"m{seq}", record, body, error)


def locked(seq: int, version: int = 1) -> Pulled:
    return pulled(seq, None, version, "没有私钥")


async def keep(database: Database, *records: Pulled, minutes: int = 0) -> int:
    async with database.transaction() as session:
        return await archive.keep(session, records, START + timedelta(minutes=minutes))


async def cursor(database: Database) -> tuple[int, Any]:
    async with database.transaction() as session:
        return await archive.cursor(session)


async def rows(database: Database) -> Sequence[tuple[int, str, str | None]]:
    async with database.transaction() as session:
        found = await session.exec(select(Recorded).order_by(col(Recorded.seq)))
        return [(row.seq, row.status, row.error) for row in found.all()]


async def waiting(database: Database, most: int = 99) -> list[int]:
    async with database.transaction() as session:
        return [row.seq for row in await archive.waiting(session, most)]


async def test_at_the_beginning_nothing_was_read(database: Database) -> None:
    assert await cursor(database) == (0, None)


async def test_records_are_kept_with_how_far_they_are(database: Database) -> None:
    assert await keep(database, pulled(7), locked(9)) == 9
    assert await rows(database) == [(7, "waiting", None), (9, "parked", "没有私钥")]
    assert await cursor(database) == (9, START)


async def test_of_a_transaction_that_fails_nothing_is_kept(database: Database) -> None:
    await keep(database, pulled(1))
    async with database.transaction() as session:
        await archive.keep(session, [pulled(2), pulled(3)], START)
        await session.rollback()
    assert await rows(database) == [(1, "waiting", None)]
    assert await cursor(database) == (1, START)


async def test_pulled_twice_they_are_kept_once_as_they_stand(database: Database) -> None:
    await keep(database, pulled(1), pulled(2))
    async with database.transaction() as session:
        await archive.handed(session, [1])
    assert await keep(database, pulled(1), pulled(2), pulled(3)) == 3
    assert await rows(database) == [
        (1, "handed", None), (2, "waiting", None), (3, "waiting", None),
    ]  # fmt: skip


async def test_nobody_sets_the_cursor_back(database: Database) -> None:
    await keep(database, pulled(100), minutes=9)
    assert await keep(database, pulled(99), minutes=3) == 100
    assert await cursor(database) == (100, START + timedelta(minutes=9))


async def test_it_is_compared_as_a_number(database: Database) -> None:
    await keep(database, pulled(9))
    assert await keep(database, pulled(10)) == 10
    assert await keep(database, pulled((1 << 63) - 1)) == (1 << 63) - 1


async def test_nothing_new_only_tells_when(database: Database) -> None:
    await keep(database, pulled(5))
    assert await keep(database, minutes=4) == 5
    assert await cursor(database) == (5, START + timedelta(minutes=4))


async def test_what_waits_comes_in_order(database: Database) -> None:
    await keep(database, pulled(3), pulled(1), locked(2), pulled(4))
    assert await waiting(database) == [1, 3, 4]
    assert await waiting(database, 2) == [1, 3]


async def test_only_what_waits_is_handed(database: Database) -> None:
    await keep(database, pulled(1), locked(2))
    async with database.transaction() as session:
        await archive.handed(session, [1, 2, 3])
    assert [status for _, status, _ in await rows(database)] == ["handed", "parked"]


async def test_what_is_locked_is_found_by_its_key(database: Database) -> None:
    await keep(database, locked(1), locked(2, 2), locked(3), pulled(4), locked(5, 3))
    async with database.transaction() as session:

        async def found(*versions: int, after: int = 0, most: int = 9) -> list[int]:
            return [one.seq for one in await archive.locked(session, versions, after, most)]

        assert await found(1) == [1, 3]
        assert await found(1, 3, after=1) == [3, 5]
        assert await found(1, 2, 3, most=2) == [1, 2]
        assert await found() == []


async def test_what_was_opened_waits_and_what_was_not_has_its_new_reason(
    database: Database,
) -> None:
    await keep(database, locked(1), locked(2))
    async with database.transaction() as session:
        await archive.opened(session, 1, '{"a":1}', None)
        await archive.opened(session, 2, None, "解不开")
    assert await rows(database) == [(1, "waiting", None), (2, "parked", "解不开")]


async def test_what_was_handed_is_never_opened_again(database: Database) -> None:
    await keep(database, pulled(1))
    async with database.transaction() as session:
        await archive.handed(session, [1])
        await archive.opened(session, 1, "{}", None)
    assert await rows(database) == [(1, "handed", None)]


async def test_what_is_set_aside_is_counted_and_the_first_has_its_reason(
    database: Database,
) -> None:
    async with database.transaction() as session:
        assert await archive.parked(session) == (0, None)
    await keep(database, pulled(1), pulled(2), locked(3))
    async with database.transaction() as session:
        await archive.park(session, 2, "转交不了")
        assert await archive.parked(session) == (2, "转交不了")
        await archive.again(session)  # what could be read
        assert await archive.parked(session) == (1, "没有私钥")


async def test_names_are_those_of_one_realm(database: Database) -> None:
    async with database.transaction() as session:
        await people.meet(session, "wecom", "zhang", "张三")
        found = await archive.names(session, "wecom", ["zhang", "li", "nobody"])
        assert found == {"zhang": "张三"}
        assert await archive.names(session, "wecom", []) == {}


async def test_the_cursor_has_its_own_name(database: Database) -> None:
    await keep(database, pulled(4))
    async with database.transaction() as session:
        found = await session.get(Cursor, "wecom_archive")
        assert found is not None
        assert found.value == 4
