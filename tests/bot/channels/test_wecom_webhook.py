"""群机器人: what leaves, whom it mentions, and what each refusal means for the group.

The platform is our own reading of its documents: tests/bot/channels/fakes/wecom_api.py.
"""

import base64
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlmodel import col, select

from bot.channels.base import Addressed, Later, Outgoing, Permanent, Rejected, Request, Unknown
from bot.channels.wecom_webhook import BLOCKED, BUGS, WecomWebhook, channel
from bot.channels.wording import size
from bot.inbox import Inbox
from bot.sender import Sender
from bot.settings import Settings
from bot.streams import Streams
from storage import carriers, posts
from storage.database import Database
from storage.models import Group, Post
from tests.bot.channels.fakes.wecom_api import PNG, ROBOT, Tencent, served
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded

SEND, UPLOAD = "/cgi-bin/webhook/send", "/cgi-bin/webhook/upload_media"


def post(text: str = "已受理 #1", *to: str, **more: Any) -> Outgoing:
    who = [Addressed(one, one) for one in to]
    said: dict[str, Any] = {"id": "post-7", "group": ROBOT, "about": [1], "why": "reply", **more}
    return Outgoing(text=text, to=who, at=START, **said)


@pytest.fixture
def tencent() -> Iterator[Tencent]:
    with served(Tencent()) as serving:
        yield serving


@pytest_asyncio.fixture
async def robot(streams: Streams, tencent: Tencent) -> AsyncIterator[WecomWebhook]:
    made = WecomWebhook(streams, tencent.url)
    made.line.pauses = (0.0, 0.0, 0.0)
    yield made
    await made.close()


async def says(robot: WecomWebhook, whole: Outgoing) -> None:
    """Send all its parts, as the sender does."""
    texts = robot.split(whole)
    for part, text in enumerate(texts):
        await robot.send(replace(whole, text=text, part=part, parts=len(texts)), START)


# --- what leaves ------------------------------------------------------------------------------


async def test_a_text_mentions_whom_it_is_for(robot: WecomWebhook, tencent: Tencent) -> None:
    await robot.send(post("已受理 #1", "li.si", "13800138000", "zhang"), START)
    (call,) = tencent.calls
    assert (call.path, call.query) == (SEND, {"key": ROBOT})
    assert call.body == {
        "msgtype": "text",
        "text": {
            "content": "已受理 #1", "mentioned_list": ["li.si", "zhang"],
            "mentioned_mobile_list": ["13800138000"],
        },
    }  # fmt: skip


async def test_a_text_for_nobody_mentions_nobody(robot: WecomWebhook, tencent: Tencent) -> None:
    await robot.send(post("放假通知"), START)
    assert tencent.said == [{"msgtype": "text", "text": {"content": "放假通知"}}]


@pytest.mark.parametrize("who", ["@all", "all", "ALL", "a|b", "张三", "", "x" * 65, "<@li.si>"])
async def test_nobody_is_mentioned_who_is_no_single_member(
    robot: WecomWebhook, tencent: Tencent, who: str
) -> None:
    await robot.send(post("已受理", who), START)
    assert tencent.said == [{"msgtype": "text", "text": {"content": "已受理"}}]


async def test_only_the_first_part_mentions_and_all_are_short_enough(
    robot: WecomWebhook, tencent: Tencent
) -> None:
    text = "栗雨工业园新马路的路灯坏了一周,晚上很黑。" * 120
    await says(robot, post(text, *(f"member-of-unit-{n:02}" for n in range(40))))
    contents = [one["text"]["content"] for one in tencent.said]
    assert "".join(contents) == text
    assert len(contents) > 3
    assert all(one.endswith("。") for one in contents)
    mentioned = [one["text"].get("mentioned_list", []) for one in tencent.said]
    assert len(mentioned[0]) == 20  # of forty; there is no room for more
    assert mentioned[1:] == [[]] * (len(contents) - 1)
    assert size(contents[0]) + sum(50 for _ in mentioned[0]) <= 2048


