"""Accounts: one for a member."""

import pytest
from sqlmodel import select

from storage import accounts, people
from storage.database import Database
from storage.models import Account
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded


async def make(database: Database, password: str = "hash", who: str = "c1") -> None:
    async with database.transaction() as session:
        member = await people.find(session, "sandbox", who)
        assert member is not None
        await accounts.make(session, login="wang", password=password, member=member, now=START)


async def test_at_first_nobody_can_sign_in(database: Database) -> None:
    async with database.transaction() as session:
        assert await accounts.none_yet(session)
    await make(database)
    async with database.transaction() as session:
        assert not await accounts.none_yet(session)


async def test_an_account_made_again_has_the_new_password(database: Database) -> None:
    await make(database, "old")
    await make(database, "new", "c2")
    async with database.transaction() as session:
        (account,) = (await session.exec(select(Account))).all()
        member = await people.member(session, account.member_id)
    assert member is not None
    assert (account.password, member.external_id) == ("new", "c2")


@pytest.mark.parametrize("login", ["nobody", "", "WANG"])
async def test_an_unknown_login_is_none(database: Database, login: str) -> None:
    await make(database)
    async with database.transaction() as session:
        assert await accounts.find(session, login) is None


async def test_an_account_is_somebodys(database: Database) -> None:
    await make(database)
    async with database.transaction() as session:
        found = [await accounts.person(session, login) for login in ("wang", "nobody")]
    assert [person and person.external_id for person in found] == ["c1", None]
