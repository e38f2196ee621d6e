"""Who follows which ticket."""

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import follows, people
from storage.database import Database
from tests.fixtures import rows

pytestmark = pytest.mark.embedded


async def who(session: AsyncSession, *names: str) -> list[int]:
    found = [await people.known(session, name) for name in names]
    return [member.id for member in found if member is not None and member.id is not None]


async def test_somebody_follows_until_they_do_not(database: Database) -> None:
    async with database.transaction() as session:
        zhang, _ = await who(session, "zhang", "li")
        one, _ = await rows.make(session), await rows.make(session)
        assert not await follows.follows(session, zhang, one.no)
        await follows.follow(session, zhang, one.no)
        await follows.follow(session, zhang, one.no)
    async with database.transaction() as session:
        assert await follows.follows(session, zhang, 1)
        assert not await follows.follows(session, zhang, 2)
        await follows.unfollow(session, zhang, 1)
        await follows.unfollow(session, zhang, 1)
    async with database.transaction() as session:
        assert not await follows.follows(session, zhang, 1)


async def test_each_follows_for_themselves(database: Database) -> None:
    async with database.transaction() as session:
        zhang, li = await who(session, "zhang", "li")
        for _ in range(3):
            await rows.make(session)
        for no in (1, 3):
            await follows.follow(session, zhang, no)
        await follows.follow(session, li, 3)
        assert [ticket.no for ticket in await follows.followed(session, zhang)] == [3, 1]
        assert [ticket.no for ticket in await follows.followed(session, zhang, most=1)] == [3]
        assert [one.external_id for one in await follows.followers(session, 3)] == ["zhang", "li"]
        await follows.unfollow(session, zhang, 3)
        assert [one.external_id for one in await follows.followers(session, 3)] == ["li"]
        assert await follows.followers(session, 2) == []
