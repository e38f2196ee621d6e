"""Sign-ins: an account for a member, a browser for an account, for a while."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from storage import accounts, people
from storage.database import Database
from storage.models import Account, SignIn
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded

UNTIL = START + timedelta(hours=12)


async def make(database: Database, password: str = "hash", who: str = "c1") -> None:
    async with database.transaction() as session:
        member = await people.find(session, "sandbox", who)
        assert member is not None
        await accounts.make(session, login="wang", password=password, member=member, now=START)


async def sign_in(database: Database, token: str = "t", at: datetime = START) -> None:
    async with database.transaction() as session:
        until = at + (UNTIL - START)
        await accounts.sign_in(session, token=token, login="wang", now=at, until=until)


async def who(database: Database, token: str = "t", at: datetime = START) -> str | None:
    async with database.transaction() as session:
        member = await accounts.signed_in(session, token, at)
        return member.external_id if member else None


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


@pytest.mark.parametrize(
    ("token", "at", "found"),
    [
        ("t", START, "c1"),
        ("t", UNTIL - timedelta(seconds=1), "c1"),
        ("t", UNTIL, None),
        ("other", START, None),
        ("\udc80", START, None),
    ],
)
async def test_a_token_holds_until_its_end(
    database: Database, token: str, at: datetime, found: str | None
) -> None:
    await make(database)
    await sign_in(database)
    assert await who(database, token, at) == found


async def test_the_table_holds_no_token(database: Database) -> None:
    await make(database)
    await sign_in(database, "token of a browser")
    async with database.transaction() as session:
        (row,) = (await session.exec(select(SignIn))).all()
    assert "browser" not in row.model_dump_json()


async def test_signed_out_is_out_of_this_browser_alone(database: Database) -> None:
    await make(database)
    await sign_in(database, "one")
    await sign_in(database, "other")
    async with database.transaction() as session:
        await accounts.sign_out(session, "one")
    assert [await who(database, "one"), await who(database, "other")] == [None, "c1"]


async def test_sign_ins_that_are_over_are_forgotten(database: Database) -> None:
    await make(database)
    await sign_in(database, "old")
    await sign_in(database, "new", UNTIL + timedelta(seconds=1))
    async with database.transaction() as session:
        assert len((await session.exec(select(SignIn))).all()) == 1
