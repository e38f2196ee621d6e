"""What came with messages of the demo town: made here, so that no files are kept for it."""

import io
import math
import struct
import wave
import zlib
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import contents
from bot.channels.base import Kind, Media
from bot.fetcher import OTHER
from storage import media
from storage.models import Medium

#: What may come with a message: kind, name, and its bytes; or in words why they are not here; or
#: None while they are fetched.
type Enclosed = tuple[Kind, str, bytes | str | None]


def png(colours: Sequence[tuple[int, int, int]], side: int = 240) -> bytes:
    """A picture of stripes."""
    rows = []
    for y in range(side):
        one = [colours[(x + y) * len(colours) // (2 * side)] for x in range(side)]
        rows.append(b"\0" + bytes(part for pixel in one for part in pixel))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )


def wav(seconds: float = 1.5, rate: int = 8000) -> bytes:
    """A tone."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate)
        many = int(seconds * rate)
        file.writeframes(bytes(128 + int(50 * math.sin(n / 3)) for n in range(many)))
    return made.getvalue()


DUSK = png([(24, 32, 60), (48, 60, 100), (110, 110, 140), (230, 190, 90)])
ROAD = png([(90, 100, 96), (120, 130, 124), (180, 178, 160), (96, 140, 90)])
PDF = (
    b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
DARK: Sequence[Enclosed] = (
    ("image", "路灯1.png", DUSK), ("image", "路灯2.png", ROAD),
)  # fmt: skip
MIXED: Sequence[Enclosed] = (
    ("voice", "", wav()), ("file", "现场情况说明(13800138000).pdf", PDF), ("image", "", None),
    ("file", "安装包.exe", OTHER),
)  # fmt: skip
#: What is told by them: to which of what was told last, with which words.
TOLD = ((0, "", DARK), (0, "补充一下情况", MIXED), (-1, "", DARK))


def named(enclosed: Sequence[Enclosed]) -> tuple[Media, ...]:
    """As the message names them."""
    return tuple(
        Media(f"demo{place}", name or None, kind=kind)
        for place, (kind, name, _) in enumerate(enclosed)
    )


async def keep(
    session: AsyncSession,
    enclosed: Sequence[Enclosed],
    *,
    group: str,
    message: str,
    at: datetime,
) -> None:
    """Keep them as the fetcher would have."""
    for place, (kind, name, found) in enumerate(enclosed):
        row = Medium(
            group_id=group, external_id=message, place=place, channel="sandbox", kind=kind,
            name=name or None, at=at, next_at=at,
        )  # fmt: skip
        if isinstance(found, bytes):
            row.status, row.sha256 = "kept", sha256(found).hexdigest()
            await media.keep(
                session, sha256=row.sha256, type_=contents.type_of(found) or "", content=found
            )
        elif found is not None:
            row.status, row.error = "failed", found
        session.add(row)
        await session.flush()
