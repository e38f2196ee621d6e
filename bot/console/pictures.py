"""A picture that somebody chose in the group window: looked at, named by its content, not kept."""

from hashlib import sha256

from fastapi import UploadFile

from bot.channels.base import clean

#: In bytes.
LARGEST = 10 * 1024 * 1024
#: How files of pictures begin, and from where on.
BEGINNINGS = (
    (0, b"\xff\xd8\xff"), (0, b"\x89PNG\r\n\x1a\n"), (0, b"GIF87a"), (0, b"GIF89a"), (8, b"WEBP"),
)  # fmt: skip


class NoPicture(Exception):
    """It can't be taken; the message says why, in Chinese."""


async def taken(chosen: UploadFile | None) -> list[dict[str, str]]:
    """What the sandbox takes of a form's picture; nothing where none was chosen."""
    if chosen is None or not chosen.filename:
        return []
    content = await chosen.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise NoPicture("图片太大,请选 10 MB 以内的。")
    if not any(content.startswith(begin, at) for at, begin in BEGINNINGS):
        raise NoPicture("这不是图片:请选 JPG、PNG、GIF 或 WebP 文件。")
    called = clean(chosen.filename).replace("\\", "/").rsplit("/", 1)[-1].strip()
    return [{"name": called[-100:] or "图片", "sha256": sha256(content).hexdigest()}]