async def test_a_digest_is_a_markdown_with_its_first_line_bold(
    robot: WecomWebhook, tencent: Tencent
) -> None:
    await says(robot, post("【日巡查】4月3日\n本群收集3件,办结2件。", why="digest"))
    assert tencent.said == [
        {
            "msgtype": "markdown",
            "markdown": {"content": "**【日巡查】4月3日**\n本群收集3件,办结2件。"},
        }
    ]


@pytest.mark.parametrize("text", ["<" * 3000, "x # " * 2000, "路灯。\n" * 700, "[]*`~|" * 900])
async def test_a_digest_of_any_length_comes_in_parts_that_fit(
    robot: WecomWebhook, tencent: Tencent, text: str
) -> None:
    await says(robot, post(text, why="digest"))
    assert all(one["msgtype"] == "markdown" for one in tencent.said)
    assert len(tencent.said) > 1


HOSTILE = "<@all> <@li.si> [点我](http://evil.example) **急** <font color='warning'>x</font>\n# 大"


@pytest.mark.parametrize("why", ["reply", "digest"])
async def test_what_people_wrote_mentions_and_marks_nothing(
    robot: WecomWebhook, tencent: Tencent, why: str
) -> None:
    await says(robot, post(HOSTILE, why=why))
    (said,) = tencent.said
    content = said[said["msgtype"]]["content"]
    assert "<@" not in content
    assert "mentioned_list" not in said.get("text", {})
    if why == "digest":
        inner = content.replace("**", "", 2)
        assert not set("<>[]*`") & set(inner)
        assert "\n# " not in content


async def test_a_picture_has_the_digest_of_its_bytes(robot: WecomWebhook, tencent: Tencent) -> None:
    await robot.picture(ROBOT, PNG * 100)
    (said,) = tencent.said
    assert base64.b64decode(said["image"]["base64"]) == PNG * 100
    with pytest.raises(Permanent, match="2 MB"):
        await robot.picture(ROBOT, b"x" * (2 * 1024 * 1024 + 1))
    assert len(tencent.calls) == 1


async def test_a_file_is_uploaded_and_said(robot: WecomWebhook, tencent: Tencent) -> None:
    content = b"\r\n--boundary\r\n\x00\xff" * 50
    await robot.file(ROBOT, '4月 "月讲评"\r\n.xlsx', content, "application/octet-stream")
    (part,) = tencent.files.values()
    assert (part.content, part.name) == (content, "4月 _月讲评___.xlsx")
    assert tencent.said == [{"msgtype": "file", "file": {"media_id": next(iter(tencent.files))}}]


@pytest.mark.parametrize("many", [0, 5, 20 * 1024 * 1024 + 1])
async def test_a_file_of_no_size_is_not_uploaded(
    robot: WecomWebhook, tencent: Tencent, many: int
) -> None:
    with pytest.raises(Permanent, match="20 MB"):
        await robot.file(ROBOT, "a.txt", b"x" * many, "text/plain")
    assert tencent.calls == []


async def test_an_upload_that_nobody_answers_is_tried_again_since_nobody_saw_it(
    robot: WecomWebhook, tencent: Tencent
) -> None:
    tencent.answers[UPLOAD] = [None, 93000, {"errcode": 0}]
    with pytest.raises(Later):
        await robot.file(ROBOT, "a.txt", b"123456", "text/plain")
    with pytest.raises(Permanent) as raised:
        await robot.file(ROBOT, "a.txt", b"123456", "text/plain")
    assert raised.value.blocks
    with pytest.raises(Later):
        await robot.file(ROBOT, "a.txt", b"123456", "text/plain")
    assert tencent.asked(SEND) == []


# --- how often --------------------------------------------------------------------------------


