"""A signed webhook, in and out: for bridges and tests. Its protocol stands in README.md."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Literal

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bot.channels.base import (
    Channel,
    Health,
    Id,
    Incoming,
    Later,
    Media,
    Outgoing,
    Permanent,
    Powers,
    Quoted,
    Received,
    Rejected,
    Request,
    Sent,
    Shared,
    Words,
    parse,
)
from bot.settings import Settings

#: A signature is good for this many seconds, before and after.
FRESH = 300
TIMEOUT = 10.0


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ImageBody(_Strict):
    """A picture that the bridge keeps."""

    id: Id
    name: Words | None = None
    sha256: Words | None = None


class QuoteBody(_Strict):
    """A quoted message without an id."""

    sender: Words
    text: Words


class Body(_Strict):
    """What a bridge sends."""

    type: Literal["message", "recall"] = "message"
    id: Id
    group: Id
    at: Annotated[AwareDatetime, Field(strict=False)] | None = None
    sender: Words = Field(default="", max_length=200)
    name: Words = Field(default="", max_length=200)
    text: Words = ""
    images: list[ImageBody] = Field(default=[], max_length=50)
    quote: Words | QuoteBody | None = None
    mentions_bot: bool = False


class Webhook(Channel):
    """One secret for both directions; the URL is where posts go."""

    name, title = "webhook", "自建网桥"
    powers = Powers("all", "auto", "auto")
    callback = True
    platform = False
    idempotent = True

    def __init__(self, secret: str, url: str) -> None:
        """Without a secret nothing is taken, without a URL nothing is sent."""
        self.secret, self.url = secret.encode(), url
        if not url:
            self.powers = Powers("all")

    @cached_property
    def client(self) -> httpx.AsyncClient:
        """One for all posts: making one takes longer than to send."""
        return httpx.AsyncClient(timeout=TIMEOUT)

    def receive(self, request: Request, now: datetime) -> Received:
        """One message or recall a request."""
        self._verify(request, now)
        body = parse(Body, request.body)
        if body.type == "message" and not body.sender:
            raise Rejected(400, "sender: a message needs one")
        if body.type == "message" and not (body.text.strip() or body.images):
            raise Rejected(400, "text: a message needs a text or images")
        quote = body.quote
        said = Incoming(
            kind=body.type,
            channel=self.name,
            group=body.group,
            id=body.id,
            at=body.at or now,
            sender=body.sender,
            name=body.name or body.sender,
            text=body.text,
            images=tuple(
                Media(image.id, image.name or None, image.sha256 or None) for image in body.images
            ),
            quote=Quoted(quote.sender, quote.text)
            if isinstance(quote, QuoteBody)
            else quote or None,
            mentions_bot=body.mentions_bot,
        )
        return Received(messages=[said])

    def by_settings(self) -> Health:
        """It takes what is signed, and sends to its address; neither keeps a connection.

        Without an address it is a bridge that only tells, which is nothing to warn of; what is to
        be said by it says so on its group's page.
        """
        if not self.secret:
            return Health("off", "没有设置 MINGCHENG_WEBHOOK_SECRET")
        if not self.url:
            return Health("ok", "能收;要发,还要设置 MINGCHENG_WEBHOOK_URL")
        return Health("ok", "设置好了,发送时才连接网桥")

    async def send(self, post: Outgoing, now: datetime) -> Sent:
        """Post it to the bridge; the id lets the bridge drop what it has had."""
        if not self.url:
            raise Permanent("没有设置 MINGCHENG_WEBHOOK_URL")
        body = json.dumps(
            {
                "id": post.id,
                "group": post.group,
                "text": post.text,
                "to": [{"id": who.id, "name": who.name} for who in post.to],
                "about": list(post.about),
                "why": post.why,
                "at": post.at.isoformat(),
            },
            ensure_ascii=False,
        ).encode()
        stamp = str(int(now.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Mingcheng-Timestamp": stamp,
            "X-Mingcheng-Signature": sign(self.secret, stamp, body),
        }
        try:
            answer = await self.client.post(self.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            # the bridge drops a second one by its id, so that trying again is safe
            raise Later(f"{type(error).__name__}") from error
        if answer.status_code in {408, 425, 429} or answer.status_code >= 500:
            raise Later(f"HTTP {answer.status_code}")
        if answer.status_code >= 300:
            raise Permanent(f"HTTP {answer.status_code}")
        return Sent()

    async def close(self) -> None:
        """Give all connections back."""
        if "client" in vars(self):
            await self.client.aclose()

    def _verify(self, request: Request, now: datetime) -> None:
        if not self.secret:
            raise Rejected(401, "the webhook is off: set MINGCHENG_WEBHOOK_SECRET")
        stamp = request.headers.get("x-mingcheng-timestamp", "")
        given = request.headers.get("x-mingcheng-signature", "")
        if not (stamp and given):
            raise Rejected(401, "X-Mingcheng-Timestamp and X-Mingcheng-Signature are needed")
        if not hmac.compare_digest(
            sign(self.secret, stamp, request.body).encode(), given.encode("utf-8", "replace")
        ):
            raise Rejected(401, "the signature does not fit")
        if not stamp.isdecimal() or len(stamp) > 11:
            raise Rejected(401, "X-Mingcheng-Timestamp must be seconds since 1970")
        age = now - datetime.fromtimestamp(int(stamp), UTC)
        if abs(age.total_seconds()) > FRESH:
            raise Rejected(401, "the timestamp is too old or too new: check the clock")


def sign(secret: bytes, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 over timestamp, a dot, and the body, in hex."""
    return hmac.new(
        secret, stamp.encode("utf-8", "replace") + b"." + body, hashlib.sha256
    ).hexdigest()


def channel(settings: Settings, shared: Shared) -> Webhook:
    """The webhook as it is set."""
    return Webhook(settings.webhook_secret.get_secret_value(), settings.webhook_url)
