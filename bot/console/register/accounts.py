"""账号: who may sign in to the console. A new password is shown once, and kept nowhere."""

import asyncio
import re
import secrets
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import enterprise
from actions.names import name
from actions.render import moment
from bot.accounts import hasher
from bot.channels.base import clean
from bot.console.page import Enter, Missing, Visit, sealed
from bot.console.register import form as forms
from bot.console.register import listing
from bot.console.register.desk import LATEST
from bot.console.register.form import Fault, Field, Form, Given
from bot.console.register.listing import Cell, Listing
from storage import accounts, changes, people, register
from storage.models import Account, Member

router = APIRouter(prefix="/accounts")

WHAT, PATH = "account", "/register/accounts"
FIELDS = (Field("login", "用户名", needed=True, most=50),)
#: What a login may be: it is typed on every keyboard.
LOGIN = re.compile(r"[A-Za-z0-9一-鿿._@-]{2,50}")
May = Annotated[Visit, Depends(Enter("registrar"))]
Whose = Annotated[int, Query(ge=1, le=2**31 - 1)]


@router.get("")
async def index(visit: May) -> Response:
    """All accounts."""
    async with visit.app.database.transaction() as session:
        rows = await accounts.all_held(session)
    return listing.show(visit, Listing(
        what=WHAT, path=PATH, columns=("用户名", "谁", "身份", "最近登录", "状态"),
        rows=[[
            Cell(text=account.login, href=f"{PATH}/{account.login}"),
            Cell(text=member.name, href=f"/register/members/{member.id}", personal=True),
            Cell(text=name("role", member.role)),
            Cell(text=moment(account.last_at) if account.last_at else "从未"),
            _state(visit, account),
        ] for account, member in rows],
    ))  # fmt: skip


def _state(visit: Visit, account: Account) -> Cell:
    if account.locked_until is not None and account.locked_until > visit.now:
        return Cell(text=f"锁定到{moment(account.locked_until)}", chip="late")
    if account.given:
        return Cell(text="初始密码,还没改", chip="soon")
    return Cell(text="正常", note="有动态验证码" if account.totp else "", chip="")


@router.get("/new")
async def blank(visit: May, member: Whose) -> Response:
    """An account for somebody."""
    async with visit.app.database.transaction() as session:
        whose = await _whose(session, member)
    return forms.show(visit, _blank(whose, {"login": whose.external_id}))


@router.post("/new", dependencies=[Depends(sealed)])
async def make(visit: May, member: Whose) -> Response:
    """Make it, and show its password."""
    given = await forms.sent(visit)
    login = given.get("login", "")
    password, kept = await _password()
    async with visit.app.database.transaction() as session:
        whose = await _whose(session, member)
        fault = None if LOGIN.fullmatch(login) else Fault("login")
        if fault is None and await accounts.find(session, login) is not None:
            fault = Fault("taken")
        if fault is None:
            await _give(session, visit, login, kept, whose, was=None)
    if fault is not None:
        return forms.show(visit, replace(_blank(whose, given), faults={"login": fault}), 422)
    return _once(visit, login, whose, password)


@router.get("/{login}")
async def one(login: str, visit: May) -> Response:
    """An account: another password, or its end."""
    async with visit.app.database.transaction() as session:
        account, whose = await _account(session, login)
        history = await changes.page(session, what=[WHAT], of=account.login, most=LATEST)
        actors = await people.called(session, [line.by for line in history])
    return visit.show(
        "register/account.html", here="register", tab=WHAT, account=account, whose=whose,
        mine=account.login == visit.browser.login, history=history, actors=actors,
    )  # fmt: skip


@router.post("/{login}/password", dependencies=[Depends(sealed)])
async def renew(login: str, visit: May) -> Response:
    """Another password, shown once; whoever is signed in with the old one is signed out."""
    password, kept = await _password()
    async with visit.app.database.transaction() as session:
        account, whose = await _account(session, login)
        await _give(session, visit, account.login, kept, whose, was={"password": "旧密码"})
    await visit.app.sessions.end_of(account.login)
    return _once(visit, account.login, whose, password)


@router.post("/{login}/end", dependencies=[Depends(sealed)])
async def end(login: str, visit: May) -> Response:
    """Nobody signs in with it any more."""
    async with visit.app.database.transaction() as session:
        account, whose = await _account(session, login)
        if account.login == visit.browser.login:
            raise Missing
        await register.remove(session, account)
        await changes.note(
            session, at=visit.now, by=visit.who.external_id, what=WHAT, of=account.login,
            was={"member": whose.name},
        )  # fmt: skip
    await visit.app.sessions.end_of(account.login)
    return RedirectResponse(f"{PATH}?removed=1", 303)


async def _password() -> tuple[str, str]:
    """A new password, and its hash."""
    password = secrets.token_urlsafe(9)
    return password, await asyncio.to_thread(hasher.hash, password)


async def _give(
    session: AsyncSession,
    visit: Visit,
    login: str,
    kept: str,
    whose: Member,
    *,
    was: Given | None,
) -> None:
    enterprise.settle(whose)
    await accounts.make(
        session, login=login, password=kept, member=whose, now=visit.now, given=True
    )
    await changes.note(
        session, at=visit.now, by=visit.who.external_id, what=WHAT, of=login, was=was,
        became={"member": whose.name} if was is None else {"password": "新的初始密码"},
    )  # fmt: skip


async def _whose(session: AsyncSession, member_id: int) -> Member:
    member = await people.member(session, member_id)
    if member is None:
        raise Missing
    return member


async def _account(session: AsyncSession, login: str) -> tuple[Account, Member]:
    found = await accounts.held(session, clean(login))
    if found is None:
        raise Missing
    return found


def _blank(whose: Member, given: Given) -> Form:
    return Form(
        what=WHAT, title=whose.name, back=f"/register/members/{whose.id}", new=True,
        action=f"{PATH}/new?member={whose.id}", fields=FIELDS, given={"login": given["login"]},
        more=("register/account_new.html", {"member": whose}),
    )  # fmt: skip


def _once(visit: Visit, login: str, whose: Member, password: str) -> Response:
    return visit.show(
        "register/password.html", here="register", tab=WHAT, new_login=login, whose=whose,
        password=password,
    )  # fmt: skip
