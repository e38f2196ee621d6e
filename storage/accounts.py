"""Accounts of the console."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from storage.models import Account, Member


async def make(
    session: AsyncSession,
    *,
    login: str,
    password: str,
    member: Member,
    now: datetime,
    given: bool = False,
) -> None:
    """A new account, or another password for one that is there; `password` is a hash.

    With `given` somebody else knows the password: the first sign-in asks for another one. Whoever
    could not come in for other reasons can then, too: failures and one-time codes are forgotten.
    """
    account = await session.get(Account, login)
    if account is None:
        account = Account(login=login, password=password, member_id=member.id or 0, made_at=now)
    account.password, account.member_id, account.given = password, member.id or 0, given
    account.failures, account.locked_until, account.totp = 0, None, None
    session.add(account)
    await session.flush()


async def find(session: AsyncSession, login: str) -> Account | None:
    """The account of this name, or None."""
    return await session.get(Account, login)


async def lock(session: AsyncSession, login: str) -> Account | None:
    """The account of this name, for this transaction alone: failures are counted one by one."""
    return await session.get(Account, login, with_for_update=True)


async def ask_codes(session: AsyncSession, login: str, secret: str | None) -> None:
    """Ask at each sign-in for one-time codes of this secret; for none without one."""
    account = await lock(session, login)
    if account is not None:
        account.totp = secret


async def free(session: AsyncSession, login: str) -> Account | None:
    """Forget failures: who had to wait may try at once. None for an unknown login."""
    account = await lock(session, login)
    if account is not None:
        account.failures, account.locked_until = 0, None
    return account


async def link(session: AsyncSession, login: str, subject: str | None) -> Account | None:
    """Let an account be known to a provider by this name; None for an unknown login."""
    account = await lock(session, login)
    if account is not None:
        account.subject = subject
        await session.flush()
    return account


async def of_subject(session: AsyncSession, subject: str) -> tuple[Account, Member] | None:
    """The account of who is known to a provider of sign-ins by this name, and who it is."""
    found = await session.exec(_held().where(Account.subject == subject))
    return found.first()


async def none_yet(session: AsyncSession) -> bool:
    """Whether nobody can sign in."""
    return (await session.exec(select(Account.login).limit(1))).first() is None


async def held(session: AsyncSession, login: str) -> tuple[Account, Member] | None:
    """An account and whose it is; None where there is none."""
    found = await session.exec(_held().where(Account.login == login))
    return found.first()


async def all_held(session: AsyncSession) -> Sequence[tuple[Account, Member]]:
    """All accounts and whose they are, by name."""
    found = await session.exec(_held().order_by(col(Account.login)))
    return found.all()


def _held() -> Select[Account, Member]:
    return select(Account, Member).join(Member, col(Account.member_id) == col(Member.id))
