"""群窗口: the groups, and one as a chat; what is said there is in `speaking`."""

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import rights
from bot.channels.base import clean
from bot.channels.sandbox import BOT
from bot.condition import conditions
from bot.console.bubbles import bubbles
from bot.console.ledger_asked import Asked
from bot.console.page import Enter, Missing, Visit
from bot.console.standing import standing
from storage import carriers, ledger, messages, people, posts, windows
from storage.models import Group, Member
from storage.tickets import OPEN
from storage.windows import Place

router = APIRouter(prefix="/groups")

PAGE = 50
#: A year.
KEPT = 365 * 24 * 3600

Here = Annotated[Visit, Depends(Enter("windows"))]
#: A place in the order of all that was said.
Said = Annotated[int | None, Query(ge=0, lt=2**63)]
Words = Annotated[str, Query(max_length=100)]


@router.get("")
async def index(
    visit: Here, q: Words = "", district: Words = "",
    after: Annotated[str, Query(max_length=300)] = "",
) -> Response:  # fmt: skip
    """The groups that somebody may look into, the one last spoken in first."""
    who, q, district = visit.who, clean(q).strip(), clean(district)
    async with visit.app.database.transaction() as session:
        chats = await windows.page(
            session, words=q.split()[:5], district=district or None,
            spoken_by=None if rights.visits(who, spoke=False) else who.id, after=_place(after),
            most=PAGE + 1,
        )  # fmt: skip
        more, chats = len(chats) > PAGE, chats[:PAGE]
        counts = {
            asked: await ledger.by_group(
                session, asked.filter(who, {}, visit.now, phones=visit.phones),
                [chat.group.id for chat in chats],
            )
            for asked in (Asked(status=OPEN), Asked(overdue=True, sort="due"))
        }  # fmt: skip
        districts = await people.districts(session)
    last = chats[-1] if more else None
    return visit.show(
        "groups.html", chats=chats, counts=counts, districts=districts, q=q, district=district,
        after=after, more=f"{last.said}-{last.group.id}" if last else "",
    )  # fmt: skip


@router.get("/{group_id}")
async def window(
    group_id: str,
    visit: Here,
    before: Said = None,
    quote: Words = "",
    parse: Annotated[str | None, Query(max_length=1)] = None,
) -> Response:
    """One group as a chat, the newest at the bottom."""
    parses = _parses(visit) if parse is None else parse == "1"
    answer = await show(visit, group_id, before=before, quote=clean(quote), parses=parses)
    if parse is not None:
        answer.set_cookie(
            "parse", "1" if parses else "0", max_age=KEPT, httponly=True, samesite="lax",
            secure=visit.request.url.scheme == "https",
        )  # fmt: skip
    return answer


@router.get("/{group_id}/feed")
async def feed(group_id: str, visit: Here, after: Said = 0) -> Response:
    """What was said after a place, as bubbles."""
    async with visit.app.database.transaction() as session:
        group = await entered(session, group_id, visit.who)
        said = await messages.feed(session, group.id, after=after, most=PAGE)
        shown = await bubbles(session, said, visit.who, parses=_parses(visit))
    return visit.show("bubbles.html", bubbles=shown, **_speaking(visit, group))


async def show(
    visit: Visit,
    group_id: str,
    *,
    before: int | None = None,
    quote: str = "",
    parses: bool | None = None,
    **typed: str,
) -> Response:
    """The window; `typed` is what could not be sent, and why: `fault`, `text`, `name_`."""
    parses = _parses(visit) if parses is None else parses
    async with visit.app.database.transaction() as session:
        group = await entered(session, group_id, visit.who)
        said = await messages.feed(session, group.id, before=before, most=PAGE)
        shown = await bubbles(session, said, visit.who, parses=parses)
        quoting = await _quoting(session, group, quote, visit.who)
        speaks = rights.tries_groups(visit.who) and group.reads == "sandbox"
        lately = await windows.lately(session, group.id) if speaks else []
        found = await conditions(visit.app.channels, visit.app.streams, visit.now)
        possible = standing(group, await carriers.of_group(session, group.id), found)
        awaiting = await posts.awaiting_in(session, group.id)
        speakers = await people.in_channel(session, "sandbox") if speaks else []
    return visit.show(
        "window.html", 400 if typed.get("fault") else 200, bubbles=shown, bot=BOT,
        speakers=speakers, lately=[who for who in lately if who.channel == "sandbox"],
        possible=possible, awaiting=awaiting, looks=rights.enters(visit.who, "register"),
        before=before, older=said[0].said if len(said) == PAGE else None, quoting=quoting,
        parses=parses, may_parse=rights.reads_parses(visit.who, misconduct=False),
        **{"fault": "", "text": "", "name_": "", **typed}, **_speaking(visit, group),
    )  # fmt: skip


async def entered(session: AsyncSession, group_id: str, who: Member) -> Group:
    """The group of this id; Missing where there is none, or none that somebody may look into."""
    group = await people.group(session, clean(group_id))
    if group is None:
        raise Missing
    spoke = not rights.visits(who, spoke=False) and await windows.spoke(session, group.id, who.id)
    if not rights.visits(who, spoke=spoke):
        raise Missing
    return group


def _speaking(visit: Visit, group: Group) -> Mapping[str, Any]:
    """In whose name this person speaks in a group, if they may."""
    speaks = rights.tries_groups(visit.who) and group.reads == "sandbox"
    return {
        "speaker": unquote(visit.request.cookies.get("speaker", "")) if speaks else "",
        "speaks": speaks, "group": group,
    }  # fmt: skip


def _parses(visit: Visit) -> bool:
    return visit.request.cookies.get("parse") == "1"


async def _quoting(
    session: AsyncSession, group: Group, quote: str, who: Member
) -> dict[str, str] | None:
    """What the next message is to quote, where that may be read."""
    said = await messages.find(session, group.id, quote) if quote else None
    if said is None:
        return {"id": quote, "text": "机器人的话"} if quote.startswith("post-") else None
    (shown,) = await bubbles(session, [said], who)
    return None if shown.hidden else {"id": quote, "text": said.text or "[图片]"}


def _place(written: str) -> Place | None:
    found = re.fullmatch(r"([0-9]{1,18})-(.+)", clean(written), re.DOTALL)
    return Place(int(found[1]), found[2]) if found else None
