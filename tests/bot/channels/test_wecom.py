"""What the channels of 企业微信 share: sealed callbacks, the token, and what errors mean."""

import asyncio
import base64
import json
import logging
import os
import traceback
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import xmltodict
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.work.crypto import PrpCrypto

from bot.channels.base import Later, Permanent, Rejected, Unknown
from bot.channels.wecom import Api, Envelope, fault
from bot.channels.wecom.envelope import FRESH
from bot.streams import Streams
from tests.bot.channels.fakes.wecom_api import CORP, SECRET, Tencent, served
from tests.fixtures import node
from tests.fixtures.cast import START

VECTOR = Path(__file__).parents[4] / "shared" / "fixtures" / "wecom_app_vector.xml"
# made up, but for those of the official example of document 90968
TOKEN, KEY = "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
ENVELOPE = Envelope(TOKEN, KEY, CORP)
MESSAGE = "<xml><MsgType><![CDATA[text]]></MsgType></xml>"


def query(envelope: Envelope, sealed: str, at: datetime = START, **other: str) -> dict[str, str]:
    """What stands in the address of a callback, rightly signed."""
    stamp = str(int(at.timestamp()))
    signature = envelope.signature(stamp, "n0nce", sealed)
    return {"msg_signature": signature, "timestamp": stamp, "nonce": "n0nce", **other}


def sealed(text: str | bytes, receiver: str = CORP) -> str:
    """As the platform seals it, whoever it is for."""
    if isinstance(text, str):
        return str(Envelope(TOKEN, KEY, receiver).sealed(text, "n0nce", START)["encrypt"])
    whole = os.urandom(16) + len(text).to_bytes(4, "big") + text + receiver.encode()
    fill = 32 - len(whole) % 32
    return encrypted(whole + bytes([fill]) * fill)


def encrypted(whole: bytes) -> str:
    return base64.b64encode(PrpCrypto(ENVELOPE.crypto.key).cipher.encrypt(whole)).decode()


def refused(asked: Mapping[str, str], what: str, now: datetime = START) -> int:
    with pytest.raises(Rejected) as rejected:
        ENVELOPE.opened(asked, what, now)
    return rejected.value.status


def status(asked: Mapping[str, str], what: str) -> int:
    try:
        ENVELOPE.opened(asked, what, START)
    except Rejected as rejected:
        return rejected.status
    return 200


# --- callbacks: the official example, and another implementation ------------------------------


def test_the_official_example_is_opened() -> None:
    if not VECTOR.is_file():
        pytest.skip(f"{VECTOR.name} is not beside the repository; @wecom/crypto is asked anyway")
    encrypt = xmltodict.parse(VECTOR.read_bytes())["xml"]["Encrypt"]
    asked = {
        "msg_signature": "477715d11cdb4164915debcba66cb864d751f3e6",
        "timestamp": "1409659813", "nonce": "1372623149",
    }  # fmt: skip
    then = datetime.fromtimestamp(1409659813, UTC)
    said = xmltodict.parse(Envelope(TOKEN, KEY, "wx5823bf96d3bd56c7").opened(asked, encrypt, then))
    assert said["xml"] == {
        "ToUserName": "wx5823bf96d3bd56c7", "FromUserName": "mycreate", "MsgType": "text",
        "CreateTime": "1409659813", "Content": "hello", "MsgId": "4561255354251345929",
        "AgentID": "218",
    }  # fmt: skip


THEIRS = """
const c = require("@wecom/crypto");
const {key, token, receivers, ours} = JSON.parse(require("fs").readFileSync(0, "utf8"));
const made = receivers.flatMap((id) => Array.from({length: 97}, (_, n) => {
  const encrypt = c.encrypt(key, "a".repeat(n), id);
  return {id, n, encrypt, signature: c.getSignature(token, "1680483600", "n0nce", encrypt)};
}));
const opened = ours.map(({encrypt}) => {
  const {message, id} = c.decrypt(key, encrypt);
  return {message, id, signature: c.getSignature(token, "1680483600", "n0nce", encrypt)};
});
console.log(JSON.stringify({made, opened}));
"""


