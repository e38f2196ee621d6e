"""A 智能机器人 without any wire: what is set, and what messages say."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Health, Incoming, Media, Quoted, Received, Rejected, Request
from bot.channels.wecom_bot import OFF, WecomBotSettings, frames
from bot.settings import Wrong
from tests.bot.channels.fakes.wecom_bot_files import TOLD
from tests.bot.channels.wecom_bot_frames import (
    AES,
    ALONE,
    EVENT,
    HANDLE,
    MESSAGE,
    TOKEN,
    URL,
    bot,
    heard,
    said,
)
from tests.fixtures.cast import START

LINK = {"url": "https://files.example/1", "aeskey": TOLD}


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
