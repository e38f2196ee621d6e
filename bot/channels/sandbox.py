"""The console's own group window: a group without any platform."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from bot.channels.base import Id, Image, Incoming, Outgoing, Rejected, Request, Words, parse
from bot.settings import Settings

#: How the bot is called in its own window.
BOT = "名城助手"


class Body(BaseModel):
    """What the window sends."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Id
    group: Id
    sender: Id
    name: Id
    text: Words = Field(default="", max_length=100_000)
    images: list[Words] = Field(default=[], max_length=9)
    quote: Words | None = None


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
                group=body.group,
                id=body.id,
                at=now,
                sender=body.sender,
                name=body.name,
                text=body.text,
                images=tuple(Image(image, image) for image in body.images),
                quote=body.quote or None,
                mentions_bot=f"@{BOT}" in body.text,
            )
        ]

    async def send(self, post: Outgoing, now: datetime) -> None:
        """The window shows what is in the database: nothing else is to be done."""


def channel(settings: Settings) -> Sandbox:
    """The one sandbox."""
    return Sandbox()
