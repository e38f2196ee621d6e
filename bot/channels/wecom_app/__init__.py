"""企业微信应用: callbacks of an app built by the corporation, and cards to its members.

A callback never carries what is said in a group (doc 90240): it brings changes of customer groups,
the hint that the archive has something new, and what a member writes to the app.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from pydantic import SecretStr

from bot.channels.base import (
    Answer,
    Channel,
    Door,
    Health,
    Later,
    Permanent,
    Powers,
    Received,
    Rejected,
    Request,
    Sent,
    Shared,
    Told,
)
from bot.channels.wecom import AesKey, Api, Envelope, Token, turn
from bot.channels.wecom_app import callback, card
from bot.settings import Section, Settings, Wrong

#: A member gets at most 30 messages in a minute and 1,000 in an hour; what is more is dropped
#: without a word (doc 90236), so that some are left over.
TURNS = ((28, 60.0), (950, 3600.0))
#: Nobody of those it was for can be reached (doc 90236).
NOBODY = 81013
#: How often it tells how it is, in seconds.
TELLS = 45.0

OFF = "没有设置企业微信应用:请写入 MINGCHENG_WECOM_CORP_ID、_AGENT_ID 和 _SECRET"
MANY = "给这个人的消息太多,稍后再发"


class AppSettings(Section):
    """Of the callback; the app itself is the one of the sign-in (MINGCHENG_WECOM_…)."""

    token: Token = SecretStr("")
    aes_key: AesKey = SecretStr("")


class WecomApp(Channel):
    """Cards need corporation, AgentId and Secret; the callback its Token and EncodingAESKey."""

    name, title = "wecom_app", "企业微信应用"
    powers = Powers()  # it neither reads groups nor writes into them
    people = "wecom"
    idempotent = True  # the platform drops what a member has had within hours: card.AGAIN

    def __init__(
        self, api: Api | None, agent_id: int, envelope: Envelope | None, site: str
    ) -> None:
        """Tell through `api`, open callbacks with `envelope`; what is None is off."""
        self.api, self.agent_id, self.envelope, self.site = api, agent_id, envelope, site
        self.tells, self.callback = api is not None, envelope is not None

    def by_settings(self) -> Health | None:
        """Off where it can neither tell nor hear."""
        return Health("off", OFF) if self.api is None and self.envelope is None else None

    # --- callbacks ----------------------------------------------------------------------------

    def verify(self, request: Request, now: datetime) -> Answer:
        """The platform asks once, when the address is entered there; nothing else in the answer."""
        asked = request.query.get("echostr", "")
        return Answer(self._envelope().opened(request.query, asked, now).encode())

    def receive(self, request: Request, now: datetime) -> Received:
        """One message or event; what is not known is kept raw. Only a 200 counts as taken."""
        envelope = self._envelope()
        sealed = callback.sealed(request.body)
        said = callback.read(envelope.opened(request.query, sealed, now))
        hints, raw = callback.handed(said)
        answer = Answer()
        if said.kind != "event":
            nonce = request.query["nonce"]
            answer = Answer(callback.reply(envelope, said, nonce, now), "text/xml; charset=utf-8")
        return Received(hints=hints, raw=raw, answer=answer)

    def _envelope(self) -> Envelope:
        if self.envelope is None:
            raise Rejected(404, "the callback is off: set MINGCHENG_WECOM_APP_TOKEN and …_AES_KEY")
        return self.envelope

    # --- to people ----------------------------------------------------------------------------

    async def tell(self, told: Told, now: datetime) -> Sent:
        """A card with a link to the ticket; a text where it is long or there is nothing to open."""
        if self.api is None:
            raise Permanent(OFF)
        card.check(told.to)
        receipts = []
        for body in card.bodies(told, self.agent_id, self.site):
            await turn(self.api.shared, f"{self.name}:{told.to}", TURNS, MANY)
            found = await self.api.call("/cgi-bin/message/send", json=body, ours={NOBODY})
            card.reached(found, told.to)
            receipts.append(found.get("msgid"))
        return Sent({"msgid": receipts})

    # --- how it is ----------------------------------------------------------------------------

    async def run(self, door: Door) -> None:
        """Tell how it is."""
        while True:
            await door.report(self, await self.health())
            await asyncio.sleep(TELLS)

    async def health(self) -> Health:
        """Whether the platform lets it in, and what is not set."""
        if self.api is None:
            return self.by_settings() or Health("warn", f"能收回调,不能通知到人:{OFF}")
        try:
            await self.api.call("/cgi-bin/getcallbackip")
        except (Later, Permanent) as fault:
            return Health("down", str(fault))
        if not self.site:
            return Health("warn", "能通知到人,但没有设置 MINGCHENG_PUBLIC_URL:消息里没有工单链接")
        if self.envelope is None:
            return Health("ok", "能通知到人;没有设置回调")
        return Health("ok", "能通知到人,回调已设置")

    async def close(self) -> None:
        """Give the connections back."""
        if self.api is not None:
            await self.api.close()


def channel(settings: Settings, shared: Shared) -> WecomApp:
    """The app as it is set."""
    own = AppSettings.of("wecom_app")
    secret = settings.wecom_secret.get_secret_value()
    agent = settings.wecom_agent_id
    if agent and not (agent.isascii() and agent.isdecimal()):
        raise Wrong("设置 MINGCHENG_WECOM_AGENT_ID 不对:AgentId 是一个数字")
    api = None
    if settings.wecom_corp_id and secret and agent:
        api = Api(shared, settings.wecom_api, settings.wecom_corp_id, secret)
    return WecomApp(api, int(agent or 0), _envelope(own, settings), settings.public_url)


def _envelope(own: AppSettings, settings: Settings) -> Envelope | None:
    given: Mapping[str, str] = {
        "MINGCHENG_WECOM_APP_TOKEN": own.token.get_secret_value(),
        "MINGCHENG_WECOM_APP_AES_KEY": own.aes_key.get_secret_value(),
    }
    if not any(given.values()):
        return None
    given = {**given, "MINGCHENG_WECOM_CORP_ID": settings.wecom_corp_id}
    if missing := [name for name, value in given.items() if not value]:
        raise Wrong(f"企业微信应用的回调还要设置 {'、'.join(missing)}")
    return Envelope(*given.values())
