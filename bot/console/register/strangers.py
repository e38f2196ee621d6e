"""Groups that a platform delivered from and that nobody set up: what came is kept until then."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote, urlencode

import structlog
from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions.names import name
from bot.channels import powers
from bot.channels.base import Incoming, Powers, clean
from bot.console.page import Enter, Missing, Visit, sealed
from bot.console.register import addresses
from bot.console.register.form import Given
from bot.console.standing import WAYS
from bot.streams import Away
from storage import carriers, changes, people
from storage.carriers import Stranger

log = structlog.get_logger()
#: Below the groups, as `groups` includes it.
router = APIRouter(prefix="/strangers")

#: What can be our own name of a group as it is.
ID = re.compile(r"[\w@.-]{1,100}")
#: So many of the latest who spoke tell which group it is.
LATELY = 5

May = Annotated[Visit, Depends(Enter("registrar"))]
Channel = Annotated[str, Form(max_length=50)]
Address = Annotated[str, Form(max_length=1000)]


async def preset(
    session: AsyncSession, visit: Visit
) -> tuple[Given, tuple[str, Mapping[str, Any]] | None]:
    """A new group as its channel would have it, and who spoke there; empty for no stranger."""
    asked = visit.request.query_params
    channel, address = clean(asked.get("channel", "")), clean(asked.get("address", ""))
    kept = await carriers.kept_of(session, channel, address) if channel else []
    if not kept:
        return {}, None
    able = powers().get(channel, Powers())
    routes = {way: channel if getattr(able, way) != "none" else "" for way in WAYS}
    said = [incoming for row in kept if (incoming := _read(row.payload)) is not None]
    speakers = list(dict.fromkeys(one.name or one.sender for one in said if one.sender))
    shown = [one for one in said if introduces(one)]
    told = {
        "channel": channel, "address": address, "names": speakers[:LATELY],
        "words": shown[0].text if shown else "", "groups": await people.groups(session),
        "held": "held" in asked,
    }  # fmt: skip
    given = {
        **routes, "id": address if ID.fullmatch(address) else "",
        "name": shown[0].name if shown else "", f"{addresses.BEFORE}{channel}": address,
    }  # fmt: skip
    return given, ("register/stranger.html", told)


class Known(NamedTuple):
    """A group that nobody set up, and what its platform says of it."""

    row: Stranger
    words: str


def known(rows: Sequence[Stranger]) -> list[Known]:
    """These, with what their platforms say of them."""
    firsts = [(row, _read(row.first)) for row in rows]
    return [Known(row, one.text if one and introduces(one) else "") for row, one in firsts]


def introduces(incoming: Incoming) -> bool:
    """Whether it is no message, but what a platform says of a group in which none is heard."""
    return incoming.kind == "recall" and not incoming.sender and bool(incoming.text)


def _read(payload: str) -> Incoming | None:
    try:
        return Incoming.from_json(payload)
    except ValueError:
        return None


async def place(visit: Visit, group_id: str) -> int:
    """Handle what came of a group before it was set up; how much that was."""
    async with visit.app.database.transaction() as session:
        kept = await carriers.of_group(session, group_id)
    many = 0
    for carrier in kept:
        try:
            many += await visit.app.inbox.place(carrier.channel, carrier.address)
        except Away:  # it stays, and stands in the list of groups
            log.warning("can't place", group=group_id, channel=carrier.channel)
    return many


@router.post("/join", dependencies=[Depends(sealed)])
async def join(
    visit: May, channel: Channel = "", address: Address = "", group: Address = ""
) -> Response:
    """It is a group that stands here already, and that this channel reaches too."""
    which, at, of = clean(channel), clean(address), clean(group)
    async with visit.app.database.transaction() as session:
        if not await carriers.kept_of(session, which, at) or not await people.group(session, of):
            raise Missing
        held = await carriers.one(session, of, which) is not None
        if not held:
            await carriers.settled(session, which, at, sets_up=True)
            await carriers.put(session, of, which, at)
            await changes.note(
                session, at=visit.now, by=visit.who.external_id, what="group", of=of, was={},
                became={f"{addresses.BEFORE}{which}": at},
            )  # fmt: skip
    if held:
        asked = urlencode({"channel": which, "address": at})
        return RedirectResponse(f"/register/groups/new?{asked}&held=1", 303)
    placed = await place(visit, of)
    return RedirectResponse(f"/register/groups/{quote(of, safe='')}?saved=1&placed={placed}", 303)


@router.post("/place", dependencies=[Depends(sealed)])
async def go_on(visit: May, channel: Channel = "", address: Address = "") -> Response:
    """Handle what is left of a group that was set up meanwhile."""
    try:
        await visit.app.inbox.place(clean(channel), clean(address))
    except Away:
        log.warning("can't place", channel=clean(channel))
    return RedirectResponse("/register/groups", 303)


@router.post("/dismiss", dependencies=[Depends(sealed)])
async def dismiss(
    visit: May, channel: Channel = "", address: Address = "",
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:  # fmt: skip
    """Give up what came, with a reason that is recorded; what was said is recorded nowhere."""
    which, of, why = clean(channel), clean(address), clean(reason).strip()
    if not why:
        return RedirectResponse("/register/groups?reason=1#strangers", 303)
    async with visit.app.database.transaction() as session:
        many = await carriers.dismiss(session, which, of)
        if not many:
            raise Missing
        await changes.note(
            session, at=visit.now, by=visit.who.external_id, what="stranger",
            of=f"{name('channel', which)} {of}", was=f"{many} 条", became=why,
        )  # fmt: skip
    return RedirectResponse("/register/groups", 303)
