"""One's own account: password, one-time codes, browsers."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response

from bot import accounts as passwords
from bot import totp
from bot.console.admission import address_of, admit
from bot.console.page import COOKIE, Enter, Visit, sealed
from bot.moments import Moments
from bot.sessions import Browser, mark_of
from storage import accounts, changes, people

router = APIRouter(prefix="/account")

Here = Annotated[Visit, Depends(Enter("today"))]
#: Where a password is changed that somebody else has given.
First = Annotated[Visit, Depends(Enter("today", given=True))]
Secret = Annotated[str, Form(max_length=200)]

#: What was done before this page came, by what its address says.
DONE = ("password", "codes", "no_codes", "browsers")


@router.get("")
async def page(visit: Here, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Who one is here, and the browsers that are signed in."""
    async with visit.app.database.transaction() as session:
        unit = await people.unit(session, visit.who.unit_id)
    own = mark_of(visit.request.cookies.get(COOKIE, ""))
    browsers = [
        (mark, seen(browser), mark == own)
        for mark, browser in (await visit.app.sessions.all()).items()
        if browser.login == visit.account.login
    ]
    return visit.show(
        "account.html", here="", account=visit.account, unit=unit, browsers=browsers,
        done=done if done in DONE else "",
    )  # fmt: skip


@router.get("/password")
async def password_form(visit: First) -> Response:
    """The form of another password."""
    return _password_form(visit)


@router.post("/password", dependencies=[Depends(sealed)])
async def password(
    visit: First, old: Secret = "", new: Secret = "", again: Secret = ""
) -> Response:
    """Change the password: every other browser has to sign in anew."""
    login = visit.account.login
    wrong = await _wrong(visit, old) if not _given(visit) else None
    fault = wrong or passwords.fault(new, login, visit.account.password)
    fault = fault or ("again" if new != again else None)
    if fault:
        return _password_form(visit, fault)
    async with visit.app.database.transaction() as session:
        account = await accounts.lock(session, login)
        if account is None:
            raise LookupError(f"the account {login} is gone")
        account.password, account.given = passwords.hasher.hash(new), False
        await _note(visit, session, "password")
    await visit.app.sessions.end_of(login)
    answer = RedirectResponse("/account?done=password", 303)
    await admit(visit.app, visit.request, account, visit.browser.way, answer)
    return answer


@router.get("/codes")
async def codes_form(visit: Here) -> Response:
    """A new secret for one-time codes, or how to do without them."""
    return _codes_form(visit, totp.secret())


@router.post("/codes", dependencies=[Depends(sealed)])
async def codes(
    visit: Here,
    secret: Annotated[str, Form(max_length=64)] = "",
    code: Annotated[str, Form(max_length=20)] = "",
    old: Secret = "",
) -> Response:
    """Ask for one-time codes of this secret from now on, once one of them was shown."""
    if not totp.valid(secret):
        return RedirectResponse("/account/codes", 303)
    wrong = await _wrong(visit, old)
    step = totp.matches(code, secret, visit.now)
    if wrong or step is None:
        return _codes_form(visit, secret, wrong or "code")
    await passwords.used(Moments(visit.app.streams), visit.account.login, step)
    async with visit.app.database.transaction() as session:
        await accounts.ask_codes(session, visit.account.login, secret)
        await _note(visit, session, "totp", became=True)
    return RedirectResponse("/account?done=codes", 303)


@router.post("/codes/end", dependencies=[Depends(sealed)])
async def no_codes(visit: Here, old: Secret = "") -> Response:
    """Ask for no one-time codes any more."""
    if wrong := await _wrong(visit, old):
        return _codes_form(visit, totp.secret(), wrong)
    async with visit.app.database.transaction() as session:
        await accounts.ask_codes(session, visit.account.login, None)
        await _note(visit, session, "totp", became=False)
    return RedirectResponse("/account?done=no_codes", 303)


@router.post("/browsers/end", dependencies=[Depends(sealed)])
async def end(visit: Here, mark: Annotated[str, Form(max_length=64)] = "") -> Response:
    """Sign out one of one's own browsers, or all but this one."""
    login, own = visit.account.login, mark_of(visit.request.cookies.get(COOKIE, ""))
    mine = {m for m, browser in (await visit.app.sessions.all()).items() if browser.login == login}
    gone = mine & {mark} if mark else mine - {own}
    await visit.app.sessions.end(gone)
    async with visit.app.database.transaction() as session:
        await _note(visit, session, "browser", became=len(gone))
    return RedirectResponse("/account?done=browsers", 303)


def seen(browser: Browser) -> dict[str, Any]:
    """A browser as people know it: with what, from where, since when."""
    at = datetime.fromtimestamp(browser.at, UTC)
    return {"row": browser, "at": at, "device": _device(browser.agent)}


def _device(agent: str) -> str:
    """What kind of browser it says that it is: its program, and on what."""
    programs = (
        ("wxwork", "企业微信"), ("MicroMessenger", "微信"), ("Edg", "Edge"), ("Firefox", "Firefox"),
        ("Chrome", "Chrome"), ("Safari", "Safari"),
    )  # fmt: skip
    systems = (
        ("Android", "安卓手机"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
        ("Mac OS", "Mac"), ("Linux", "Linux"),
    )  # fmt: skip
    found = [
        next((shown for word, shown in known if word in agent), "") for known in (programs, systems)
    ]
    return " · ".join(filter(None, found)) or "其他程序"


def _given(visit: Visit) -> bool:
    """Whether somebody has just come in with a password that others know."""
    return visit.account.given and visit.browser.way == "password"


async def _wrong(visit: Visit, old: str) -> str | None:
    """What is wrong with the password that was asked for again; failures count as at the door."""
    try:
        await passwords.check(visit.app.database, visit.account.login, old, visit.now)
    except passwords.Locked:
        return "locked"
    except passwords.Wrong:
        return "wrong"
    return None


async def _note(visit: Visit, session: Any, what: str, became: object = None) -> None:
    await changes.note(
        session, at=visit.now, by=visit.who.external_id, what=what, of=visit.account.login,
        became=became, address=address_of(visit.request),
    )  # fmt: skip


def _password_form(visit: Visit, fault: str | None = None) -> Response:
    given = _given(visit)
    more: dict[str, Any] = {"menu": []} if given else {}
    return visit.show(
        "account_password.html", 400 if fault else 200, here="", fault=fault, given=given, **more
    )


def _codes_form(visit: Visit, secret: str, fault: str | None = None) -> Response:
    link = totp.link(secret, visit.account.login)
    return visit.show(
        "account_codes.html", 400 if fault else 200, here="", fault=fault, secret=secret,
        link=link, picture=totp.picture(link), on=visit.account.totp is not None,
    )  # fmt: skip
