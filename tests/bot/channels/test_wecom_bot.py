"""A 智能机器人 without any wire: what is set, what frames and callbacks say, what is answered."""

import base64
import contextlib
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

from bot.channels.base import (
    Answer,
    Health,
    Incoming,
    Later,
    Meant,
    Media,
    Outgoing,
    Permanent,
    Quoted,
    Received,
    Rejected,
    Request,
)
from bot.channels.wecom_bot import (
    OFF,
    WecomBot,
    WecomBotSettings,
    cards,
    faults,
    frames,
    media,
    speaking,
)
from bot.settings import Wrong
from tests.bot.channels.fakes.wecom_bot_files import KEY, TOLD, keeping, sealed
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
LINK = {"url": "https://files.example/1", "aeskey": TOLD}
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


# --- what is set ------------------------------------------------------------------------------


def env(monkeypatch: pytest.MonkeyPatch, **given: str) -> WecomBotSettings:
    for name, value in given.items():
        monkeypatch.setenv(f"MINGCHENG_WECOM_BOT_{name}", value)
    return WecomBotSettings.of("wecom_bot")


def test_it_is_set_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    found = env(monkeypatch, BOT_ID="bot-1", SECRET="hush", URL="wss://10.0.0.1:8443/ws")
    assert (found.bot_id, found.secret.get_secret_value(), found.url) == (
        "bot-1", "hush", "wss://10.0.0.1:8443/ws",
    )  # fmt: skip
    assert "hush" not in repr(found)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"BOT_ID": "b"}, "SECRET"),
        ({"SECRET": "s"}, "BOT_ID"),
        ({"TOKEN": TOKEN}, "AES_KEY"),
        ({"AES_KEY": AES}, "TOKEN"),
        ({"BOT_ID": "b", "SECRET": "s", "TOKEN": TOKEN, "AES_KEY": AES}, "只能选一种"),
        ({"TOKEN": TOKEN, "AES_KEY": "short"}, "43 位"),
        ({"TOKEN": "has space", "AES_KEY": AES}, "32 位"),
        ({"URL": "https://openws.work.weixin.qq.com"}, "wss://"),
        ({"URL": "wss://"}, "wss://"),
    ],
)
def test_what_can_not_be_meant_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], words: str
) -> None:
    with pytest.raises(Wrong, match=words):
        env(monkeypatch, **given)


def test_without_settings_it_is_off() -> None:
    channel = bot()
    assert channel.by_settings() == Health("off", OFF)
    assert not channel.callback
    with pytest.raises(Rejected) as rejected:
        channel.receive(Request(headers={}, query={}, body=b""), START)
    assert rejected.value.status == 404


def test_a_long_connection_is_known_by_running_only() -> None:
    channel = bot(bot_id="bot-1", secret="hush")
    assert (channel.by_settings(), channel.callback, channel.ready()) == (None, False, False)


# --- messages ---------------------------------------------------------------------------------


def test_a_message_in_a_group_is_taken_as_it_is() -> None:
    assert said(MESSAGE) == Incoming(
        kind="message", channel="wecom_bot", group="wr1", id="MSG-1", at=START, sender="zhang",
        name="zhang", text="@监督助手 路灯坏了", mentions_bot=True, people="wecom", handle=HANDLE,
    )  # fmt: skip


def test_words_and_pictures_come_together() -> None:
    items = [
        {"msgtype": "text", "text": {"content": "@监督助手 这里"}},
        {"msgtype": "image", "image": LINK},
        {"msgtype": "text", "text": {"content": "还有这里"}},
        {"msgtype": "image", "image": {"url": "https://files.example/2"}},
    ]
    taken = said({**MESSAGE, "msgtype": "mixed", "mixed": {"msg_item": items}})
    assert taken.text == "@监督助手 这里\n还有这里"
    assert taken.images == (
        Media("MSG-1/0", kind="image", source=LINK),
        Media("MSG-1/1", kind="image", source={"url": "https://files.example/2"}),
    )


