"""What the platform says to a 智能机器人, and a bot that reads it without any wire."""

import base64
from collections.abc import Mapping
from typing import Any

from bot.channels.base import Incoming, Outgoing
from bot.channels.wecom_bot import WecomBot, WecomBotSettings, frames
from tests.bot.channels.fakes.wecom_bot_files import KEY
from tests.fixtures.cast import START

API = "https://qyapi.weixin.qq.com"
TOKEN, AES = "TokenOfTests", base64.b64encode(KEY).decode().rstrip("=")
URL = f"{API}/cgi-bin/aibot/response?response_code=once"
HANDLE = {"req_id": "REQ-1"}
MESSAGE: dict[str, Any] = {
    "msgid": "MSG-1", "aibotid": "bot-1", "chatid": "wr1", "chattype": "group",
    "from": {"userid": "zhang"}, "msgtype": "text", "text": {"content": "@监督助手 路灯坏了"},
}  # fmt: skip
EVENT: dict[str, Any] = {
    "msgid": "EV-1", "create_time": 1680483600, "aibotid": "bot-1", "chatid": "wr1",
    "chattype": "group", "from": {"userid": "zhang"}, "msgtype": "event",
    "event": {
        "eventtype": "template_card_event",
        "template_card_event": {
            "card_type": "button_interaction", "event_key": "confirm_resolved:12",
            "task_id": "post-7-ab",
        },
    },
}  # fmt: skip
ALONE = {**MESSAGE, "chattype": "single", "chatid": ""}
POST = Outgoing(
    id="post-7", group="wr1", text="已办结", to=[], about=[12], why="reply", at=START
)  # fmt: skip


class Nobody:
    """What processes share, where nothing is shared."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} is not asked for")


def bot(**given: str) -> WecomBot:
    return WecomBot(WecomBotSettings(**given), API, Nobody())  # type: ignore[arg-type]


def heard(body: Mapping[str, Any]) -> frames.Heard:
    return frames.heard(body, START, lambda read: dict(HANDLE))


def said(body: Mapping[str, Any]) -> Incoming:
    (incoming,) = heard(body).received.messages
    return incoming
