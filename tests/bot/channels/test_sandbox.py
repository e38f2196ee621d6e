"""The console's own group window, and how channels are found."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels import channels, powers
from bot.channels.base import Incoming, Media, Rejected, Request
from bot.channels.sandbox import BOT, Sandbox
from bot.settings import Settings
from bot.streams import Streams
from tests.fixtures.cast import START

MESSAGE: dict[str, Any] = {
    "id": "m1", "group": "g1", "sender": "zhang", "name": "张三", "text": "路灯坏了",
}  # fmt: skip


def received(**fields: Any) -> Incoming:
    body = json.dumps({**MESSAGE, **fields}).encode()
    (incoming,) = Sandbox().receive(Request(headers={}, query={}, body=body), START).messages
    return incoming


def test_what_the_window_sends_is_taken_now() -> None:
    assert received() == Incoming(
        kind="message", channel="sandbox", group="g1", id="m1", at=START, sender="zhang",
        name="张三", text="路灯坏了",
    )  # fmt: skip


def test_called_by_its_name_the_bot_is_addressed() -> None:
    assert received(text=f"@{BOT} 帮助").mentions_bot
    assert not received(text="@张三 帮助").mentions_bot


def test_a_picture_without_words_is_kept() -> None:
    assert received(text="", images=["灯.jpg"]).images == (Media("灯.jpg", "灯.jpg"),)


def test_a_picture_is_known_by_its_content() -> None:
    sent = received(text="", images=[{"name": "灯.jpg", "sha256": "ab"}])
    assert sent.images == (Media("sha256:ab", "灯.jpg", "ab"),)


def test_words_are_taken_back_by_their_id() -> None:
    taken = received(type="recall", text="")
    assert (taken.kind, taken.group, taken.id) == ("recall", "g1", "m1")


@pytest.mark.parametrize(
    "fields",
    [
        {"text": ""},
        {"type": "shout"},
        {"images": [{"name": "灯.jpg"}]},
        {"images": [{"name": "", "sha256": "ab"}]},
        {"text": "\x00"},
        {"text": "x" * 100_001},
        {"id": ""},
        {"id": "\x00"},
        {"sender": 7},
        {"images": ["x"] * 10},
        {"colour": "red"},
    ],
)
def test_what_is_malformed_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(Rejected) as rejected:
        received(**fields)
    assert rejected.value.status == 400


def test_channels_are_found_by_their_names() -> None:
    found = channels(Settings(webhook_secret=SecretStr("x")), Streams("redis://127.0.0.1:1"))
    assert {name: found[name].callback for name in ("sandbox", "webhook")} == {
        "sandbox": False,
        "webhook": True,
    }
    assert set(powers()) == set(found)
