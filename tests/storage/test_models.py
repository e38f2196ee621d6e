"""What a column takes and gives back."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import StatementError
from sqlmodel import select

from storage import due, poison
from storage.database import Database
from storage.models import Due, Poisoned
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded


async def test_a_moment_without_offset_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without offset"):
        async with database.transaction() as session:
            await due.plan(session, "daily", datetime(2023, 4, 3, 9))  # noqa: DTZ001


async def test_a_moment_without_offset_finds_nothing_either(database: Database) -> None:
    with pytest.raises(StatementError, match="without offset"):
        async with database.transaction() as session:
            await due.claim(session, datetime(2023, 4, 3, 9))  # noqa: DTZ001


async def test_moments_come_back_in_utc(database: Database) -> None:
    async with database.transaction() as session:
        await due.plan(session, "daily", START)
    async with database.transaction() as session:
        (row,) = (await session.exec(select(Due))).all()
    assert (row.at, row.at.utcoffset()) == (START.astimezone(UTC), timedelta(0))


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with contextlib.suppress(RuntimeError):
        async with database.transaction() as session:
            await due.plan(session, "daily", START)
            raise RuntimeError
    async with database.transaction() as session:
        assert (await session.exec(select(Due))).all() == []


@pytest.mark.parametrize(
    ("payload", "group", "id_"),
    [
        ('{"group": "g1", "id": "m1"}', "g1", "m1"),
        ('{"group": 7}', "7", ""),
        ("[]", "", ""),
        ("not json", "", ""),
        ("", "", ""),
        ("\x00", "", ""),
        ("half \udc80", "", ""),
        ('{"group": "g\\u00001", "id": "\\ud800"}', "g1", "?"),
        ("[" * 100_000, "", ""),
    ],
    ids=["whole", "number", "list", "words", "nothing", "NUL", "half", "escaped", "deep"],
)
async def test_whatever_it_is_it_can_be_set_aside(
    database: Database, payload: str, group: str, id_: str
) -> None:
    async with database.transaction() as session:
        await poison.keep(session, payload=payload, error=f"broken: {payload[:20]}", at=START)
    async with database.transaction() as session:
        (row,) = await poison.newest(session)
    assert (row.group_id, row.external_id) == (group, id_)
    assert isinstance(row, Poisoned)
