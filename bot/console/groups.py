"""群窗口: the groups, and one as a chat."""

import json
import secrets
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import rights
from actions.phones import masked
from bot import inbox
from bot.channels.base import Rejected, clean
from bot.channels.base import Request as Arrived
from bot.channels.sandbox import BOT
from bot.console.page import Denied, Enter, Missing, Visit, sealed
from storage import messages, people, tickets
from storage.models import Group, Member, Message, Post

router = APIRouter(prefix="/groups")

PAGE = 50

Here = Annotated[Visit, Depends(Enter("windows"))]
#: A place in the order of all that was said.
Place = Annotated[int | None, Query(ge=0, lt=2**63)]


@router.get("")
async def index(visit: Here) -> Response:
    """All groups."""
    async with visit.app.database.transaction() as session:
        groups = await people.groups(session)
    return visit.show("groups.html", groups=groups)


@router.get("/{group_id}")
async def window(group_id: str, visit: Here, before: Place = None) -> Response:
    """One group as a chat, the newest at the bottom."""
    async with visit.app.database.transaction() as session:
        group = await _group(session, group_id)
        said = await messages.feed(session, group.id, before=before, most=PAGE)
        shown = await _bubbles(session, said, visit.who)
        speakers = await people.in_channel(session, group.channel)
    return visit.show(
        "window.html", group=group, bubbles=shown, bot=BOT,
        speakers=speakers if _may_speak(visit.who, group) else [],
        speaker=visit.request.cookies.get("speaker", ""), before=before,
        older=said[0].said if len(said) == PAGE else None,
    )  # fmt: skip


@router.get("/{group_id}/feed")
async def feed(group_id: str, visit: Here, after: Place = 0) -> Response:
    """What was said after a place, as bubbles."""
    async with visit.app.database.transaction() as session:
        group = await _group(session, group_id)
        said = await messages.feed(session, group.id, after=after, most=PAGE)
        shown = await _bubbles(session, said, visit.who)
    return visit.show("bubbles.html", bubbles=shown)


@router.post("/{group_id}/messages", dependencies=[Depends(sealed)])
async def say(
    group_id: str,
    visit: Here,
    speaker: Annotated[str, Form()],
    text: Annotated[str, Form()] = "",
    quote: Annotated[str, Form()] = "",
    id: Annotated[str, Form(max_length=100)] = "",  # noqa: A002  # the usual name
) -> Response:
    """Speak in a sandbox group in the name of one of its people."""
    async with visit.app.database.transaction() as session:
        group = await _group(session, group_id)
        member = await people.find(session, group.channel, clean(speaker))
    if not _may_speak(visit.who, group) or member is None:
        raise Denied
    body = {
        "id": id or secrets.token_hex(8), "group": group.id, "sender": member.external_id,
        "name": member.name, "text": text, "quote": quote or None,
    }  # fmt: skip
    try:
        arrived = Arrived(headers={}, query={}, body=json.dumps(body).encode())
        for incoming in visit.app.channels["sandbox"].receive(arrived, visit.now):
            await inbox.accept(visit.app.streams, incoming)
    except Rejected:
        pass  # an empty message is none
    answer = RedirectResponse(f"/groups/{group.id}#end", 303)
    answer.set_cookie("speaker", member.external_id, httponly=True, samesite="lax")
    return answer


def _may_speak(who: Member, group: Group) -> bool:
    return group.channel == "sandbox" and rights.tries_groups(who)


async def _group(session: AsyncSession, group_id: str) -> Group:
    group = await people.group(session, clean(group_id))
    if group is None:
        raise Missing
    return group


async def _bubbles(
    session: AsyncSession, said: Sequence[Message | Post], who: Member
) -> list[dict[str, Any]]:
    senders = await people.by_ids(session, [m.sender_id for m in said if isinstance(m, Message)])
    about = await tickets.some(session, [no for row in said for no in _about(row)])
    phones = rights.reads_phones(who)
    return [
        {
            "row": row,
            "by_bot": isinstance(row, Post),
            "id": f"post-{row.id}" if isinstance(row, Post) else row.external_id,
            "name": BOT if isinstance(row, Post) else row.name if phones else masked(row.name),
            "role": None if isinstance(row, Post) else senders[row.sender_id].role,
            "sender": "" if isinstance(row, Post) else senders[row.sender_id].external_id,
            "quoted": None
            if isinstance(row, Post)
            else await messages.quoted_words(session, row.group_id, row.quote),
            "about": [no for no in _about(row) if no in about and rights.sees(who, about[no])],
            "phones": phones,
        }
        for row in said
    ]


def _about(row: Message | Post) -> list[int]:
    if isinstance(row, Post):
        return row.about
    return [] if row.ticket_no is None else [row.ticket_no]