@pytest.mark.processes
def test_another_implementation_and_ours_open_each_other_s_of_every_length() -> None:
    folder = node.installed("@wecom/crypto@1.0.1")
    texts = [(receiver, "a" * n) for receiver in (CORP, "") for n in range(97)]
    texts += [(CORP, "路灯坏了" * n) for n in range(1, 9)]
    ours = [Envelope(TOKEN, KEY, to).sealed(text, "n0nce", START) for to, text in texts]
    asked = {"key": KEY, "token": TOKEN, "receivers": [CORP, ""], "ours": ours}
    told = node.run(THEIRS, asked, folder)
    assert [(one["id"], one["message"]) for one in told["opened"]] == texts
    assert [one["signature"] for one in told["opened"]] == [one["msgsignature"] for one in ours]
    assert len(told["made"]) == 2 * 97
    for one in told["made"]:
        signed = {"msg_signature": one["signature"], "timestamp": "1680483600", "nonce": "n0nce"}
        now = datetime.fromtimestamp(1680483600, UTC)
        text = Envelope(TOKEN, KEY, one["id"]).opened(signed, one["encrypt"], now)
        assert text == "a" * one["n"]


# --- callbacks: who signs, and when -----------------------------------------------------------


@pytest.mark.parametrize("seconds", [-FRESH, 0, FRESH])
def test_a_fresh_callback_is_opened(seconds: int) -> None:
    what = sealed(MESSAGE)
    asked = query(ENVELOPE, what, START + timedelta(seconds=seconds))
    assert ENVELOPE.opened(asked, what, START) == MESSAGE


@pytest.mark.parametrize("seconds", [-FRESH - 1, FRESH + 1, 10**8])
def test_one_that_is_sent_again_later_is_not(seconds: int) -> None:
    what = sealed(MESSAGE)
    assert refused(query(ENVELOPE, what), what, START + timedelta(seconds=seconds)) == 401


@pytest.mark.parametrize(
    "other",
    [
        {"msg_signature": "00" * 20},
        {"msg_signature": "é"},
        {"msg_signature": "\udc80"},
        {"timestamp": str(int(START.timestamp()) + 1)},
        {"nonce": "another"},
        {"nonce": "\udc80"},
    ],
)
def test_what_is_signed_otherwise_is_not_opened(other: dict[str, str]) -> None:
    what = sealed(MESSAGE)
    assert refused(query(ENVELOPE, what) | other, what) == 401


def test_a_signature_of_another_token_or_content_does_not_fit() -> None:
    what = sealed(MESSAGE)
    assert refused(query(Envelope("other", KEY, CORP), what), what) == 401
    assert refused(query(ENVELOPE, what), sealed(MESSAGE)) == 401


@pytest.mark.parametrize("missing", ["msg_signature", "timestamp", "nonce"])
def test_what_is_not_signed_at_all_is_malformed(missing: str) -> None:
    what = sealed(MESSAGE)
    assert refused(query(ENVELOPE, what) | {missing: ""}, what) == 400


@pytest.mark.parametrize("stamp", ["soon", "-1", "1e9", " 1680483600", "9" * 12, "١٢٣"])
def test_a_signed_timestamp_that_is_none_is_malformed(stamp: str) -> None:
    what = sealed(MESSAGE)
    signature = ENVELOPE.signature(stamp, "n0nce", what)
    asked = {"msg_signature": signature, "timestamp": stamp, "nonce": "n0nce"}
    assert refused(asked, what) == 400


MALFORMED = [
    "!!!!",
    "é",
    "\udc80",
    base64.b64encode(b"x").decode(),
    *(base64.b64encode(os.urandom(many)).decode() for many in (15, 16, 17, 31, 32, 48)),
    encrypted(b""),
    encrypted(b"\0" * 32),
    encrypted(b"\xff" * 32),
    encrypted(b"r" * 16 + b"\xff\xff\xff\xff" + b"\1" * 12),
    sealed(MESSAGE, "wwsomebodyelse"),
    sealed(MESSAGE, ""),
    sealed(MESSAGE, CORP + "x"),
    sealed(b"\xff\xfe not utf-8"),
]


