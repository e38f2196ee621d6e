"""What all pages share: templates, who is signed in, and the headers of each answer."""

import hmac
import re
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from zlib import crc32

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actions.deadlines import ZONE
from actions.names import name, names
from actions.phones import masked
from actions.render import called, moment
from bot.app import App
from bot.streams import Away
from storage import accounts
from storage.models import Member

HERE = Path(__file__).parent
STATIC = HERE / "static"
COOKIE = "mingcheng"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class SignInFirst(Exception):
    """Nobody is signed in; the page is shown after the sign-in."""


class Denied(Exception):
    """Somebody is signed in who may not do this."""


class Missing(Exception):
    """There is no such page, or none that this person may know of."""


class Files(StaticFiles):
    """Our own files; they may be kept, and are asked about each time."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Serve a file."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


class Headed:
    """Gives HEADERS to every answer, whoever made it, where it has none of its own."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before this app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back."""

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name_, value in HEADERS.items():
                    headers.setdefault(name_, value)
            await send(message)

        await self.app(scope, receive, headed)


class Pages:
    """Renders templates."""

    def __init__(self, app: App) -> None:
        """Pages of this app."""
        self.app = app
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), undefined=StrictUndefined, autoescape=True,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self.templates.filters |= {"moment": moment, "called": called, "masked": masked}
        self.templates.filters["masked_unless"] = lambda text, reads: (
            text if reads else masked(text)
        )
        self.templates.filters["local"] = lambda at: at.astimezone(ZONE)
        self.templates.filters["tone"] = lambda of: crc32(of.encode()) % 6
        self.templates.globals |= {"name": name, "names": names}

    def show(self, template: str, code: int = 200, /, **values: Any) -> HTMLResponse:
        """A page, with this HTTP status."""
        text = self.templates.get_template(template).render(**values)
        return HTMLResponse(text, code, headers=HEADERS)


def app_of(request: Request) -> App:
    """The app that serves this request."""
    app: App = request.app.state.app
    return app


def pages_of(request: Request) -> Pages:
    """The pages of that app."""
    pages: Pages = request.app.state.pages
    return pages


async def who(request: Request) -> Member:
    """Who is signed in; SignInFirst for nobody."""
    app, token = app_of(request), request.cookies.get(COOKIE, "")
    if token:
        async with app.database.transaction() as session:
            member = await accounts.signed_in(session, token, app.now())
        if member is not None:
            return member
    raise SignInFirst


def seal(request: Request) -> str:
    """What a form of this browser must carry, so that no other site can send it."""
    token = request.cookies.get(COOKIE, "")
    return hmac.new(token.encode("utf-8", "replace"), b"form", sha256).hexdigest()


async def sealed(request: Request) -> None:
    """Refuse a form that another site has sent (Denied)."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    given = (await request.form()).get("seal")
    fits = isinstance(given, str) and hmac.compare_digest(given.encode(), seal(request).encode())
    if site not in {"same-origin", "none"} or not fits:
        raise Denied


def inside(target: str | None) -> str:
    """Where to go after the sign-in: a path of this site, never another host."""
    return (
        target if target and re.fullmatch(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", target) else "/groups"
    )


async def lagging(app: App) -> int | None:
    """How many messages wait; None when the streams are away."""
    try:
        return await app.streams.lag()
    except Away:
        return None


AppOf = Annotated[App, Depends(app_of)]
PagesOf = Annotated[Pages, Depends(pages_of)]
Who = Annotated[Member, Depends(who)]
