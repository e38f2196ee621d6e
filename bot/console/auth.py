"""登录: passwords, one-time codes and other people's sign-ins; no hint at which half was wrong."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from bot import accounts as passwords
from bot.app import App
from bot.channels.base import clean
from bot.console.admission import (
    address_of,
    admit,
    cookie,
    count,
    from_here,
    in_turn,
    let_try,
    refused,
)
from bot.console.page import COOKIE, AppOf, Missing, Pages, PagesOf, inside, sealed
from bot.console.providers import Begun, Unreachable, Untrusted, Way
from bot.moments import Moments
from bot.sessions import mark_of
from storage import accounts, changes
from storage.models import Account, Member

log = structlog.get_logger()
router = APIRouter()

#: For how long somebody may look for the one-time code, or sign in elsewhere, in seconds.
HALF = 600
#: The cookie of a sign-in that has begun elsewhere.
BEGUN = "mingcheng-begun"

Login = Annotated[str, Form(max_length=100)]
Secret = Annotated[str, Form(max_length=200)]
Next = Annotated[str, Form()]


@router.get("/signin")
async def form(pages: PagesOf, next: str = "/") -> Response:  # noqa: A002  # the usual name
    """The sign-in."""
    return _form(pages, 200, next)


@router.post("/signin")
async def sign_in(
    request: Request,
    app: AppOf,
    pages: PagesOf,
    login: Login = "",
    password: Secret = "",
    next: Next = "/",  # noqa: A002  # the usual name
) -> Response:
    """Sign in, or say that it did not work."""
    from_here(request)
    login, now = clean(login), app.now()
    try:
        async with in_turn(login):
            account, member = await _checked(app, request, login, password, now)
    except passwords.Locked as locked:
        await refused(app, request, "locked", login=login)
        return _form(pages, 429, next, login=login, wait=_minutes(locked.until - now))
    except passwords.Wrong:
        await refused(app, request, "wrong", login=login)
        return _form(pages, 401, next, login=login, failed="no")
    if account.totp is None:
        return await _enter(app, request, account, member, next)
    half = await Moments(app.streams).leave("half", {"login": login}, HALF)
    return _code_form(pages, 200, next, half)


async def _checked(
    app: App, request: Request, login: str, password: str, now: datetime
) -> tuple[Account, Member]:
    """Whose login and password these are; failures are counted, also those of no account."""
    await let_try(app, request, login, now)
    try:
        return await passwords.check(app.database, login, password, now)
    except passwords.Wrong as wrong:
        await count(app, request, None if wrong.member else login)
        raise


@router.post("/signin/code")
async def code(
    request: Request,
    app: AppOf,
    pages: PagesOf,
    half: Secret = "",
    code: Annotated[str, Form(max_length=20)] = "",
    next: Next = "/",  # noqa: A002  # the usual name
) -> Response:
    """The second half of a sign-in, where an account asks for it."""
    from_here(request)
    moments, now = Moments(app.streams), app.now()
    begun = await moments.look("half", half)
    if begun is None:
        return _form(pages, 401, next, failed="late")
    login = str(begun["login"])
    try:
        await let_try(app, request, login, now)
        account, member = await passwords.check_code(app.database, moments, login, code, now)
    except passwords.Locked as locked:
        await refused(app, request, "locked", login=login)
        return _form(pages, 429, next, login=login, wait=_minutes(locked.until - now))
    except passwords.Wrong:
        await count(app, request)
        await refused(app, request, "code", login=login)
        return _code_form(pages, 401, next, half, failed=True)
    await moments.take("half", half)
    return await _enter(app, request, account, member, next)


@router.get("/signin/with/{name}")
async def begin(
    name: str,
    request: Request,
    app: AppOf,
    pages: PagesOf,
    next: str = "/",  # noqa: A002  # the usual name
) -> Response:
    """Go and sign in elsewhere."""
    way = _way(pages, name)
    site = app.settings.public_url or str(request.base_url).rstrip("/")
    begun = Begun(back=f"{site}/signin/back/{name}")
    try:
        address = await way.address(begun, request.headers.get("user-agent", ""))
    except (Unreachable, Untrusted) as error:
        log.warning("provider away", way=name, error=str(error))
        return _form(pages, 503, next, failed="away", way=way.label)
    kept = {"way": name, "next": inside(next), "begun": asdict(begun)}
    token = await Moments(app.streams).leave("begun", kept, HALF)
    answer = RedirectResponse(address, 303)
    cookie(app, request, answer, BEGUN, token, HALF)
    return answer


@router.get("/signin/back/{name}")
async def back(name: str, request: Request, app: AppOf, pages: PagesOf) -> Response:
    """Somebody comes back who has signed in elsewhere."""
    way = _way(pages, name)
    kept = await Moments(app.streams).take("begun", request.cookies.get(BEGUN, ""))
    if kept is None or kept["way"] != name:
        return _form(pages, 401, "/", failed="late")
    there = str(kept["next"])
    try:
        subject = await way.subject(Begun(**kept["begun"]), request.query_params, app.now())
    except Unreachable as error:
        log.warning("provider away", way=name, error=str(error))
        return _form(pages, 503, there, failed="away", way=way.label)
    except Untrusted as error:
        log.warning("sign-in not trusted", way=name, error=str(error))
        await refused(app, request, name)
        return _form(pages, 401, there, failed="untrusted", way=way.label)
    known_as = f"{name}:{subject}"
    async with app.database.transaction() as session:
        held = await accounts.of_subject(session, known_as)
    if held is None:
        await refused(app, request, name, of=known_as)
        return _form(pages, 403, there, failed="unknown", way=way.label, subject=subject)
    return await _enter(app, request, *held, there, way=name)


@router.post("/signout", dependencies=[Depends(sealed)])
async def sign_out(request: Request, app: AppOf) -> Response:
    """Forget this browser."""
    token = request.cookies.get(COOKIE, "")
    browser = await app.sessions.of(token)
    if browser is not None:
        await app.sessions.end([mark_of(token)])
        async with app.database.transaction() as session:
            held = await accounts.held(session, browser.login)
            await changes.note(
                session, at=app.now(), by=held[1].external_id if held else browser.login,
                what="sign_out", of=browser.login, address=address_of(request),
            )  # fmt: skip
    answer = RedirectResponse("/signin", 303)
    answer.delete_cookie(COOKIE)
    return answer


async def _enter(
    app: App, request: Request, account: Account, member: Member, there: str, way: str = "password"
) -> Response:
    answer = RedirectResponse(inside(there), 303)
    await passwords.entered(app.database, account.login, app.now())
    await admit(app, request, account, way, answer)
    if BEGUN in request.cookies:
        answer.delete_cookie(BEGUN)
    async with app.database.transaction() as session:
        await changes.note(
            session, at=app.now(), by=member.external_id, what="sign_in", of=account.login,
            became={"way": way}, address=address_of(request),
        )  # fmt: skip
    return answer


def _way(pages: Pages, name: str) -> Way:
    if name not in pages.ways:
        raise Missing
    return pages.ways[name]


def _minutes(span: timedelta) -> int:
    """How many to wait, begun ones whole."""
    return max(1, -(-int(span.total_seconds()) // 60))


def _form(pages: Pages, status: int, there: str, **told: Any) -> Response:
    values = {"login": "", "failed": None, "wait": None, "way": "", "subject": ""} | told
    return pages.show(
        "signin.html", status, next=inside(there), ways=pages.ways.values(), who=None, **values
    )


def _code_form(
    pages: Pages, status: int, there: str, half: str, *, failed: bool = False
) -> Response:
    return pages.show(
        "signin_code.html", status, next=inside(there), half=half, failed=failed, who=None
    )