# by their numbers: what is random in them must not name a test
@pytest.mark.parametrize("what", MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_signed_and_can_t_be_opened_is_malformed(what: str) -> None:
    assert refused(query(ENVELOPE, what), what) == 400


@given(st.text(min_size=1) | st.binary(min_size=1).map(lambda raw: base64.b64encode(raw).decode()))
def test_whatever_is_signed_is_opened_or_refused(what: str) -> None:
    assert refused(query(ENVELOPE, what), what) == 400


@given(st.lists(st.binary(min_size=16, max_size=16), min_size=2, max_size=8))
def test_whatever_is_sealed_is_opened_or_refused(blocks: list[bytes]) -> None:
    what = encrypted(b"".join(blocks))
    assert status(query(ENVELOPE, what), what) in {200, 400}


@given(st.dictionaries(st.sampled_from(["msg_signature", "timestamp", "nonce"]), st.text()))
def test_whatever_stands_in_the_address_is_refused(asked: dict[str, str]) -> None:
    assert refused(asked, sealed(MESSAGE)) in {400, 401}


@pytest.mark.parametrize("key", ["", "short", KEY + "A", "é" * 43])
def test_a_key_that_is_none_is_said_at_once(key: str) -> None:
    with pytest.raises(ValueError, match="EncodingAESKey"):
        Envelope(TOKEN, key, CORP)


# --- the API: its token -----------------------------------------------------------------------

PATH = "/cgi-bin/something"


@pytest.fixture
def tencent() -> Iterator[Tencent]:
    with served(Tencent()) as serving:
        yield serving


def api_of(streams: Streams, tencent: Tencent, secret: str = SECRET, timeout: float = 5.0) -> Api:
    api = Api(streams, tencent.url, CORP, secret, timeout)
    api.line.pauses = (0.0, 0.0, 0.0)
    return api


@pytest_asyncio.fixture
async def api(streams: Streams, tencent: Tencent) -> AsyncIterator[Api]:
    opened = api_of(streams, tencent)
    yield opened
    await opened.close()


def gettokens(tencent: Tencent) -> int:
    return len(tencent.asked("/cgi-bin/gettoken"))


@pytest.mark.embedded
async def test_twenty_at_once_ask_for_one_token(streams: Streams, tencent: Tencent) -> None:
    tencent.slow = 0.2
    processes = [api_of(streams, tencent) for _ in range(4)]
    found = await asyncio.gather(*(processes[n % 4].call(PATH) for n in range(20)))
    assert [one["errcode"] for one in found] == [0] * 20
    assert (gettokens(tencent), len(tencent.asked(PATH))) == (1, 20)
    # it ends early for all of them at once
    tencent.tokens.clear()
    await asyncio.gather(*(processes[n % 4].call(PATH) for n in range(20)))
    assert gettokens(tencent) == 2
    for one in processes:
        await one.close()


@pytest.mark.embedded
@pytest.mark.parametrize("ended", [40014, 42001])
async def test_a_token_that_has_ended_is_asked_for_once(
    api: Api, tencent: Tencent, ended: int
) -> None:
    await api.call(PATH)
    tencent.answers[PATH] = [ended]
    await api.call(PATH, json={"a": 1}, params={"n": 7})
    first, refused_, again = tencent.asked(PATH)
    assert gettokens(tencent) == 2
    assert (again.body, again.query["n"]) == ({"a": 1}, "7")
    tokens = [call.query["access_token"] for call in (first, refused_, again)]
    assert tokens == ["token-1", "token-1", "token-2"]


@pytest.mark.embedded
@pytest.mark.parametrize("ended", [40014, 42001])
async def test_one_that_is_never_taken_is_given_up_after_the_second(
    api: Api, tencent: Tencent, ended: int
) -> None:
    tencent.answers[PATH] = [ended] * 10
    with pytest.raises(Later, match=str(ended)):
        await api.call(PATH)
    assert (len(tencent.asked(PATH)), gettokens(tencent)) == (2, 2)


@pytest.mark.embedded
async def test_a_token_is_kept_until_shortly_before_it_ends(
    api: Api, tencent: Tencent, streams: Streams
) -> None:
    await api.call(PATH)
    left = await streams.client.pttl(f"mingcheng:kept:{api.key}")
    assert 6_890_000 < left <= 6_900_000
    keys = [str(key) async for key in streams.client.scan_iter()]
    assert not [key for key in keys if SECRET[:10] in key or CORP in key]


@pytest.mark.embedded
async def test_each_secret_has_a_token_of_its_own(streams: Streams, tencent: Tencent) -> None:
    right, wrong = api_of(streams, tencent), api_of(streams, tencent, SECRET + "x")
    await right.call(PATH)
    with pytest.raises(Later, match="Secret"):
        await wrong.call(PATH)
    await right.call(PATH)
    for one in (right, wrong):
        await one.close()


@pytest.mark.embedded
async def test_a_wrong_secret_is_not_tried_again_and_again(
    streams: Streams, tencent: Tencent
) -> None:
    wrong = api_of(streams, tencent, "wrong")
    for _ in range(5):
        with pytest.raises(Later, match=r"Secret 不对.*40001"):
            await wrong.call(PATH)
    assert gettokens(tencent) == 1
    await streams.forget(f"{wrong.key}:refused")  # later
    with pytest.raises(Later):
        await wrong.call(PATH)
    assert gettokens(tencent) == 2
    await wrong.close()


@pytest.mark.embedded
@pytest.mark.parametrize("answer", [-1, 45009, None, b"<html>", {"errcode": 0}, ("status", 503)])
async def test_a_token_that_is_not_given_now_is_asked_for_again(
    api: Api, tencent: Tencent, answer: Any
) -> None:
    tencent.answers["/cgi-bin/gettoken"] = [answer] * (4 if answer == -1 else 1)
    with pytest.raises(Later):
        await api.call(PATH, sends=True)
    assert tencent.asked(PATH) == []
    await api.call(PATH)


@pytest.mark.embedded
async def test_a_process_that_died_while_it_asked_holds_up_nobody_for_long(
    streams: Streams, tencent: Tencent
) -> None:
    waiting = api_of(streams, tencent, timeout=5.0)
    await streams.hold(waiting.key, "dead", 1)
    await waiting.call(PATH)
    await waiting.close()


async def test_without_shared_memory_nothing_is_asked(tencent: Tencent) -> None:
    away = Streams("redis://127.0.0.1:1")
    api = Api(away, tencent.url, CORP, SECRET)
    with pytest.raises(Later, match="内部存储"):
        await api.call(PATH, sends=True)
    assert tencent.calls == []
    await api.close()
    await away.close()


# --- the API: what is answered ----------------------------------------------------------------

CODES: list[tuple[int, type[Exception], str, float | None]] = [
    (45009, Later, "太频繁", 60.0),
    (45033, Later, "太频繁", 60.0),
    (40001, Later, "Secret", None),
    (40091, Later, "Secret", None),
    (40013, Later, "MINGCHENG_WECOM_CORP_ID", None),
    (40056, Later, "AgentId", None),
    (41001, Later, "凭证", None),
    (48002, Later, "权限", None),
    (50003, Later, "停用", None),
    (60011, Later, "权限", None),
    (60020, Later, "可信IP”中:请在管理后台加上(出口 IP 203.0.113.7)", None),
    (40008, Permanent, "40008", None),
    (99999, Permanent, "99999", None),
]


@pytest.mark.embedded
@pytest.mark.parametrize(("code", "outcome", "words", "after"), CODES)
async def test_every_errcode_has_its_meaning(
    api: Api, tencent: Tencent, code: int, outcome: type[Exception], words: str, after: float | None
) -> None:
    tencent.answers[PATH] = [code]
    with pytest.raises((Later, Permanent, Unknown)) as raised:
        await api.call(PATH, json={}, sends=True)
    assert type(raised.value) is outcome
    assert words in str(raised.value)
    assert f"错误码 {code}" in str(raised.value)
    assert getattr(raised.value, "after", None) == after
    assert len(tencent.asked(PATH)) == 1


@pytest.mark.embedded
async def test_an_errcode_that_the_caller_knows_is_returned(api: Api, tencent: Tencent) -> None:
    tencent.answers[PATH] = [81013]
    assert (await api.call(PATH, ours={81013}))["errcode"] == 81013


@pytest.mark.embedded
async def test_a_busy_system_is_asked_three_times_more(api: Api, tencent: Tencent) -> None:
    tencent.answers[PATH] = [-1] * 3
    await api.call(PATH, sends=True)
    assert len(tencent.asked(PATH)) == 4
    tencent.answers[PATH] = [-1] * 4
    with pytest.raises(Later, match="繁忙") as raised:
        await api.call(PATH, sends=True)
    assert (len(tencent.asked(PATH)), raised.value.after) == (8, None)


LOST: list[Any] = [
    None, "silence", b"", b"<html>", b"[]", b"null", b"{", b"[" * 100_000, b'{"errmsg":"ok"}',
    b'{"errcode":"0"}', ("status", 500), ("status", 502), ("status", 504),
]  # fmt: skip


@pytest.mark.embedded
@pytest.mark.parametrize("answer", LOST)
@pytest.mark.parametrize(("sends", "outcome"), [(True, Unknown), (False, Later)])
async def test_without_an_answer_nobody_knows_whether_it_was_sent(
    streams: Streams, tencent: Tencent, answer: Any, sends: bool, outcome: type[Exception]
) -> None:
    api = api_of(streams, tencent)
    await api.call(PATH)
    await api.close()
    api.line.timeout = 0.3
    tencent.answers[PATH] = [answer]
    with pytest.raises((Later, Permanent, Unknown)) as raised:
        await api.call(PATH, json={}, sends=sends)
    assert type(raised.value) is outcome
    assert len(tencent.asked(PATH)) == 2  # never again by itself
    await api.close()


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (("status", 301), "MINGCHENG_WECOM_API"),
        (("status", 404), "MINGCHENG_WECOM_API"),
        (("status", 413), "MINGCHENG_WECOM_API"),
        (("status", 429), "太频繁"),
    ],
)
async def test_what_never_reached_the_platform_is_sent_later(
    api: Api, tencent: Tencent, answer: Any, words: str
) -> None:
    tencent.answers[PATH] = [answer]
    with pytest.raises(Later, match=words):
        await api.call(PATH, json={}, sends=True)


