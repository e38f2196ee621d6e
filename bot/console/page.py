"""What all pages share: templates, and who may open which."""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from zlib import crc32

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from actions import rights
from actions.deadlines import ZONE
from actions.names import name, names
from actions.phones import masked
from actions.render import called, day, moment
from bot import accounts as passwords
from bot.app import App
from bot.console import providers
from bot.sessions import Browser
from storage import accounts
from storage.models import Account, Member

HERE = Path(__file__).parent
STATIC = HERE / "static"
COOKIE = "mingcheng"
#: The parts of the console that stand in its menu: part, address, name.
MENU = (
    ("today", "/", "今日"),
    ("tickets", "/tickets", "台账"),
    ("reviews", "/reviews", "待审"),
    ("board", "/board", "看板"),
    ("windows", "/groups", "群窗口"),
    ("register", "/register", "群与人"),
    ("confidential", "/confidential", "保密"),
    ("system", "/system", "系统"),
)


class SignInFirst(Exception):
    """Nobody is signed in; the page is shown after the sign-in."""


class PasswordFirst(Exception):
    """Somebody came in with a password that others know; it is changed before anything else."""


class Denied(Exception):
    """Somebody is signed in who may not do this."""


class Missing(Exception):
    """There is no such page, or none that this person may know of."""


class Pages:
    """Renders templates."""

    def __init__(self, app: App) -> None:
        """Pages of this app."""
        self.app = app
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), undefined=StrictUndefined, autoescape=True,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self.templates.filters |= {"moment": moment, "called": called, "masked": masked, "day": day}
        self.templates.filters["masked_unless"] = lambda text, reads: (
            text if reads else masked(text)
        )
        self.templates.filters["channel"] = lambda of: name("channel", of)
        self.templates.filters["local"] = lambda at: at.astimezone(ZONE)
        self.templates.filters["tone"] = lambda of: crc32(of.encode()) % 6
        self.templates.globals |= {"name": name, "names": names, "unencrypted": app.settings.plain}
        self.ways = providers.of(app.settings)

    def show(self, template: str, code: int = 200, /, **values: Any) -> HTMLResponse:
        """A page, with this HTTP status."""
        text = self.templates.get_template(template).render(**values)
        return HTMLResponse(text, code)


def app_of(request: Request) -> App:
    """The app that serves this request."""
    app: App = request.app.state.app
    return app


def pages_of(request: Request) -> Pages:
    """The pages of that app."""
    pages: Pages = request.app.state.pages
    return pages


@dataclass(frozen=True, slots=True)
class Visit:
    """A request by somebody who is signed in and may enter this part of the console."""

    request: Request
    app: App
    who: Member
    browser: Browser
    now: datetime
    part: str
    account: Account

    @property
    def seal(self) -> str:
        """What the forms of this page must carry."""
        return seal(self.request)

    @property
    def phones(self) -> bool:
        """Whether this person reads phone numbers whole."""
        return rights.reads_phones(self.who)

    def show(self, template: str, code: int = 200, /, **values: Any) -> HTMLResponse:
        """A page of the console, with its menu; templates know `who`, `now`, `phones`, `seal`."""
        menu = [item for item in MENU if rights.enters(self.who, item[0])]
        shared = {
            "who": self.who, "now": self.now, "phones": self.phones, "seal": self.seal,
            "menu": menu, "here": self.part, "login": self.browser.login,
        }  # fmt: skip
        return pages_of(self.request).show(template, code, **shared | values)


class Enter:
    """Lets into a part of the console who may: `Annotated[Visit, Depends(Enter("board"))]`."""

    def __init__(self, part: str, *, given: bool = False) -> None:
        """Of this part, a name of `rights.PARTS`; `given` ones open with a given password, too."""
        if part not in rights.PARTS:
            raise ValueError(f"there is no part {part}")
        self.part, self.given = part, given

    async def __call__(self, request: Request) -> Visit:
        """SignInFirst for nobody, PasswordFirst with a given one, Denied for who may not."""
        app = app_of(request)
        browser = await app.sessions.of(request.cookies.get(COOKIE, ""))
        if browser is None:
            raise SignInFirst
        async with app.database.transaction() as session:
            held = await accounts.held(session, browser.login)
        # a password that was changed elsewhere ends the browsers of the one before
        if held is None or browser.proof not in {"", passwords.proof(held[0])}:
            raise SignInFirst
        account, member = held
        if account.given and browser.way == "password" and not self.given:
            raise PasswordFirst
        if not rights.enters(member, self.part):
            raise Denied
        return Visit(request, app, member, browser, app.now(), self.part, account)


def seal(request: Request) -> str:
    """What a form of this browser must carry, so that no other site can send it."""
    token = request.cookies.get(COOKIE, "")
    return hmac.new(token.encode("utf-8", "replace"), b"form", sha256).hexdigest()


async def sealed(request: Request) -> None:
    """Refuse a form that another site has sent (Denied)."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    given = (await request.form()).get("seal")
    shown = given.encode("utf-8", "replace") if isinstance(given, str) else b""
    fits = hmac.compare_digest(shown, seal(request).encode())
    if site not in {"same-origin", "none"} or not fits:
        raise Denied


def inside(target: str | None) -> str:
    """Where to go after the sign-in: a path of this site, never another host."""
    return target if target and re.fullmatch(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", target) else "/"


AppOf = Annotated[App, Depends(app_of)]
PagesOf = Annotated[Pages, Depends(pages_of)]