@pytest.mark.parametrize(
    ("quote", "words", "files"),
    [
        ({"msgtype": "text", "text": {"content": "路灯坏了 "}}, "路灯坏了", []),
        ({"msgtype": "image", "image": LINK}, "[图片]", ["image"]),
        ({"msgtype": "file", "file": LINK}, "[文件]", ["file"]),
        ({"msgtype": "video", "video": LINK}, "[视频]", ["video"]),
        ({"msgtype": "voice", "voice": {"content": "灯坏了"}}, "灯坏了", []),
        (
            {
                "msgtype": "mixed",
                "mixed": {
                    "msg_item": [
                        {"msgtype": "text", "text": {"content": "这里"}},
                        {"msgtype": "image", "image": LINK},
                    ]
                },
            },
            "这里", ["image"],
        ),
        ({"msgtype": "mixed", "mixed": {"msg_item": []}}, "[图文]", []),
        ({"msgtype": "template_card"}, "", []),
    ],
)  # fmt: skip
def test_what_is_quoted_comes_with_it(quote: Any, words: str, files: list[str]) -> None:
    taken = said({**MESSAGE, "quote": quote})
    assert taken.quote == Quoted("", words)
    assert [(one.kind, one.source) for one in taken.images] == [(kind, LINK) for kind in files]


@pytest.mark.parametrize("kind", ["image", "file", "video"])
def test_files_are_taken_where_they_come_in_a_group(kind: str) -> None:
    taken = said({**MESSAGE, "msgtype": kind, kind: LINK})
    assert [(one.kind, one.source) for one in taken.images] == [(kind, LINK)]


def test_a_voice_is_what_the_platform_heard() -> None:
    assert said({**MESSAGE, "msgtype": "voice", "voice": {"content": "灯坏了"}}).text == "灯坏了"


def test_what_no_database_takes_is_left_out() -> None:
    taken = said({**MESSAGE, "msgid": "M\x001", "text": {"content": "路\x00灯"}})
    assert (taken.id, taken.text) == ("M1", "路灯")


ALONE = {**MESSAGE, "chattype": "single", "chatid": ""}
KEPT: list[tuple[dict[str, Any], str]] = [
    ({**MESSAGE, "msgtype": "sticker"}, "wr1"),
    ({**MESSAGE, "text": {"content": " "}}, "wr1"),
    ({**MESSAGE, "chatid": ""}, ""),
    ({**ALONE, "msgtype": "voice", "voice": {"content": "灯坏了"}}, ""),
    ({**EVENT, "event": {"eventtype": "feedback_event", "feedback_event": {"id": "f"}}}, "wr1"),
    ({**EVENT, "event": {"eventtype": "new_in_2027"}}, "wr1"),
    ({**EVENT, "event": None}, "wr1"),
]


@pytest.mark.parametrize(("body", "group"), KEPT)
def test_what_nothing_is_done_with_is_kept(body: dict[str, Any], group: str) -> None:
    found = heard(body).received
    (raw,) = found.raw
    assert not found.messages
    assert (raw.address, json.loads(raw.payload)) == (group, body)


def test_no_secret_is_in_what_is_kept() -> None:
    body = {**ALONE, "response_url": URL, "msgtype": "image", "image": LINK}
    (raw,) = heard(body).received.raw
    assert json.loads(raw.payload)["image"] == {"url": "***", "aeskey": "***"}
    assert "once" not in raw.payload


def test_who_speaks_to_the_bot_alone_is_shown_into_the_group() -> None:
    reply = heard(ALONE).reply
    assert reply is not None
    assert reply[0] == "aibot_respond_msg"
    assert reply[1]["stream"] == {"id": "MSG-1", "finish": True, "content": frames.ALONE}


def test_who_enters_is_welcomed() -> None:
    event = {"msgid": "EV-2", "from": {"userid": "zhang"}, "msgtype": "event"}
    found = heard({**event, "event": {"eventtype": "enter_chat"}})
    assert found.received == Received()
    welcome = {"msgtype": "text", "text": {"content": frames.ALONE}}
    assert found.reply == ("aibot_respond_welcome_msg", welcome)


BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "msgtype"),
    ({**MESSAGE, "msgid": ""}, "msgid"),
    ({**MESSAGE, "msgid": "x" * 201}, "msgid"),
    ({**MESSAGE, "msgtype": 7}, "msgtype"),
    ({**MESSAGE, "from": {}}, "from.userid"),
    ({**MESSAGE, "from": "zhang"}, "from"),
    ({**MESSAGE, "text": "words"}, "text"),
    ({**MESSAGE, "text": {"content": "\ud800"}}, "body"),
    ({**MESSAGE, "quote": 7}, "quote"),
    ({**MESSAGE, "msgtype": "image", "image": {"url": ""}}, "image.url"),
    ({**MESSAGE, "mixed": {"msg_item": [{}] * 101}}, "mixed.msg_item"),
]


