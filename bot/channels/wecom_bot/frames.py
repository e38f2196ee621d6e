"""What 企业微信 tells of a 智能机器人: pure, and the same for both ways by which it comes.

Bodies are as in docs 100719 (messages), 101027 (events) and 101463 (long connection).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from bot.channels.base import (
    Id,
    Incoming,
    Kind,
    Media,
    Quoted,
    Raw,
    Received,
    Rejected,
    Words,
    clean,
    parse,
)
from bot.channels.wecom_bot import cards

NAME = "wecom_bot"
#: What is answered where the bot is spoken to alone: there is no group that it is about.
ALONE = (
    "您好,我在群里受理企业诉求。请到所在的企业群里 @我 说明问题,"
    "例如“@我 新马路的路灯坏了一周”;带图片时请引用那张图片再 @我。"
)
#: How a quoted picture, voice or file without words reads.
SHOWN: Mapping[str, str] = {
    "image": "[图片]", "file": "[文件]", "video": "[视频]", "voice": "[语音]", "mixed": "[图文]",
}  # fmt: skip
#: What nobody may read in what is kept as it came.
HIDDEN = frozenset({"response_url", "url", "aeskey"})

Reply = Literal[
    "aibot_respond_msg", "aibot_respond_welcome_msg", "aibot_respond_update_msg"
]  # fmt: skip


class _Said(BaseModel):
    content: Words = ""


class _File(BaseModel):
    url: Annotated[str, Field(min_length=1, max_length=4096)]
    aeskey: Annotated[str, Field(max_length=100)] | None = None


class _Item(BaseModel):
    msgtype: str = ""
    text: _Said | None = None
    image: _File | None = None


class _Mixed(BaseModel):
    msg_item: list[_Item] = Field(default=[], max_length=100)


class Content(BaseModel):
    """What was said, or what of it was quoted."""

    msgtype: str
    text: _Said | None = None
    mixed: _Mixed | None = None
    voice: _Said | None = None
    image: _File | None = None
    file: _File | None = None
    video: _File | None = None

    def words(self) -> str:
        """Its text; of a voice what the platform heard."""
        if self.mixed is not None and self.msgtype == "mixed":
            return "\n".join(item.text.content for item in self.mixed.msg_item if item.text)
        said = {"text": self.text, "voice": self.voice}.get(self.msgtype)
        return said.content if said else ""

    def files(self) -> list[tuple[Kind, _File]]:
        """Its pictures and files, in order."""
        if self.mixed is not None and self.msgtype == "mixed":
            return [("image", item.image) for item in self.mixed.msg_item if item.image]
        kinds: dict[str, tuple[Kind, _File | None]] = {
            "image": ("image", self.image), "file": ("file", self.file),
            "video": ("video", self.video),
        }  # fmt: skip
        kind, file = kinds.get(self.msgtype, ("file", None))
        return [(kind, file)] if file else []


class _From(BaseModel):
    userid: Id


class _Card(BaseModel):
    event_key: str = Field(max_length=1024)
    task_id: str = Field(default="", max_length=128)


class _Event(BaseModel):
    eventtype: str
    template_card_event: _Card | None = None


class Body(Content):
    """A message or an event."""

    msgid: Id
    chatid: Words = Field(default="", max_length=200)
    chattype: str = ""
    by: _From | None = Field(default=None, alias="from")
    quote: Content | None = None
    event: _Event | None = None
    response_url: str = Field(default="", max_length=2048)

    @property
    def group(self) -> str:
        """The id of the group; empty where the bot was spoken to alone."""
        return self.chatid if self.chattype in {"group", ""} else ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a body brought, and what is answered at once: by which command, with what body."""

    received: Received
    reply: tuple[Reply, Mapping[str, Any]] | None = None


#: What lets an answer be tied to a body: its handle.
Tie = Callable[[Body], dict[str, Any] | None]


