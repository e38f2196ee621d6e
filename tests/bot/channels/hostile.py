"""What hostile senders send to a channel, also who knows its secrets; and what may come of it.

Shared by hypothesis (test_hostile.py) and by the fuzzer (fuzz.py).
"""

import hashlib
import hmac
import json
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot import channels
from bot.channels.base import (
    Answer,
    Channel,
    Incoming,
    Received,
    Rejected,
    Request,
    clean,
)
from bot.settings import Settings
from tests.fixtures.cast import START

TOKEN, CORP = "madeUpToken", "ww0123456789abcdef"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
#: Settings with which every channel that can take a request does.
SET: Mapping[str, str] = {
    "MINGCHENG_WEBHOOK_SECRET": TOKEN,
    "MINGCHENG_ONEBOT_TOKEN": TOKEN,
    "MINGCHENG_WECOM_CORP_ID": CORP,
    "MINGCHENG_WECOM_AGENT_ID": "1000002",
    "MINGCHENG_WECOM_SECRET": TOKEN,
    "MINGCHENG_WECOM_APP_TOKEN": TOKEN,
    "MINGCHENG_WECOM_APP_AES_KEY": AES_KEY,
    "MINGCHENG_WECOM_BOT_TOKEN": TOKEN,
    "MINGCHENG_WECOM_BOT_AES_KEY": AES_KEY,
    "MINGCHENG_WECOM_CUSTOMER_GROUP_TOKEN": TOKEN,
    "MINGCHENG_WECOM_CUSTOMER_GROUP_AES_KEY": AES_KEY,
}
STAMP, NONCE = str(int(START.timestamp())), "1372623149"
#: What a request has at most, so that hostile ones have it, too.
NAMES = (
    "x-signature", "x-mingcheng-timestamp", "x-mingcheng-signature", "authorization", "x-self-id",
    "content-type",
)  # fmt: skip
ASKED = ("msg_signature", "timestamp", "nonce", "echostr")


