"""Accounts of the console: a password is told once and kept as a hash."""

import pytest
from sqlmodel import col, delete, select

from bot import accounts
from storage.database import Database
from storage.models import Account, Member
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded


async def add(database: Database, login: str = "wang", who: str = "c1") -> str:
    password = await accounts.add(database, login, who, START)
    assert password is not None
    return password


async def who(database: Database, login: str, password: str) -> str | None:
    member = await accounts.check(database, login, password)
    return member.external_id if member else None


async def test_the_right_password_signs_in(database: Database) -> None:
    assert await who(database, "wang", await add(database)) == "c1"


@pytest.mark.parametrize(
    ("login", "password"),
    [("wang", ""), ("wang", "guessed"), ("nobody", "guessed"), ("", ""), ("wang", "长" * 5000)],
)
async def test_nothing_else_does(database: Database, login: str, password: str) -> None:
    await add(database)
    assert await who(database, login, password) is None


async def test_a_new_password_ends_the_old_one(database: Database) -> None:
    old, new = await add(database), await add(database)
    assert [await who(database, "wang", old), await who(database, "wang", new)] == [None, "c1"]


async def test_the_password_itself_is_kept_nowhere(database: Database) -> None:
    password = await add(database)
    async with database.transaction() as session:
        (account,) = (await session.exec(select(Account))).all()
    assert account.password.startswith("$argon2")
    assert password not in account.password


async def test_for_an_unknown_member_there_is_none(database: Database) -> None:
    assert await accounts.add(database, "wang", "stranger", START) is None


async def test_the_first_account_is_told_once(database: Database) -> None:
    said: list[str] = []
    for _ in range(2):
        await accounts.first(database, START, said.append)
    (told,) = said
    password = told.split("密码 ")[1].split()[0]
    assert await who(database, "admin", password) == "a1"


async def test_without_an_administrator_one_is_made(database: Database) -> None:
    async with database.transaction() as session:
        await session.exec(delete(Member).where(col(Member.role) == "admin"))
    said: list[str] = []
    await accounts.first(database, START, said.append)
    password = said[0].split("密码 ")[1].split()[0]
    member = await accounts.check(database, "admin", password)
    assert member is not None
    assert (member.external_id, member.role) == ("admin", "admin")
