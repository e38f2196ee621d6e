"""The console's own group window: a group without any platform."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.channels.base import (
    Channel,
    Health,
    Id,
    Incoming,
    Media,
    Outgoing,
    Powers,
    Received,
    Rejected,
    Request,
    Sent,
    Shared,
    Words,
    parse,
)
from bot.settings import Settings

#: How the bot is called in its own window.
BOT = "名城助手"


class Picture(BaseModel):
    """A picture that was chosen; the window has kept its bytes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Id
    sha256: Id


class Body(BaseModel):
    """What the window sends."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["message", "recall"] = "message"
    id: Id  # of the message, or of the one that is taken back
    group: Id
    sender: Id
    name: Id
    text: Words = Field(default="", max_length=100_000)
    images: list[Words | Picture] = Field(default=[], max_length=9)
    quote: Words | None = None


class Sandbox(Channel):
    """Who speaks here was authorised by the console; over `/in/` nothing is taken."""

    name, title = "sandbox", "本系统的群窗口"
    powers = Powers("all", "auto", "auto")
    platform = False
    idempotent = True

    def receive(self, request: Request, now: datetime) -> Received:
        """One message or recall a request."""
        body = parse(Body, request.body)
        if body.type == "message" and not (body.text.strip() or body.images):
            raise Rejected(400, "text: a message needs a text or images")
        said = Incoming(
            kind=body.type,
            channel=self.name,
            group=body.group,
            id=body.id,
            at=now,
            sender=body.sender,
            name=body.name,
            text=body.text,
            images=tuple(_image(image) for image in body.images),
            quote=body.quote or None,
            mentions_bot=f"@{BOT}" in body.text,
        )
        return Received(messages=[said])

    def by_settings(self) -> Health:
        """There is nothing to be set."""
        return Health("ok", "在本系统里,不用设置")

    async def send(self, post: Outgoing, now: datetime) -> Sent:
        """The window shows what is in the database: nothing else is to be done."""
        return Sent()


def _image(sent: str | Picture) -> Media:
    if isinstance(sent, str):
        return Media(sent, sent)
    return Media(f"sha256:{sent.sha256}", sent.name, sent.sha256)


def channel(settings: Settings, shared: Shared) -> Sandbox:
    """The one sandbox."""
    return Sandbox()
