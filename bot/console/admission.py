"""What all ways of signing in share: who has to wait, what is recorded, and the cookie."""

import asyncio
import ipaddress
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from fastapi import Request
from fastapi.responses import Response

from bot import accounts as passwords
from bot.app import App
from bot.console.page import COOKIE, Denied
from bot.moments import Moments
from bot.sessions import STAY, mark_of
from storage import accounts, changes
from storage.models import Account

#: So many failures of one address within the span, and it waits. Many people may share one.
CROWD, SPAN = 200, timedelta(minutes=10)
#: For how long the failures of a login are kept that no account has, in seconds.
KEPT = 24 * 3600
#: What stands in the record for a login that no account has: it might be a password.
UNKNOWN = "?"
#: Which logins are being tried here.
_tried: "WeakValueDictionary[str, asyncio.Lock]" = WeakValueDictionary()


def from_here(request: Request) -> None:
    """Other sites sign nobody in (Denied)."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Denied


def address_of(request: Request) -> str:
    """Where a browser is; behind a proxy that is believed, what it says."""
    return request.client.host if request.client else ""


def in_turn(login: str) -> asyncio.Lock:
    """Tries of a login come one after the other, also where no account has it.

    Those of an account do anyway: what is tried at once would else tell which is which.
    """
    return _tried.setdefault(login, asyncio.Lock())


async def let_try(app: App, request: Request, login: str, now: datetime) -> None:
    """Locked for a crowd of failures from one place, and for logins that no account has.

    The latter behave as accounts do, so that nobody can tell which is which.
    """
    moments = Moments(app.streams)
    many, seconds = await moments.counted("address", _place(request))
    if many >= CROWD:
        raise passwords.Locked(now + timedelta(seconds=seconds))
    closed = await moments.look("closed", login)
    if closed is not None and closed["until"] > now.timestamp():
        raise passwords.Locked(datetime.fromtimestamp(closed["until"], now.tzinfo))


async def count(app: App, request: Request, unknown: str | None = None) -> None:
    """A failure from this address, and of a login that no account has."""
    moments = Moments(app.streams)
    await moments.count("address", _place(request), int(SPAN.total_seconds()))
    if unknown is not None:
        span = passwords.pause(await moments.count("login", unknown, KEPT))
        if span:
            until = (app.now() + span).timestamp()
            await moments.put("closed", unknown, {"until": until}, int(span.total_seconds()))


async def refused(app: App, request: Request, why: str, *, login: str = "", of: str = "") -> None:
    """Record that somebody was not let in; `of` is who it was to a provider."""
    async with app.database.transaction() as session:
        held = await accounts.held(session, login)
        await changes.note(
            session, at=app.now(), by=held[1].external_id if held else UNKNOWN, what="refused",
            of=of or (login if held else UNKNOWN), became={"why": why},
            address=address_of(request),
        )  # fmt: skip


async def admit(app: App, request: Request, account: Account, way: str, answer: Response) -> None:
    """Sign this browser in, and out of whatever it was signed in to before."""
    old = request.cookies.get(COOKIE)
    if old:
        await app.sessions.end([mark_of(old)])
    token = await app.sessions.begin(
        account.login, app.now(), address=address_of(request),
        agent=request.headers.get("user-agent", ""), way=way, proof=passwords.proof(account),
    )  # fmt: skip
    cookie(app, request, answer, COOKIE, token, int(STAY.total_seconds()))


def cookie(
    app: App, request: Request, answer: Response, name: str, value: str, seconds: int
) -> None:
    """A cookie that no script reads and no other site sends; by https alone where that is used."""
    answer.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="lax",
        secure=app.settings.secure or request.url.scheme == "https",
    )  # fmt: skip


def _place(request: Request) -> str:
    """What counts as one place: an address; of the sixth version a network, as one house has it."""
    address = address_of(request)
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    whole = ipaddress.ip_network((found, 64), strict=False) if found.version == 6 else found
    return str(whole)
