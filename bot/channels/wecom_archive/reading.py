"""A message of the archive, as the rest of the program knows messages; doc 91774."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.channels.base import Incoming, Media, Quoted, Raw, clean
from bot.channels.wecom_archive.contents import content, words

CHANNEL, PEOPLE = "wecom_archive", "wecom"
#: Ids are longer nowhere; what is longer could not be found again.
LONGEST = 200
#: Robots, ours among them. Somebody of the corp may be called wb…, and has a shorter id.
ROBOT = re.compile(r"wb[\w-]{20,}", re.ASCII)
#: Under which key a type has what it says, where that is not the type itself.
KEYS = {
    "external_redpacket": "redpacket", "docmsg": "doc", "markdown": "info", "news": "info",
    "meeting_notification": "info", "voiptext": "info", "qydiskfile": "info", "solitaire": "info",
    "note": "info",
}  # fmt: skip
#: Kept, and nothing is done with them: who agreed to the archive, who changed the corp.
QUIET = frozenset({"agree", "disagree"})
#: Instants in milliseconds that are some: 2000 to 2100. There are 0 and none (doc 91774).
SINCE, UNTIL = 946_684_800_000, 4_102_444_800_000

#: A quote as WeCom's clients put it before the reply (doc 91774), and as WeChat's do.
FLAT = re.compile(
    r"(?:这是一条引用/回复消息[：:]|This is a quote/reply:)[ \t]*\r?\n", re.IGNORECASE
)
RULE = re.compile(r"\r?\n-{6}[ \t]*(?:\r?\n|$)")
MARKS = ("“", "”", '"')
CLOSED = re.compile(r"[”\"]" + RULE.pattern)
WECHAT = re.compile(r"「([^\n：:]{1,64})[：:]\r?\n?(.*?)」\r?\n(?:- ){5,}-[ \t]*(?:\r?\n|$)", re.S)


def read(body: str, id_: str, at: datetime, bot: str = "") -> Incoming | Raw | None:
    """What a message of the archive is to a group; None where it is for no group, or no message.

    `id_` and `at` stand for what it does not say of itself; `bot` is what the bot is called in
    groups. A type that is not known is Raw. The archive tells no names: the id stands for one.
    """
    said = _object(body)
    room, sender = _id(said.get("roomid")), _id(said.get("from"))
    action, kind = words(said.get("action")), words(said.get("msgtype"))
    if not room or action == "switch" or kind in QUIET or ROBOT.fullmatch(sender):
        return None
    inner = said.get(KEYS.get(kind, kind))
    inside: Mapping[str, Any] = inner if isinstance(inner, dict) else {}
    moment, own = _moment(said.get("msgtime")) or at, _id(said.get("msgid")) or _id(id_)
    if kind == "revoke":
        taken = _id(inside.get("pre_msgid"))
        return _recall(room, taken, sender, moment) if taken else Raw(room, clean(body), own)
    told = content(kind, inside)
    if told is None or not sender:
        return Raw(room, clean(body), own)
    text, quote = "\n".join(told.words), None
    if kind in {"text", "mixed"}:
        text, quote = unquoted(text)
    if not (text.strip() or told.files):
        return None
    return Incoming(
        kind="message", channel=CHANNEL, group=room, id=own, at=moment, sender=sender,
        name=sender, text=text, people=PEOPLE, quote=quote,
        images=tuple(
            Media(f"{own}:{place}", one.name, kind=one.kind, source=one.source)
            for place, one in enumerate(told.files)
        ),
        mentions_bot=bool(bot) and f"@{bot}" in text,
    )  # fmt: skip


def unquoted(text: str) -> tuple[str, Quoted | None]:
    """A reply without what it quotes, and the quote; all of it where nothing is quoted.

    Clients write the quote before the reply: read as one, it would complain once more.
    """
    found = WECHAT.match(text)
    if found:
        return text[found.end() :].strip(), Quoted(found[1].strip(), found[2].strip())
    begun = FLAT.match(text)
    if begun is None:
        return text, None
    ends = _rule(text, begun.end())
    if ends is None:
        return text, None
    return text[ends.end() :].strip(), _quoted(text[begun.end() : ends.start()].strip())


def _quoted(told: str) -> Quoted:
    """Who, and in the next line what; newer clients write “who：, and what”."""
    who, _, what = told.partition("\n")
    if told.startswith(MARKS):
        told = told[1:-1] if told.endswith(MARKS) else told[1:]
        who, _, what = told.partition("：" if "：" in told else "\n")
    if not what.strip():
        return Quoted("", who.strip())
    return Quoted(who.strip().rstrip("：:"), what.strip())


def _rule(text: str, start: int) -> re.Match[str] | None:
    """What stands between quote and reply.

    Where the quote is in quotation marks, a rule behind their end; of a quote that quotes, the
    rule behind its own.
    """
    if text.startswith(MARKS, start) and (closed := CLOSED.search(text, start)):
        return RULE.match(text, closed.start() + 1)
    ends = RULE.search(text, start)
    nested = FLAT.findall(text, start, ends.start()) if ends else []
    for _ in nested:
        ends = (ends and RULE.search(text, ends.end() - 1)) or ends
    return ends


def spoken(body: str) -> datetime | None:
    """When it was said, or None where that is not known."""
    return _moment(_object(body).get("msgtime"))


def _object(body: str) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _id(value: Any) -> str:
    return words(value)[:LONGEST]


def _moment(milliseconds: Any) -> datetime | None:
    known = isinstance(milliseconds, int) and SINCE <= milliseconds < UNTIL
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if known else None


def _recall(room: str, id_: str, sender: str, at: datetime) -> Incoming:
    return Incoming(
        kind="recall", channel=CHANNEL, group=room, id=id_, at=at, sender=sender, people=PEOPLE
    )