@pytest.mark.embedded
@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:1", "http://nowhere.invalid", "ftp://127.0.0.1", "http://[", "x"]
)
async def test_a_connection_that_never_came_up_is_tried_later(streams: Streams, base: str) -> None:
    api = Api(streams, base, CORP, SECRET)
    await streams.keep(api.key, "token-0", 60)
    with pytest.raises(Later):
        await api.call(PATH, json={}, sends=True)
    await api.close()


# --- secrets ----------------------------------------------------------------------------------


@pytest.mark.embedded
@pytest.mark.parametrize("answer", [*LOST, 40001, 40014, 60020, -1, ("status", 404), 81013])
async def test_no_secret_stands_in_what_is_raised_or_logged(
    streams: Streams, tencent: Tencent, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api = api_of(streams, tencent)
    await api.call(PATH)
    await api.close()
    api.line.timeout = 0.3
    tencent.answers[PATH] = [answer] * 9
    with pytest.raises((Later, Permanent, Unknown)) as raised:
        await api.call(PATH, sends=True)
    whole = "".join(traceback.format_exception(raised.value)) + caplog.text
    for secret in (SECRET, "token-1", "token-2", tencent.url):
        assert secret not in whole
    await api.close()


def test_what_the_platform_echoes_is_not_shown() -> None:
    told = {"errcode": 40001, "errmsg": f"invalid credential {SECRET}, from ip: {SECRET}"}
    assert SECRET not in str(fault(told))


def test_a_sealed_answer_has_its_four_parts() -> None:
    parts = json.loads(json.dumps(ENVELOPE.sealed("{}", "n0nce", START)))
    assert list(parts) == ["encrypt", "msgsignature", "timestamp", "nonce"]
    assert (parts["timestamp"], parts["nonce"]) == (int(START.timestamp()), "n0nce")
