"""What a callback of an app carries, and what is answered (docs 90238 to 90241)."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

import xmltodict
from wechatpy.work import parse_message

from bot.channels.base import Hint, Raw, Rejected
from bot.channels.wecom import Envelope

#: Events that other channels look after, and hear of as hints.
HINTS = frozenset({"change_external_chat", "msgaudit_notify"})
#: Events that say that somebody opened the app, or where they are: nobody needs them, and where
#: people are is not kept.
IDLE = frozenset({"enter_agent", "location"})
#: What tells two events of one second apart (doc 90240).
EVENT_KEY = ("FromUserName", "CreateTime", "Event", "ChangeType", "ChatId", "TaskId")
#: What a member who writes to the app reads.
KINDLY = (
    "您好,这里只发送通知,不受理诉求。"
    "请把问题发到企业所在的服务群,或登录网页“群窗口”提出,会有专人跟进。"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A callback, opened: its kind in lower case, its fields as the platform calls them."""

    kind: str  # text, image, event …
    event: str  # of an event, which
    id: str  # the same in every delivery
    sender: str
    fields: dict[str, Any]
    payload: str  # JSON


def sealed(body: bytes) -> str:
    """What is sealed in it: XML, or JSON where the app is set so (Rejected)."""
    try:
        if body.lstrip().startswith(b"{"):
            found = json.loads(body)["encrypt"]
        else:
            found = xmltodict.parse(body)["xml"]["Encrypt"]
    except Exception:  # expat, KeyError, TypeError, ValueError, RecursionError: whatever comes
        raise Rejected(400, "the body must be XML with Encrypt") from None
    if not isinstance(found, str):
        raise Rejected(400, "Encrypt must be one text")
    return found


def read(text: str) -> Said:
    """The message or event in it (Rejected)."""
    try:
        message = parse_message(text)
        # of kinds that wechatpy does not know only this is left, and of events no id
        fields: dict[str, Any] = message._data  # noqa: SLF001
        kind, event = str(fields["MsgType"]).lower(), str(fields.get("Event") or "").lower()
        names = EVENT_KEY if kind == "event" else ("MsgId",)
        id_ = ":".join(str(fields.get(name) or "") for name in names)
        payload = json.dumps({"id": id_, **fields}, ensure_ascii=False)
    except Exception:  # AttributeError, KeyError, TypeError, expat, RecursionError …
        raise Rejected(400, "what was sealed is no message or event") from None
    return Said(kind, event, id_[:200], str(fields.get("FromUserName") or ""), fields, payload)


def handed(said: Said) -> tuple[Sequence[Hint], Sequence[Raw]]:
    """What becomes of it: a hint to another channel, or kept as it came."""
    if said.event in HINTS:
        return [Hint(said.event, {"id": said.id, **said.fields})], []
    if said.kind == "event" and said.event in IDLE:
        return [], []
    return [], [Raw("", said.payload, said.id)]


def reply(envelope: Envelope, said: Said, nonce: str, now: datetime) -> bytes:
    """A kind word to who wrote to the app, sealed; nothing they wrote stands in it."""
    to = said.sender if re.fullmatch(r"[\w.@-]{1,64}", said.sender) else ""
    text = (
        f"<xml><ToUserName>{escape(to)}</ToUserName>"
        f"<FromUserName>{escape(envelope.receiver)}</FromUserName>"
        f"<CreateTime>{int(now.timestamp())}</CreateTime><MsgType>text</MsgType>"
        f"<Content>{escape(KINDLY)}</Content></xml>"
    )
    parts = envelope.sealed(text, nonce, now)
    return (
        f"<xml><Encrypt>{parts['encrypt']}</Encrypt>"
        f"<MsgSignature>{parts['msgsignature']}</MsgSignature>"
        f"<TimeStamp>{parts['timestamp']}</TimeStamp>"
        f"<Nonce>{escape(nonce)}</Nonce></xml>"
    ).encode("utf-8", "replace")
