"""导入放假安排: the year's notice, first to be looked at, then taken."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import announced
from actions.announced import Announcement, Imported
from bot import calendars, documents
from bot.calendars.year import shown
from bot.channels.base import clean
from bot.console.page import Enter, Visit, sealed
from bot.console.register import form as forms
from bot.console.register.uploads import plain, uploaded
from bot.documents import Invalid
from storage import calendar, changes

router = APIRouter(prefix="/calendar/notice")

PATH = "/register/calendar"
#: A notice is two pages, a calendar file of one year a few dozen; in characters.
LARGEST = 100_000
May = Annotated[Visit, Depends(Enter("registrar"))]


@dataclass(frozen=True, slots=True)
class Read:
    """A notice, and what would come of it; or what is wrong with it."""

    text: str = ""
    notice: Announcement | None = None
    done: Imported | None = None
    fault: Invalid | None = None

    @property
    def mark(self) -> str:
        """What is agreed to."""
        days = self.done.changed if self.done else []
        moved = self.done.moved if self.done else []
        return forms.mark({"text": plain(self.text), "days": str([day.day for day in days]),
                           "moved": str(moved)})  # fmt: skip


@router.get("")
async def ask(visit: May) -> Response:
    """Where the notice is put in."""
    return await _page(visit, Read())


@router.post("", dependencies=[Depends(sealed)])
async def take(visit: May) -> Response:
    """Say what the notice would change; agreed to, take it."""
    given = await forms.sent(visit)
    found = await _read(visit, given)
    if found.notice is None:
        return await _page(visit, found, 422)
    async with visit.app.database.transaction() as session:
        found = Read(found.text, found.notice, await announced.preview(session, found.notice))
        agreed = given.get("agreed") == found.mark
        if agreed and found.notice is not None:
            await _write(session, visit, found.notice)
    if not agreed:
        return await _page(visit, found)
    await visit.app.streams.wake("")
    return RedirectResponse(f"{PATH}?year={found.notice.year if found.notice else 0}&saved=1", 303)


async def _read(visit: Visit, given: forms.Given) -> Read:
    content = await uploaded(visit, LARGEST)
    try:
        if content is None:
            raise Invalid(0, f"文件超过 {LARGEST // 1000} KB,不像一份通知")
        text = clean(documents.text(content)) if content else given.get("text", "")
        if not text.strip():
            raise Invalid(0, "请粘贴通知全文,或者选一个文件")
        if len(text) > LARGEST:
            raise Invalid(0, "太长了,不像一份通知")
        return Read(text, calendars.parse(text.encode()))
    except Invalid as fault:
        return Read(given.get("text", "")[:LARGEST] if not content else "", fault=fault)


async def _write(session: AsyncSession, visit: Visit, notice: Announcement) -> None:
    done = await announced.announce(session, notice, visit.now)
    days = [f"{shown(row.day)}{'上班' if row.working else '休息'}" for row in done.changed]
    await changes.note(
        session, at=visit.now, by=visit.who.external_id, what="day", of=str(notice.year),
        became={
            "source": calendar.ANNOUNCED, "moved": len(done.moved), "days": days,
        },
    )  # fmt: skip


async def _page(visit: Visit, found: Read, code: int = 200) -> Response:
    async with visit.app.database.transaction() as session:
        status = await announced.status(session, visit.now)
    return visit.show(
        "register/notice.html", code, here="register", tab="day", found=found, status=status,
        shown=shown,
    )  # fmt: skip