class Nobody:
    """What processes share; whoever only receives asks for nothing of it."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"receive is pure, and asked for {name}")


def made() -> dict[str, Channel]:
    """All channels, by the environment as it is."""
    return channels.channels(Settings(), Nobody())


# --- requests of who knows the secrets ----------------------------------------------------------


def _webhook(body: bytes) -> Request:
    mac = hmac.new(TOKEN.encode(), STAMP.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"x-mingcheng-timestamp": STAMP, "x-mingcheng-signature": mac}
    return Request(headers=headers, query={}, body=body)


def _onebot(body: bytes) -> Request:
    mac = hmac.new(TOKEN.encode(), body, hashlib.sha1).hexdigest()
    return Request(headers={"x-signature": f"sha1={mac}"}, query={}, body=body)


def _plain(body: bytes) -> Request:
    return Request(headers={}, query={}, body=body)


def encrypted(plain: bytes) -> str:
    """Whatever bytes as AES-CBC (doc 90968); they fill blocks of 16."""
    key = b64decode(AES_KEY + "=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def filled(plain: bytes) -> bytes:
    """Filled to blocks of 32, as the platform does it."""
    many = 32 - len(plain) % 32
    return plain + bytes([many]) * many


def enveloped(body: bytes, receiver: str) -> bytes:
    """A text with its length and whom it is for."""
    return filled(b"r" * 16 + struct.pack("!I", len(body)) + body + receiver.encode())


def sealed(cipher: str, *, xml: bool) -> Request:
    """A request whose signature fits whatever is sealed in it."""
    whole = "".join(sorted((TOKEN, STAMP, NONCE, cipher)))
    query = {
        "msg_signature": hashlib.sha1(whole.encode()).hexdigest(), "timestamp": STAMP,
        "nonce": NONCE, "echostr": cipher,
    }  # fmt: skip
    text = (
        f"<xml><ToUserName>{CORP}</ToUserName><Encrypt>{cipher}</Encrypt></xml>"
        if xml
        else json.dumps({"encrypt": cipher})
    )
    return Request(headers={}, query=query, body=text.encode())


Dress = Callable[[bytes], Request]
#: By channel: a request with this body as its right sender would make it.
DRESSED: Mapping[str, Dress] = {
    "webhook": _webhook,
    "sandbox": _plain,
    "onebot": _onebot,
    "wecom_bot": lambda body: sealed(encrypted(enveloped(body, "")), xml=False),
    "wecom_app": lambda body: sealed(encrypted(enveloped(body, CORP)), xml=True),
    "wecom_customer_group": lambda body: sealed(encrypted(enveloped(body, CORP)), xml=True),
}
#: By channel: whatever bytes, encrypted and signed without being an envelope.
BLOCKS: Mapping[str, Dress] = {
    "wecom_bot": lambda body: sealed(encrypted(_blocks(body)), xml=False),
    "wecom_app": lambda body: sealed(encrypted(_blocks(body)), xml=True),
    "wecom_customer_group": lambda body: sealed(encrypted(_blocks(body)), xml=True),
}


def _blocks(body: bytes) -> bytes:
    return body + b"\0" * (-len(body) % 16)


def _told(**fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def _onebot_event(**fields: Any) -> bytes:
    return _told(time=int(START.timestamp()), self_id=10001, **fields)


def _aibot(**fields: Any) -> bytes:
    return _told(
        msgid="m1", aibotid="b", chatid="c", chattype="group", **{"from": {"userid": "zhang"}},
        response_url="https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=x", **fields,
    )  # fmt: skip


def _xml(kind: str, **fields: str) -> bytes:
    common = {
        "ToUserName": CORP, "FromUserName": "zhang", "CreateTime": STAMP, "MsgType": kind,
        "AgentID": "1000002", **fields,
    }  # fmt: skip
    return f"<xml>{''.join(f'<{k}>{v}</{k}>' for k, v in common.items())}</xml>".encode()


APP = (
    _xml("text", MsgId="1", Content="<![CDATA[路灯坏了]]>"),
    _xml("image", MsgId="2", PicUrl="https://x.invalid/", MediaId="m"),
    _xml("location", MsgId="3", Location_X="1.5", Location_Y="2.5", Scale="3", Label="l"),
    _xml("event", Event="enter_agent", EventKey=""),
    _xml("event", Event="change_external_chat", ChatId="c", ChangeType="update",
         UpdateDetail="add_member", JoinScene="1", MemChangeCnt="1",
         MemChangeList="<Item>u1</Item>", LastMemVer="a", CurMemVer="b"),
    _xml("event", Event="msgaudit_notify"),
    _xml("event", Event="template_card_event", TaskId="t", CardType="button_interaction",
         SelectedItems="<SelectedItem><QuestionKey>q</QuestionKey></SelectedItem>"),
)  # fmt: skip
#: By channel: bodies that are right, to be made wrong.
RIGHT: Mapping[str, Sequence[bytes]] = {
    "webhook": (
        _told(id="m1", group="g", sender="s", name="n", text="路灯坏了", quote="m0"),
        _told(id="m1", group="g", sender="s", text="", images=[{"id": "i", "name": "a.jpg"}],
              at="2023-04-03T09:00:00+08:00", quote={"sender": "a", "text": "b"}),
        _told(type="recall", id="m1", group="g"),
    ),
    "sandbox": (
        _told(id="m1", group="g1", sender="s", name="n", text="路灯坏了", images=["a.jpg"]),
        _told(id="m1", group="g1", sender="s", name="n", images=[{"name": "a", "sha256": "b"}]),
    ),
    "onebot": (
        _onebot_event(
            post_type="message", message_type="group", sub_type="normal", message_id=-7, group_id=2,
            user_id=3, sender={"card": "张三", "nickname": "z"}, anonymous=None,
            message=[
                {"type": "reply", "data": {"id": "5"}}, {"type": "at", "data": {"qq": 10001}},
                {"type": "text", "data": {"text": "路灯坏了"}},
                {"type": "image", "data": {"file": "a", "url": "https://x.invalid/"}},
                {"type": "json", "data": {"data": '{"prompt": "p"}'}},
            ],
        ),
        _onebot_event(
            post_type="message", message_type="group", message_id=7, group_id=2, user_id=3,
            message="[CQ:reply,id=5][CQ:at,qq=all]路灯&#91;坏了[CQ:image,file=a,url=https://x]",
            anonymous={"id": 1, "name": "n", "flag": "f"},
        ),
        _onebot_event(post_type="message", message_type="private", user_id=3, message="在吗"),
        _onebot_event(post_type="notice", notice_type="group_recall", group_id=2, message_id=7),
        _onebot_event(post_type="meta_event", meta_event_type="heartbeat", status={"online": True}),
    ),
    "wecom_bot": (
        _aibot(msgtype="text", text={"content": "@名城助手 路灯坏了"},
               quote={"msgtype": "text", "text": {"content": "已受理 #1"}}),
        _aibot(msgtype="mixed", mixed={"msg_item": [
            {"msgtype": "text", "text": {"content": "看图"}},
            {"msgtype": "image", "image": {"url": "https://x.invalid/", "aeskey": "k"}}]}),
        _aibot(msgtype="image", image={"url": "https://x.invalid/"}),
        _aibot(msgtype="voice", voice={"content": "路灯坏了"}),
        _aibot(msgtype="file", file={"url": "https://x.invalid/"}),
        _aibot(msgtype="stream", stream={"id": "s"}),
        _aibot(msgtype="event", create_time=int(START.timestamp()), event={
            "eventtype": "template_card_event", "template_card_event": {
                "card_type": "button_interaction", "event_key": "urge", "task_id": "t-1"}}),
        _aibot(msgtype="event", create_time=1, event={"eventtype": "enter_chat"}),
    ),
    "wecom_app": APP,
    "wecom_customer_group": APP,
}  # fmt: skip


# --- what may come of it ------------------------------------------------------------------------


def met(channel: Channel, request: Request, now: datetime = START) -> Received | None:
    """What came of it; None where it was refused. Whatever else comes out is a fault."""
    try:
        found = channel.receive(request, now)
    except Rejected as rejected:
        _refused(rejected)
        return None
    _kept(found)
    return found


def asked(channel: Channel, request: Request, now: datetime = START) -> Answer | None:
    """What somebody who asks for our address is answered; None where they are refused."""
    try:
        answer = channel.verify(request, now)
    except Rejected as rejected:
        _refused(rejected)
        return None
    _answered(answer)
    return answer


def _refused(rejected: Rejected) -> None:
    assert 400 <= rejected.status < 500
    assert rejected.reason
    assert TOKEN not in rejected.reason
    assert AES_KEY not in rejected.reason
    rejected.reason.encode()


def _kept(received: Received) -> None:
    """It can lie in the streams and in the database."""
    for incoming in received.messages:
        assert Incoming.from_json(incoming.as_json()) == incoming
        assert incoming.at.tzinfo is not None
        assert 0 < len(incoming.id) <= 500
        assert 0 < len(incoming.group) <= 500
        assert incoming.kind == "recall" or 0 < len(incoming.sender) <= 500
        _clean(asdict(incoming))
    for raw in received.raw:
        _clean(asdict(raw))
    for hint in received.hints:
        json.dumps(dict(hint.about), ensure_ascii=False).encode()
    if received.answer is not None:
        _answered(received.answer)


def _answered(answer: Answer) -> None:
    assert 200 <= answer.status < 300
    answer.type.encode("latin-1")


def _clean(value: Any) -> None:
    """No text in it is one that PostgreSQL does not take."""
    if isinstance(value, str):
        assert clean(value) == value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            _clean(key)
            _clean(one)
    elif isinstance(value, list | tuple):
        for one in value:
            _clean(one)
