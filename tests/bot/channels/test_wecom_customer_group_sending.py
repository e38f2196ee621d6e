"""Customer groups: what an officer is asked to send, and what came of it."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlmodel import col, select

from bot.channels.base import Later, Outgoing, Permanent, Unknown
from bot.channels.wecom_customer_group.customer_group import CustomerGroup
from bot.channels.wecom_customer_group.sheet import Sheet
from bot.inbox import Inbox
from bot.sender import Sender
from bot.settings import Settings
from bot.streams import Away, Streams
from storage import carriers, posts
from storage.models import Group, Post
from tests.bot.channels.fakes.customer_contact import (
    ADD,
    CANCEL,
    GET,
    REMIND,
    RESULT,
    TASK,
    Chat,
    CustomerContact,
    Sending,
    refused,
)
from tests.bot.channels.fakes.wecom_api import CORP, SECRET, served
from tests.fixtures.cast import START, Town

pytestmark = pytest.mark.embedded

NAME = "wecom_customer_group"
TEXT = "工单 #1 已签收,承办单位:天元区城管局。"


@pytest.fixture
def contact() -> Iterator[CustomerContact]:
    """The platform, with one group of chenqi's."""
    with served(CustomerContact(chats={"wrOne": Chat("一群", "chenqi", [])})) as running:
        assert isinstance(running, CustomerContact)
        yield running


@pytest_asyncio.fixture
async def channel(contact: CustomerContact, streams: Streams) -> AsyncIterator[CustomerGroup]:
    """The channel as it is usually set."""
    settings = Settings(wecom_corp_id=CORP, wecom_secret=SecretStr(SECRET), wecom_api=contact.url)
    found = CustomerGroup(settings, Sheet(), streams)
    yield found
    await found.close()


@pytest.fixture
def door(town: Town, streams: Streams) -> Inbox:
    """The real one, on the simulated clock."""
    return Inbox(town.database, streams, town.clock)


@pytest_asyncio.fixture
async def sender(town: Town, streams: Streams, channel: CustomerGroup, door: Inbox) -> Sender:
    """The real one; group g1 is pushed to, and answered, by this channel."""
    async with town.database.transaction() as session:
        await carriers.put(session, "g1", NAME, "wrOne")
        group = await session.get(Group, "g1")
        assert group is not None
        group.answers = group.pushes = NAME
        session.add(group)
    await channel.groups.unseen(door)
    return Sender(town.database, streams, {NAME: channel}, town.clock)


async def says(town: Town, text: str = TEXT, why: str = "reply") -> None:
    async with town.database.transaction() as session:
        await posts.say(session, group_id="g1", text=text, at=town.now, why=why)


async def last(town: Town) -> Post:
    async with town.database.transaction() as session:
        found = await session.exec(select(Post).order_by(col(Post.id).desc()))
        post: Post = found.all()[0]
        return post


async def offered(town: Town, sender: Sender, contact: CustomerContact, **more: str) -> Sending:
    """A post that waits for the officer."""
    await says(town, **more)
    assert await sender.step()
    return list(contact.sendings.values())[-1]


def outgoing(**fields: Any) -> Outgoing:
    given: dict[str, Any] = {
        "id": "post-1", "group": "wrOne", "text": TEXT, "to": (), "about": (), "why": "reply",
        "at": START, "carrier": {"owner": "chenqi"},
    }  # fmt: skip
    return Outgoing(**{**given, **fields})


# --- offering -----------------------------------------------------------------------------------


async def test_the_owner_is_asked_and_the_post_awaits(
    town: Town, sender: Sender, contact: CustomerContact
) -> None:
    sending = await offered(town, sender, contact)
    assert (sending.sender, sending.chat, sending.text) == ("chenqi", "wrOne", TEXT)
    post = await last(town)
    assert (post.status, post.sent_at, post.via) == ("awaiting", None, NAME)
    assert post.receipt["msgid"] in contact.sendings
    (asked,) = contact.asked(ADD)
    assert asked.body == {
        "chat_type": "group", "chat_id_list": ["wrOne"], "sender": "chenqi",
        "allow_select": False, "text": {"content": TEXT},
    }  # fmt: skip


