"""What the archive tells, read: every type of doc 91774, quotes, and whatever else may come.

The messages have the documented form; none was recorded from a live archive.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.base import Incoming, Quoted, Raw
from bot.channels.wecom_archive import WecomArchive, channel
from bot.channels.wecom_archive.contents import FILES, ITEMS, SAYS
from bot.channels.wecom_archive.reading import read, spoken, unquoted
from bot.settings import Settings
from tests.fixtures.cast import REPORT, START

ROOM, OUTSIDER = "wrjc7bDwYAOAhf9quEwRRxyyoMm0QAAA", "wmGAgeDQAAdBjb8CK4ieMPRm7Cqm-9VA"
ROBOT = "wbjc7bDwAAJVylUKpSA3Z5U11tDO4AAA"
MS = int(START.timestamp() * 1000)
TEXT: dict[str, Any] = {
    "msgid": "CAQQluDa4QUY0On2rYSAgAMgzPrShAE=", "action": "send", "from": "zhang",
    "tolist": ["icefog"], "roomid": ROOM, "msgtime": MS, "msgtype": "text",
    "text": {"content": REPORT},
}  # fmt: skip
FILE = {"sdkfileid": "CtYBMzA2", "md5sum": "50de8e5ae8ffe4f1df7a93841f71993a"}


def said(kind: str, inside: Any, key: str | None = None, **more: Any) -> dict[str, Any]:
    """A message of this type."""
    common = {name: value for name, value in TEXT.items() if name != "text"}
    return common | {"msgtype": kind, key or kind: inside} | more


def heard(message: Mapping[str, Any], bot: str = "") -> Incoming:
    found = read(json.dumps(message, ensure_ascii=False), "record", START, bot)
    assert isinstance(found, Incoming)
    return found


def passed(message: Mapping[str, Any]) -> Incoming | Raw | None:
    return read(json.dumps(message), "record", START)


# --- what everything has ----------------------------------------------------------------------


def test_a_text_is_read_whole() -> None:
    assert heard(TEXT) == Incoming(
        kind="message", channel="wecom_archive", group=ROOM, id=TEXT["msgid"], at=START,
        sender="zhang", name="zhang", text=REPORT, people="wecom",
    )  # fmt: skip


def test_time_is_in_milliseconds() -> None:
    assert heard({**TEXT, "msgtime": MS + 7}).at.microsecond == 7000
    assert spoken(json.dumps(TEXT)) == START


@pytest.mark.parametrize("time", [0, -1, None, "soon", 1e300, 10**30, True, 10**15])
def test_without_a_time_that_of_the_record_counts(time: Any) -> None:
    assert heard({**TEXT, "msgtime": time}).at == START
    assert spoken(json.dumps({**TEXT, "msgtime": time})) is None


def test_the_id_of_the_record_stands_for_a_missing_one() -> None:
    assert heard({**TEXT, "msgid": None}).id == "record"


def test_who_calls_the_robot_is_seen() -> None:
    called_ = {**TEXT, "text": {"content": "@名城助手 还没修好"}}
    assert heard(called_, "名城助手").mentions_bot
    assert not heard(called_).mentions_bot
    assert not heard(TEXT, "名城助手").mentions_bot


# --- what is for nobody -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        {**TEXT, "roomid": ""},
        {key: value for key, value in TEXT.items() if key != "roomid"},
        {**TEXT, "from": ROBOT},
        said("markdown", {"content": "已受理 #1"}, "info", **{"from": ROBOT}),
        said("agree", {"userid": OUTSIDER, "agree_time": MS}),
        said("disagree", {"userid": OUTSIDER, "disagree_time": MS}),
        {"msgid": "125289002219525886280", "action": "switch", "time": MS, "user": "zhang"},
        {**TEXT, "text": {"content": " \n"}},
        {**TEXT, "text": {}},
        {},
    ],
)
def test_it_is_kept_and_handed_to_nobody(message: Mapping[str, Any]) -> None:
    assert passed(message) is None


def test_somebody_whose_name_begins_with_wb_is_heard() -> None:
    assert heard({**TEXT, "from": "wbhuang"}).sender == "wbhuang"


@pytest.mark.parametrize(
    "message",
    [
        said("hologram", {"content": "?"}),
        said("", {}),
        {**TEXT, "from": ""},
        said("revoke", {}, action="recall"),
    ],
)
def test_what_nobody_understands_is_kept_raw(message: Mapping[str, Any]) -> None:
    found = passed(message)
    assert isinstance(found, Raw)
    assert found.address == ROOM
    assert json.loads(found.payload) == message
    assert found.id == message["msgid"], "handed over twice after a crash, it is kept once"


def test_a_recall_takes_back_the_message_before() -> None:
    taken = heard(
        said("revoke", {"pre_msgid": "14822339130656386894_1603875600"}, action="recall", msgid="r")
    )
    assert (taken.kind, taken.id, taken.group) == (
        "recall",
        "14822339130656386894_1603875600",
        ROOM,
    )


# --- every type -------------------------------------------------------------------------------

WORDS: list[tuple[dict[str, Any], str]] = [
    (said("markdown", {"content": "请前往系统查看"}, "info"), "请前往系统查看"),
    (said("card", {"corpname": "微信联系人", "userid": OUTSIDER}), "[名片] 微信联系人"),
    (
        said("location", {"longitude": 116.5, "latitude": 39.9, "address": "天元区长江北路 1 号",
                          "title": "政务中心", "zoom": 15}),
        "[位置] 政务中心 天元区长江北路 1 号",
    ),
    (
        said("link", {"title": "通知", "description": "停水", "link_url": "https://a.example/x",
                      "image_url": "https://a.example/y"}),
        "[链接] 通知 停水 https://a.example/x",
    ),
    (said("weapp", {"title": "报修", "displayname": "随手拍"}), "[小程序] 随手拍 报修"),
    (said("todo", {"title": "来自群聊", "content": "催一下供电"}), "[待办] 来自群聊 催一下供电"),
    (
        said("vote", {"votetitle": "几点停电", "voteitem": ["8 点", "9 点"], "votetype": 101}),
        "[投票] 几点停电 8 点、9 点",
    ),
    (
        said("collect", {"title": "缺水登记", "details": [{"ques": "楼号"}, {"ques": "名"}]}),
        "[填表] 缺水登记 楼号、名",
    ),
    (said("redpacket", {"type": 1, "wish": "恭喜发财", "totalcnt": 1}), "[红包] 恭喜发财"),
    (said("external_redpacket", {"wish": "恭喜发财"}, "redpacket"), "[红包] 恭喜发财"),
    (said("meeting", {"topic": "夕会", "address": "", "remarks": ""}), "[会议] 夕会"),
    (said("meeting_notification", {"content": "会议已结束"}, "info"), "[会议] 会议已结束"),
    (
        said("docmsg", {"title": "清单", "link_url": "https://a.example/d"}, "doc"),
        "[在线文档] 清单 https://a.example/d",
    ),
    (
        said("news", {"item": [{"title": "停气", "description": "明天", "url": "https://a.example"},
                               {"title": "恢复"}]}, "info"),
        "[图文] 停气 明天 https://a.example\n[图文] 恢复",
    ),
    (said("calendar", {"title": "现场会", "place": "新马路"}), "[日程] 现场会 新马路"),
    (said("sphfeed", {"sph_name": "株洲", "feed_desc": "夜景"}), "[视频号] 株洲 夜景"),
    (said("voiptext", {"callduration": 9, "invitetype": 2}, "info"), "[音视频通话] 9 秒"),
    (
        said("qydiskfile", {"filename": "图纸.pdf", "url": "https://a.example/s"}, "info"),
        "[微盘文件] 图纸.pdf https://a.example/s",
    ),
    (
        said("solitaire", {"solitaire_content": "#接龙\n1. 三栋停水"}, "info"),
        "[接龙] #接龙\n1. 三栋停水",
    ),
    (
        said("chatrecord", {"title": "群聊", "item": [
            {"type": "ChatRecordText", "msgtime": 1603875610, "content": '{"content":"又停电了"}'},
            {"type": "ChatRecordLocation", "content": '{"title":"三栋","address":"新马路"}'},
            {"type": "ChatRecordHologram", "content": "{}"},
        ]}),
        "[聊天记录] 群聊\n又停电了\n[位置] 三栋 新马路\n[hologram]",
    ),
    (said("image", {}), "[图片]"),
    (said("file", {"filename": "a.docx"}), "[文件] a.docx"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "text"), WORDS, ids=[m["msgtype"] for m, _ in WORDS])
def test_a_reader_understands_what_it_says(message: Mapping[str, Any], text: str) -> None:
    assert heard(message).text == text


KINDS: list[tuple[dict[str, Any], str, str | None, int | None]] = [
    (said("image", {**FILE, "filesize": 70961}), "image", None, 70961),
    (said("voice", {**FILE, "voice_size": 6810, "play_length": 10}), "voice", None, 6810),
    (said("video", {**FILE, "filesize": 15, "play_length": 108}), "video", None, 15),
    (said("file", {**FILE, "filename": "资料.docx", "filesize": 9}), "file", "资料.docx", 9),
    (said("emotion", {**FILE, "type": 1, "imagesize": 962604}), "image", "表情.gif", 962604),
    (said("emotion", {**FILE, "type": 2}), "image", "表情.png", None),
    (
        said("meeting_voice_call", {**FILE, "endtime": 1, "demofiledata": []}, voiceid="grb8"),
        "voice", None, None,
    ),
    (said("voip_doc_share", {**FILE, "filename": "a.pdf"}, voipid="gr27"), "file", "a.pdf", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("message", "kind", "name", "size"), KINDS, ids=[m["msgtype"] for m, *_ in KINDS]
)
def test_a_file_can_be_fetched(
    message: Mapping[str, Any], kind: str, name: str | None, size: int | None
) -> None:
    found = heard(message)
    (file,) = found.images
    assert (file.kind, file.name, found.text) == (kind, name, "")
    assert file.id == f"{found.id}:0"
    assert file.source == {**FILE, "size": size}


def test_a_mixed_message_has_its_words_and_its_files_in_order() -> None:
    items = [
        {"type": "text", "content": '{"content":"路灯坏了[微笑]\\n"}'},
        {"type": "image", "content": json.dumps({**FILE, "filesize": 13177})},
        {"type": "text", "content": '{"content":"在三栋"}'},
        {"type": "emotion", "content": json.dumps({**FILE, "type": 1})},
    ]
    found = heard(said("mixed", {"item": items}))
    assert found.text == "路灯坏了[微笑]\n\n在三栋"
    assert [file.name for file in found.images] == [None, "表情.gif"]
    assert [file.id for file in found.images] == [f"{found.id}:0", f"{found.id}:1"]


def test_a_note_is_read_part_by_part() -> None:
    items = [
        {"msg_type": "text", "content": '{"content":"测试笔记"}'},
        {"msg_type": "file", "content": json.dumps({**FILE, "filename": "log.pub"})},
        {"msg_type": "location", "content": '{"title":"大厦","address":"天府三街"}'},
    ]
    found = heard(said("note", {"items": items}, "info"))
    assert found.text == "测试笔记\n[位置] 大厦 天府三街"
    assert [(file.kind, file.name) for file in found.images] == [("file", "log.pub")]


def test_records_within_records_end_somewhere() -> None:
    inner = {"title": "里", "item": [{"type": "ChatRecordText", "content": '{"content":"话"}'}]}
    for _ in range(6):  # each one doubles its backslashes
        item = {"type": "ChatRecordChatRecord", "content": json.dumps(inner)}
        inner = {"title": "外", "item": [item]}
    assert heard(said("chatrecord", inner)).text.count("[聊天记录] 外") == 4


def test_all_types_of_the_document_are_known() -> None:
    known = set(SAYS) | set(FILES) | set(ITEMS) | {"revoke", "agree", "disagree"}
    assert known == {
        "text", "image", "revoke", "agree", "disagree", "voice", "video", "card", "location",
        "emotion", "file", "link", "weapp", "chatrecord", "mixed", "todo", "vote", "collect",
        "redpacket", "meeting", "calendar", "sphfeed", "meeting_voice_call", "voip_doc_share",
        "external_redpacket", "docmsg", "markdown", "news", "meeting_notification", "voiptext",
        "qydiskfile", "solitaire", "note",
    }  # fmt: skip


# --- quotes -----------------------------------------------------------------------------------

ZH, EN = "这是一条引用/回复消息：", "This is a quote/reply:"
QUOTES: list[tuple[str, str, Quoted | None]] = [
    (f"{ZH}\nnick\n666\n------\n@nick777", "@nick777", Quoted("nick", "666")),
    (f"{EN}\nnick\n666\n------\nok", "ok", Quoted("nick", "666")),
    (f"{ZH}\r\nnick\r\n两\r\n行\r\n------\r\n好", "好", Quoted("nick", "两\r\n行")),
    (f"{ZH}\n“张三：\n路灯坏了”\n------\n修好了", "修好了", Quoted("张三", "路灯坏了")),
    (f"{ZH}\n“张三：路灯坏了”\n------\n修好了", "修好了", Quoted("张三", "路灯坏了")),
    (f'{ZH}\n"张三：\n路灯坏了"\n------\n修好了', "修好了", Quoted("张三", "路灯坏了")),
    (f"{ZH}\n“张三：\n上\n------\n下”\n------\n修好了", "修好了", Quoted("张三", "上\n------\n下")),
    (f"{ZH}\nnick\n666\n------\n上\n------\n下", "上\n------\n下", Quoted("nick", "666")),
    (
        f"{ZH}\na\n{ZH}\nb\n问\n------\n答\n------\n再答", "再答",
        Quoted("a", f"{ZH}\nb\n问\n------\n答"),
    ),
    (f"{ZH}\n只有一行\n------\n好", "好", Quoted("", "只有一行")),
    (f"{ZH}\nnick\n666\n------", "", Quoted("nick", "666")),
    ("「张三：坏了」\n- - - - - - - - - - - - - - -\n修好了", "修好了", Quoted("张三", "坏了")),
    ("「张三:\n路灯\n坏了」\n- - - - - - - -\n好", "好", Quoted("张三", "路灯\n坏了")),
    # no quotes
    (f"{ZH}\nnick\n666\n还没写完", f"{ZH}\nnick\n666\n还没写完", None),
    (f"{ZH}666", f"{ZH}666", None),
    (f"他说{ZH}\nnick\n666\n------\n好", f"他说{ZH}\nnick\n666\n------\n好", None),
    ("上\n------\n下", "上\n------\n下", None),
    ("「张三：路灯坏了」", "「张三：路灯坏了」", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reply", "quote"), QUOTES)
def test_a_quote_is_told_from_the_reply(text: str, reply: str, quote: Quoted | None) -> None:
    assert unquoted(text) == (reply, quote)


def test_a_reply_does_not_say_again_what_it_quotes() -> None:
    found = heard({**TEXT, "text": {"content": f"{ZH}\n张三\n{REPORT}\n------\n已修好"}})
    assert (found.text, found.quote) == ("已修好", Quoted("张三", REPORT))


# --- whatever may come ------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
TYPES = sorted(set(SAYS) | set(FILES) | set(ITEMS) | {"revoke", "agree", "hologram"})
FIELDS = (
    "content", "title", "item", "items", "sdkfileid", "md5sum", "filesize", "filename", "type",
    "pre_msgid", "voteitem", "details", "callduration",
)  # fmt: skip
LEAF = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON))
INSIDE = st.one_of(
    JSON,
    LEAF,
    st.builds(
        lambda kinds, parts: {
            key: [
                {"type": kind, "msg_type": kind, "content": json.dumps(part)}
                for kind, part in zip(kinds, parts, strict=False)
            ]
            for key in ("item", "items")
        },
        st.lists(st.sampled_from(TYPES), max_size=3),
        st.lists(JSON | LEAF, max_size=3),
    ),
)


@st.composite
def anything(draw: st.DrawFn) -> dict[str, Any]:
    """A message of a type of the document, in which all else may be something else."""
    kind = draw(st.sampled_from(TYPES))
    inside = draw(INSIDE)
    message = {**TEXT, "msgtype": kind}
    message |= dict.fromkeys((kind, "info", "doc", "redpacket"), inside)
    return message | draw(st.dictionaries(st.sampled_from(sorted(TEXT)), JSON, max_size=2))


def keepable(text: str) -> bool:
    return "\x00" not in text and text.encode("utf-8", "strict") is not None


@settings(max_examples=400, deadline=None)
@given(anything())
def test_nothing_raises_and_all_can_be_kept(message: dict[str, Any]) -> None:
    found = read(json.dumps(message), "record", START, "名城助手")
    if isinstance(found, Incoming):
        assert keepable(found.as_json())
        assert Incoming.from_json(found.as_json()) == found
        assert all(map(keepable, (found.id, found.group, found.sender, found.text)))
        assert found.id
        assert found.group
        assert found.kind == "recall" or (found.sender and (found.text or found.images))
    elif isinstance(found, Raw):
        assert keepable(found.payload)


@settings(max_examples=300, deadline=None)
@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")) | JSON.map(json.dumps))
def test_what_is_no_message_is_for_nobody(body: str) -> None:
    assert not isinstance(read(body, "record", START), Incoming)
    assert spoken(body) is None


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.sampled_from('甲乙“”"「」：:\n-— 这'), max_size=40), st.sampled_from([ZH, EN, ""])
)
def test_of_a_text_with_a_quote_no_character_is_lost(text: str, begin: str) -> None:
    whole = f"{begin}\n{text}"
    reply, quote = unquoted(whole)
    if quote is None:
        assert reply == whole
        return
    marks = str.maketrans("", "", '“”"「」：:-— \n')
    left = (quote.sender + quote.text + reply).translate(marks)
    assert left == whole.removeprefix(begin).translate(marks)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=5))
def test_of_a_mixed_message_nothing_is_lost(parts: list[str]) -> None:
    items = [{"type": "text", "content": json.dumps({"content": part})} for part in parts]
    items += [
        {"type": "image", "content": json.dumps({**FILE, "sdkfileid": f"f{n}"})} for n in parts
    ]
    found = passed(said("mixed", {"item": items}))
    if parts:
        assert isinstance(found, Incoming)
        assert len(found.images) == len(parts)
        kept = [part.replace("\x00", "") for part in parts]
        assert found.text == unquoted("\n".join(part for part in kept if part))[0]


# --- settings ---------------------------------------------------------------------------------

ALL = {
    "LIBRARY": "/opt/sdk/libWeWorkFinanceSdk_C.so", "SECRET": "made-up", "KEYS": "/opt/sdk/keys",
    "CORP_ID": "ww1",
}  # fmt: skip


def made(monkeypatch: pytest.MonkeyPatch, *but: str, corp: str = "") -> WecomArchive:
    for name, value in ALL.items():
        if name not in but:
            monkeypatch.setenv(f"MINGCHENG_WECOM_ARCHIVE_{name}", value)
    from bot.streams import Streams

    return channel(Settings(wecom_corp_id=corp), Streams("redis://127.0.0.1:1"))


def test_set_it_is_as_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    archive = made(monkeypatch)
    assert archive.by_settings() is None
    assert "made-up" not in repr(archive.settings)


@pytest.mark.parametrize("name", ALL)
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    health = made(monkeypatch, name).by_settings()
    assert health is not None
    assert (health.state, health.words.count("MINGCHENG_")) == ("down", 1)
    assert f"MINGCHENG_WECOM_ARCHIVE_{name}" in health.words


def test_the_corp_of_the_sign_in_is_meant_where_none_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = made(monkeypatch, "CORP_ID", corp="ww2")
    assert (archive.by_settings(), archive.settings.corp_id) == (None, "ww2")


def test_where_nobody_began_it_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    health = made(monkeypatch, *ALL, corp="ww2").by_settings()
    assert health is not None
    assert health.state == "off"
    assert health.words.count("MINGCHENG_") == 3


@pytest.mark.parametrize(("given_", "address"), [(f" {ROOM}\n", ROOM), ("R:1", "R:1")])
def test_a_group_is_called_by_its_roomid(given_: str, address: str) -> None:
    assert WecomArchive.address(given_) == address


@pytest.mark.parametrize("given_", ["", " ", "制造名城群", "w" * 201])
def test_what_is_no_roomid_is_told(given_: str) -> None:
    with pytest.raises(ValueError, match="roomid"):
        WecomArchive.address(given_)


def test_instants_are_in_utc() -> None:
    assert heard(TEXT).at == datetime(2023, 4, 3, 1, tzinfo=UTC)
