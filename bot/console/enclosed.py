"""Pictures, voices and files as they stand beside a message: shown, or in words why not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import decide, rights
from bot import contents
from storage import media, tickets
from storage.media import Held
from storage.models import Member, Message, Ticket


@dataclass(frozen=True, slots=True)
class Enclosed:
    """One of them. `state`: kept, waiting, failed; closed: not for this person; told: named only.

    `shown` is how: picture, sound, file.
    """

    state: str
    kind: str
    name: str
    id: int = 0
    shown: str = ""
    size: str = ""
    error: str = ""


def about(message: Message, known: Mapping[int, Ticket]) -> list[Ticket]:
    """The tickets of a message."""
    return [known[no] for no in numbers(message) if no in known]


def numbers(message: Message) -> list[int]:
    """The numbers of the tickets of a message."""
    return [no for no in (message.ticket_no, *message.also) if no is not None]


def open_to(who: Member, message: Message, of: Sequence[Ticket], *, visits: bool) -> bool:
    """Whether somebody may look at what came with a message; what was taken back, nobody."""
    misconduct = decide.secret(message, of)
    return message.recalled_at is None and rights.opens_media(
        who, of, misconduct=misconduct, visits=visits
    )


async def of_messages(
    session: AsyncSession, messages: Iterable[Message], who: Member
) -> dict[int, list[Enclosed]]:
    """What came with messages that somebody is shown, by their row ids."""
    rows = [row for row in messages if row.images and row.recalled_at is None]
    held = await media.of_messages(session, rows)
    known = await tickets.some(session, [no for row in rows for no in numbers(row)])
    return {
        row.id or 0: [
            _enclosed(image, held.get((row.id or 0, place)), opened)
            for place, image in enumerate(row.images)
        ]
        for row in rows
        for opened in [open_to(who, row, about(row, known), visits=True)]
    }


def _enclosed(image: Mapping[str, Any], held: Held | None, opened: bool) -> Enclosed:
    kind, name = image.get("kind") or "image", image.get("name") or ""
    if held is None:  # its bytes are elsewhere; what it is called there is all that is known
        return Enclosed("told", kind, name or image.get("id") or "")
    row = held.medium
    if not opened:
        return Enclosed("closed", row.kind, "")
    if held.type is None or held.size is None:
        return Enclosed(row.status, row.kind, name, error=row.error or "")
    return Enclosed(
        "kept", row.kind, titled(held), row.id or 0, contents.KINDS[held.type].shown,
        contents.sized(held.size),
    )  # fmt: skip


def titled(held: Held) -> str:
    """How a medium whose bytes are kept is called."""
    row = held.medium
    return contents.named(row.name, held.type or "", f"{KINDS.get(row.kind, '文件')}{row.id}")


#: What people call the kinds.
KINDS = {"image": "图片", "voice": "语音", "video": "视频", "file": "文件"}
