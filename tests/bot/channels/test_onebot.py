"""What QQ messages say, what is said back, and who may say something; aiocqhttp reads with us."""

import asyncio
import copy
import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiocqhttp  # type: ignore[import-untyped]
import httpx
import pytest
import uvicorn
from hypothesis import example, given
from hypothesis import strategies as st

from bot.channels.base import (
    Addressed,
    Answer,
    Health,
    Hint,
    Incoming,
    Later,
    Media,
    Outgoing,
    Permanent,
    Quoted,
    Received,
    Rejected,
    Request,
    Sent,
    Unknown,
)
from bot.channels.onebot import LONGEST, OneBot, replies, said
from bot.channels.onebot.lines import Line, Reply, of_group
from bot.channels.onebot.roster import FORGOTTEN, GONE, Roster
from bot.channels.onebot.settings import OneBotSettings
from bot.settings import Wrong
from bot.streams import Away
from tests.bot.channels.fakes.napcat import NapCat, ok
from tests.bot.wire import Wire
from tests.fixtures.cast import START

TOKEN, SELF = "made-up-token", 10001
NAPCAT = NapCat(SELF, TOKEN, [20001])


class Alone:
    """What processes share, where there is one; `pause`: how long its turn is waited for."""

    def __init__(self, pause: float | Away = 0.0) -> None:
        self.pause, self.turns = pause, list[str]()

    async def wait(self, key: str, windows: Any) -> float:
        self.turns.append(key)
        if isinstance(self.pause, Away):
            raise self.pause
        return self.pause


def made(**given: Any) -> OneBot:
    return OneBot(OneBotSettings(**{"token": TOKEN, **given}), Alone())  # type: ignore[arg-type]


def signed(event: Any, secret: str = TOKEN) -> Request:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    mac = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    return Request(headers={"x-signature": f"sha1={mac}"}, query={}, body=body)


def received(event: Any, **settings: Any) -> Received:
    return made(**settings).receive(signed(event), START)


def heard(message: Any, **more: Any) -> Incoming:
    (incoming,) = received(NAPCAT.said(1_234_567, message, **more)).messages
    return incoming


def segment(type_: str, **data: Any) -> dict[str, Any]:
    return {"type": type_, "data": data}


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


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
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


# --- what leaves ------------------------------------------------------------------------------

POST = Outgoing(
    id="post-7", group="20001", text="@张三 已受理 #1", to=[Addressed("1234567", "张三")],
    about=[1], why="reply", at=START,
)  # fmt: skip


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


# --- settings and health ----------------------------------------------------------------------


@pytest.mark.parametrize("api", ["napcat:3000", "ftp://x", "http://u:p@x", "http://x?token=1"])
def test_a_wrong_address_is_told_by_the_name_of_its_setting(
    monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    monkeypatch.setenv("MINGCHENG_ONEBOT_API", api)
    with pytest.raises(Wrong, match="MINGCHENG_ONEBOT_API"):
        OneBotSettings.of("onebot")


@pytest.mark.parametrize("given_", ["", "g1", "123", "0123456", "1" * 13])
def test_a_group_is_called_by_its_number(given_: str) -> None:
    assert OneBot.address(" 123456 ") == "123456"
    with pytest.raises(ValueError, match="群号"):
        OneBot.address(given_)


def test_without_a_token_it_is_off() -> None:
    assert made().by_settings() is None
    assert made(token="").by_settings() == Health("off", "没有设置 MINGCHENG_ONEBOT_TOKEN")


def test_who_is_not_heard_of_is_gone_and_forgotten_in_time() -> None:
    roster = Roster()
    assert roster.health(START).state == "down"
    for bot in ("1", "2"):
        roster.note(json.dumps({"bot": bot, "online": True}), START)
    assert roster.health(START).state == "ok"
    later = START + GONE + timedelta(seconds=1)
    roster.note(json.dumps({"bot": "2"}), later)
    found = roster.health(later)
    assert found.state == "warn"
    assert "机器人 1 已断开(自 4月3日09:00)" in found.words
    roster.note(json.dumps({"bot": "2"}), START + 2 * FORGOTTEN)
    assert roster.health(START + 2 * FORGOTTEN) == Health("ok", "机器人 2 已连接(自 4月3日09:00)")


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
@example('{"bot": 1, "since": "soon"}')
@example('{"bot": "1", "since": 5}')
def test_a_hint_that_is_none_is_passed_over(hint: str) -> None:
    roster = Roster()
    roster.note(hint, START)
    assert roster.health(START).state == "down"


# --- the fake bot, on somebody else's server --------------------------------------------------


@asynccontextmanager
async def served(web: Any) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(web, port=0, log_level="critical", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event
        await asyncio.sleep(0.01)
    try:
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


async def test_the_fake_bot_speaks_as_an_independent_server_expects() -> None:
    theirs = aiocqhttp.CQHttp(
        "theirs", access_token=TOKEN, secret=TOKEN, message_class=aiocqhttp.Message
    )
    took: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()

    @theirs.on_message("group")  # type: ignore[untyped-decorator]
    async def take(event: aiocqhttp.Event) -> None:
        took.put_nowait(event)

    async with served(theirs.asgi) as address, httpx.AsyncClient() as http:
        bot = NapCat(SELF, TOKEN, [20001])
        async with bot.connected(f"ws://{address}/ws/"), asyncio.timeout(10):
            await bot.tell(bot.said(1, [segment("text", text="路灯坏了")]))
            assert str((await took.get())["message"]) == "路灯坏了"
            sent = await theirs.send_group_msg(group_id=20001, message=replies.segments(POST))
            assert sent == {"message_id": SELF * 1000 + bot.numbers}
            with pytest.raises(aiocqhttp.ActionFailed):
                await theirs.call_action("no_such_action")
        event = bot.said(2, "[CQ:at,qq=3]你好")
        assert (await bot.posts(http, f"http://{address}/", event)).status_code == 204
        assert (await took.get())["user_id"] == 2
        assert (
            await NapCat(SELF, "x", []).posts(http, f"http://{address}/", event)
        ).status_code == 403


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
