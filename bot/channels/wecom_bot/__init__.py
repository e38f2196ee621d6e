"""智能机器人 of 企业微信: hears what addresses it in a group, answers, and speaks by itself.

It comes by a long connection (doc 101463), or by sealed callbacks (doc 100719): a bot has one of
the two. The numbers of documents are those of developer.work.weixin.qq.com/document/path/.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr, model_validator

from bot.channels.base import (
    Answer,
    Channel,
    Door,
    Health,
    Later,
    Outgoing,
    Permanent,
    Powers,
    Received,
    Rejected,
    Request,
    Sent,
    Shared,
)
from bot.channels.wecom import AesKey, Token
from bot.channels.wecom_bot import media, speaking
from bot.channels.wecom_bot.callback import Callback
from bot.channels.wecom_bot.link import Pace
from bot.channels.wecom_bot.standing import Account, Standing
from bot.settings import Section, Settings

WS = "wss://openws.work.weixin.qq.com"
OFF = "没有设置 MINGCHENG_WECOM_BOT_BOT_ID 和 MINGCHENG_WECOM_BOT_SECRET"


def _socket(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"ws", "wss"} or not parts.hostname:
        raise ValueError("长连接地址以 wss:// 开头")
    return url


class WecomBotSettings(Section):
    """The bot; with a secret by its long connection, with a token and a key by callbacks."""

    bot_id: str = ""
    secret: SecretStr = SecretStr("")
    token: Token = SecretStr("")
    aes_key: AesKey = SecretStr("")
    #: Of the long connection; a private 企业微信 has another one.
    url: Annotated[str, AfterValidator(_socket)] = WS

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        secret, token, key = map(bool, (self.secret, self.token, self.aes_key))
        if secret and (token or key):
            raise ValueError(
                "长连接(SECRET)和回调(TOKEN、AES_KEY)只能选一种,请与管理后台的 API 模式一致"
            )
        if secret != bool(self.bot_id) and not token:
            raise ValueError("BOT_ID 和 SECRET 要一起设置")
        if token != key:
            raise ValueError("TOKEN 和 AES_KEY 要一起设置")
        return self


class WecomBot(Channel):
    """One bot: a process holds its connection, or all take its callbacks."""

    name, title = "wecom_bot", "企业微信智能机器人"
    powers = Powers("mention", "auto", "auto")
    people = "wecom"
    #: Pictures and files are there for so many seconds (doc 101463).
    lasts = 300

    def __init__(
        self, given: WecomBotSettings, api: str, shared: Shared, pace: Pace | None = None
    ) -> None:
        """As it is set; `api` is where answers to callbacks go."""
        self.given, self.shared = given, shared
        self.key = given.aes_key.get_secret_value()
        token, secret = given.token.get_secret_value(), given.secret.get_secret_value()
        self.by_callback = Callback(token, self.key, api, shared) if token else None
        account = Account(given.bot_id, secret, given.url)
        self.standing = Standing(self, account, shared, pace or Pace()) if secret else None
        self.callback = self.by_callback is not None

    def by_settings(self) -> Health | None:
        """A long connection must run; callbacks only come."""
        if self.standing is not None:
            return None
        if self.by_callback is None:
            return Health("off", OFF)
        return Health("ok", "回调方式:等企业微信送来消息;只能回答,不能主动发言")

    def receive(self, request: Request, now: datetime) -> Received:
        """One callback; what is answered at once goes with the answer."""
        return self._callback().receive(request, now)

    def verify(self, request: Request, now: datetime) -> Answer:
        """The platform asks whether the address is ours."""
        return self._callback().verify(request, now)

    def _callback(self) -> Callback:
        if self.by_callback is None:
            raise Rejected(404, f"{self.name} takes no requests")
        return self.by_callback

    async def run(self, door: Door) -> None:
        """Hold the connection or stand by; nothing to do with callbacks."""
        if self.standing is not None:
            await self.standing.run(door)

    def ready(self) -> bool:
        """Only the process that holds the connection can send."""
        return self.standing is None or self.standing.link is not None

    def split(self, post: Outgoing) -> list[str]:
        """Parts of what a message holds; buttons on the last one. A callback has one answer."""
        if self.by_callback is not None:
            return speaking.parts(post.text)
        return speaking.split(post)

    async def send(self, post: Outgoing, now: datetime) -> Sent:
        """Answer or push. Raises Later, Permanent or Unknown."""
        if self.by_callback is not None:
            return await self.by_callback.send(post, now)
        if self.standing is None:
            raise Permanent(OFF)
        link = self.standing.link
        if link is None:
            raise Later("企业微信的长连接断了,正在重连", after=2)
        return await speaking.send(link, self.shared, self._turns(post.group), post, now)

    async def fetch(self, source: Mapping[str, Any], most: int) -> bytes:
        """The bytes of a picture or a file, decrypted."""
        url, key = source.get("url"), source.get("aeskey") or self.key
        if not (isinstance(url, str) and isinstance(key, str) and key):
            raise Permanent("没有下载地址或密钥")
        return await media.fetch(url, key, most, plain=self.given.url.startswith("ws://"))

    async def close(self) -> None:
        """Give all connections back."""
        if self.by_callback is not None:
            await self.by_callback.line.close()

    def _turns(self, group: str) -> str:
        return f"{self.name}:{self.given.bot_id}:{group}"


def channel(settings: Settings, shared: Shared) -> WecomBot:
    """The bot as it is set."""
    return WecomBot(WecomBotSettings.of("wecom_bot"), settings.wecom_api, shared)
