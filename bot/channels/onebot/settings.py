"""What is decided about QQ groups."""

import re

from pydantic import Field, SecretStr, field_validator

from bot.settings import Section

SITE = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")


class OneBotSettings(Section):
    """Each name stands after MINGCHENG_ONEBOT_."""

    #: What a bot program proves itself with; without it nothing is taken.
    token: SecretStr = SecretStr("")
    #: What HTTP posts are signed with, where it is not the token (NapCat signs with the token).
    secret: SecretStr = SecretStr("")
    #: The HTTP interface of the bot program, where it holds no WebSocket to us.
    api: str = ""
    #: QQ numbers of all our bots, with commas: needed where several web processes share them.
    bots: str = ""
    #: Posts of one bot in a minute; who sends faster is soon blocked.
    per_minute: int = Field(default=20, ge=1, le=600)
    #: Pictures and files may lie on machines of the own network.
    inside: bool = False

    @field_validator("api")
    @classmethod
    def _site(cls, value: str) -> str:
        if value and not SITE.fullmatch(value):
            raise ValueError("应当是 http:// 或 https:// 开头的地址")
        return value.rstrip("/")
