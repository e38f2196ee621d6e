"""What a message of each type says: words that a reader understands, and its files.

Types and fields stand in doc 91774. What a type says nothing with is left out, never refused.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.channels.base import Kind, clean

#: Records within records are looked into so deep.
DEEPEST = 3


@dataclass(frozen=True, slots=True)
class File:
    """A file of a message: what it is, and by what it is fetched."""

    kind: Kind
    name: str | None
    source: dict[str, Any]


@dataclass(slots=True)
class Content:
    """What a message says."""

    words: list[str] = field(default_factory=list)
    files: list[File] = field(default_factory=list)

    def add(self, other: "Content") -> None:
        """What stands behind it."""
        self.words += other.words
        self.files += other.files


def words(value: Any) -> str:
    """A value as words: nothing of what is none."""
    if isinstance(value, str):
        return clean(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def content(kind: str, body: Mapping[str, Any], depth: int = 0) -> Content | None:
    """What a message of this type says; None where the type is not known."""
    if kind in FILES:
        return _file(kind, body)
    if kind in ITEMS:
        return _items(kind, body, depth)
    say = SAYS.get(kind)
    return None if say is None else Content([text] if (text := say(body)) else [])


# --- files ------------------------------------------------------------------------------------

#: Types that are a file: what it is taken for, and what stands for it where it can't be fetched.
FILES: dict[str, tuple[Kind, str]] = {
    "image": ("image", "[图片]"),
    "emotion": ("image", "[表情]"),
    "voice": ("voice", "[语音]"),
    "video": ("video", "[视频]"),
    "file": ("file", "[文件]"),
    "meeting_voice_call": ("voice", "[语音通话录音]"),
    "voip_doc_share": ("file", "[通话中共享的文档]"),
}
SIZES = ("filesize", "voice_size", "imagesize")


def _file(kind: str, body: Mapping[str, Any]) -> Content:
    of, label = FILES[kind]
    name, id_ = words(body.get("filename")), words(body.get("sdkfileid"))
    if not id_:
        return Content([f"{label} {name}".strip()])
    found = (body[one] for one in SIZES if isinstance(body.get(one), int))
    source = {"sdkfileid": id_, "md5sum": words(body.get("md5sum")), "size": next(found, None)}
    return Content(files=[File(of, name or _emotion(kind, body), source)])


def _emotion(kind: str, body: Mapping[str, Any]) -> str | None:
    """Its type is 1 for gif, 2 for png."""
    ending = {"1": "gif", "2": "png"}.get(words(body.get("type")))
    return f"表情.{ending}" if kind == "emotion" and ending else None


# --- several in one ---------------------------------------------------------------------------

#: Types of several parts: the list, and the type of each; what each says is JSON in a string.
ITEMS = {"mixed": ("item", "type"), "chatrecord": ("item", "type"), "note": ("items", "msg_type")}
#: So begin the types inside a forwarded talk: ChatRecordText, ChatRecordImage …
FORWARDED = "chatrecord"


def _items(kind: str, body: Mapping[str, Any], depth: int) -> Content:
    all_, type_ = ITEMS[kind]
    said = Content()
    if kind == "chatrecord":
        said.words.append(f"[聊天记录] {words(body.get('title'))}".strip())
    for item in each(body.get(all_)):
        of = words(item.get(type_)).lower().removeprefix(FORWARDED)
        inner = within(item.get("content"))
        found = content(of, inner, depth + 1) if depth < DEEPEST else None
        said.add(found or Content([words(inner.get("content")) or f"[{of}]"]))
    return said


def each(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a list."""
    yield from (one for one in (value if isinstance(value, list) else []) if isinstance(one, dict))


def within(value: Any) -> Mapping[str, Any]:
    """An object, or the one that a string holds as JSON; a text where it is none."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        return {}
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"content": value}


# --- words ------------------------------------------------------------------------------------


def _of(label: str, *fields: str) -> Callable[[Mapping[str, Any]], str]:
    """A label, and the fields that say something."""

    def say(body: Mapping[str, Any]) -> str:
        return _labelled(label, [words(body.get(one)) for one in fields])

    return say


def _labelled(label: str, parts: list[str]) -> str:
    return " ".join(part for part in (label, *parts) if part.strip())


def _listed(label: str, title: str, all_: str, each_: str) -> Callable[[Mapping[str, Any]], str]:
    """A label, a title, and a field of each of a list, or what the list holds."""

    def say(body: Mapping[str, Any]) -> str:
        found = body.get(all_)
        many = found if isinstance(found, list) else []
        told = [words(one.get(each_) if isinstance(one, dict) else one) for one in many]
        return _labelled(label, [words(body.get(title)), "、".join(filter(None, told))])

    return say


def _news(body: Mapping[str, Any]) -> str:
    items = [
        _labelled("[图文]", [words(item.get(one)) for one in ("title", "description", "url")])
        for item in each(body.get("item"))
    ]
    return "\n".join(items)


def _call(body: Mapping[str, Any]) -> str:
    seconds = words(body.get("callduration"))
    return f"[音视频通话] {seconds} 秒" if seconds else "[音视频通话]"


SAYS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "text": lambda body: words(body.get("content")),
    "markdown": lambda body: words(body.get("content")),
    "location": _of("[位置]", "title", "address"),
    "link": _of("[链接]", "title", "description", "link_url"),
    "weapp": _of("[小程序]", "displayname", "title", "description"),
    "card": _of("[名片]", "corpname"),
    "todo": _of("[待办]", "title", "content"),
    "vote": _listed("[投票]", "votetitle", "voteitem", "content"),
    "collect": _listed("[填表]", "title", "details", "ques"),
    "redpacket": _of("[红包]", "wish"),
    "external_redpacket": _of("[红包]", "wish"),
    "meeting": _of("[会议]", "topic", "address", "remarks"),
    "meeting_notification": _of("[会议]", "content"),
    "docmsg": _of("[在线文档]", "title", "link_url"),
    "news": _news,
    "calendar": _of("[日程]", "title", "place", "remarks"),
    "sphfeed": _of("[视频号]", "sph_name", "feed_desc"),
    "voiptext": _call,
    "qydiskfile": _of("[微盘文件]", "filename", "url"),
    "solitaire": _of("[接龙]", "solitaire_content"),
}