@pytest.mark.parametrize(("body", "part"), BAD)
def test_what_is_malformed_is_refused_with_the_reason(body: dict[str, Any], part: str) -> None:
    with pytest.raises(Rejected) as rejected:
        heard(body)
    assert rejected.value.status == 400
    assert rejected.value.reason.startswith(part)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)  # fmt: skip
PARTS = st.sampled_from([*MESSAGE, *EVENT, "quote", "mixed", "image", "voice", "file", "video"])


@given(st.sampled_from([MESSAGE, EVENT]), st.dictionaries(PARTS, JSON, max_size=4))
def test_nothing_but_a_refusal_comes_of_any_body(
    body: dict[str, Any], other: dict[str, Any]
) -> None:
    with contextlib.suppress(Rejected):
        for incoming in heard({**body, **other}).received.messages:
            assert Incoming.from_json(incoming.as_json()) == incoming


@given(st.binary(max_size=200) | st.text(max_size=200) | st.just("[" * 100_000))
def test_what_is_no_object_is_refused(text: str | bytes) -> None:
    with contextlib.suppress(Rejected):
        assert isinstance(frames.loaded(text), dict)


# --- buttons ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("confirm_resolved", "【确认办结】12号"),
        ("dispute_result", "【仍未解决】12号"),
        ("urge", "【催办】12号"),
    ],
)
def test_a_tap_is_a_message_that_says_what_it_means(intent: str, text: str) -> None:
    event = json.loads(json.dumps(EVENT))
    event["event"]["template_card_event"]["event_key"] = f"{intent}:12"
    found = heard(event)
    (taken,) = found.received.messages
    assert (taken.id, taken.group, taken.sender) == ("EV-1", "wr1", "zhang")
    assert (taken.meant, taken.text, taken.mentions_bot) == (Meant(intent, 12), text, True)
    assert found.reply is not None
    cmd, update = found.reply
    assert (cmd, update["response_type"]) == ("aibot_respond_update_msg", "update_template_card")
    assert (update["userids"], update["template_card"]["task_id"]) == (["zhang"], "post-7-ab")


def test_a_card_offers_what_the_post_offers() -> None:
    post = replace(POST, offers=("confirm_resolved", "dispute_result"))
    card = speaking.card(post)
    assert card is not None
    buttons = [(one["text"], cards.meant(one["key"])) for one in card["button_list"]]
    assert buttons == [
        ("确认办结", Meant("confirm_resolved", 12)), ("仍未解决", Meant("dispute_result", 12)),
    ]  # fmt: skip
    assert card["sub_title_text"] == "已办结"
    again = speaking.card(post)
    assert again is not None
    assert again["task_id"] != card["task_id"]


@given(st.text(max_size=300))
def test_the_id_of_a_card_is_one_whatever_the_post_is_called(id_: str) -> None:
    task = cards.card(id_, 12, ["urge"], "")["task_id"]
    assert len(task) <= 128
    assert set(task) <= set("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-@")


@pytest.mark.parametrize(
    "key", ["", "urge", "urge:", "urge:0", "urge:-1", "urge:１２", "urge:1234567890", "withdraw:12",
            "urge:12 ", "urge:12\n", " urge:12", "resolve:12"],
)  # fmt: skip
def test_a_button_that_is_none_of_ours_means_nothing(key: str) -> None:
    assert cards.meant(key) is None


def test_a_card_that_was_tapped_before_does_nothing_more() -> None:
    event = json.loads(json.dumps(EVENT))
    update = cards.taken(Meant("urge", 12), "t", "zhang")
    (button,) = update["template_card"]["button_list"]
    event["event"]["template_card_event"]["event_key"] = button["key"]
    assert heard(event) == frames.Heard(Received())


# --- parts ------------------------------------------------------------------------------------


def test_a_long_text_is_cut_by_bytes_and_its_buttons_come_last() -> None:
    text = "路灯坏了,请尽快修好。" * 1500
    post = replace(POST, text=text, offers=("urge",))
    texts = bot(bot_id="b", secret="s").split(post)
    assert "".join(texts[:-1]) == text
    assert all(len(one.encode()) <= 20480 for one in texts)
    parts = [
        replace(post, text=one, part=number, parts=len(texts)) for number, one in enumerate(texts)
    ]
    assert [speaking.card(part) is not None for part in parts] == [False] * (len(texts) - 1) + [
        True
    ]


