"""Accounts of the console: passwords are kept as argon2 hashes alone."""

import secrets
from collections.abc import Callable
from datetime import datetime

from pwdlib import PasswordHash

from storage import accounts, people
from storage.database import Database
from storage.models import Member

hasher = PasswordHash.recommended()
#: Compared with where there is no such account, so that both cases take the same time.
NOBODY = hasher.hash(secrets.token_hex(16))


async def add(database: Database, login: str, member_id: str, now: datetime) -> str | None:
    """An account for a member, by external id; the new password, or None for an unknown member."""
    password = secrets.token_urlsafe(9)
    async with database.transaction() as session:
        member = await people.known(session, member_id)
        if member is None:
            return None
        await accounts.make(
            session, login=login, password=hasher.hash(password), member=member, now=now
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


async def check(database: Database, login: str, password: str) -> Member | None:
    """Who signs in with these, or None."""
    async with database.transaction() as session:
        account = await accounts.find(session, login)
        right = hasher.verify(password, account.password if account else NOBODY)
        if account is None or not right:
            return None
        return await people.member(session, account.member_id)
