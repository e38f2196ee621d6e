"""系统: other systems that are connected: keys of the API, and hooks that are told of events."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Path, Query
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions.names import name, names
from bot import outside
from bot.api.keys import SCOPES
from bot.channels.base import clean
from bot.console.admission import address_of
from bot.console.page import Enter, Missing, Visit, sealed
from storage import changes, hooks, keys
from storage.models import Hook

router = APIRouter(prefix="/system")

Here = Annotated[Visit, Depends(Enter("system"))]
Number = Annotated[int, Path(ge=1, lt=2**31)]
LONGEST = 40
PAGE = 50
#: What is told of; looks are at confidential tickets alone, of which nothing is told.
STEPS = tuple(step for step in names()["step"] if step != "look")


# --- keys -----------------------------------------------------------------------------------------


@router.get("/keys")
async def key_list(visit: Here) -> Response:
    """The keys, and a form for a new one."""
    return await _keys(visit)


@router.post("/keys", dependencies=[Depends(sealed)])
async def make_key(
    visit: Here,
    called: Annotated[str, Form()] = "",
    scopes: Annotated[Sequence[str], Form()] = (),
) -> Response:
    """A new key; it is shown on the page that answers, and never again."""
    called = " ".join(clean(called).split())
    chosen = [scope for scope in SCOPES if scope in scopes]
    fault = "name" if not called or len(called) > LONGEST else "" if chosen else "scopes"
    if fault:
        return await _keys(visit, 400, fault=fault, called=called[:LONGEST], chosen=chosen)
    async with visit.app.database.transaction() as session:
        key, shown = await keys.make(
            session, name=called, scopes=chosen, by=visit.who.external_id, now=visit.now
        )
        may = "、".join(SCOPES[scope] for scope in chosen)
        await _note(session, visit, "key", f"{called} {keys.prefix(key)}", None, may)
    return await _keys(visit, made=shown, called=called)


@router.post("/keys/{key_id}/end", dependencies=[Depends(sealed)])
async def end_key(visit: Here, key_id: Number) -> Response:
    """Let nobody in with a key any more."""
    async with visit.app.database.transaction() as session:
        key = await keys.end(session, key_id, visit.now)
        if key is not None:
            may = "、".join(SCOPES.get(scope, scope) for scope in key.scopes)
            await _note(session, visit, "key", f"{key.name} {keys.prefix(key)}", may, "停用")
    return RedirectResponse("/system/keys", 303)


async def _keys(
    visit: Visit,
    code: int = 200,
    *,
    fault: str = "",
    made: str = "",
    called: str = "",
    chosen: Sequence[str] = ("tickets:read", "events:read", "figures:read", "groups:read"),
) -> Response:
    async with visit.app.database.transaction() as session:
        rows = await keys.every(session)
    return visit.show(
        "connections_keys.html", code, rows=rows, prefix=keys.prefix, scopes=SCOPES, fault=fault,
        made=made, called=called, chosen=chosen,
    )  # fmt: skip


# --- hooks ----------------------------------------------------------------------------------------


@router.get("/hooks")
async def hook_list(visit: Here) -> Response:
    """The hooks, how they do, and a form for a new one."""
    return await _hooks(visit)


@router.post("/hooks", dependencies=[Depends(sealed)])
async def make_hook(
    visit: Here,
    url: Annotated[str, Form()] = "",
    steps: Annotated[Sequence[str], Form()] = (),
) -> Response:
    """A new hook; its secret is shown on the page that answers, and never again."""
    url = clean(url).strip()[: outside.LONGEST + 1]
    chosen = [step for step in STEPS if step in steps]
    try:
        outside.read(url, inside=visit.app.settings.hooks_inside)
    except outside.Unfit as unfit:
        return await _hooks(visit, 400, fault=str(unfit), url=url, chosen=chosen)
    async with visit.app.database.transaction() as session:
        hook = await hooks.make(
            session, url=url, steps=chosen, by=visit.who.external_id, now=visit.now
        )
        await _note(session, visit, "hook", _called(hook), None, _of_steps(hook))
    return await _hooks(visit, made=hook)


@router.get("/hooks/{hook_id}")
async def hook_log(
    visit: Here, hook_id: Number, before: Annotated[int | None, Query(ge=1, lt=2**31)] = None
) -> Response:
    """What a hook was told, and what came of it; the newest first."""
    async with visit.app.database.transaction() as session:
        hook = await hooks.get(session, hook_id)
        if hook is None:
            raise Missing
        rows = await hooks.log(session, hook_id, before=before, most=PAGE)
        unfinished = await hooks.unfinished(session)
    return visit.show(
        "connections_hook.html", hook=hook, rows=rows, host=_host(hook), before=before,
        given_up=unfinished.get((hook_id, "given_up"), 0),
        aged=hook.made_at < visit.now - hooks.KEPT,
        older=rows[-1][1].seq if len(rows) == PAGE else None,
    )  # fmt: skip


@router.post("/hooks/{hook_id}/again", dependencies=[Depends(sealed)])
async def again(
    visit: Here, hook_id: Number, delivery: Annotated[int | None, Form(ge=1, lt=2**31)] = None
) -> Response:
    """Tell anew what was given up: one thing, or all."""
    async with visit.app.database.transaction() as session:
        many = await hooks.again(session, hook_id, visit.now, delivery_id=delivery)
    if many:
        await visit.app.streams.wake("")
    return RedirectResponse(f"/system/hooks/{hook_id}", 303)


@router.post("/hooks/{hook_id}/end", dependencies=[Depends(sealed)])
async def end_hook(visit: Here, hook_id: Number) -> Response:
    """Tell a hook nothing more."""
    async with visit.app.database.transaction() as session:
        hook = await hooks.end(session, hook_id, visit.now)
        if hook is not None:
            await _note(session, visit, "hook", _called(hook), _of_steps(hook), "停用")
    return RedirectResponse("/system/hooks", 303)


def _host(hook: Hook) -> str:
    """The machine of a hook: what stands behind it in the address may be a secret."""
    return urlsplit(hook.url).netloc


def _called(hook: Hook) -> str:
    return f"{_host(hook)} #{hook.id}"


def _of_steps(hook: Hook) -> str:
    return "、".join(name("step", step) for step in hook.steps) or "全部步骤"


async def _note(
    session: AsyncSession, visit: Visit, what: str, of: str, was: str | None, became: str
) -> None:
    await changes.note(
        session, at=visit.now, by=visit.who.external_id, what=what, of=of, was=was, became=became,
        address=address_of(visit.request),
    )  # fmt: skip


async def _hooks(
    visit: Visit,
    code: int = 200,
    *,
    fault: str = "",
    made: Hook | None = None,
    url: str = "",
    chosen: Sequence[str] = (),
) -> Response:
    async with visit.app.database.transaction() as session:
        rows = await hooks.every(session)
        unfinished = await hooks.unfinished(session)
        newest = {
            row.id: next(iter(await hooks.log(session, row.id or 0, tried=True, most=1)), None)
            for row in rows
        }
    return visit.show(
        "connections_hooks.html", code, rows=rows, host=_host, unfinished=unfinished,
        newest=newest, steps=STEPS, fault=fault, made=made, url=url, chosen=chosen,
        inside=visit.app.settings.hooks_inside,
    )  # fmt: skip