def test_a_short_text_is_the_card_itself() -> None:
    assert speaking.split(replace(POST, offers=("urge",))) == ["已办结"]


@given(st.text(max_size=500))
def test_no_text_of_anybody_is_mark_up(text: str) -> None:
    for part in speaking.split(replace(POST, text=text)):
        assert not set(part) & set("<>[]`*")


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


# --- pictures and files -----------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 15, 16, 31, 32, 33, 1000, 100_000])
async def test_a_file_is_fetched_and_opened(length: int) -> None:
    with keeping() as files:
        source = files.keeps(b"x" * length)
        assert await bot(url="ws://127.0.0.1").fetch(source, 100_000) == b"x" * length


async def test_by_callbacks_the_key_is_that_of_the_callback() -> None:
    channel = bot(token=TOKEN, aes_key=AES, url="ws://127.0.0.1")
    with keeping() as files:
        source = files.keeps(b"x")
        assert await channel.fetch({"url": source["url"]}, 10) == b"x"


async def test_what_is_too_large_is_not_fetched() -> None:
    with keeping() as files:
        source = files.keeps(b"x" * 101)
        with pytest.raises(Permanent, match="超过"):
            await bot(url="ws://127.0.0.1").fetch(source, 100)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(403, Permanent), (404, Permanent), (302, Permanent), (429, Later), (500, Later),
     (503, Later), (None, Later)],
)  # fmt: skip
async def test_what_passes_is_told_from_what_does_not(
    status: int | None, outcome: type[Exception]
) -> None:
    with keeping() as files:
        source = files.keeps(b"x")
        files.status = status
        with pytest.raises(outcome) as fault:
            await bot(url="ws://127.0.0.1").fetch(source, 100)
    assert "of-the-address" not in str(fault.value)


@pytest.mark.parametrize(
    "source",
    [{}, {"url": "http://127.0.0.1/1", "aeskey": TOLD}, {"url": 7, "aeskey": TOLD},
     {"url": "file:///etc/passwd", "aeskey": TOLD}, {"url": "https://files.example/1"}],
)  # fmt: skip
async def test_what_is_no_address_with_a_key_is_never_fetched(source: dict[str, Any]) -> None:
    with pytest.raises(Permanent):
        await bot(bot_id="b", secret="s").fetch(source, 100)


@given(st.binary(max_size=200), st.text(max_size=60) | st.just(TOLD))
def test_nothing_but_a_fault_comes_of_any_bytes(content: bytes, key: str) -> None:
    with contextlib.suppress(Permanent):
        assert len(media.decrypted(content, key)) < len(content)


@given(st.binary(max_size=200))
def test_what_is_sealed_is_opened(content: bytes) -> None:
    assert media.decrypted(sealed(content), TOLD) == content


# --- errors -----------------------------------------------------------------------------------

FAULTS: list[tuple[int, type[Exception], float | None, str]] = [
    (-1, Later, None, "繁忙"),
    (45009, Later, 60, "太频繁"),
    (45033, Later, 60, "太频繁"),
    (846601, Later, None, "长连接"),
    (846607, Later, None, "@过"),
    (846609, Later, 5, "重连"),
    (853000, Later, None, "Secret"),
    (853001, Later, None, "10 人"),
    (45002, Permanent, None, "长度"),
    (40008, Permanent, None, "40008"),
    (40058, Permanent, None, "40058"),
    (846604, Permanent, None, "846604"),
    (846611, Permanent, None, "846611"),
    (846625, Permanent, None, "846625"),
    (846697, Permanent, None, "846697"),
    (999999, Permanent, None, "999999"),
]


@pytest.mark.parametrize(("code", "kind", "after", "words"), FAULTS)
def test_an_error_says_what_becomes_of_the_post(
    code: int, kind: type[Exception], after: float | None, words: str
) -> None:
    fault = faults.fault(code)
    assert type(fault) is kind
    assert getattr(fault, "after", None) == after
    assert words in str(fault)


@pytest.mark.parametrize("code", sorted(faults.LEFT))
def test_a_group_that_is_left_is_not_written_to_again(code: int) -> None:
    fault = faults.fault(code)
    assert isinstance(fault, Permanent)
    assert fault.blocks
    assert "恢复发送" in str(fault)  # the button that lets it: to save a group changes nothing
