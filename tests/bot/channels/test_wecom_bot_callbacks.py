"""The callbacks of a 智能机器人: opened, answered, or refused."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.work.crypto import PrpCrypto, WeChatCrypto

from bot.channels.base import Answer, Meant, Permanent, Rejected, Request
from bot.channels.wecom_bot import WecomBot, frames
from tests.bot.channels.wecom_bot_frames import (
    AES,
    ALONE,
    API,
    EVENT,
    MESSAGE,
    POST,
    TOKEN,
    URL,
    bot,
)
from tests.fixtures.cast import START

# --- callbacks --------------------------------------------------------------------------------


def callback() -> WecomBot:
    return bot(token=TOKEN, aes_key=AES)


def query(text: str, at: datetime = START) -> tuple[dict[str, str], str]:
    """As the platform seals and signs a text."""
    crypto = WeChatCrypto(TOKEN, AES, "")
    encrypt = PrpCrypto(crypto.key).encrypt(text, "").decode()
    stamp = str(int(at.timestamp()))
    signature = bot_signature(stamp, "nonce-1", encrypt)
    return {"msg_signature": signature, "timestamp": stamp, "nonce": "nonce-1"}, encrypt


def bot_signature(stamp: str, nonce: str, encrypt: str) -> str:
    return hashlib.sha1("".join(sorted((TOKEN, stamp, nonce, encrypt))).encode()).hexdigest()


def posted(body: Mapping[str, Any], at: datetime = START) -> Request:
    signed, encrypt = query(json.dumps(body), at)
    return Request(headers={}, query=signed, body=json.dumps({"encrypt": encrypt}).encode())


def opened(answer: Answer | None) -> dict[str, Any]:
    """What an answer says to the platform, which checks its signature."""
    assert answer is not None
    parts = json.loads(answer.body)
    assert parts["timestamp"] == int(START.timestamp())
    assert parts["nonce"] == "nonce-1"
    assert parts["msgsignature"] == bot_signature(
        str(parts["timestamp"]), "nonce-1", parts["encrypt"]
    )
    text = PrpCrypto(WeChatCrypto(TOKEN, AES, "").key).decrypt(parts["encrypt"], "")
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_platform_is_told_what_it_sealed() -> None:
    signed, encrypt = query("1616140317555161061")
    request = Request(headers={}, query={**signed, "echostr": encrypt}, body=b"")
    assert callback().verify(request, START).body == b"1616140317555161061"


def test_a_callback_is_taken_and_acknowledged_with_nothing() -> None:
    found = callback().receive(posted({**MESSAGE, "response_url": URL}), START)
    (incoming,) = found.messages
    until = (START + timedelta(minutes=59)).isoformat()
    assert incoming.handle == {"response_url": URL, "until": until}
    assert found.answer == Answer()


@pytest.mark.parametrize(
    "url",
    ["", "http://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=x",
     "https://elsewhere.example/cgi-bin/aibot/response?response_code=x",
     "https://qyapi.weixin.qq.com@elsewhere.example/cgi-bin/aibot/response?response_code=x",
     f"{API}/cgi-bin/message/send?response_code=x", f"{API}/cgi-bin/aibot/response", "https://[",
     f"{API}/cgi-bin/aibot/response?response_code=x&response_code=y"],
)  # fmt: skip
def test_nothing_is_answered_to_an_address_that_is_not_the_platform_s(url: str) -> None:
    (incoming,) = callback().receive(posted({**MESSAGE, "response_url": url}), START).messages
    assert incoming.handle is None


def test_a_tap_is_answered_with_the_card_at_once() -> None:
    found = callback().receive(posted(EVENT), START)
    assert found.messages[0].meant == Meant("confirm_resolved", 12)
    assert opened(found.answer)["template_card"]["task_id"] == "post-7-ab"


def test_who_speaks_to_the_bot_alone_is_answered_at_once() -> None:
    found = callback().receive(posted(ALONE), START)
    assert opened(found.answer)["stream"]["content"] == frames.ALONE


def test_a_look_for_more_of_a_stream_brings_nothing() -> None:
    found = callback().receive(
        posted({**MESSAGE, "msgtype": "stream", "stream": {"id": "s"}}), START
    )
    assert (found.messages, found.raw, found.answer) == ((), (), Answer())


def refused(request: Request) -> int:
    with pytest.raises(Rejected) as rejected:
        callback().receive(request, START)
    return rejected.value.status


def test_a_forged_old_or_broken_callback_is_refused() -> None:
    good = posted(MESSAGE)
    forged = {**good.query, "msg_signature": "0" * 40}
    assert refused(replace(good, query=forged)) == 401
    assert refused(posted(MESSAGE, START - timedelta(minutes=6))) == 401
    assert refused(replace(good, query={})) == 400
    assert refused(replace(good, body=b"{")) == 400
    assert refused(replace(good, body=b'{"encrypt": 7}')) == 400
    assert refused(posted({**MESSAGE, "msgid": ""})) == 400


@given(
    st.binary(max_size=300),
    st.dictionaries(
        st.sampled_from(["msg_signature", "timestamp", "nonce", "echostr"]), st.text(max_size=50)
    ),
)
def test_nothing_but_a_refusal_comes_of_any_request(body: bytes, asked: dict[str, str]) -> None:
    request = Request(headers={}, query=asked, body=body)
    channel = callback()
    for ask in (channel.receive, channel.verify):
        with pytest.raises(Rejected):
            ask(request, START)


@given(st.binary(max_size=200))
def test_nothing_but_a_refusal_comes_of_what_is_signed_and_no_message(content: bytes) -> None:
    sealed_text = base64.b64encode(content).decode()
    stamp = str(int(START.timestamp()))
    asked = {
        "msg_signature": bot_signature(stamp, "n", sealed_text),
        "timestamp": stamp,
        "nonce": "n",
    }
    body = json.dumps({"encrypt": sealed_text}).encode()
    with pytest.raises(Rejected) as rejected:
        callback().receive(Request(headers={}, query=asked, body=body), START)
    assert rejected.value.status == 400


async def test_by_callbacks_nothing_is_said_unasked() -> None:
    with pytest.raises(Permanent, match="不能主动发言"):
        await callback().send(POST, START)


async def test_after_an_hour_nothing_is_answered() -> None:
    until = {"response_url": URL, "until": START.isoformat()}
    with pytest.raises(Permanent, match="一小时"):
        await callback().send(replace(POST, handle=until), START)
