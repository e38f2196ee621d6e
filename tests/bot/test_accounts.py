"""Accounts of the console: a password is told once and kept as a hash; guessing takes longer."""

import asyncio
import base64
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, delete, select

from bot import accounts, totp
from bot.moments import Moments
from bot.streams import Streams
from storage import accounts as kept
from storage.database import Database
from storage.models import Account, Member
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded

SECRET = base64.b32encode(b"12345678901234567890").decode()


async def add(database: Database, login: str = "wang", who: str = "c1") -> str:
    password = await accounts.add(database, login, who, START)
    assert password is not None
    return password


async def who(
    database: Database, login: str, password: str, now: datetime = START
) -> str | datetime | None:
    """Who signs in, None for nobody, or until when nobody does."""
    try:
        _, member = await accounts.check(database, login, password, now)
    except accounts.Wrong:
        return None
    except accounts.Locked as locked:
        return locked.until
    return member.external_id


async def fails(database: Database, times: int, now: datetime = START) -> None:
    for _ in range(times):
        assert await who(database, "wang", "guessed", now) is None


async def row(database: Database, login: str = "wang") -> Account:
    async with database.transaction() as session:
        found = await kept.find(session, login)
    assert found is not None
    return found


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


async def test_a_password_that_was_given_is_marked_so(database: Database) -> None:
    await add(database)
    assert (await row(database)).given


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
    _, member = await accounts.check(database, "admin", password, START)
    assert (member.external_id, member.role) == ("admin", "admin")


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (10, 32), (11, 60), (12, 60), (10**9, 60)],
)
def test_each_failure_closes_for_twice_as_long_up_to_an_hour(failures: int, minutes: int) -> None:
    assert accounts.pause(failures) == timedelta(minutes=minutes)


async def test_after_five_failures_the_right_password_waits_a_minute(database: Database) -> None:
    password, end = await add(database), START + timedelta(minutes=1)
    await fails(database, 5)
    assert await who(database, "wang", password, end - timedelta(seconds=1)) == end
    assert await who(database, "wang", password, end) == "c1"


async def test_four_failures_close_nothing(database: Database) -> None:
    password = await add(database)
    await fails(database, 4)
    assert await who(database, "wang", password) == "c1"


async def test_trying_while_it_is_closed_makes_it_no_longer(database: Database) -> None:
    await add(database)
    await fails(database, 5)
    for _ in range(3):
        assert await who(database, "wang", "guessed") == START + timedelta(minutes=1)
    assert (await row(database)).failures == 5


async def test_guesses_at_once_are_counted_one_by_one(database: Database) -> None:
    await add(database)
    found = await asyncio.gather(*(who(database, "wang", "guessed") for _ in range(9)))
    assert sorted(map(str, found)).count("None") == 5
    assert (await row(database)).failures == 5


async def test_who_came_in_begins_anew(database: Database) -> None:
    await add(database)
    await fails(database, 5)
    await accounts.entered(database, "wang", START)
    account = await row(database)
    assert (account.failures, account.locked_until, account.last_at) == (0, None, START)


async def test_a_new_password_opens_a_closed_account(database: Database) -> None:
    await add(database)
    await fails(database, 5)
    assert await who(database, "wang", await add(database)) == "c1"


async def asks(database: Database) -> None:
    await add(database)
    async with database.transaction() as session:
        await kept.ask_codes(session, "wang", SECRET)


def code(now: datetime) -> str:
    return totp.code(b"12345678901234567890", int(now.timestamp()) // totp.STEP)


async def test_a_code_works_once(database: Database, streams: Streams) -> None:
    await asks(database)
    moments = Moments(streams)
    _, member = await accounts.check_code(database, moments, "wang", code(START), START)
    assert member.external_id == "c1"
    with pytest.raises(accounts.Wrong):
        await accounts.check_code(database, moments, "wang", code(START), START)
    later = START + timedelta(seconds=60)
    assert await accounts.check_code(database, moments, "wang", code(later), later)


async def test_wrong_codes_close_the_account_like_wrong_passwords(
    database: Database, streams: Streams
) -> None:
    await asks(database)
    moments = Moments(streams)
    for _ in range(5):
        with pytest.raises(accounts.Wrong):
            await accounts.check_code(database, moments, "wang", "000000", START)
    with pytest.raises(accounts.Locked):
        await accounts.check_code(database, moments, "wang", code(START), START)


async def test_where_no_codes_are_asked_for_none_lets_in(
    database: Database, streams: Streams
) -> None:
    await add(database)
    for login in ("wang", "nobody"):
        with pytest.raises(accounts.Wrong):
            await accounts.check_code(database, Moments(streams), login, code(START), START)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("", "short"), ("九个字也太短了点吧", "short"), ("Wang.Coordinator", "login"),
        ("1234567890", "obvious"), ("Password123", "obvious"), ("aaaaaaaaaaaa", "obvious"),
        ("121212121212", "obvious"), ("correct horse", "old"), ("十个字符的一句中文话", None),
        ("correct horse battery", None),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_new_password(password: str, fault: str | None) -> None:
    old = accounts.hasher.hash("correct horse")
    assert accounts.fault(password, "wang.coordinator", old) == fault


async def test_the_mark_of_a_password_changes_with_it(database: Database) -> None:
    await add(database)
    before = accounts.proof(await row(database))
    await add(database)
    after = await row(database)
    assert accounts.proof(after) != before
    assert accounts.proof(after) not in after.password
