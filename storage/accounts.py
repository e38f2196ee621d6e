"""Accounts of the console."""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Account, Member


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


async def person(session: AsyncSession, login: str) -> Member | None:
    """Whose account this is; None where there is none."""
    found = await session.exec(
        select(Member)
        .join(Account, col(Account.member_id) == col(Member.id))
        .where(Account.login == login)
    )
    return found.first()
