"""Sign-ins to the console: accounts, and the browsers that are signed in."""

import hashlib
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Account, Member, SignIn


async def make(
    session: AsyncSession, *, login: str, password: str, member: Member, now: datetime
) -> None:
    """A new account, or another password for one that is there; `password` is a hash."""
    account = await session.get(Account, login)
    if account is None:
        account = Account(login=login, password=password, member_id=member.id or 0, made_at=now)
    account.password, account.member_id = password, member.id or 0
    session.add(account)
    await session.flush()


async def find(session: AsyncSession, login: str) -> Account | None:
    """The account of this name, or None."""
    return await session.get(Account, login)


async def none_yet(session: AsyncSession) -> bool:
    """Whether nobody can sign in."""
    return (await session.exec(select(Account.login).limit(1))).first() is None


async def sign_in(
    session: AsyncSession, *, token: str, login: str, now: datetime, until: datetime
) -> None:
    """Remember a browser by the hash of its token."""
    session.add(SignIn(token=_hash(token), login=login, at=now, until=until))
    await session.exec(delete(SignIn).where(col(SignIn.until) < now))


async def signed_in(session: AsyncSession, token: str, now: datetime) -> Member | None:
    """Who holds this token; None where it is unknown or over."""
    found = await session.exec(
        select(Member)
        .join(Account, col(Account.member_id) == col(Member.id))
        .join(SignIn, col(SignIn.login) == col(Account.login))
        .where(SignIn.token == _hash(token), col(SignIn.until) > now)
    )
    return found.first()


async def sign_out(session: AsyncSession, token: str) -> None:
    """Forget a browser."""
    await session.exec(delete(SignIn).where(col(SignIn.token) == _hash(token)))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