async def test_eighteen_leave_in_a_minute_and_the_next_one_waits(
    robot: WecomWebhook, tencent: Tencent, streams: Streams
) -> None:
    for n in range(18):
        await robot.send(post(f"第{n}条"), START)
    with pytest.raises(Later, match="太多") as raised:
        await robot.send(post("第19条"), START)
    assert raised.value.after is not None
    assert 0 < raised.value.after <= 60
    assert len(tencent.said) == 18
    with pytest.raises(Permanent):  # of another group: it has turns of its own
        await robot.send(post(group="693a91f6-0000-4bc4-97a0-0ec2sifa5bbb"), START)
    assert not [key async for key in streams.client.scan_iter() if ROBOT in str(key)]


async def test_without_shared_memory_nothing_leaves(tencent: Tencent) -> None:
    away = Streams("redis://127.0.0.1:1")
    robot = WecomWebhook(away, tencent.url)
    with pytest.raises(Later):
        await robot.send(post(), START)
    assert tencent.calls == []
    await robot.close()
    await away.close()


# --- what a refusal means ---------------------------------------------------------------------

#: As the table of the documents says (channels, 1.4): the outcome, whether the group is blocked.
TABLE: list[tuple[int, type[Exception], bool]] = [
    (-1, Later, False), (45009, Later, False),
    (93000, Permanent, True), (93001, Permanent, True), (93004, Permanent, True),
    (93006, Permanent, True), (93008, Permanent, True), (93019, Permanent, True),
    (93017, Permanent, False), (93018, Permanent, False), (40008, Permanent, False),
    (40035, Permanent, False), (40058, Permanent, False), (44004, Permanent, False),
    (45002, Permanent, False), *((code, Permanent, False) for code in range(42027, 42052)),
    (12345, Permanent, False),
]  # fmt: skip


@pytest.mark.parametrize(("code", "outcome", "blocks"), TABLE)
async def test_every_errcode_is_handled_as_the_table_says(
    robot: WecomWebhook, tencent: Tencent, code: int, outcome: type[Exception], blocks: bool
) -> None:
    tencent.answers[SEND] = [code] * 9
    with pytest.raises((Later, Permanent, Unknown)) as raised:
        await robot.send(post(), START)
    assert type(raised.value) is outcome
    assert getattr(raised.value, "blocks", False) is blocks
    assert getattr(raised.value, "after", None) == (60.0 if code == 45009 else None)
    assert len(tencent.calls) == (4 if code == -1 else 1)
    assert (f"错误码 {code}" in str(raised.value)) is (code != -1)


def test_each_of_ours_stands_in_the_table() -> None:
    assert {code for code, _, blocks in TABLE if blocks} == set(BLOCKED)
    assert {code for code, outcome, blocks in TABLE if outcome is Permanent and not blocks} == {
        *BUGS, 12345,
    }  # fmt: skip


@pytest.mark.parametrize("answer", [None, "silence", "done", b"<html>", ("status", 502)])
async def test_without_an_answer_nobody_knows_and_it_is_not_said_again(
    robot: WecomWebhook, tencent: Tencent, answer: Any
) -> None:
    robot.line.timeout = 0.3
    tencent.answers[SEND] = [answer]
    with pytest.raises(Unknown, match="不知是否送达"):
        await robot.send(post(), START)
    assert len(tencent.calls) == 1


async def test_a_platform_that_can_t_be_reached_is_tried_later(streams: Streams) -> None:
    robot = WecomWebhook(streams, "http://127.0.0.1:1")
    with pytest.raises(Later, match="连不上"):
        await robot.send(post(), START)
    await robot.close()


# --- its address ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        ROBOT,
        f"  {ROBOT}\n",
        f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={ROBOT}",
        f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?debug=1&key={ROBOT}#x",
    ],
)
async def test_the_whole_address_may_be_pasted(
    robot: WecomWebhook, tencent: Tencent, given: str
) -> None:
    assert WecomWebhook.address(given) == ROBOT
    await robot.send(post(group=given), START)
    assert len(tencent.said) == 1


