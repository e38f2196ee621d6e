"""A channel for QQ groups without a wire, a bot that tells it something, and a post for it."""

import hashlib
import hmac
import json
from typing import Any

from hypothesis import strategies as st

from bot.channels.base import Addressed, Outgoing, Received, Request
from bot.channels.onebot import OneBot
from bot.channels.onebot.settings import OneBotSettings
from bot.streams import Away
from tests.bot.channels.fakes.napcat import NapCat
from tests.fixtures.cast import START

TOKEN, SELF = "made-up-token", 10001
NAPCAT = NapCat(SELF, TOKEN, [20001])


class Alone:
    """What processes share, where there is one; `pause`: how long its turn is waited for."""

    def __init__(self, pause: float | Away = 0.0) -> None:
        self.pause, self.turns = pause, list[str]()

    async def wait(self, key: str, windows: Any) -> float:
        self.turns.append(key)
        if isinstance(self.pause, Away):
            raise self.pause
        return self.pause


def made(**given: Any) -> OneBot:
    return OneBot(OneBotSettings(**{"token": TOKEN, **given}), Alone())  # type: ignore[arg-type]


def signed(event: Any, secret: str = TOKEN) -> Request:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    mac = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    return Request(headers={"x-signature": f"sha1={mac}"}, query={}, body=body)


def received(event: Any, **settings: Any) -> Received:
    return made(**settings).receive(signed(event), START)


def segment(type_: str, **data: Any) -> dict[str, Any]:
    return {"type": type_, "data": data}


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)

POST = Outgoing(
    id="post-7", group="20001", text="@张三 已受理 #1", to=[Addressed("1234567", "张三")],
    about=[1], why="reply", at=START,
)  # fmt: skip
