"""Callbacks of 企业微信: who signed them, when, and what is sealed in them (doc 90968)."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, SecretStr
from wechatpy.work.crypto import PrpCrypto, WeChatCrypto

from bot.channels.base import Rejected

#: A signed callback is good for so many seconds, before and after.
FRESH = 300


def _aes_key(key: SecretStr) -> SecretStr:
    if key.get_secret_value() and not re.fullmatch(r"[A-Za-z0-9+/]{43}", key.get_secret_value()):
        raise ValueError("EncodingAESKey 是后台生成的 43 位字母和数字")
    return key


def _token(token: SecretStr) -> SecretStr:
    if token.get_secret_value() and not re.fullmatch(
        r"[A-Za-z0-9]{1,32}", token.get_secret_value()
    ):
        raise ValueError("Token 是最多 32 位的字母和数字")
    return token


#: Settings of a callback; empty where there is none.
AesKey = Annotated[SecretStr, AfterValidator(_aes_key)]
Token = Annotated[SecretStr, AfterValidator(_token)]


class Envelope:
    """How callbacks are signed and sealed (doc 90968), for one receiver.

    The receiver is the id of the corporation; of an 智能机器人 it is empty.
    """

    def __init__(self, token: str, aes_key: str, receiver: str) -> None:
        """Open and seal with these; ValueError for a key that is none."""
        try:
            self.crypto = WeChatCrypto(token, aes_key, receiver)
        except (AssertionError, ValueError):
            raise ValueError("EncodingAESKey 不对") from None
        self.token, self.receiver = token, receiver

    def opened(self, query: Mapping[str, str], sealed: str, now: datetime) -> str:
        """What is in it. Rejected: 401 who can't have sealed it or when, 400 what is malformed."""
        given, stamp, nonce = (query.get(name, "") for name in ("msg_signature", *_SIGNED))
        if not (given and stamp and nonce and sealed):
            raise Rejected(400, "msg_signature, timestamp, nonce and what is sealed are needed")
        proper = self.signature(stamp, nonce, sealed)
        if not hmac.compare_digest(proper.encode(), given.encode("utf-8", "replace")):
            raise Rejected(401, "the signature does not fit")
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 11):
            raise Rejected(400, "timestamp must be seconds since 1970")
        if abs(now.timestamp() - int(stamp)) > FRESH:
            raise Rejected(401, "the timestamp is too old or too new: check the clock")
        return self._decrypted(sealed)

    def sealed(self, text: str, nonce: str, now: datetime) -> dict[str, Any]:
        """An answer as its parts: encrypt, msgsignature, timestamp (a number), nonce."""
        stamp = int(now.timestamp())
        encrypt = PrpCrypto(self.crypto.key).encrypt(text, self.receiver).decode()
        signature = self.signature(str(stamp), nonce, encrypt)
        return {
            "encrypt": encrypt, "msgsignature": signature, "timestamp": stamp, "nonce": nonce,
        }  # fmt: skip

    def signature(self, stamp: str, nonce: str, sealed: str) -> str:
        """SHA-1, in hex, of the sorted parts one after another."""
        whole = "".join(sorted((self.token, stamp, nonce, sealed)))
        return hashlib.sha1(whole.encode("utf-8", "replace")).hexdigest()  # noqa: S324  # theirs

    def _decrypted(self, sealed: str) -> str:
        try:
            text = PrpCrypto(self.crypto.key).decrypt(sealed, self.receiver)
        except Exception:  # wechatpy raises whatever comes: IndexError, struct.error, ValueError …
            raise Rejected(400, "what is sealed can't be opened, or is for another one") from None
        return str(text)


_SIGNED = ("timestamp", "nonce")
