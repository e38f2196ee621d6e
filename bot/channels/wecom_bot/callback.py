"""The other way of a 智能机器人: sealed JSON callbacks, each of which may be answered once.

Docs 101033 (sealing), 100719 and 101027 (what comes), 101138 (answers).
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, Field

from bot.channels import wecom, wording
from bot.channels.base import (
    Answer,
    Later,
    Outgoing,
    Permanent,
    Received,
    Request,
    Sent,
    Shared,
    parse,
)
from bot.channels.wecom_bot import faults, frames, speaking
from bot.streams import Away

PATH = "/cgi-bin/aibot/response"
#: So long an answer may be given (doc 101138); a minute less, for the way there.
LASTS = timedelta(minutes=59)
NO_PUSH = (
    "智能机器人设成了“回调”,只能回答刚 @过它的消息,不能主动发言:"
    "请在管理后台改为长连接,或给这个群另设推送通道"
)
ONCE = "智能机器人设成了“回调”时,对一条消息只能回答一次,已经回答过"
LATE = "超过一小时,企业微信不再接受对这条消息的回答"


class _Sealed(BaseModel):
    encrypt: Annotated[str, Field(min_length=1)]


class Callback:
    """Opens what comes to `/in/wecom_bot`, and answers by the address that came with it."""

    def __init__(self, token: str, aes_key: str, api: str, shared: Shared) -> None:
        """ValueError for a key that is none. Answers go to this address and no other."""
        self.envelope = wecom.Envelope(token, aes_key, "")
        self.api, self.shared = urlsplit(api), shared
        self.line = wecom.Line(api, 10.0)

    def verify(self, request: Request, now: datetime) -> Answer:
        """The platform asks whether the address is ours: what it sealed, as it is."""
        asked = request.query.get("echostr", "")
        return Answer(self.envelope.opened(request.query, asked, now).encode())

    def receive(self, request: Request, now: datetime) -> Received:
        """What came, and what is answered at once."""
        sealed = parse(_Sealed, request.body)
        body = frames.loaded(self.envelope.opened(request.query, sealed.encrypt, now))
        found = frames.heard(body, now, lambda read: self._handle(read.response_url, now))
        answer = Answer()
        if found.reply is not None:
            words = json.dumps(found.reply[1], ensure_ascii=False)
            parts = self.envelope.sealed(words, request.query.get("nonce", ""), now)
            answer = Answer(json.dumps(parts).encode(), "application/json")
        brought = found.received
        return Received(messages=brought.messages, raw=brought.raw, answer=answer)

    async def send(self, post: Outgoing, now: datetime) -> Sent:
        """Answer by the address that came with the message: once, within an hour."""
        code = self._code(str((post.handle or {}).get("response_url", "")))
        if code is None:
            raise Permanent(NO_PUSH)
        if not _before(post.handle, now):
            raise Permanent(LATE)
        await self._once(code, post)
        card = speaking.card(post)
        body: dict[str, Any] = {"msgtype": "template_card", "template_card": card}
        if card is None:
            text = wording.markdown(post.text)
            body = {"msgtype": "markdown", "markdown": {"content": text}}
        found = await self.line.ask(PATH, {"response_code": code}, json=body, sends=True)
        if found["errcode"]:
            raise faults.fault(found["errcode"])
        return Sent()

    async def _once(self, code: str, post: Outgoing) -> None:
        """Take the one answer; another try of the same post has it still."""
        named = hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()[:24]
        try:
            taken = await self.shared.hold(
                f"wecom_bot:answer:{named}", post.id, LASTS.total_seconds()
            )
        except Away:
            raise Later("内部存储暂时连不上,稍后再试") from None
        if not taken:
            raise Permanent(ONCE)

    def _handle(self, url: str, now: datetime) -> dict[str, Any] | None:
        if self._code(url) is None:
            return None
        return {"response_url": url, "until": (now + LASTS).isoformat()}

    def _code(self, url: str) -> str | None:
        """What lets us answer, in an address of the platform's own; None for any other."""
        try:
            found = urlsplit(url)
            codes = parse_qs(found.query).get("response_code", [])
        except ValueError:
            return None
        ours = (found.scheme, found.netloc, found.path) == (self.api.scheme, self.api.netloc, PATH)
        return codes[0] if ours and len(codes) == 1 else None


def _before(handle: Any, now: datetime) -> bool:
    try:
        return now < datetime.fromisoformat(handle["until"])
    except (KeyError, TypeError, ValueError):
        return False
