"""登录: passwords, sessions, and no hint at which half was wrong."""

import asyncio
from collections import deque
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from bot import accounts as passwords
from bot.channels.base import clean
from bot.console.page import COOKIE, AppOf, Denied, PagesOf, inside, sealed
from bot.sessions import STAY, mark_of

router = APIRouter()

#: So many failures of one login or one address within the span, and the next has to wait.
FAILURES, SPAN = 8, timedelta(minutes=5)
#: The newest failures of all; what is older than the span does not count.
_failed: deque[tuple[datetime, str]] = deque(maxlen=10_000)
#: Passwords are checked a few at a time: each takes a moment of a whole core.
_turns = asyncio.Semaphore(4)


@router.get("/signin")
async def form(pages: PagesOf, next: str = "/") -> Response:  # noqa: A002  # the usual name
    """The sign-in."""
    return pages.show("signin.html", next=inside(next), login="", failed=None, who=None)


@router.post("/signin")
async def sign_in(
    request: Request,
    app: AppOf,
    pages: PagesOf,
    login: Annotated[str, Form(max_length=100)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002  # the usual name
) -> Response:
    """Sign in, or say that it did not work."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Denied
    login, now = clean(login), app.now()
    address = request.client.host if request.client else ""
    if _blocked(now, login, address):
        return pages.show(
            "signin.html", 429, next=inside(next), login=login, failed="wait", who=None
        )
    async with _turns:
        member = await passwords.check(app.database, login, password)
    if member is None:
        _failed.extend(((now, f"login {login}"), (now, f"address {address}")))
        return pages.show("signin.html", 401, next=inside(next), login=login, failed="no", who=None)
    agent = request.headers.get("user-agent", "")
    token = await app.sessions.begin(login, now, address=address, agent=agent)
    answer = RedirectResponse(inside(next), 303)
    answer.set_cookie(
        COOKIE, token, max_age=int(STAY.total_seconds()), httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return answer


@router.post("/signout", dependencies=[Depends(sealed)])
async def sign_out(request: Request, app: AppOf) -> Response:
    """Forget this browser."""
    await app.sessions.end([mark_of(request.cookies.get(COOKIE, ""))])
    answer = RedirectResponse("/signin", 303)
    answer.delete_cookie(COOKIE)
    return answer


def _blocked(now: datetime, login: str, address: str) -> bool:
    recent = [of for at, of in _failed if at > now - SPAN]
    return max(recent.count(f"login {login}"), recent.count(f"address {address}")) >= FAILURES
