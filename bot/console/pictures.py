"""A picture that somebody chose in the group window: known by its content, and kept."""

from dataclasses import dataclass
from hashlib import sha256

from fastapi import UploadFile

from bot import contents
from bot.channels.base import clean

#: In bytes.
LARGEST = 10 * 1024 * 1024


class NoPicture(Exception):
    """It can't be taken; the message says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that can be taken."""

    name: str
    type: str
    content: bytes
    sha256: str


async def taken(chosen: UploadFile | None) -> Picture | None:
    """A form's picture; None where none was chosen."""
    if chosen is None or not chosen.filename:
        return None
    content = await chosen.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise NoPicture("图片太大,请选 10 MB 以内的。")
    type_ = contents.type_of(content)
    if type_ not in contents.PICTURES:
        raise NoPicture("这不是图片:请选 JPG、PNG、GIF 或 WebP 文件。")
    called = clean(chosen.filename).replace("\\", "/").rsplit("/", 1)[-1].strip()
    return Picture(called[-100:] or "图片", type_, content, sha256(content).hexdigest())
