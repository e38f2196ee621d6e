"""What QQ messages say, and who may say something; aiocqhttp reads with us."""

import copy
import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

import aiocqhttp  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.channels.base import Answer, Hint, Incoming, Media, Quoted, Rejected, Request
from bot.channels.onebot import said
from tests.bot.channels.onebot_made import (
    NAPCAT,
    POST,
    SELF,
    TOKEN,
    WORDS,
    made,
    received,
    segment,
    signed,
)
from tests.fixtures.cast import START


def heard(message: Any, **more: Any) -> Incoming:
    (incoming,) = received(NAPCAT.said(1_234_567, message, **more)).messages
    return incoming


# --- what is said -----------------------------------------------------------------------------


def test_a_message_whole() -> None:
    event = NAPCAT.said(
        1_234_567,
        [
            segment("reply", id="-77"), segment("at", qq=str(SELF)),
            segment("text", text=" 路灯坏了"),
            segment("image", file="A.jpg", url="https://qq.invalid/a?rkey=1", file_size=7),
        ],
        sender={"card": "立方新能源-张三", "nickname": "zz"},
    )  # fmt: skip
    (incoming,) = received(event).messages
    assert incoming == Incoming(
        kind="message", channel="onebot", group="20001", id=f"{SELF}:{event['message_id']}",
        at=datetime.fromtimestamp(event["time"], UTC), sender="1234567", name="立方新能源-张三",
        text="路灯坏了", quote=f"{SELF}:-77", mentions_bot=True, people="onebot",
        via=f"onebot:{SELF}",
        images=(Media("A.jpg", "A.jpg", source={"url": "https://qq.invalid/a?rkey=1"}),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("segments", "code", "text"),
    [
        ([segment("text", text="a&b[c],d")], "a&amp;b&#91;c&#93;,d", "a&b[c],d"),
        ([segment("text", text="&#91;")], "&amp;#91;", "&#91;"),
        ([segment("at", qq="all"), segment("text", text="注意")], "[CQ:at,qq=all]注意",
         "@全体成员 注意"),
        ([segment("at", qq=222222, name="李 四"), segment("text", text="看看")],
         "[CQ:at,qq=222222,name=李 四]看看", "@李四 看看"),
        ([segment("text", text="好"), segment("face", id="14")], "好[CQ:face,id=14]", "好"),
        ([segment("face", id="14")], "[CQ:face,id=14]", "[表情]"),
        ([segment("never_heard_of", x=1)], "[CQ:never_heard_of,x=1]", "[不支持的消息]"),
        ([segment("location", lat="1", lon="2", title="栗雨", content="新马路")],
         "[CQ:location,lat=1,lon=2,title=栗雨,content=新马路]", "[位置]栗雨 新马路"),
        ([segment("share", url="https://x.invalid/?a=1&b=2", title="t")],
         "[CQ:share,url=https://x.invalid/?a=1&amp;b=2,title=t]",
         "[链接]t https://x.invalid/?a=1&b=2"),
        ([segment("json", data='{"prompt": "[公告]停水"}')],
         '[CQ:json,data={"prompt": "&#91;公告&#93;停水"}]',
         "[公告]停水"),
        ([segment("forward", id="9")], "[CQ:forward,id=9]", "[合并转发的聊天记录]"),
    ],
)  # fmt: skip
def test_both_forms_of_a_message_say_the_same(
    segments: list[dict[str, Any]], code: str, text: str
) -> None:
    assert heard(segments).text == text
    assert heard(code).text == text


@pytest.mark.parametrize(
    "text", ["[CQ:]", "[CQ:at", "CQ:at,qq=all]", "[CQ:a t,x=1]", "[CQ:at,qq=[1]]"]
)
def test_a_code_that_is_none_is_text(text: str) -> None:
    assert heard(text).text == text


KEYS = st.from_regex(re.compile(r"[A-Za-z0-9_.-]{1,8}", re.ASCII), fullmatch=True)
PARTS = st.lists(
    st.one_of(
        st.builds(lambda text: segment("text", text=text), WORDS.filter(bool)),
        st.builds(
            lambda type_, data: {"type": type_, "data": data},
            KEYS.filter(lambda key: key != "text"), st.dictionaries(KEYS, WORDS, max_size=4),
        ),
    ),
    max_size=6,
)  # fmt: skip


@given(PARTS)
@example([segment("text", text="[CQ:at,qq=all]"), segment("image", url="a,b]&#44;&amp;")])
def test_codes_of_an_independent_writer_are_read_as_it_means_them(
    parts: list[dict[str, Any]],
) -> None:
    code = str(aiocqhttp.Message(copy.deepcopy(parts)))  # it changes what it is given
    found = [(part.type, dict(part.data)) for part in said.segments(code)]
    wanted: list[tuple[str, dict[str, str]]] = []
    for part in parts:  # texts that touch are one text in a string
        if part["type"] == "text" and wanted and wanted[-1][0] == "text":
            wanted[-1][1]["text"] += part["data"]["text"]
        else:
            wanted.append((part["type"], dict(part["data"])))
    assert found == wanted


@pytest.mark.parametrize(
    ("part", "media"),
    [
        (segment("record", file="v.amr", url="http://qq.invalid/v"),
         Media("v.amr", "v.amr", kind="voice", source={"url": "http://qq.invalid/v"})),
        (segment("video", file="c.mp4", url="https://qq.invalid/c", file_id="F"),
         Media("F", "c.mp4", kind="video", source={"url": "https://qq.invalid/c"})),
        (segment("file", file="合同.pdf", file_id="/F", url=""),
         Media("/F", "合同.pdf", kind="file")),
        (segment("image", file="https://qq.invalid/i"),
         Media("https://qq.invalid/i", None, source={"url": "https://qq.invalid/i"})),
        (segment("image", file="file:///etc/passwd", url="file:///etc/passwd"),
         Media("file:///etc/passwd", None)),
        (segment("image"), Media("sha256:" + hashlib.sha256(b"").hexdigest())),
        (segment("image", file="base64://" + "A" * 3000),
         Media("sha256:" + hashlib.sha256(b"base64://" + b"A" * 3000).hexdigest())),
    ],
)  # fmt: skip
def test_pictures_voices_and_files_are_to_be_fetched(part: dict[str, Any], media: Media) -> None:
    assert heard([part]).images == (media,)


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ({"card": "张", "nickname": "z"}, "张"), ({"card": "", "nickname": "z"}, "z"),
        ({"nickname": None}, "1234567"), (None, "1234567"),
    ],
)  # fmt: skip
def test_a_sender_is_called_as_the_group_shows_them(sender: Any, name: str) -> None:
    assert heard("好", sender=sender).name == name