def heard(body: Mapping[str, Any], now: datetime, tie: Tie) -> Heard:
    """What a body says. Rejected(400) for what is none; a kind that is not known is kept."""
    try:
        read = parse(Body, json.dumps(body).encode())
    except RecursionError:
        raise Rejected(400, "body: nested too deep") from None
    if read.msgtype == "event":
        return _event(read, body, now, tie)
    if read.msgtype == "stream":  # asks for more of an answer that was whole (doc 100719)
        return Heard(Received())
    if read.by is None or not read.group:
        alone = read.by is not None and read.chattype == "single"
        answer = {"msgtype": "stream", "stream": stream(read.msgid, ALONE)}
        return Heard(_kept(read, body), ("aibot_respond_msg", answer) if alone else None)
    said = _message(read, read.by.userid, now, tie)
    return Heard(_kept(read, body) if said is None else Received(messages=[said]))


def stream(id_: str, content: str) -> dict[str, Any]:
    """An answer that is whole at once."""
    return {"id": id_[:128], "finish": True, "content": content}


def _message(body: Body, sender: str, now: datetime, tie: Tie) -> Incoming | None:
    """What somebody said in a group; None where there is nothing in it.

    The text keeps the name of the bot at its beginning: what compares texts leaves names out. In
    a group a picture comes with a quote only, so that those of the quote count as its own.
    """
    text = body.words()
    quoted = body.quote.files() if body.quote else []
    files = [*body.files(), *quoted]
    if not text.strip() and not files:
        return None
    return Incoming(
        kind="message", channel=NAME, group=body.group, id=body.msgid, at=now, sender=sender,
        name=sender, text=text, quote=_quote(body.quote), mentions_bot=True, people="wecom",
        handle=tie(body), images=tuple(
            Media(f"{body.msgid}/{place}", kind=kind, source=file.model_dump(exclude_none=True))
            for place, (kind, file) in enumerate(files)
        ),
    )  # fmt: skip


def _quote(quote: Content | None) -> Quoted | None:
    """What was quoted; whose it is and its id are not told."""
    if quote is None:
        return None
    return Quoted("", quote.words().strip() or SHOWN.get(quote.msgtype, ""))


def _event(body: Body, raw: Mapping[str, Any], now: datetime, tie: Tie) -> Heard:
    event = body.event
    if event is None or body.by is None:
        return Heard(_kept(body, raw))
    if event.eventtype == "enter_chat":
        welcome = {"msgtype": "text", "text": {"content": ALONE}}
        return Heard(Received(), ("aibot_respond_welcome_msg", welcome))
    card = event.template_card_event
    if event.eventtype != "template_card_event" or card is None or not body.group:
        return Heard(_kept(body, raw))
    if cards.seen(card.event_key):  # a card that shows what was tapped was tapped again
        return Heard(Received())
    meant = cards.meant(card.event_key)
    if meant is None:
        return Heard(_kept(body, raw))
    sender = body.by.userid
    said = Incoming(
        kind="message", channel=NAME, group=body.group, id=body.msgid, at=now, sender=sender,
        name=sender, text=cards.words(meant), mentions_bot=True, people="wecom", meant=meant,
        handle=tie(body),
    )  # fmt: skip
    update = cards.taken(meant, card.task_id, sender)
    return Heard(Received(messages=[said]), ("aibot_respond_update_msg", update))


def _kept(body: Body, raw: Mapping[str, Any]) -> Received:
    return Received(raw=[Raw(body.group, unsecret(raw))])


def unsecret(raw: Any) -> str:
    """What came, as JSON, without what fetches files or speaks in the bot's name."""
    return clean(json.dumps(_without(raw), ensure_ascii=False))


def _without(raw: Any) -> Any:
    if isinstance(raw, Mapping):
        return {key: "***" if key in HIDDEN else _without(value) for key, value in raw.items()}
    return [_without(item) for item in raw] if isinstance(raw, list) else raw


def loaded(text: str | bytes) -> dict[str, Any]:
    """An object of JSON. Rejected(400) for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Rejected(400, "body: no JSON") from None
    if not isinstance(found, dict):
        raise Rejected(400, "body: must be an object")
    return found
