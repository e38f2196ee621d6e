"""What an installation decides about its customer groups."""

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from bot.channels.wecom import AesKey, Token
from bot.settings import Section


def _listed(written: Any) -> Any:
    """`zhang,li` or `zhang li`, each once."""
    if isinstance(written, str):
        return tuple(dict.fromkeys(part for part in re.split(r"[,,\s]+", written) if part))
    return written


class Sheet(Section):
    """As MINGCHENG_WECOM_CUSTOMER_GROUP_…; all may be left out: the self-built app asks then."""

    #: Of the app that may call 客户联系; empty: MINGCHENG_WECOM_SECRET.
    secret: SecretStr = SecretStr("")
    #: Whose groups these are; empty: all whom the app sees, at most 1,000 people (doc 92120).
    owners: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = ()
    #: Of a callback of its own; without it changes come by the callback of the self-built app.
    token: Token = SecretStr("")
    aes_key: AesKey = SecretStr("")
    #: In which group (its address in this channel) 居民上报 appear; empty: they are not asked for.
    residents: str = Field(default="", max_length=200)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.token.get_secret_value()) != bool(self.aes_key.get_secret_value()):
            raise ValueError("TOKEN 和 AES_KEY 要么都写,要么都不写")
        return self