@pytest.mark.parametrize(
    "given", ["", "key=", "https://x/?key=", "https://x/?key=a/b", "张三", "../../x", "k" * 65]
)
async def test_what_is_no_address_is_said(
    robot: WecomWebhook, tencent: Tencent, given: str
) -> None:
    with pytest.raises(ValueError, match="Webhook 地址"):
        WecomWebhook.address(given)
    with pytest.raises(Permanent) as raised:
        await robot.send(post(group=given), START)
    assert raised.value.blocks
    assert tencent.calls == []


@pytest.mark.parametrize("answer", [93000, 45009, -1, None, "silence", b"<html>", ("status", 404)])
async def test_the_key_stands_in_no_error_and_no_log(
    robot: WecomWebhook, tencent: Tencent, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    robot.line.timeout = 0.3
    tencent.answers[SEND] = [answer] * 9
    with pytest.raises((Later, Permanent, Unknown)) as raised:
        await robot.send(post(), START)
    assert ROBOT not in "".join(traceback.format_exception(raised.value)) + caplog.text


def test_it_hears_nothing() -> None:
    made = channel(Settings(), None)  # type: ignore[arg-type]  # nothing is sent
    assert (made.powers.reads, made.powers.answers, made.powers.pushes) == ("none", "auto", "auto")
    assert (made.callback, made.idempotent, made.secret_address) == (False, False, True)
    assert made.by_settings().state == "ok"  # it needs nobody who runs it
    with pytest.raises(Rejected):
        made.receive(Request(headers={}, query={}, body=b""), START)


# --- with the sender --------------------------------------------------------------------------


async def carry(database: Database, *texts: str) -> None:
    """Let the group g1 be answered by the robot, and queue posts."""
    async with database.transaction() as session:
        group = await session.get(Group, "g1")
        assert group is not None
        group.answers = group.pushes = "wecom_webhook"
        await carriers.put(session, "g1", "wecom_webhook", ROBOT)
        for text in texts:
            await posts.say(session, group_id="g1", text=text, at=START, why="reply")


async def sent(database: Database) -> list[tuple[str, str | None]]:
    async with database.transaction() as session:
        rows = (await session.exec(select(Post).order_by(col(Post.said)))).all()
        return [(row.status, row.error) for row in rows]


async def test_a_robot_that_was_removed_blocks_its_group_until_somebody_mends_it(
    robot: WecomWebhook, tencent: Tencent, database: Database, streams: Streams
) -> None:
    await carry(database, "第一条", "第二条")
    tencent.answers[SEND] = [93000]
    sender = Sender(database, streams, {robot.name: robot}, lambda: START)
    while await sender.step():
        pass
    assert [status for status, _ in await sent(database)] == ["failed", "failed"]
    assert len(tencent.calls) == 1
    door = Inbox(database, streams, lambda: START)
    health = await robot.health(door)
    assert (health.state, ROBOT in health.words) == ("warn", False)
    await carry(database, "第三条")
    while await sender.step():
        pass
    assert [one["text"]["content"] for one in tencent.said] == ["第三条"]
    assert (await robot.health(door)).state == "ok"


async def test_what_nobody_answered_for_is_shown_and_never_sent_again(
    robot: WecomWebhook, tencent: Tencent, database: Database, streams: Streams
) -> None:
    await carry(database, "第一条")
    tencent.answers[SEND] = ["done"]
    later = START + timedelta(hours=1)
    for now in (START, later):
        sender = Sender(database, streams, {robot.name: robot}, lambda at=now: at)  # type: ignore[misc]
        while await sender.step():
            pass
    ((status, error),) = await sent(database)
    assert (status, "不知是否送达" in str(error)) == ("unknown", True)
    assert len(tencent.said) == 1


async def test_without_groups_it_is_off(
    robot: WecomWebhook, database: Database, streams: Streams
) -> None:
    assert (await robot.health(Inbox(database, streams, lambda: START))).state == "off"
