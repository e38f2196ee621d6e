"""Accounts of the console: passwords are kept as argon2 hashes alone."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from pwdlib import PasswordHash

from actions import enterprise
from bot import totp
from bot.moments import Moments
from storage import accounts, people
from storage.database import Database
from storage.models import Account, Member

hasher = PasswordHash.recommended()
#: Compared with where there is no such account, so that both cases take the same time.
NOBODY = hasher.hash(secrets.token_hex(16))
#: Passwords are checked a few at a time: each takes a moment of a whole core.
_turns = asyncio.Semaphore(4)

#: From so many failures in a row on an account is closed: a minute, then twice as long each time.
FAILURES, FIRST, LONGEST = 5, timedelta(minutes=1), timedelta(hours=1)
#: How many characters a password has.
SHORTEST = 10
#: What is tried first by whoever guesses.
OBVIOUS = frozenset(
    {
        "1234567890", "0123456789", "0987654321", "9876543210", "12345678910", "123456789a",
        "a123456789", "1q2w3e4r5t", "1qaz2wsx3edc", "qwertyuiop", "qwerty12345", "asdfghjkl;",
        "abcdefghij", "abcd123456", "abc1234567", "password123", "password1234", "passw0rd123",
        "admin12345", "admin123456", "administrator", "woaini1314", "woaini1314520", "zhuzhou123",
        "zhuzhou123456", "mingcheng123", "mingcheng123456", "iloveyou123", "letmein123",
        "welcome123", "changeme123",
    }
)  # fmt: skip


class Wrong(Exception):
    """Not let in; `member` is whose account it is, None where there is no such account."""

    def __init__(self, member: Member | None) -> None:
        """With this person's login, or with nobody's."""
        super().__init__()
        self.member = member


class Locked(Exception):
    """Not let in before an instant: too many failures came before."""

    def __init__(self, until: datetime) -> None:
        """Closed until then."""
        super().__init__()
        self.until = until


async def add(database: Database, login: str, member_id: str, now: datetime) -> str | None:
    """An account for a member, by external id; the new password, or None for an unknown member.

    The password is given by somebody else, so the first sign-in asks for another one.
    """
    password = secrets.token_urlsafe(9)
    async with database.transaction() as session:
        member = await people.known(session, member_id)
        if member is None:
            return None
        enterprise.settle(member)
        await accounts.make(
            session, login=login, password=hasher.hash(password), member=member, now=now, given=True
        )
    return password


async def first(database: Database, now: datetime, say: Callable[[str], None]) -> None:
    """Where nobody can sign in yet, an account for an administrator, told once."""
    async with database.transaction() as session:
        if not await accounts.none_yet(session):
            return
        admins = await people.with_role(session, "admin")
        admin = (
            admins[0] if admins else await people.meet(session, "sandbox", "admin", "系统管理员")
        )
        admin.role = "admin"
        session.add(admin)
    password = await add(database, "admin", admin.external_id, now)
    say(f"首次登录:用户名 admin,密码 {password} (只显示这一次)")


async def check(
    database: Database, login: str, password: str, now: datetime
) -> tuple[Account, Member]:
    """Whose login and password these are. Wrong where nobody's; Locked after many failures."""
    async with _turns, database.transaction() as session:
        account = await accounts.lock(session, login)
        _open(account, now)
        right = await asyncio.to_thread(
            hasher.verify, password, account.password if account else NOBODY
        )
        member = await people.member(session, account.member_id if account else None)
        if account is not None and member is not None:
            if right:
                return account, member
            _failed(account, now)
    raise Wrong(member)


async def check_code(
    database: Database, moments: Moments, login: str, code: str, now: datetime
) -> tuple[Account, Member]:
    """Whose one-time code this is; a code is taken once. Wrong and Locked as for passwords."""
    async with database.transaction() as session:
        account = await accounts.lock(session, login)
        _open(account, now)
        member = await people.member(session, account.member_id if account else None)
        if account is not None and member is not None and account.totp is not None:
            step = totp.matches(code, account.totp, now)
            if step is not None and await used(moments, login, step):
                return account, member
            _failed(account, now)
    raise Wrong(member)


async def used(moments: Moments, login: str, step: int) -> bool:
    """Whether the code of a step is used for the first time; from now on it was."""
    lasts = totp.STEP * (2 * totp.AROUND + 2)
    return await moments.once("code", f"{login} {step}", lasts)


async def entered(database: Database, login: str, now: datetime) -> None:
    """Somebody has signed in: what failed before is forgotten."""
    async with database.transaction() as session:
        account = await accounts.lock(session, login)
        if account is not None:
            account.failures, account.locked_until, account.last_at = 0, None, now


def pause(failures: int) -> timedelta:
    """For how long so many failures in a row close an account."""
    if failures < FAILURES:
        return timedelta()
    return min(LONGEST, FIRST * (1 << min(failures - FAILURES, 10)))


def fault(password: str, login: str, old: str) -> str | None:
    """What is wrong with a new password: short, login, obvious, old; None where nothing is."""
    plain = password.casefold()
    if len(password) < SHORTEST:
        return "short"
    if plain == login.casefold():
        return "login"
    if plain in OBVIOUS or len(set(plain)) < 4:
        return "obvious"
    return "old" if hasher.verify(password, old) else None


def proof(account: Account) -> str:
    """A mark of an account's password, of which nothing can be read."""
    return hashlib.sha256(account.password.encode()).hexdigest()[:16]


def _open(account: Account | None, now: datetime) -> None:
    if account is not None and account.locked_until is not None and account.locked_until > now:
        raise Locked(account.locked_until)


def _failed(account: Account, now: datetime) -> None:
    account.failures += 1
    span = pause(account.failures)
    account.locked_until = now + span if span else None