def test_who_speaks_without_a_name_is_one_person_each() -> None:
    incoming = heard("好", user_id=80_000_000, anonymous={"id": 9, "name": "大力士", "flag": "f"})
    assert (incoming.sender, incoming.name) == ("anonymous:9", "大力士")


def test_numbers_may_be_written_as_text_and_a_wrong_clock_is_not_believed() -> None:
    event = NAPCAT.said(1_234_567, "好")
    texts = {key: str(event[key]) for key in ("self_id", "message_id", "group_id", "user_id")}
    late = {**event, **texts, "time": 0}
    (incoming,) = received(late).messages
    (same,) = received(event).messages
    assert incoming.id == same.id
    assert incoming.at == START


def test_what_taking_back_means() -> None:
    event = NAPCAT.event(
        post_type="notice", notice_type="group_recall", group_id=20001, message_id=5, user_id=1
    )
    (incoming,) = received(event).messages
    assert (incoming.kind, incoming.group, incoming.id) == ("recall", "20001", f"{SELF}:5")


@pytest.mark.parametrize(
    "event",
    [
        NAPCAT.said(SELF, "已受理 #1"),
        NAPCAT.said(SELF, "已受理 #1", post_type="message_sent"),
        NAPCAT.said(10_002, "已受理 #1"),  # another of our bots
        NAPCAT.event(post_type="notice", notice_type="group_increase", group_id=1, user_id=2),
        NAPCAT.event(post_type="request", request_type="friend", user_id=2),
    ],
)
def test_what_our_bots_say_and_what_changes_nothing_is_passed_over(event: dict[str, Any]) -> None:
    found = received(event, bots="10001, 10002")
    assert (*found.messages, *found.raw, *found.hints) == ()
    assert found.answer == Answer(status=204)


