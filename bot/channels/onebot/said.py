"""What a QQ message says: CQ strings and arrays of segments, read alike (OneBot v11, "message")."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.channels.base import Kind, Media, clean

#: A code inside a string: its type, and what stands behind the first comma.
CODE = re.compile(r"\[CQ:([A-Za-z0-9_.-]{1,64})(?:,([^\[\]]*))?\]")
#: `&amp;` comes last: `&amp;#91;` is the text `&#91;`.
ESCAPES = (("&#91;", "["), ("&#93;", "]"), ("&#44;", ","), ("&amp;", "&"))
KINDS: Final[Mapping[str, Kind]] = {
    "image": "image", "record": "voice", "video": "video", "file": "file", "onlinefile": "file",
}  # fmt: skip
#: What stands for nothing that can be read, and is left out beside anything that can.
MUTE = {
    "face": "[表情]", "mface": "[表情]", "dice": "[骰子]", "rps": "[猜拳]", "poke": "[戳一戳]",
    "shake": "[戳一戳]", "forward": "[合并转发的聊天记录]", "node": "[合并转发的聊天记录]",
    "music": "[音乐]", "contact": "[名片]", "xml": "[卡片]", "json": "[卡片]",
}  # fmt: skip
#: Whom a text addresses, at its beginning.
LEAD = re.compile(r"@[^\s@]+\s*")
#: What names a medium is not longer; an address or the bytes themselves may be.
LONGEST_ID = 200
LONGEST_URL = 2000


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a message, with its parameters as text."""

    type: str
    data: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """A message as it is read: what it quotes, and whom it addresses, by their numbers."""

    text: str
    media: tuple[Media, ...] = ()
    reply: str | None = None
    at: frozenset[str] = frozenset()


def segments(message: str | Sequence[Any]) -> list[Segment]:
    """The parts of a message in either form; what is no segment is left out."""
    if isinstance(message, str):
        return list(_coded(message))
    return [
        Segment(one["type"], _texts(one.get("data")))
        for one in message
        if isinstance(one, dict) and isinstance(one.get("type"), str)
    ]


def read(parts: Sequence[Segment], ours: frozenset[str]) -> Said:
    """What the parts say together; mentions of `ours` don't stand in the text."""
    words, mute, media = "", "", []
    reply: str | None = None
    at: set[str] = set()
    for part in parts:
        if part.type == "reply":
            reply = reply or part.data.get("id") or None
        elif part.type in KINDS:
            media.append(_medium(part))
        elif part.type == "at":
            at.add(part.data.get("qq", ""))
            words += _mention(part, ours)
        elif found := _words(part):
            words += found
        else:
            mute += MUTE.get(part.type, "" if part.type == "text" else "[不支持的消息]")
    text = clean(words).strip()
    if not text and not media and not at & ours:
        text = mute
    return Said(text, tuple(media), reply, frozenset(at - {""}))


def addressed(text: str, most: int = 20) -> tuple[list[str], str]:
    """Whom a text addresses at its beginning, at most so many, and the rest of it."""
    found: list[str] = []
    while len(found) < most and (lead := LEAD.match(text)):
        found.append(lead[0].strip())
        text = text[lead.end() :]
    return found, text


def unescaped(text: str) -> str:
    """What an escaped text says."""
    for code, sign in ESCAPES:
        text = text.replace(code, sign)
    return text


def _coded(message: str) -> Iterator[Segment]:
    """The parts of a string with codes; a code that is none is text."""
    end = 0
    for code in CODE.finditer(message):
        if before := message[end : code.start()]:
            yield Segment("text", {"text": unescaped(before)})
        yield Segment(code[1], _parameters(code[2] or ""))
        end = code.end()
    if after := message[end:]:
        yield Segment("text", {"text": unescaped(after)})


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for piece in text.split(","):
        key, equals, value = piece.partition("=")
        if equals and re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", key):
            name = key
            found[name] = unescaped(value)
        elif name:  # an address in which a comma was not escaped
            found[name] += "," + unescaped(piece)
    return found


def _texts(data: Any) -> dict[str, str]:
    """Parameters as text: numbers are written, what is neither is left out."""
    if not isinstance(data, dict):
        return {}
    kept = {key: value for key, value in data.items() if isinstance(value, str | int | float)}
    return {str(key): str(value) for key, value in kept.items() if _short(value)}


def _short(value: Any) -> bool:
    """Whether it can be written: Python writes no number of thousands of digits."""
    return not isinstance(value, int) or abs(value) < 1 << 64


def _mention(part: Segment, ours: frozenset[str]) -> str:
    """Whom it addresses, with a space behind: what follows is no part of the name."""
    who = part.data.get("qq", "")
    if who in ours or not who:
        return ""
    name = "全体成员" if who == "all" else part.data.get("name", "").lstrip("@") or who
    return f"@{''.join(name.split())} "


def _words(part: Segment) -> str:
    """What stands in a part to be read; empty where nothing does."""
    data = part.data
    if part.type == "text":
        return data.get("text", "")
    if part.type == "markdown":
        return data.get("content", "")
    if part.type == "location":
        return _joined("[位置]", data.get("title"), data.get("content"))
    if part.type == "share":
        return _joined("[链接]", data.get("title"), data.get("content"), data.get("url"))
    if part.type == "json":
        return _card(data.get("data", ""))
    return ""


def _joined(label: str, *words: str | None) -> str:
    found = " ".join(word for word in words if word)
    return f"{label}{found} " if found else ""


def _card(text: str) -> str:
    """What a card shows in the list of talks."""
    try:
        card = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    prompt = card.get("prompt") if isinstance(card, dict) else None
    return f"{prompt} " if isinstance(prompt, str) and prompt else ""


def _medium(part: Segment) -> Media:
    """A picture, voice or file; where it has no address its bytes can't be had."""
    data = part.data
    url = next((one for key in ("url", "file") if _address(one := data.get(key, ""))), None)
    name = data.get("name") or data.get("file") or ""
    plain = name and len(name) <= LONGEST_ID and "://" not in name
    id_ = data.get("file_id") or data.get("file") or url or ""
    if not 0 < len(id_) <= LONGEST_ID:
        id_ = "sha256:" + hashlib.sha256(id_.encode("utf-8", "replace")).hexdigest()
    return Media(
        clean(id_) or "?",
        clean(name) if plain else None,
        kind=KINDS[part.type],
        source={"url": clean(url)} if url else None,
    )


def _address(text: str) -> bool:
    return text.startswith(("http://", "https://")) and len(text) <= LONGEST_URL
