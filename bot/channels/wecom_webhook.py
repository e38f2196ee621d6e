"""群机器人 (消息推送): it says things in an internal group and hears nothing (docs 99110, 91770).

The address of a group is the key of its robot: a secret. A message has no id there, so that what
nobody answered for is never sent again by itself.
"""

import asyncio
import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.channels.base import (
    Channel,
    Door,
    Health,
    Later,
    Outgoing,
    Permanent,
    Powers,
    Sent,
    Shared,
)
from bot.channels.wecom import Line, fault, turn
from bot.channels.wording import markdown, size, split
from bot.settings import Settings
from storage import carriers

#: A platform's limit is 20 in a minute and robot; some are left to whoever else uses the key.
TURNS = ((18, 60.0),)
#: Bytes of a text, of a markdown, of a picture and of a file; fewer than 5 bytes are no file.
TEXT, MARKDOWN, PICTURE, FILE, LEAST = 2048, 4096, 2 << 20, 20 << 20, 6
#: Of a text at most so many bytes may go to mentions; of a markdown so many to what is added.
MENTIONS, ROOM = 1024, 64
TIMEOUT = 10.0
#: How often it tells how it is, in seconds.
TELLS = 30.0

KEY = re.compile(r"[0-9A-Za-z_-]{8,64}")
MEMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.@-]{0,63}")
MOBILE = re.compile(r"1\d{10}")

AGAIN = "请在群里重新添加群机器人,把新的 Webhook 地址登记到这个群"
#: Nothing more can be sent to this group until somebody mends it (channels, 1.4).
BLOCKED = {
    93000: f"群机器人的 Webhook 地址无效,或机器人已被移出群:{AGAIN}",
    93001: "这个群不允许消息推送:请群主或管理员在群设置里允许",
    93004: f"群机器人已被停用:请管理员启用,或{AGAIN.removeprefix('请')}",
    93006: f"群已不存在:{AGAIN}",
    93008: f"群机器人不在群里:{AGAIN}",
    93019: f"群机器人的编号无效:{AGAIN}",
}
#: Ours is the fault: the same post would be refused again.
BUGS = {
    93017: "消息是空的",
    93018: "图片太大(最多 2 MB)",
    40008: "消息类型不对",
    40035: "参数不对",
    40058: "参数不对",
    44004: "内容是空的",
    45002: "内容太长",
} | dict.fromkeys(range(42027, 42052), "卡片的内容不对")


