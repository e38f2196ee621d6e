"""The console's own group window: a group without any platform."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.channels.base import Image, Incoming, Outgoing, Rejected, Request, clean, parse
from bot.settings import Settings

#: How the bot is called in its own window.
BOT = "名城助手"

Id = Annotated[str, Field(min_length=1, max_length=200)]


class Body(BaseModel):
    """What the window sends."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Id
    group: Id
    sender: Id
    name: Id
    text: str = Field(default="", max_length=100_000)
    images: list[str] = Field(default=[], max_length=9)
    quote: str | None = None


class Sandbox:
    """Who speaks here was authorised by the console; over `/in/` nothing is taken."""

    name = "sandbox"
    callback = False

    def receive(self, request: Request, now: datetime) -> list[Incoming]:
        """One message a request."""
        body = parse(Body, request.body)
        if not (body.text.strip() or body.images):
            raise Rejected(400, "text: a message needs a text or images")
        return [
            Incoming(
                kind="message",
                channel=self.name,
                group=clean(body.group),
                id=clean(body.id),
                at=now,
                sender=clean(body.sender),
                name=clean(body.name),
                text=clean(body.text),
                images=tuple(Image(clean(image), clean(image)) for image in body.images),
                quote=clean(body.quote) if body.quote else None,
                mentions_bot=f"@{BOT}" in body.text,
            )
        ]

    async def send(self, post: Outgoing, now: datetime) -> None:
        """The window shows what is in the database: nothing else is to be done."""


def channel(settings: Settings) -> Sandbox:
    """The one sandbox."""
    return Sandbox()
