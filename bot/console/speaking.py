"""Speaking in a sandbox group in the name of one of its people, and taking words back."""

import json
import secrets
from typing import Annotated, Any
from urllib.parse import quote as escaped

from fastapi import APIRouter, Depends, Form, UploadFile
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import rights
from actions.enterprise import PARTS, from_nickname
from bot.channels.base import Incoming, Rejected, clean
from bot.channels.base import Request as Arrived
from bot.channels.sandbox import BOT
from bot.console import pictures
from bot.console.bubbles import bubbles
from bot.console.groups import Here, entered, show
from bot.console.page import Denied, Missing, Visit, sealed
from storage import media, messages, people, windows
from storage.models import Group, Member

NAME = 60


router = APIRouter(prefix="/groups")

Chosen = Annotated[str, Form(max_length=200)]


@router.post("/{group_id}/messages", dependencies=[Depends(sealed)])
async def say(
    group_id: str,
    visit: Here,
    speaker: Chosen,
    text: Annotated[str, Form()] = "",
    quote: Chosen = "",
    mention: Annotated[bool, Form()] = False,
    picture: UploadFile | None = None,
    id: Annotated[str, Form(max_length=100)] = "",  # noqa: A002  # the usual name
) -> Response:
    """Say something: words, a picture, or both."""
    async with visit.app.database.transaction() as session:
        group, member = await _speaker(session, visit, group_id, speaker)
    words = f"@{BOT} {text}" if mention and f"@{BOT}" not in text else text
    try:
        shown = await pictures.taken(picture)
        if text.strip() or shown or mention:
            await _send(visit, {
                "id": clean(id) or secrets.token_hex(8), "group": group.id, "text": words,
                "sender": member.external_id, "name": member.name, "quote": quote or None,
                "images": [{"name": shown.name, "sha256": shown.sha256}] if shown else [],
            }, shown)  # fmt: skip
    except pictures.NoPicture as fault:
        return await show(visit, group.id, quote=clean(quote), fault=str(fault), text=text)
    except Rejected:
        fault_ = "没有发出去:一条消息最多十万字。"
        return await show(visit, group.id, quote=clean(quote), fault=fault_, text=text[:1000])
    return _back(visit, group, member.external_id)


@router.post("/{group_id}/recalls", dependencies=[Depends(sealed)])
async def recall(group_id: str, visit: Here, speaker: Chosen, message: Chosen) -> Response:
    """Take back what this speaker has said."""
    async with visit.app.database.transaction() as session:
        group, member = await _speaker(session, visit, group_id, speaker)
        said = await messages.find(session, group.id, clean(message))
        shown = await bubbles(session, [said] if said is not None else [], visit.who)
    if said is None or shown[0].hidden:  # nor may it be found out who said it
        raise Missing
    if said.sender_id != member.id:
        raise Denied
    await _send(visit, {
        "type": "recall", "id": said.external_id, "group": group.id, "name": member.name,
        "sender": member.external_id,
    })  # fmt: skip
    return _back(visit, group, member.external_id)


@router.post("/{group_id}/people", dependencies=[Depends(sealed)])
async def add(group_id: str, visit: Here, name: Chosen) -> Response:
    """Invent somebody to speak as: always a member, whatever the nickname says."""
    name = " ".join(clean(name).split())
    async with visit.app.database.transaction() as session:
        group = await entered(session, group_id, visit.who)
        if not _may(visit.who, group):
            raise Denied
        there = await windows.named(session, "sandbox", name)
        staff = [member for member in there if member.role != "member"]
        fault = _unfit(name) or ("已经有工作人员叫这个名字,请换一个。" if staff else "")
        if not fault:
            id_ = there[0].external_id if there else f"try-{secrets.token_hex(6)}"
            await people.meet(session, "sandbox", id_, name)
    if fault:
        return await show(visit, group.id, fault=fault, name_=name[:NAME])
    return _back(visit, group, id_)


def _unfit(name: str) -> str:
    """Why this is no nickname 企业-姓名; nothing where it is one."""
    if len(name) > NAME:
        return f"名字太长,最多{NAME}个字。"
    if not from_nickname(name) or not PARTS.split(name, maxsplit=1)[-1]:
        return "请写成“企业-姓名”,例如“湘江机械-周敏”。"
    return ""


async def _speaker(
    session: AsyncSession, visit: Visit, group_id: str, speaker: str
) -> tuple[Group, Member]:
    group = await entered(session, group_id, visit.who)
    member = await people.find(session, "sandbox", clean(speaker))
    if not _may(visit.who, group) or member is None:
        raise Denied
    return group, member


def _may(who: Member, group: Group) -> bool:
    return group.reads == "sandbox" and rights.tries_groups(who)


async def _send(visit: Visit, body: dict[str, Any], shown: pictures.Picture | None = None) -> None:
    arrived = Arrived(headers={}, query={}, body=json.dumps(body).encode())
    sandbox = visit.app.channels["sandbox"]
    received = sandbox.receive(arrived, visit.now)
    if shown is not None:
        await _keep(visit, received.messages[0], shown)
    await visit.app.inbox.take(sandbox, received)


async def _keep(visit: Visit, said: Incoming, shown: pictures.Picture) -> None:
    """Keep a picture before its message goes its way."""
    async with visit.app.database.transaction() as session:
        await media.keep(session, sha256=shown.sha256, type_=shown.type, content=shown.content)
        await media.brought(
            session, group_id=said.group, external_id=said.id, place=0, channel=said.channel,
            kind="image", name=shown.name, sha256=shown.sha256, at=said.at,
        )  # fmt: skip


def _back(visit: Visit, group: Group, speaker: str) -> Response:
    answer = RedirectResponse(f"/groups/{escaped(group.id, safe='')}#end", 303)
    answer.set_cookie(
        "speaker", escaped(speaker, safe=""), httponly=True, samesite="lax",
        secure=visit.request.url.scheme == "https",
    )  # fmt: skip
    return answer
