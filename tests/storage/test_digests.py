"""Digests that were made: one a kind and period, however many make it."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from storage import digests
from storage.database import Database
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded

DAY = timedelta(days=1)


async def keep(database: Database, kind: str, days: int) -> None:
    until = START + days * DAY
    async with database.transaction() as session:
        await digests.keep(
            session, kind=kind, at=until, made_at=until, since=until - DAY, until=until,
            figures={"all": {}},
        )  # fmt: skip


async def test_a_second_one_of_its_period_is_refused(database: Database) -> None:
    await keep(database, "daily", 1)
    await keep(database, "weekly", 1)
    with pytest.raises(IntegrityError, match="uq_digests"):
        await keep(database, "daily", 1)


async def test_the_last_period_of_a_kind_is_known(database: Database) -> None:
    for days in (1, 3, 2):
        await keep(database, "daily", days)
    async with database.transaction() as session:
        assert await digests.last(session, "daily") == START + 3 * DAY
        assert await digests.since_of(session, "daily", START + 3 * DAY) == START + 2 * DAY
        assert await digests.last(session, "weekly") is None
        assert await digests.since_of(session, "weekly", START) is None
        assert [row.until for row in await digests.every(session)] == [
            START + days * DAY for days in (1, 2, 3)
        ]
