"""How a post leaves for a QQ group, and what the answer to it decides; aiocqhttp reads with us."""

import json
from typing import Any

import aiocqhttp  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given

from bot.channels.base import Addressed, Later, Outgoing, Permanent, Sent, Unknown
from bot.channels.onebot import LONGEST, replies, said
from bot.channels.onebot.lines import Line, Reply, of_group
from bot.streams import Away
from tests.bot.channels.fakes.napcat import ok
from tests.bot.channels.onebot_made import POST, SELF, TOKEN, WORDS, Alone, made
from tests.bot.wire import Wire
from tests.fixtures.cast import START


def outgoing(**more: Any) -> Outgoing:
    fields = {field: getattr(POST, field) for field in POST.__dataclass_fields__}
    return Outgoing(**{**fields, **more})


@pytest.mark.parametrize(
    ("post", "codes"),
    [
        (POST, "[CQ:at,qq=1234567] 已受理 #1"),
        (outgoing(to=[]), "@张三 已受理 #1"),
        (outgoing(to=[Addressed("h1", "李科")]), "@张三 已受理 #1"),  # of another platform
        (outgoing(part=1, text="第二段"), "第二段"),
        (outgoing(text="看看"), "[CQ:at,qq=1234567] 看看"),
        (outgoing(to=[], text="[CQ:at,qq=all]&,"), "&#91;CQ:at,qq=all&#93;&amp;,"),
    ],
)
def test_an_independent_reader_finds_in_a_post_what_is_meant(post: Outgoing, codes: str) -> None:
    message = aiocqhttp.Message(replies.segments(post))
    assert str(message) == codes
    assert not any(part.type == "at" and part.data["qq"] == "all" for part in message)


@given(WORDS)
@example("[CQ:at,qq=all]")
@example("&#91;CQ:image,file=x&#93;")
def test_no_words_become_a_code(words: str) -> None:
    (part,) = aiocqhttp.Message(replies.segments(outgoing(to=[], text=words)))
    assert (part.type, part.data) == ("text", {"text": words})
    assert [one.type for one in said.segments(str(aiocqhttp.Message([part])))] in ([], ["text"])


def test_a_long_post_leaves_in_parts() -> None:
    parts = made().split(outgoing(text="一二三四五六七八九。" * 400))
    assert len(parts) > 1
    assert all(len(part.encode()) <= LONGEST for part in parts)
    assert "".join(parts) == "一二三四五六七八九。" * 400


class Api:
    """A bot program with an HTTP interface, at a real wire."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.channel = made(api=wire.url)
        self.channel.account = str(SELF)

    async def send(self, status: int | None, answer: Any) -> Sent:
        self.wire.status = status
        self.wire.answer = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        try:
            return await self.channel.send(POST, START)
        finally:
            await self.channel.close()


async def test_over_http_the_same_is_said(wire: Wire) -> None:
    sent = await Api(wire).send(200, ok({"message_id": -5}))
    assert sent == Sent({"id": f"{SELF}:-5"})
    assert json.loads(wire.bodies[0]) == {
        "group_id": 20001, "message": replies.segments(POST), "auto_escape": True,
    }  # fmt: skip
    assert wire.headers[0]["authorization"] == f"Bearer {TOKEN}"


async def test_the_account_behind_the_http_interface_is_asked_for(wire: Wire) -> None:
    api = Api(wire)
    api.channel.account = ""
    sent = await api.send(200, ok({"user_id": SELF, "message_id": 5}))
    assert sent == Sent({"id": f"{SELF}:5"})
    assert api.channel.memory.ours == {str(SELF)}


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (401, b"", Later), (403, b'{"message": "token verify failed!"}', Later),
        (404, b"", Permanent), (400, b"", Permanent), (406, b"", Permanent), (429, b"", Later),
        (503, b"", Later), (500, b"", Unknown), (302, b"", Unknown), (None, b"", Unknown),
        (200, b"<html>", Unknown), (200, b"[]", Unknown), (200, b'{"retcode": "x"}', Unknown),
    ],
)  # fmt: skip
async def test_what_http_answers_decides(
    wire: Wire, status: int | None, answer: bytes, outcome: type[Exception]
) -> None:
    with pytest.raises(outcome) as raised:
        await Api(wire).send(status, answer)
    assert wire.url not in str(raised.value)
    assert TOKEN not in str(raised.value)


async def test_where_nobody_listens_it_is_tried_again() -> None:
    channel = made(api="http://127.0.0.1:9")
    channel.account = str(SELF)
    with pytest.raises(Later, match="MINGCHENG_ONEBOT_API"):
        await channel.send(POST, START)
    await channel.close()


@pytest.mark.parametrize(
    ("pause", "words", "after"),
    [(12.5, "一分钟最多发 20 条", 12.5), (Away("x"), "消息队列暂时连不上", 2)],
)
async def test_who_would_be_too_fast_waits(
    wire: Wire, pause: float | Away, words: str, after: float
) -> None:
    api = Api(wire)
    api.channel.shared = Alone(pause)  # type: ignore[assignment]
    with pytest.raises(Later, match=words) as later:
        await api.send(200, ok({"message_id": 5}))
    assert later.value.after == after
    assert not wire.bodies


def test_of_several_bots_one_that_is_in_the_group_speaks() -> None:
    def line(
        name: str, groups: set[str] | None, online: bool = True, role: Any = "universal"
    ) -> Line:
        return Line(None, name, role, START, online, groups)  # type: ignore[arg-type]

    inside, unsaid = line("a", {"1"}), line("b", None)
    off, outside, ears = (
        line("c", {"1"}, online=False),
        line("d", {"2"}),
        line("e", {"1"}, True, "event"),
    )
    assert of_group([inside, off, unsaid, outside, ears], "1") is inside
    assert of_group([unsaid, outside], "1") is unsaid
    assert of_group([outside, ears], "1") is None


def test_what_is_no_message_id_makes_no_receipt() -> None:
    assert replies.settled(Reply(retcode=0, data={"message_id": None}), "1") == Sent(None)
    assert replies.settled(Reply(status="ok"), "1") == Sent(None)
