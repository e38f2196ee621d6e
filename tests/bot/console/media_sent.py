"""What somebody sends into a group: pictures, voices and files."""

from hashlib import sha256

from sqlmodel import col, select

from bot import contents
from bot.channels.base import Incoming, Kind, Media
from storage import media
from storage.models import Medium
from tests.fixtures.cast import START, Town, reads


async def sends(
    town: Town,
    *shown: tuple[Kind, str | None, bytes | str | None],
    who: str = "zhang",
    text: str = "看图",
    intent: str = "chitchat",
    id_: str = "p1",
    quote: str | None = None,
    group: str = "g1",
) -> list[int]:
    """Somebody sends something: bytes that are kept, or why they are not, or None that wait.

    The numbers of the media.
    """
    async with town.database.transaction() as session:
        for place, (kind, name, found) in enumerate(shown):
            row = Medium(
                group_id=group, external_id=id_, place=place, channel="sandbox", kind=kind,
                name=name, at=START, next_at=START, source={"url": "https://secret.example/?k=1"},
            )  # fmt: skip
            if isinstance(found, bytes):
                row.status, row.sha256, row.source = "kept", sha256(found).hexdigest(), None
                await media.keep(
                    session, sha256=row.sha256, type_=contents.type_of(found) or "", content=found
                )
            elif found is not None:
                row.status, row.error = "failed", found
            session.add(row)
            await session.flush()
    said = Incoming(
        kind="message", channel="sandbox", group=group, id=id_, at=town.now, sender=who,
        name={"zhang": "立方新能源-张三"}.get(who, who), text=text, quote=quote,
        images=tuple(Media(f"i{n}", one[1], kind=one[0]) for n, one in enumerate(shown)),
    )  # fmt: skip
    confidence = 0.4 if intent == "report_misconduct" else 0.95
    await town.hears(said, reads(text, intent, confidence=confidence))
    return await numbers(town, id_)


async def numbers(town: Town, id_: str) -> list[int]:
    async with town.database.transaction() as session:
        found = await session.exec(
            select(Medium.id).where(Medium.external_id == id_).order_by(col(Medium.place))
        )
        return [number or 0 for number in found.all()]
