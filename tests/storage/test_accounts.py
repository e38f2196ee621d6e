"""Accounts: one for a member."""

import pytest
from sqlalchemy.exc import IntegrityError
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
        found = [await accounts.held(session, login) for login in ("wang", "nobody")]
        everybody = await accounts.all_held(session)
    assert [held and (held[0].login, held[1].external_id) for held in found] == [
        ("wang", "c1"), None,
    ]  # fmt: skip
    assert [(account.login, member.external_id) for account, member in everybody] == [
        ("wang", "c1")
    ]


@pytest.mark.parametrize("given", [True, False])
async def test_who_gave_a_password_is_kept_with_it(database: Database, given: bool) -> None:
    async with database.transaction() as session:
        member = await people.find(session, "sandbox", "c1")
        assert member is not None
        await accounts.make(
            session, login="wang", password="x", member=member, now=START, given=given
        )
    async with database.transaction() as session:
        account = await accounts.find(session, "wang")
    assert account is not None
    assert account.given is given


async def test_another_password_lets_in_who_could_not_come_in(database: Database) -> None:
    await make(database)
    async with database.transaction() as session:
        account = await accounts.lock(session, "wang")
        assert account is not None
        account.failures, account.locked_until, account.totp = 9, START, "secret"
    await make(database, "new")
    async with database.transaction() as session:
        account = await accounts.find(session, "wang")
    assert account is not None
    assert (account.failures, account.locked_until, account.totp) == (0, None, None)


async def test_failures_are_forgotten_when_asked(database: Database) -> None:
    await make(database)
    async with database.transaction() as session:
        account = await accounts.lock(session, "wang")
        assert account is not None
        account.failures, account.locked_until = 9, START
    async with database.transaction() as session:
        assert await accounts.free(session, "nobody") is None
        account = await accounts.free(session, "wang")
    assert account is not None
    assert (account.failures, account.locked_until) == (0, None)


async def test_a_name_elsewhere_is_one_accounts(database: Database) -> None:
    await make(database)
    async with database.transaction() as session:
        member = await people.find(session, "sandbox", "c2")
        assert member is not None
        await accounts.make(session, login="li", password="x", member=member, now=START)
        assert await accounts.link(session, "wang", "oidc:1") is not None
        assert await accounts.link(session, "nobody", "oidc:2") is None
    async with database.transaction() as session:
        held = await accounts.of_subject(session, "oidc:1")
        assert held is not None
        assert held[1].external_id == "c1"
        assert await accounts.of_subject(session, "oidc:2") is None
    with pytest.raises(IntegrityError):
        async with database.transaction() as session:
            await accounts.link(session, "li", "oidc:1")


@pytest.mark.parametrize("secret", ["secret", None])
async def test_codes_are_asked_for_while_there_is_a_secret(
    database: Database, secret: str | None
) -> None:
    await make(database)
    async with database.transaction() as session:
        await accounts.ask_codes(session, "wang", "old")
        await accounts.ask_codes(session, "wang", secret)
        await accounts.ask_codes(session, "nobody", secret)
    async with database.transaction() as session:
        account = await accounts.find(session, "wang")
    assert account is not None
    assert account.totp == secret
