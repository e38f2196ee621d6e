"""规则: the numbers and times that the city may set, and what comes of setting them otherwise."""

import re
from dataclasses import fields, replace
from datetime import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import announced, rights
from actions.deadlines import Clock
from actions.policy import Policy
from bot.console.page import Enter, Missing, Visit, sealed
from bot.console.register import form as forms
from bot.console.register.desk import LATEST, Here
from bot.console.register.form import Fault, Field, Form, Given
from storage import changes, people, settings

router = APIRouter(prefix="/policies")

WHAT, PATH = "setting", "/register/policies"
DEFAULTS = Policy()
NAMES = tuple(field.name for field in fields(Policy))
#: Those on which the deadlines that are running rest: all are counted anew.
RUNNING = frozenset({"close_of_business", "reminders_at"})
May = Annotated[Visit, Depends(Enter("registrar"))]


@router.get("")
async def policies(visit: Here) -> Response:
    """All rules, as they are and as they would be by default."""
    async with visit.app.database.transaction() as session:
        clock = await Clock.read(session)
        changed = set(await settings.read(session))
    return visit.show(
        "register/policies.html", here="register", tab=WHAT, names_of=NAMES, changed=changed,
        policy={name: typed(getattr(clock.policy, name)) for name in NAMES},
        defaults={name: typed(getattr(DEFAULTS, name)) for name in NAMES},
        may=rights.enters(visit.who, "registrar"), saved="saved" in visit.request.query_params,
    )  # fmt: skip


@router.get("/{name}")
async def policy(name: str, visit: Here) -> Response:
    """One rule."""
    async with visit.app.database.transaction() as session:
        form = await _form(session, visit, name)
    return forms.show(visit, form)


@router.post("/{name}", dependencies=[Depends(sealed)])
async def change(name: str, visit: May) -> Response:
    """Say what would come of another value; agreed to, set it."""
    given = await forms.sent(visit)
    async with visit.app.database.transaction() as session:
        form = await _form(session, visit, name)
        if "reset" in given:
            given["value"] = typed(getattr(DEFAULTS, name))
        wrong, wanted = _wrong(form, name, given)
        if wrong is None and given.get("agreed") != forms.mark(_agreed(form, given)):
            wrong = await _foreseen(session, form, name, given, wanted)
        if wrong is None:
            await _write(session, visit, name, form, wanted)
    if wrong is not None:
        return forms.show(visit, wrong, 200 if wrong.agree else 409 if wrong.now else 422)
    await visit.app.streams.wake("")
    return RedirectResponse(f"{PATH}?saved=1", 303)


def typed(value: Any) -> str:
    """A value as people write it: 17:30."""
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)


def shape(name: str) -> str:
    """What a rule may be, in words: 应是1 到 1000 之间的整数."""
    try:
        Policy.from_mapping({name: None})
    except ValueError as error:
        return str(error).removeprefix(f"设置 {name} ")
    return ""


def _value(name: str, given: str) -> Any:
    """What was typed as the setting is kept; ValueError where it is none."""
    kind = type(getattr(DEFAULTS, name))
    if kind is time:
        value: Any = given if re.fullmatch(r"\d\d:\d\d", given, re.ASCII) else None
    else:
        number = re.fullmatch(r"\d{1,6}(?:\.\d{1,6})?", given)
        value = None if number is None else float(given) if "." in given else int(given)
    Policy.from_mapping({name: value})
    return value


async def _form(session: AsyncSession, visit: Visit, name: str) -> Form:
    if name not in NAMES:
        raise Missing
    clock = await Clock.read(session)
    default = getattr(DEFAULTS, name)
    given = {"value": typed(getattr(clock.policy, name))}
    history = await changes.page(session, what=[WHAT], of=name, most=LATEST)
    field = Field("value", "改为", "time" if isinstance(default, time) else "number", needed=True)
    return Form(
        what=WHAT, title=name, back=PATH, fields=(field,), given=given, saw=forms.mark(given),
        action=f"{PATH}/{name}" if rights.enters(visit.who, "registrar") else "",
        history=history, reset=name in await settings.read(session),
        actors=await people.called(session, [line.by for line in history]),
        more=("register/policy.html", {
            "rule": name, "default": typed(default), "shape": shape(name), **given,
        }),
    )  # fmt: skip


def _wrong(form: Form, name: str, given: Given) -> tuple[Form | None, Any]:
    try:
        wanted = _value(name, given.get("value", ""))
    except ValueError:
        return forms.again(form, given, {"value": Fault("said", shape(name))}), None
    if given.get("saw") != form.saw:
        return forms.again(form, given, {}, now=form.given), None
    return None, wanted


def _agreed(form: Form, given: Given) -> Given:
    return {"value": given.get("value", ""), "saw": form.saw}


async def _foreseen(
    session: AsyncSession, form: Form, name: str, given: Given, wanted: Any
) -> Form:
    """The form once more, with what would come of it."""
    told = {
        "rule": name, "was": form.given["value"], "value": given["value"],
        "moved": await _moved(session, name, wanted),
    }  # fmt: skip
    return replace(
        forms.again(form, given, {}), agree=("register/agree_policy.html", told),
        agreed=forms.mark(_agreed(form, given)),
    )  # fmt: skip


async def _moved(session: AsyncSession, name: str, wanted: Any) -> list[announced.Moved]:
    if name not in RUNNING:
        return []
    there = {**await settings.read(session), name: wanted}
    clock = await announced.trial(session, policy=Policy.from_mapping(there))
    return await announced.foresee(session, clock)


async def _write(session: AsyncSession, visit: Visit, name: str, form: Form, wanted: Any) -> None:
    moved = await _moved(session, name, wanted)
    if typed(getattr(DEFAULTS, name)) == str(wanted):
        await settings.forget(session, name)
    else:
        await settings.write(session, {name: wanted})
    if form.given["value"] == str(wanted):
        return
    if name in RUNNING:
        await announced.recount(session, visit.now)
    await changes.note(
        session, at=visit.now, by=visit.who.external_id, what=WHAT, of=name,
        was=form.given, became={"value": str(wanted), **({"moved": len(moved)} if moved else {})},
    )  # fmt: skip