@pytest.mark.parametrize(
    "event",
    [
        NAPCAT.said(1, "在吗", message_type="private"),
        NAPCAT.said(1, "管理员已禁止匿名聊天", sub_type="notice"),
        NAPCAT.said(1, []),
        NAPCAT.event(post_type="notice", notice_type="group_upload", group_id=20001, user_id=1),
        NAPCAT.event(post_type="something_new"),
    ],
)
def test_what_is_not_known_is_kept_raw(event: dict[str, Any]) -> None:
    (raw,) = received(event).raw
    assert json.loads(raw.payload) == event


LIFE = NAPCAT.event(post_type="meta_event", meta_event_type="lifecycle")


@pytest.mark.parametrize(
    ("event", "well"),
    [
        (NAPCAT.beat(), True), (NAPCAT.beat(online=False), False), (NAPCAT.beat(good=False), False),
        (LIFE | {"sub_type": "enable"}, True), (LIFE | {"sub_type": "disable"}, False),
    ],
)  # fmt: skip
def test_a_beat_of_the_heart_tells_how_the_bot_is(event: dict[str, Any], well: bool) -> None:
    assert received(event).hints == [Hint("onebot", {"bot": str(SELF), "online": well})]


def test_what_an_implementation_says_of_itself_is_not_needed_to_be_whole() -> None:
    quoted = made()
    quoted.memory.sends(POST)
    own = NAPCAT.said(SELF, [segment("at", qq="1234567"), segment("text", text=" 已受理 #1")])
    other = NAPCAT.said(SELF, "别的话")
    for event in (own, other):
        assert not quoted.receive(signed(event), START).messages
    ids = [own["message_id"], other["message_id"]]
    events = [NAPCAT.said(1, f"[CQ:reply,id={id_}]好") for id_ in ids]
    quotes = [quoted.receive(signed(event), START).messages[0].quote for event in events]
    assert quotes == ["post-7", Quoted("", "别的话")]


# --- who says it ------------------------------------------------------------------------------


def refused(request: Request, **settings: Any) -> tuple[int, str]:
    with pytest.raises(Rejected) as rejected:
        made(**settings).receive(request, START)
    return rejected.value.status, rejected.value.reason


EVENT = NAPCAT.said(1, "好")
BODY = json.dumps(EVENT).encode()


@pytest.mark.parametrize(
    ("request_", "settings", "status"),
    [
        (Request(headers={}, query={}, body=BODY), {}, 401),
        (Request(headers={"authorization": f"Bearer {TOKEN}"}, query={}, body=BODY), {}, 401),
        (Request(headers={"x-signature": "sha1=é"}, query={}, body=BODY), {}, 403),
        (signed(BODY, "guessed"), {}, 403),
        (signed(BODY, ""), {"token": ""}, 401),
        (signed(BODY), {"secret": "another"}, 403),
        (signed(b"{"), {}, 400),
        (signed(b"[]"), {}, 400),
        (signed({**EVENT, "message_id": None}), {}, 400),
        (signed({**EVENT, "group_id": True}), {}, 400),
        (signed({**EVENT, "message": 7}), {}, 400),
    ],
)
def test_what_is_not_taken_is_told(
    request_: Request, settings: dict[str, str], status: int
) -> None:
    found, reason = refused(request_, **settings)
    assert found == status
    assert TOKEN not in reason


def test_a_signature_is_over_the_bytes_as_they_came() -> None:
    spaced = json.dumps(EVENT, indent=3).encode()
    assert received(spaced).messages
    request = signed(spaced)
    assert refused(Request(headers=request.headers, query={}, body=BODY))[0] == 403


def test_a_secret_of_its_own_may_be_set() -> None:
    assert made(secret="own").receive(signed(EVENT, "own"), START).messages