async def test_it_awaits_then_it_is_sent(
    town: Town, sender: Sender, channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    sending = await offered(town, sender, contact)
    await channel.tasks.follow(door)
    assert (await last(town)).status == "awaiting"
    town.later(minutes=5)
    sending.tapped = int(town.now.timestamp()) - 60
    await channel.tasks.follow(door)
    post = await last(town)
    assert (post.status, post.error) == ("sent", None)
    assert post.sent_at == town.now - timedelta(seconds=60)


async def test_an_owner_that_changed_is_found(
    channel: CustomerGroup, contact: CustomerContact
) -> None:
    contact.chats["wrOne"].owner = "liba"
    sent = await channel.send(outgoing(), START)
    assert sent.receipt is not None
    assert sent.receipt["owner"] == "liba"
    assert len(contact.sendings) == 1


async def test_an_owner_that_nobody_told_is_asked_for(
    channel: CustomerGroup, contact: CustomerContact
) -> None:
    await channel.send(outgoing(carrier={}), START)
    assert [sending.sender for sending in contact.sendings.values()] == ["chenqi"]
    contact.chats["wrOne"].owner = ""
    with pytest.raises(Permanent, match="不知道群主"):
        await channel.send(outgoing(carrier={}), START)


async def test_a_long_text_is_offered_in_parts_and_sent_when_all_are(
    town: Town, sender: Sender, channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    await offered(town, sender, contact, text="株洲市服务企业周报。" * 300, why="digest")
    first, second, third = contact.sendings.values()
    assert all(len(each.text.encode()) <= 4000 for each in (first, second, third))
    first.tapped = third.tapped = int(town.now.timestamp())
    await channel.tasks.follow(door)
    assert (await last(town)).status == "awaiting"
    town.later(minutes=2)
    second.tapped = int(town.now.timestamp())
    await channel.tasks.follow(door)
    assert (await last(town)).sent_at == town.now


async def test_what_is_offered_is_not_offered_again_where_its_number_can_not_be_kept(
    channel: CustomerGroup, contact: CustomerContact, streams: Streams,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await channel.send(outgoing(), START)

    async def away(*_: Any) -> None:
        raise Away("gone")

    monkeypatch.setattr(streams, "keep", away)
    sent = await channel.send(outgoing(id="post-1.2", part=1, parts=2), START)
    assert sent.receipt is not None
    assert sent.receipt["msgid"] in contact.sendings


@pytest.mark.parametrize(
    ("code", "kind", "words", "blocks"),
    [
        (41048, Permanent, "没有这个可以群发的客户群", False),
        (84083, Permanent, "权限配置", False),
        (60111, Permanent, "通讯录里没有群主", False),
        (49008, Permanent, "已经解散", True),
        (40050, Permanent, "没有这个客户群", True),
        (40201, Permanent, "安全规则", False),
        (45002, Permanent, "太长", False),
        (41063, Later, "派发", None),
        (45009, Later, "频繁", None),
        (48002, Later, "可调用接口的应用", None),
        (60021, Later, "可见范围", None),
        (60020, Later, "企业可信IP", None),
        (40205, Later, "登录", None),
        (99999, Permanent, "99999", False),
    ],
)
async def test_errors_have_words(
    channel: CustomerGroup, contact: CustomerContact, code: int, kind: type[Exception],
    words: str, blocks: bool | None,
) -> None:  # fmt: skip
    contact.answers[ADD] = [code]
    with pytest.raises(kind, match=words) as raised:
        await channel.send(outgoing(), START)
    assert getattr(raised.value, "blocks", None) == blocks
    assert SECRET not in str(raised.value)
    assert contact.sendings == {}


async def test_a_group_on_the_list_of_failures_is_not_sent_to(
    channel: CustomerGroup, contact: CustomerContact
) -> None:
    contact.answers[ADD] = [{**refused(0), "msgid": "msg-x", "fail_list": ["wrOne"]}]
    with pytest.raises(Permanent, match="不能群发"):
        await channel.send(outgoing(), START)
    contact.answers[ADD] = [{**refused(0), "msgid": "msg-x", "fail_list": ["wrOther", 7]}]
    assert (await channel.send(outgoing(), START)).awaits


@pytest.mark.parametrize("answer", [None, "done", b"<html>", ("status", 502), {"errcode": "0"},
                                    {"errcode": 0}, {"errcode": 0, "msgid": 7}])  # fmt: skip
async def test_what_nobody_knows_is_not_said_twice(
    channel: CustomerGroup, contact: CustomerContact, answer: Any
) -> None:
    contact.answers[ADD] = [answer]
    with pytest.raises(Unknown):
        await channel.send(outgoing(), START)
    assert len(contact.asked(ADD)) == 1
    assert not channel.idempotent


async def test_without_a_secret_nothing_is_sent(streams: Streams) -> None:
    with pytest.raises(Permanent, match="MINGCHENG_WECOM"):
        await CustomerGroup(Settings(), Sheet(), streams).send(outgoing(), START)


# --- following ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "words"),
    [(2, "不能在这个群里群发"), (3, "每月至多当月天数"), (9, "状态 9"), (-1, "没有发到这个群")],
)
async def test_what_did_not_reach_the_group_failed(
    town: Town, sender: Sender, channel: CustomerGroup, door: Inbox, contact: CustomerContact,
    status: int, words: str,
) -> None:  # fmt: skip
    sending = await offered(town, sender, contact)
    sending.tapped, sending.status = int(town.now.timestamp()), status
    town.later(minutes=1)
    await channel.tasks.follow(door)
    if status == -1:
        assert (await last(town)).status == "awaiting", "what was sent is told a little later"
        town.later(minutes=15)
        await channel.tasks.follow(door)
    post = await last(town)
    assert post.status == "failed"
    assert words in (post.error or "")


@pytest.mark.parametrize(
    ("path", "answer", "status"),
    [
        (TASK, 41063, "awaiting"),
        (TASK, 41093, "failed"),
        (TASK, 41047, "failed"),
        (TASK, {"errcode": 0}, "awaiting"),
        (TASK, {"errcode": 0, "task_list": "none"}, "awaiting"),
        (TASK, {"errcode": 0, "task_list": [7, {"status": "2"}, {"status": 2}]}, "awaiting"),
        (RESULT, {"errcode": 0, "send_list": [{"chat_id": "wrOne"}]}, "awaiting"),
        (RESULT, {"errcode": 0, "send_list": [{"chat_id": 3, "status": 1}]}, "awaiting"),
        (RESULT, {"errcode": 0, "send_list": [{"chat_id": "wrOne", "status": 1,
                                               "send_time": "now"}]}, "sent"),
        (RESULT, 41063, "awaiting"),
    ],
)  # fmt: skip
async def test_answers_are_read_warily(
    town: Town, sender: Sender, channel: CustomerGroup, door: Inbox, contact: CustomerContact,
    path: str, answer: Any, status: str,
) -> None:  # fmt: skip
    sending = await offered(town, sender, contact)
    sending.tapped = int(town.now.timestamp()) if path == RESULT else None
    contact.answers[path] = [answer]
    await channel.tasks.follow(door)
    assert (await last(town)).status == status


async def test_a_task_is_looked_at_the_less_the_older_it_is(
    town: Town, sender: Sender, channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    await offered(town, sender, contact)
    looks = []
    for minutes in (0, 0, 1, 1, 8, 4, 1, 46, 9, 6, 1440, 30, 30):
        town.later(minutes=minutes)
        await channel.tasks.follow(door)
        looks.append(len(contact.asked(TASK)))
    assert looks == [1, 1, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9]


async def test_an_officer_is_reminded_three_times_a_day_and_not_at_night(
    town: Town, sender: Sender, channel: CustomerGroup, door: Inbox, contact: CustomerContact,
    streams: Streams,
) -> None:  # fmt: skip
    sending = await offered(town, sender, contact)
    await channel.tasks.follow(door)
    assert sending.reminded == 0
    town.later(minutes=31)
    for _ in range(3):  # Valkey's own clock keeps the half hour between two
        town.later(minutes=10)
        await channel.tasks.follow(door)
    assert sending.reminded == 1
    await streams.client.delete(f"mingcheng:turns:{NAME}:remind:msg-2")
    town.later(hours=12)
    await channel.tasks.follow(door)
    assert sending.reminded == 1
    assert len(contact.asked(REMIND)) == 1


async def test_nobody_is_reminded_of_a_digest(
    town: Town, sender: Sender, channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    sending = await offered(town, sender, contact, why="digest")
    town.later(hours=2)
    await channel.tasks.follow(door)
    assert sending.reminded == 0


async def test_after_a_week_it_is_given_up_and_cancelled(
    town: Town, sender: Sender, channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    sending = await offered(town, sender, contact)
    town.later(days=7, minutes=1)
    await channel.tasks.follow(door)
    post = await last(town)
    assert (post.status, post.error) == ("failed", "群主 7 天没有确认发送,任务已取消")
    assert sending.cancelled
    assert len(contact.asked(CANCEL)) == 1


async def test_one_that_can_not_be_told_holds_up_no_other(
    town: Town, sender: Sender, channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    await offered(town, sender, contact)
    second = await offered(town, sender, contact, text="另一件事已办结。")
    second.tapped = int(town.now.timestamp())
    contact.answers[TASK] = [88888]
    with pytest.raises(Permanent, match="88888"):
        await channel.tasks.follow(door)
    assert (await last(town)).status == "sent"


@pytest.mark.parametrize("asked", [TASK, RESULT])
async def test_an_officer_who_is_out_of_sight_holds_up_nobody_and_not_for_ever(
    town: Town, sender: Sender, channel: CustomerGroup, door: Inbox, contact: CustomerContact,
    asked: str,
) -> None:  # fmt: skip
    first = await offered(town, sender, contact)
    first.tapped = int(town.now.timestamp())
    second = await offered(town, sender, contact, text="另一件事已办结。")
    second.tapped = int(town.now.timestamp())
    contact.answers[asked] = [60011]
    with pytest.raises(Permanent, match="可见范围"):
        await channel.tasks.follow(door)
    assert (await last(town)).status == "sent"
    town.later(days=7, minutes=1)
    contact.answers[asked] = [60011]
    contact.answers[CANCEL] = [60111]
    await channel.tasks.follow(door)
    async with town.database.transaction() as session:
        found = await session.exec(select(Post).order_by(col(Post.id)))
        post = found.all()[0]
    assert post.status == "failed"
    assert str(post.error).startswith("7 天查不到群发结果,不知是否送达,请到群里看一眼:群主不在")


async def test_what_is_still_dispatched_has_not_failed(
    town: Town, sender: Sender, channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    sending = await offered(town, sender, contact)
    sending.tapped = int(town.now.timestamp())
    town.later(minutes=20)
    contact.answers[RESULT] = [41063]
    await channel.tasks.follow(door)
    assert (await last(town)).status == "awaiting"


async def test_what_the_archive_has_seen_is_left_as_it_is(
    town: Town, sender: Sender, channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    sending = await offered(town, sender, contact)
    sending.tapped, sending.status = int(town.now.timestamp()), 3
    async with town.database.transaction() as session:
        waiting = await posts.awaiting(session, NAME)
        assert await posts.tapped(session, "g1", TEXT, START)
    await channel.tasks._look(door, waiting[0])
    assert (await last(town)).status == "sent"


async def test_what_the_archive_hears_after_its_tap_was_told_is_still_the_bots(
    town: Town, sender: Sender, channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    sending = await offered(town, sender, contact)
    sending.tapped = int(town.now.timestamp())
    await channel.tasks.follow(door)
    assert (await last(town)).status == "sent"
    async with town.database.transaction() as session:
        assert await posts.tapped(session, "g1", f"{TEXT}\n", town.now)
        assert not await posts.tapped(session, "g1", TEXT, town.now + timedelta(hours=1))
        assert not await posts.tapped(session, "g1", "已签收", town.now)
        assert not await posts.tapped(session, "g2", TEXT, town.now)


async def test_what_another_channel_sent_is_heard_where_somebody_says_it_again(
    town: Town, sender: Sender
) -> None:
    await says(town)
    async with town.database.transaction() as session:
        post = (await session.exec(select(Post))).one()
        post.status, post.sent_at, post.receipt = "sent", town.now, {"id": "1"}
        session.add(post)
        await session.flush()
        assert not await posts.tapped(session, "g1", TEXT, town.now)


async def test_parts_of_a_long_post_are_the_bots_and_send_it_not_by_themselves(
    town: Town, sender: Sender, channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    await offered(town, sender, contact, text="本周办结情况如下。" * 400)
    parts = [sending.text for sending in contact.sendings.values()]
    assert len(parts) == 3
    for sending in contact.sendings.values():
        sending.tapped = int(town.now.timestamp())
    async with town.database.transaction() as session:
        assert all([await posts.tapped(session, "g1", part, town.now) for part in parts])
    assert (await last(town)).status == "awaiting"
    await channel.tasks.follow(door)
    assert (await last(town)).status == "sent"
    async with town.database.transaction() as session:
        assert all([await posts.tapped(session, "g1", part, town.now) for part in parts])


async def test_nothing_is_asked_where_nothing_waits(
    town: Town, sender: Sender, channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    before = len(contact.calls)
    await channel.tasks.follow(door)
    assert len(contact.calls) == before
    assert len(contact.asked(GET)) == 1
