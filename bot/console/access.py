"""系统: accounts, the browsers that are signed in, and who changed what."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from actions.names import name, names
from bot.channels.base import clean
from bot.console.account import seen
from bot.console.admission import address_of
from bot.console.page import COOKIE, Enter, Missing, Visit, pages_of, sealed
from bot.sessions import mark_of
from storage import accounts, changes, people
from storage.models import Change

#: Below /system, as `system` includes it.
router = APIRouter()

Here = Annotated[Visit, Depends(Enter("system"))]
Login = Annotated[str, Form(max_length=100)]
Text = Annotated[str, Query(max_length=100)]
PAGE = 50


@router.get("/browsers")
async def browsers(visit: Here) -> Response:
    """Everybody's browsers that are signed in."""
    own = mark_of(visit.request.cookies.get(COOKIE, ""))
    found = await visit.app.sessions.all()
    async with visit.app.database.transaction() as session:
        held = {account.login: member for account, member in await accounts.all_held(session)}
    rows = [
        (mark, seen(browser), held.get(browser.login), mark == own)
        for mark, browser in found.items()
    ]
    return visit.show("system_browsers.html", rows=rows)


@router.post("/browsers/end", dependencies=[Depends(sealed)])
async def end(visit: Here, mark: Annotated[str, Form(max_length=64)] = "") -> Response:
    """Sign a browser out, whosever it is."""
    browser = (await visit.app.sessions.all()).get(mark)
    if browser is None:  # it has ended meanwhile
        return RedirectResponse("/system/browsers", 303)
    await visit.app.sessions.end([mark])
    async with visit.app.database.transaction() as session:
        await _note(session, visit, "browser", browser.login)
    return RedirectResponse("/system/browsers", 303)


@router.get("/accounts")
async def index(visit: Here) -> Response:
    """Who can sign in, and how; accounts are made and ended in the register."""
    return await _accounts(visit)


@router.post("/accounts/codes", dependencies=[Depends(sealed)])
async def no_codes(visit: Here, login: Login = "") -> Response:
    """Ask somebody for no one-time codes any more, who has lost what makes them."""
    async with visit.app.database.transaction() as session:
        if await accounts.find(session, clean(login)) is None:
            raise Missing
        await accounts.ask_codes(session, clean(login), None)
        await _note(session, visit, "totp", clean(login), became=False)
    return RedirectResponse("/system/accounts", 303)


@router.post("/accounts/free", dependencies=[Depends(sealed)])
async def free(visit: Here, login: Login = "") -> Response:
    """Let somebody try at once who would have to wait."""
    async with visit.app.database.transaction() as session:
        if await accounts.free(session, clean(login)) is None:
            raise Missing
        await _note(session, visit, "freed", clean(login))
    return RedirectResponse("/system/accounts", 303)


@router.post("/accounts/subject", dependencies=[Depends(sealed)])
async def subject(
    visit: Here,
    login: Login = "",
    way: Annotated[str, Form(max_length=20)] = "",
    known_as: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Let an account be signed in to at a provider, by who it is there; by nobody without one."""
    wanted = clean(known_as).strip()
    if wanted and way not in pages_of(visit.request).ways:
        return await _accounts(visit, fault="way")
    try:
        async with visit.app.database.transaction() as session:
            before = await accounts.find(session, clean(login))
            if before is None:
                raise Missing
            was, became = before.subject, f"{way}:{wanted}" if wanted else None
            await accounts.link(session, before.login, became)
            await _note(session, visit, "subject", before.login, was=was, became=became)
    except IntegrityError:
        return await _accounts(visit, fault="linked")
    if was != became:  # whoever came in by the old name has to sign in anew
        own = visit.request.cookies.get(COOKIE, "")
        await visit.app.sessions.end_of(before.login, but=own)
    return RedirectResponse("/system/accounts", 303)


@router.get("/changes")
async def record(
    visit: Here,
    what: Text = "",
    by: Text = "",
    before: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> Response:
    """Sign-ins and changes of settings: who, when, from what to what."""
    kinds = names()["change"]
    who = clean(by).strip()
    async with visit.app.database.transaction() as session:
        rows = await changes.page(
            session, what=[what] if what in kinds else (), by=who or None, before=before, most=PAGE
        )
        actors = await people.called(session, [row.by for row in rows])
        units = {str(row.id): row.name for row in await people.units(session)}
        ids = [int(row.of) for row in rows if row.what == "member" and row.of.isdecimal()]
        members = {str(key): row.name for key, row in (await people.by_ids(session, ids)).items()}
    return visit.show(
        "system_changes.html", rows=rows, actors=actors, units=units, members=members,
        what=what if what in kinds else "", by=who, before=before, told=_told, kinds=kinds,
        older=rows[-1].id if len(rows) == PAGE else None,
    )  # fmt: skip


async def _accounts(visit: Visit, fault: str | None = None) -> Response:
    async with visit.app.database.transaction() as session:
        rows = await accounts.all_held(session)
    return visit.show(
        "system_accounts.html", 400 if fault else 200, rows=rows, fault=fault,
        ways=pages_of(visit.request).ways,
    )  # fmt: skip


async def _note(
    session: AsyncSession, visit: Visit, what: str, of: str, was: object = None,
    became: object = None,
) -> None:  # fmt: skip
    await changes.note(
        session, at=visit.now, by=visit.who.external_id, what=what, of=of, was=was, became=became,
        address=address_of(visit.request),
    )  # fmt: skip


def _told(row: Change, value: Any) -> str:
    """What something was, or became, in few words; of what could not be read, never the words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "开启" if value else "关闭"
    if isinstance(value, dict):
        kept = {key: told for key, told in value.items() if key != "payload"}
        if row.what in {"sign_in", "refused"}:
            return "、".join(name("change_way", str(told)) for told in kept.values())
        return ";".join(f"{key} {_plain(told)}" for key, told in kept.items())
    return _plain(value)


def _plain(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 200 else f"{text[:200]}…"
