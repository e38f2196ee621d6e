"""`/media/{number}`: the bytes of a picture, voice or file, for who may see its message."""

import re
from typing import Annotated
from urllib.parse import quote as escaped

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import rights, steps
from actions.phones import masked
from bot import contents
from bot.console import enclosed
from bot.console.page import Enter, Missing, Visit
from storage import media, messages, tickets, windows
from storage.media import Held
from storage.models import Message, Ticket

router = APIRouter(prefix="/media")

Here = Annotated[Visit, Depends(Enter("media"))]
#: Whatever it is: nothing in it runs, loads or is framed, and no other site embeds it.
HARMLESS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
#: What asks for one part of the bytes: from and to, or so many at the end.
PART = re.compile("bytes=([0-9]{0,19})-([0-9]{0,19})")
#: It may be kept by the browser, which asks each time whether it still may show it.
ASKED = "private, no-cache"


@router.get("/{number}")
async def medium(number: str, visit: Here) -> Response:
    """The bytes; what somebody may not see looks like what does not exist."""
    async with visit.app.database.transaction() as session:
        held = await media.one(session, _number(number))
        said = await _said(session, held)
        about = await _about(session, said)
        if held is None or said is None or not await _may(session, visit, said, about):
            raise Missing
        secret = [ticket for ticket in about if ticket.confidential]
        kept = {} if secret else {"ETag": f'"{held.medium.sha256}"', "Cache-Control": ASKED}
        if kept and kept["ETag"] in _known(visit):
            return Response(status_code=304, headers=HARMLESS | kept)
        content = await media.content(session, held.medium.sha256 or "")
        if content is None:
            raise Missing
        for ticket in secret:
            await steps.look(session, ticket, visit.who, visit.now)
        whole = rights.reads_phones_of(visit.who, about)
    headers = HARMLESS | kept | _described(held, whole=whole)
    return _answered(content, _part(visit, len(content), kept.get("ETag")), headers)


def _part(visit: Visit, size: int, tag: str | None) -> range | None:
    """The bytes that are asked for; None for all of them.

    Phones play a voice only from who answers such questions (RFC 9110, 14.2). Of several parts,
    and of one of another state of the file, all is given, as is allowed.
    """
    asked = PART.fullmatch(visit.request.headers.get("range", ""))
    if asked is None or visit.request.headers.get("if-range", tag) != tag:
        return None
    first, last = asked.groups()
    if not first:
        return range(max(size - int(last), 0), size) if last else None
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1 if last else size, size))


def _answered(content: bytes, part: range | None, headers: dict[str, str]) -> Response:
    headers = headers | {"Accept-Ranges": "bytes"}
    if part is None:
        return Response(content, headers=headers)
    if not part:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{len(content)}"})
    told = f"bytes {part.start}-{part.stop - 1}/{len(content)}"
    return Response(content[part.start : part.stop], 206, headers=headers | {"Content-Range": told})


async def _said(session: AsyncSession, held: Held | None) -> Message | None:
    """The message with which it came; None where nothing is kept, or no message names it."""
    if held is None or held.type is None:
        return None
    row = held.medium
    found = await messages.find(session, row.group_id, row.external_id)
    return found if found is not None and row.place < len(found.images) else None


async def _about(session: AsyncSession, said: Message | None) -> list[Ticket]:
    if said is None:
        return []
    return enclosed.about(said, await tickets.some(session, enclosed.numbers(said)))


async def _may(session: AsyncSession, visit: Visit, said: Message, about: list[Ticket]) -> bool:
    visits = rights.visits(visit.who, spoke=False) or await windows.spoke(
        session, said.group_id, visit.who.id
    )
    return enclosed.open_to(visit.who, said, about, visits=visits)


def _described(held: Held, *, whole: bool) -> dict[str, str]:
    """Its type by its content, and its name: shown where browsers show it, else downloaded."""
    type_, name = held.type or "", enclosed.titled(held)
    name = name if whole else masked(name)
    way = "attachment" if contents.KINDS[type_].shown == "file" else "inline"
    plain = f"{held.medium.id}{contents.KINDS[type_].endings[0]}"
    return {
        "Content-Type": type_,
        "Content-Disposition": f"{way}; filename=\"{plain}\"; filename*=UTF-8''{escaped(name)}",
    }


def _known(visit: Visit) -> list[str]:
    """Hashes of what the browser has."""
    asked = visit.request.headers.get("if-none-match", "")
    return [tag.strip().removeprefix("W/") for tag in asked.split(",")]


def _number(number: str) -> int:
    """The number in an address; Missing for what is none."""
    if not re.fullmatch(r"[0-9]{1,10}", number) or int(number) >= 2**31:
        raise Missing
    return int(number)