class WecomWebhook(Channel):
    """One robot a group; its key is the group's address."""

    name, title = "wecom_webhook", "企业微信群机器人"
    powers = Powers("none", "auto", "auto")
    people = "wecom"
    secret_address = True

    def __init__(self, shared: Shared, base: str, timeout: float = TIMEOUT) -> None:
        """Send to the platform at this address."""
        self.shared, self.line = shared, Line(base, timeout)

    @classmethod
    def address(cls, given: str) -> str:
        """The key of a robot, also where the whole Webhook address was copied."""
        found = re.search(r"[?&]key=([^&#\s]*)", given)
        key = found[1] if found else given.strip()
        if not KEY.fullmatch(key):
            raise ValueError("请粘贴群机器人的 Webhook 地址,或其中 key= 后面的那一段")
        return key

    def by_settings(self) -> Health:
        """It keeps no connection; `run` only tells more."""
        return Health("ok", "发送时才连接企业微信")

    def split(self, post: Outgoing) -> list[str]:
        """By bytes, harmless; each part has room for mentions, and for what `send` adds."""
        if _is_markdown(post):
            return split(markdown(post.text), MARKDOWN - ROOM)
        return split(_harmless(post.text), TEXT - sum(map(_cost, _mentioned(post))))

    async def send(self, post: Outgoing, now: datetime) -> Sent:
        """A digest as markdown, all else as a text with mentions."""
        if _is_markdown(post):
            said = {"msgtype": "markdown", "markdown": {"content": _marked(post)}}
        else:
            said = {"msgtype": "text", "text": _text(post)}
        return await self._say(post.group, said)

    async def picture(self, group: str, image: bytes) -> Sent:
        """Say a JPG or PNG of at most 2 MB."""
        if len(image) > PICTURE:
            raise Permanent("图片超过 2 MB,群机器人发不了")
        shown = {
            "base64": base64.b64encode(image).decode(),
            "md5": hashlib.md5(image, usedforsecurity=False).hexdigest(),
        }
        return await self._say(group, {"msgtype": "image", "image": shown})

    async def file(self, group: str, name: str, content: bytes, kind: str) -> Sent:
        """Upload a file of at most 20 MB, and say it; an upload alone is seen by nobody."""
        if not LEAST <= len(content) <= FILE:
            raise Permanent("文件是空的或超过 20 MB,群机器人发不了")
        found = await self.line.ask(
            "/cgi-bin/webhook/upload_media", {"key": self._key(group), "type": "file"},
            files={"media": (name, content, kind)},
        )  # fmt: skip
        if found["errcode"]:
            raise refusal(found)
        media_id = found.get("media_id")
        if not isinstance(media_id, str):
            raise Later("企业微信没有收下文件,稍后再试")
        return await self._say(group, {"msgtype": "file", "file": {"media_id": media_id}})

    async def run(self, door: Door) -> None:
        """Tell how it is."""
        while True:
            await door.report(self, await self.health(door))
            await asyncio.sleep(TELLS)

    async def health(self, door: Door) -> Health:
        """How many groups have a robot, and which can't be reached; a key is never named."""
        async with door.database.transaction() as session:
            rows = await carriers.of_channel(session, self.name)
        if not rows:
            return Health("off", "还没有群登记群机器人的 Webhook 地址")
        stuck = [group.name for carrier, group in rows if carrier.blocked]
        if not stuck:
            return Health("ok", f"{len(rows)} 个群登记了群机器人")
        named = "、".join(stuck[:5]) + (" 等" if len(stuck) > 5 else "")
        return Health("warn", f"{len(rows)} 个群中有 {len(stuck)} 个发不了言:{named}")

    async def close(self) -> None:
        """Give the connections back."""
        await self.line.close()

    def _key(self, group: str) -> str:
        try:
            return self.address(group)
        except ValueError:
            raise Permanent(f"登记的 Webhook 地址不对:{AGAIN}", blocks=True) from None

    async def _say(self, group: str, body: Mapping[str, Any]) -> Sent:
        key = self._key(group)
        named = hashlib.sha256(key.encode()).hexdigest()[:24]
        await turn(
            self.shared, f"{self.name}:{named}", TURNS, "这个群的机器人一分钟内发得太多,稍后再发"
        )
        found = await self.line.ask("/cgi-bin/webhook/send", {"key": key}, json=body, sends=True)
        if found["errcode"]:
            raise refusal(found)
        return Sent()


def refusal(found: Mapping[str, Any]) -> Later | Permanent:
    """What an errcode means for this post, and for the group."""
    code = found["errcode"]
    if code in BLOCKED:
        return Permanent(f"{BLOCKED[code]}(错误码 {code})", blocks=True)
    if code in BUGS:
        return Permanent(f"{BUGS[code]}:请把这条消息报告给开发者(错误码 {code})")
    return fault(found)


def _is_markdown(post: Outgoing) -> bool:
    """Texts mention, and are read by old clients; a digest is long and mentions nobody."""
    return post.why == "digest" and not post.to


def _marked(post: Outgoing) -> str:
    """Its first line bold. A cut may have brought a sign to where a line begins: once more."""
    first, _, rest = markdown(post.text).partition("\n")
    return f"**{first}**\n{rest}".strip() if post.part == 0 and first else markdown(post.text)


def _text(post: Outgoing) -> dict[str, Any]:
    mentioned = _mentioned(post) if post.part == 0 else []
    mobiles = [who for who in mentioned if MOBILE.fullmatch(who)]
    said: dict[str, Any] = {"content": _harmless(post.text)}
    if members := [who for who in mentioned if who not in mobiles]:
        said["mentioned_list"] = members
    if mobiles:
        said["mentioned_mobile_list"] = mobiles
    return said


def _harmless(text: str) -> str:
    return text.replace("<@", "‹@")


def _mentioned(post: Outgoing) -> list[str]:
    """Whom it mentions: userids, or mobile phones; as many as there is room for."""
    found: list[str] = []
    for who in dict.fromkeys(one.id for one in post.to):
        known = MEMBER.fullmatch(who) and who.lower() != "all"
        if known and sum(map(_cost, [*found, who])) <= MENTIONS:
            found.append(who)
    return found


def _cost(who: str) -> int:
    """Bytes that a mention may have when it is shown: the sign, a name of 16 characters, a gap."""
    return max(size(who), 48) + 2


def channel(settings: Settings, shared: Shared) -> WecomWebhook:
    """The robots; which groups have one stands with the groups."""
    return WecomWebhook(shared, settings.wecom_api)
