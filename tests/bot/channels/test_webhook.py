"""The signed webhook: who may say something, what is taken, and what becomes of a post."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.channels.base import (
    Addressed,
    Incoming,
    Later,
    Media,
    Outgoing,
    Permanent,
    Quoted,
    Rejected,
    Request,
)
from bot.channels.webhook import FRESH, Webhook, sign
from tests.bot.wire import Wire
from tests.fixtures.cast import START

SECRET = "shared"
MESSAGE: dict[str, Any] = {
    "id": "m1", "group": "bridge", "sender": "visitor", "name": "某厂-访客", "text": "路灯坏了",
}  # fmt: skip
POST = Outgoing(
    id="post-7", group="bridge", text="已受理 #1", to=[Addressed("visitor", "访客")], about=[1],
    why="reply", at=START,
)  # fmt: skip


def stamp(at: datetime) -> str:
    return str(int(at.timestamp()))


def signed(body: bytes, at: datetime = START) -> Request:
    headers = {
        "x-mingcheng-timestamp": stamp(at),
        "x-mingcheng-signature": sign(SECRET.encode(), stamp(at), body),
    }
    return Request(headers=headers, query={}, body=body)


def received(body: Mapping[str, Any] | bytes) -> Incoming:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    (incoming,) = Webhook(SECRET, "").receive(signed(raw), START).messages
    return incoming


def refused(request: Request, secret: str = SECRET) -> tuple[int, str]:
    with pytest.raises(Rejected) as rejected:
        Webhook(secret, "").receive(request, START)
    return rejected.value.status, rejected.value.reason


# --- who says it ------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [-FRESH, 0, FRESH])
def test_a_fresh_signature_is_taken(seconds: int) -> None:
    at = START + timedelta(seconds=seconds)
    body = json.dumps(MESSAGE).encode()
    assert len(Webhook(SECRET, "").receive(signed(body, at), START).messages) == 1


@pytest.mark.parametrize("seconds", [-FRESH - 1, FRESH + 1, 10**10])
def test_an_old_or_early_signature_is_not(seconds: int) -> None:
    at = START + timedelta(seconds=seconds)
    status, reason = refused(signed(json.dumps(MESSAGE).encode(), at))
    assert (status, "clock" in reason) == (401, True)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-mingcheng-signature": "00" * 32},
        {"x-mingcheng-timestamp": stamp(START)},
        {"x-mingcheng-timestamp": "", "x-mingcheng-signature": ""},
        {"x-mingcheng-timestamp": stamp(START), "x-mingcheng-signature": "00" * 32},
        {"x-mingcheng-timestamp": stamp(START), "x-mingcheng-signature": "é"},
        {"x-mingcheng-timestamp": "\udc80", "x-mingcheng-signature": "\udc80"},
    ],
)
def test_without_the_right_signature_nothing_is_taken(headers: dict[str, str]) -> None:
    body = json.dumps(MESSAGE).encode()
    assert refused(Request(headers=headers, query={}, body=body))[0] == 401


def test_a_signature_of_another_body_does_not_fit() -> None:
    request = signed(json.dumps(MESSAGE).encode())
    other = json.dumps({**MESSAGE, "text": "别的"}).encode()
    assert refused(Request(headers=request.headers, query={}, body=other))[0] == 401


def test_a_signature_of_another_moment_does_not_fit() -> None:
    request = signed(json.dumps(MESSAGE).encode())
    headers = {**request.headers, "x-mingcheng-timestamp": stamp(START + timedelta(seconds=1))}
    assert refused(Request(headers=headers, query={}, body=request.body))[0] == 401


@pytest.mark.parametrize("when", ["soon", "-1", "1e9", "1680483600.5", "9" * 12, " 1680483600"])
def test_a_signed_timestamp_that_is_none_is_refused(when: str) -> None:
    body = json.dumps(MESSAGE).encode()
    headers = {
        "x-mingcheng-timestamp": when,
        "x-mingcheng-signature": sign(SECRET.encode(), when, body),
    }
    assert refused(Request(headers=headers, query={}, body=body))[0] == 401


def test_without_a_secret_nothing_is_taken_whoever_signs() -> None:
    body = json.dumps(MESSAGE).encode()
    headers = {
        "x-mingcheng-timestamp": stamp(START),
        "x-mingcheng-signature": sign(b"", stamp(START), body),
    }
    status, reason = refused(Request(headers=headers, query={}, body=body), secret="")
    assert (status, "MINGCHENG_WEBHOOK_SECRET" in reason) == (401, True)


# --- what is taken ----------------------------------------------------------------------------


def test_a_message_is_taken_as_it_is() -> None:
    assert received(MESSAGE) == Incoming(
        kind="message", channel="webhook", group="bridge", id="m1", at=START, sender="visitor",
        name="某厂-访客", text="路灯坏了",
    )  # fmt: skip


def test_its_own_moment_counts_where_it_has_one() -> None:
    taken = received({**MESSAGE, "at": "2023-04-03T08:59:00+08:00"})
    assert taken.at == START - timedelta(minutes=1)


def test_without_a_name_the_sender_s_id_is_shown() -> None:
    assert received({**MESSAGE, "name": ""}).name == "visitor"


def test_a_recall_needs_neither_sender_nor_text() -> None:
    taken = received({"type": "recall", "id": "m1", "group": "bridge"})
    assert (taken.kind, taken.id) == ("recall", "m1")


def test_a_picture_without_words_is_kept() -> None:
    picture = {"id": "i1", "name": "灯.jpg", "sha256": "ab" * 32}
    taken = received({**MESSAGE, "text": "", "images": [picture, {"id": "i2"}]})
    assert taken.images == (Media("i1", "灯.jpg", "ab" * 32), Media("i2"))


@pytest.mark.parametrize(
    ("quote", "taken"),
    [
        (None, None),
        ("m0", "m0"),
        ("", None),
        ({"sender": "李四", "text": "路灯"}, Quoted("李四", "路灯")),
    ],
)
def test_a_quote_is_an_id_or_words(quote: Any, taken: Any) -> None:
    assert received({**MESSAGE, "quote": quote}).quote == taken


def test_what_no_database_takes_is_left_out() -> None:
    taken = received({**MESSAGE, "id": "m\x001", "text": "路\x00灯", "sender": "v\x00"})
    assert (taken.id, taken.text, taken.sender) == ("m1", "路灯", "v")


def test_emoji_and_rare_characters_come_through() -> None:
    assert received({**MESSAGE, "text": "𠮷🚧👨‍👩‍👧\n\t"}).text == "𠮷🚧👨‍👩‍👧\n\t"


BAD: list[tuple[Any, str]] = [
    (b"", "body"),
    (b"{", "body"),
    (b"null", "body"),
    (b"[]", "body"),
    (b"[" * 100_000, "body"),
    (b"\xff\xfe", "body"),
    (json.dumps({**MESSAGE, "text": "\ud800"}).encode(), "body"),
    (json.dumps({**MESSAGE, "text": "\udc80 half"}).encode(), "body"),
    ({}, "id"),
    ({**MESSAGE, "id": ""}, "id"),
    ({**MESSAGE, "id": "\x00"}, "id"),
    ({**MESSAGE, "id": 7}, "id"),
    ({**MESSAGE, "id": "x" * 201}, "id"),
    ({**MESSAGE, "group": None}, "group"),
    ({**MESSAGE, "group": "\x00\x00"}, "group"),
    ({**MESSAGE, "sender": ""}, "sender"),
    ({**MESSAGE, "sender": "\x00"}, "sender"),
    ({**MESSAGE, "sender": "x" * 201}, "sender"),
    ({**MESSAGE, "text": ""}, "text"),
    ({**MESSAGE, "text": " \n\t"}, "text"),
    ({**MESSAGE, "text": "\x00"}, "text"),
    ({**MESSAGE, "text": 7}, "text"),
    ({**MESSAGE, "text": None}, "text"),
    ({**MESSAGE, "type": "shout"}, "type"),
    ({**MESSAGE, "colour": "red"}, "colour"),
    ({**MESSAGE, "mentions_bot": "yes"}, "mentions_bot"),
    ({**MESSAGE, "mentions_bot": 1}, "mentions_bot"),
    ({**MESSAGE, "at": "2023-04-03T09:00:00"}, "at"),
    ({**MESSAGE, "at": "yesterday"}, "at"),
    ({**MESSAGE, "images": {}}, "images"),
    ({**MESSAGE, "images": ["i1"]}, "images.0"),
    ({**MESSAGE, "images": [{"name": "x"}]}, "images.0.id"),
    ({**MESSAGE, "images": [{"id": "i"}] * 51}, "images"),
    ({**MESSAGE, "quote": 7}, "quote"),
    ({**MESSAGE, "quote": {"text": "x"}}, "quote"),
]


@pytest.mark.parametrize(("body", "part"), BAD)
def test_what_is_malformed_is_refused_with_the_reason(body: Any, part: str) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, reason = refused(signed(raw))
    assert status == 400
    assert reason.startswith(part)


# --- what becomes of a post -------------------------------------------------------------------


async def sent(wire: Wire) -> None:
    await Webhook(SECRET, wire.url).send(POST, START)


async def test_a_post_is_sent_whole_and_signed(wire: Wire) -> None:
    await sent(wire)
    (body,), (headers,) = wire.bodies, wire.headers
    assert json.loads(body) == {
        "id": "post-7", "group": "bridge", "text": "已受理 #1", "why": "reply", "about": [1],
        "to": [{"id": "visitor", "name": "访客"}], "at": "2023-04-03T09:00:00+08:00",
    }  # fmt: skip
    assert headers["x-mingcheng-timestamp"] == stamp(START)
    assert headers["x-mingcheng-signature"] == sign(SECRET.encode(), stamp(START), body)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_any_success_is_one(wire: Wire, status: int) -> None:
    wire.status = status
    await sent(wire)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (301, Permanent), (400, Permanent), (401, Permanent), (404, Permanent), (410, Permanent),
        (408, Later), (425, Later), (429, Later), (500, Later), (502, Later), (503, Later),
        (None, Later),
    ],
)  # fmt: skip
async def test_what_may_be_tried_again_is_told_from_what_may_not(
    wire: Wire, status: int | None, outcome: type[Exception]
) -> None:
    wire.status = status
    with pytest.raises(outcome):
        await sent(wire)
    assert len(wire.bodies) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://nowhere.invalid/"])
async def test_a_bridge_that_is_not_there_may_come_back(url: str) -> None:
    with pytest.raises(Later):
        await Webhook(SECRET, url).send(POST, START)


async def test_without_an_address_nothing_is_ever_sent() -> None:
    with pytest.raises(Permanent, match="MINGCHENG_WEBHOOK_URL"):
        await Webhook(SECRET, "").send(POST, START)


def test_a_moment_in_utc_is_the_same_moment() -> None:
    assert received({**MESSAGE, "at": "2023-04-03T01:00:00Z"}).at == START.astimezone(UTC)


@pytest.mark.parametrize(
    ("secret", "url", "state", "words"),
    [
        ("", "", "off", "MINGCHENG_WEBHOOK_SECRET"),
        ("s", "", "ok", "要发,还要设置 MINGCHENG_WEBHOOK_URL"),
        ("s", "https://bridge.example/in", "ok", "设置好了"),
    ],
)
def test_it_says_what_it_is_set_up_for(secret: str, url: str, state: str, words: str) -> None:
    health = Webhook(secret, url).by_settings()
    assert health.state == state
    assert words in health.words
