"""Signed callbacks of three channels, for the flood: genuine ones, doubles and forgeries."""

import hashlib
import hmac
import json
import os
import random
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from typing import Any, Literal

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bench.year import PLACES, TROUBLES, city

#: Of a program that ends with the measurement.
TOKEN = "floodToken"  # noqa: S105
AES_KEY = b64encode(b"0123456789abcdef0123456789abcdef").decode().rstrip("=")
CHANNELS = ("webhook", "onebot", "wecom_bot")
GROUPS = 300
DOUBLES, FORGED = 0.05, 0.01
#: A double comes after so many others.
BEHIND = 100

Kind = Literal["genuine", "double", "forged"]


@dataclass(frozen=True, slots=True)
class Call:
    """A callback as it is to be sent; through a second bot it has another id."""

    kind: Kind
    number: int
    channel: str
    group: int
    text: str
    bot: int = 10001


def town() -> dict[str, Any]:
    """A city whose groups are carried by the three channels in turn."""
    made = city(GROUPS)
    for number, group in enumerate(made["groups"]):
        channel = CHANNELS[number % len(CHANNELS)]
        group |= {"channel": channel, "addresses": {channel: str(200_000 + number)}}
    return made


def calls(many: int, seed: int = 167) -> list[Call]:
    """So many in the order in which they are sent: no two people say the same words."""
    chance = random.Random(seed)
    doubles, forged = int(many * DOUBLES), int(many * FORGED)
    first: list[Call] = []
    for number in range(many - doubles - forged):
        group = chance.randrange(GROUPS)
        place = "".join(chance.choice(PLACES) for _ in range(4))
        words = f"{place}路{number}号{chance.choice(TROUBLES)}"
        text = words if chance.random() < 0.3 else f"好的,{number}号大概{place}点到"
        first.append(Call("genuine", number, CHANNELS[group % len(CHANNELS)], group, text))
    found = [(float(at), call) for at, call in enumerate(first)]
    for at in chance.sample(range(len(first)), doubles):
        again = replace(first[at], kind="double")
        if again.channel == "onebot" and chance.random() < 0.5:
            again = replace(again, bot=10002)  # it hears the same, under a number of its own
        found.append((at + BEHIND + 0.5, again))
    found += [
        (at + 0.7, replace(first[at], kind="forged", text=f"伪造{at}", number=-at - 1))
        for at in chance.sample(range(len(first)), forged)
    ]
    return [call for _, call in sorted(found, key=lambda pair: pair[0])]


# --- as the platforms send them ---------------------------------------------------------------


def request(call: Call, now: float) -> dict[str, Any]:
    """Path, query, headers and body; a forged one is signed with what somebody guessed."""
    key = "guessed" if call.kind == "forged" else TOKEN
    made = {"webhook": _webhook, "onebot": _onebot, "wecom_bot": _wecom_bot}[call.channel]
    return {"url": f"/in/{call.channel}", **made(call, key, str(int(now)))}


def _webhook(call: Call, key: str, stamp: str) -> dict[str, Any]:
    body = _bytes(
        id=f"m{call.number}", group=str(200_000 + call.group), sender=f"u{call.number}",
        name="企业-张三", text=call.text,
    )  # fmt: skip
    mac = hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Mingcheng-Timestamp": stamp, "X-Mingcheng-Signature": mac}
    return {"content": body, "headers": headers}


def _onebot(call: Call, key: str, stamp: str) -> dict[str, Any]:
    body = _bytes(
        time=int(stamp), self_id=call.bot, post_type="message", message_type="group",
        message_id=call.number if call.bot == 10001 else call.number + 10_000_000,
        group_id=200_000 + call.group, user_id=1_000_000 + abs(call.number),
        sender={"card": "企业-张三"}, message=[{"type": "text", "data": {"text": call.text}}],
    )  # fmt: skip
    mac = hmac.new(key.encode(), body, hashlib.sha1).hexdigest()
    return {"content": body, "headers": {"x-signature": f"sha1={mac}"}}


def _wecom_bot(call: Call, key: str, stamp: str) -> dict[str, Any]:
    body = _bytes(
        msgid=f"m{call.number}", aibotid="b", chatid=str(200_000 + call.group), chattype="group",
        msgtype="text", text={"content": f"@助手 {call.text}"},
        **{"from": {"userid": f"u{call.number}"}},
    )  # fmt: skip
    aes = b64decode(AES_KEY + "=")
    plain = os.urandom(16) + len(body).to_bytes(4, "big") + body
    plain += bytes([32 - len(plain) % 32]) * (32 - len(plain) % 32)
    encryptor = Cipher(algorithms.AES(aes), modes.CBC(aes[:16])).encryptor()
    sealed = b64encode(encryptor.update(plain) + encryptor.finalize()).decode()
    parts = "".join(sorted((key, stamp, "n", sealed)))
    query = {
        "msg_signature": hashlib.sha1(parts.encode()).hexdigest(),  # noqa: S324  # theirs
        "timestamp": stamp, "nonce": "n",
    }  # fmt: skip
    return {"params": query, "content": _bytes(encrypt=sealed)}


def _bytes(**fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()
