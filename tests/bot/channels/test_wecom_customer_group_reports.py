"""Customer groups: figures of groups that can't be read, and what residents report."""

import gzip
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlmodel import col, select

from bot.channels.base import Incoming, Later, Permanent
from bot.channels.wecom_customer_group import days, picture
from bot.channels.wecom_customer_group.customer_group import CustomerGroup
from bot.channels.wecom_customer_group.sheet import Sheet
from bot.inbox import Inbox
from bot.settings import Settings
from bot.streams import PARTITIONS, Streams
from storage import carriers, chats
from storage.models import Medium, Unplaced
from tests.bot.channels.fakes.customer_contact import (
    ORDERS,
    STATISTIC,
    Chat,
    CustomerContact,
    refused,
)
from tests.bot.channels.fakes.wecom_api import CORP, SECRET, served
from tests.fixtures.cast import START, Town, reads

pytestmark = pytest.mark.embedded

NAME = "wecom_customer_group"
WHERE = "residents"
DATA = {
    "new_chat_cnt": 0, "chat_total": 3, "chat_has_msg": 2, "new_member_cnt": 1, "member_total": 90,
    "member_has_msg": 12, "msg_total": 345,
}  # fmt: skip


@pytest.fixture
def contact() -> Iterator[CustomerContact]:
    """The platform."""
    with served(CustomerContact(chats={"wrOne": Chat("一群", "chenqi", [])})) as running:
        assert isinstance(running, CustomerContact)
        yield running


@pytest_asyncio.fixture
async def channel(contact: CustomerContact, streams: Streams) -> AsyncIterator[CustomerGroup]:
    """With residents' orders in the group that is called `residents`."""
    settings = Settings(wecom_corp_id=CORP, wecom_secret=SecretStr(SECRET), wecom_api=contact.url)
    found = CustomerGroup(settings, Sheet(residents=WHERE), streams)
    yield found
    await found.close()


@pytest_asyncio.fixture
async def door(town: Town, streams: Streams) -> Inbox:
    """The real one; g1 is a customer group, g2 takes the orders."""
    async with town.database.transaction() as session:
        await carriers.put(session, "g1", NAME, "wrOne")
        await carriers.put(session, "g2", NAME, WHERE)
    return Inbox(town.database, streams, town.clock)


# --- figures ------------------------------------------------------------------------------------


async def test_the_figures_of_an_owner_are_kept_by_day(
    town: Town, channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    await channel.groups.unseen(door)
    for day in (1, 2):
        contact.figures[days.begin(date(2023, 4, day)), "chenqi"] = {**DATA, "msg_total": day}
    await channel.counts.fetch(door)
    async with town.database.transaction() as session:
        found = await chats.counted(session, NAME, "g1")
        assert await chats.counted(session, NAME, "g2") is None
    assert found is not None
    assert found.owner == "chenqi"
    assert [(day.day, day.said) for day in found.days] == [
        (date(2023, 4, 2), 2), (date(2023, 4, 1), 1),
    ]  # fmt: skip
    assert (found.days[0].members, found.days[0].speakers, found.days[0].groups) == (90, 12, 3)
    asked = len(contact.asked(STATISTIC))
    assert asked == 7
    await channel.counts.fetch(door)
    assert len(contact.asked(STATISTIC)) == asked, "a day is fetched once"
    town.later(days=1)
    await channel.counts.fetch(door)
    assert len(contact.asked(STATISTIC)) == asked + 1


async def test_figures_have_pages(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    day = date(2023, 4, 2)
    owners = [f"o{n:03}" for n in range(150)]
    contact.figures = {(days.begin(day), owner): DATA for owner in owners}
    contact.page = 40
    found = await channel.counts._of_day(day, owners)
    assert len(found) == 150
    assert [call.body["offset"] for call in contact.asked(STATISTIC)] == [0, 40, 80, 0, 40]


@pytest.mark.parametrize("code", [60111, 60011])
async def test_who_left_hides_the_figures_of_nobody_else(
    channel: CustomerGroup, contact: CustomerContact, code: int
) -> None:
    day = date(2023, 4, 2)
    owners = [f"o{n:03}" for n in range(101)]
    contact.figures = {(days.begin(day), owner): DATA for owner in owners}
    contact.left = {"o007": code, "o100": code}
    found = await channel.counts._of_day(day, owners)
    assert set(owners) - set(found) == {"o007", "o100"}
    assert len(contact.asked(STATISTIC)) < 20


async def test_where_nobody_can_be_asked_about_the_day_is_not_counted(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    await channel.groups.unseen(door)
    contact.left = {"chenqi": 60011}
    with pytest.raises(Later, match="可见范围") as later:
        await channel.counts.fetch(door)
    assert later.value.after == 3600
    contact.left = {}
    await channel.counts.fetch(door)
    assert len(contact.asked(STATISTIC)) == 1 + 7


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"items": "x"},
        {"items": [None, {"owner": 7}, {"owner": "nobody", "data": DATA}]},
        {"items": [{"owner": "chenqi", "data": None}], "total": "many", "next_offset": -3},
        {"items": [{"owner": "chenqi", "data": {"msg_total": 1e9, "chat_total": True}}]},
    ],
)
async def test_hostile_figures_are_read_warily(
    channel: CustomerGroup, contact: CustomerContact, answer: dict[str, Any]
) -> None:
    contact.answers[STATISTIC] = [{**refused(0), **answer}]
    found = await channel.counts._of_day(date(2023, 4, 2), ["chenqi"])
    assert all(not any(figures.values()) for figures in found.values())
    assert set(found) <= {"chenqi"}


async def test_figures_without_an_end_are_left(
    channel: CustomerGroup, contact: CustomerContact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.wecom_customer_group.counts.PAGES", 20)
    contact.answers[STATISTIC] = [
        {**refused(0), "items": [], "total": 10_000_000, "next_offset": n} for n in range(1, 10_001)
    ]
    with pytest.raises(Later, match="翻不到尽头"):
        await channel.counts._of_day(date(2023, 4, 2), ["chenqi"])
    assert len(contact.asked(STATISTIC)) == 20


def test_yesterday_is_counted_by_the_morning() -> None:
    night = datetime(2023, 4, 2, 23, 30, tzinfo=UTC)  # 07:30 of the 3rd in China
    assert days.last_counted(night) == date(2023, 4, 1)
    assert days.last_counted(night + timedelta(hours=1)) == date(2023, 4, 2)
    assert days.begin(date(2023, 4, 2)) == int(datetime(2023, 4, 1, 16, tzinfo=UTC).timestamp())


# --- what residents report ----------------------------------------------------------------------


def order(id_: str = "order-1", **fields: Any) -> dict[str, Any]:
    return {
        "order_id": id_, "desc": "小区门口路灯坏了", "urge_type": 1, "case_name": "市政",
        "grid_name": "泰山路网格", "grid_id": "grid", "create_time": int(START.timestamp()) - 60,
        "reporter_name": "王五", "reporter_mobile": "13800000000", "unionid": "ozynq-wang",
        "image_urls": ["https://wework.qpic.cn/one", "https://wework.qpic.cn/two"],
        "video_media_ids": [],
        "location": {"name": "阳光小区", "address": "天元区泰山路 1 号", "latitude": 27.8,
                     "longitude": 113.1},
        "processor_userids": ["zhangsan"], "process_list": [], **fields,
    }  # fmt: skip


def reported(contact: CustomerContact, *orders: dict[str, Any], at: datetime = START) -> None:
    contact.orders += [(int(at.timestamp()), each) for each in orders]


async def fetched(channel: CustomerGroup, door: Inbox, streams: Streams) -> list[Incoming]:
    """All that lies in the streams after another look."""
    await channel._reports(door)
    found: list[Incoming] = []
    for number in range(PARTITIONS):
        rows: Any = await streams.client.xrange(f"mingcheng:in:{number}")
        found += [Incoming.from_json(fields["payload"]) for _, fields in rows]
    return found


async def raw(town: Town) -> list[dict[str, Any]]:
    async with town.database.transaction() as session:
        found = await session.exec(select(Unplaced).order_by(col(Unplaced.id)))
        return [json.loads(row.payload) for row in found.all()]


async def test_an_order_is_heard_in_the_group_that_is_set(
    town: Town, channel: CustomerGroup, door: Inbox, contact: CustomerContact, streams: Streams
) -> None:
    reported(contact, order(urge_type=3, video_media_ids=["v1"]))
    (heard,) = await fetched(channel, door, streams)
    assert (heard.group, heard.id, heard.sender) == ("g2", "order-1", "resident:ozynq-wang")
    assert (heard.name, heard.people, heard.at) == ("王五", "wecom", START - timedelta(minutes=1))
    assert heard.text == (
        "小区门口路灯坏了\n地点:阳光小区 天元区泰山路 1 号\n居民标为紧急\n"
        "另有 1 段视频,请在企业微信“居民上报”里看"
    )
    assert [image.source for image in heard.images] == [
        {"url": "https://wework.qpic.cn/one"}, {"url": "https://wework.qpic.cn/two"},
    ]  # fmt: skip
    async with town.database.transaction() as session:
        waiting = (await session.exec(select(Medium))).all()
    assert [(medium.channel, medium.status) for medium in waiting] == [(NAME, "waiting")] * 2
    parse = reads(heard.text, "report_issue", category="municipal")
    assert await town.hears(heard, parse)
    assert not await town.hears(heard, parse)


async def test_an_order_comes_once_however_often_it_is_asked_for(
    town: Town, channel: CustomerGroup, door: Inbox, contact: CustomerContact, streams: Streams
) -> None:
    reported(contact, order())
    for _ in range(3):
        assert len(await fetched(channel, door, streams)) == 1
        town.later(minutes=1)
    assert await raw(town) == []


async def test_what_happens_to_it_later_is_kept_as_it_came(
    town: Town, channel: CustomerGroup, door: Inbox, contact: CustomerContact, streams: Streams
) -> None:
    reported(contact, order())
    (heard,) = await fetched(channel, door, streams)
    assert await town.hears(heard, reads(heard.text, "report_issue", category="municipal"))
    done = order(process_list=[{"process_type": 5, "process_desc": "已修好", "status": 1}])
    for hours in (0, 3):
        town.later(hours=hours, minutes=10)
        contact.orders.clear()
        changed = {**done, "processor_userids": [f"u{hours}"]}
        reported(contact, changed, at=town.now)
        for _ in range(2):
            assert len(await fetched(channel, door, streams)) == 1
    assert [row["processor_userids"] for row in await raw(town)] == [["u0"], ["u3"]]


async def test_the_orders_have_pages_of_fifty(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact, streams: Streams
) -> None:
    reported(contact, *(order(f"order-{n}") for n in range(120)))
    heard = await fetched(channel, door, streams)
    assert len({one.id for one in heard}) == len(heard) == 120
    assert {call.body["limit"] for call in contact.asked(ORDERS)} == {50}


async def test_after_a_fault_the_rest_comes_and_nothing_twice(
    town: Town, channel: CustomerGroup, door: Inbox, contact: CustomerContact, streams: Streams
) -> None:
    reported(contact, *(order(f"order-{n}") for n in range(3)))
    contact.page = 2
    first = {**refused(0), "order_list": [each for _, each in contact.orders[:2]],
             "next_cursor": "2"}  # fmt: skip
    contact.answers[ORDERS] = [first, 45009]
    with pytest.raises(Later):
        await channel._reports(door)
    assert len(await fetched(channel, door, streams)) == 3
    assert await raw(town) == []


async def test_what_is_older_than_the_first_look_is_no_news(
    town: Town, channel: CustomerGroup, door: Inbox, contact: CustomerContact, streams: Streams
) -> None:
    old = order(create_time=int((START - timedelta(days=30)).timestamp()))
    reported(contact, old)
    assert await fetched(channel, door, streams) == []
    assert [row["order_id"] for row in await raw(town)] == ["order-1"]


async def test_who_reports_is_known_without_a_phone_number_as_an_id(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact, streams: Streams
) -> None:
    reported(
        contact,
        order("by-union"),
        order("by-phone", unionid=""),
        order("by-the-same-phone", unionid=None),
        order("by-another", unionid="", reporter_mobile="13900000000"),
        order("by-nobody", unionid=None, reporter_mobile=None),
    )
    by = {heard.id: heard.sender for heard in await fetched(channel, door, streams)}
    assert by["by-union"] == "resident:ozynq-wang"
    assert by["by-phone"] == by["by-the-same-phone"] != by["by-another"]
    assert by["by-nobody"] == "resident:by-nobody"
    assert all(sender.startswith("resident:") for sender in by.values())
    assert "3800000000" not in "".join(by.values())


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"order_list": {"order_id": "x"}},
        {"order_list": [None, 3, "x", {}]},
        {"order_list": [{"order_id": 7, "desc": "x"}]},
        {"order_list": [{"order_id": "a", "desc": ""}]},
        {"order_list": [{"order_id": "a", "desc": "\x00", "image_urls": "u", "location": []}]},
        {"order_list": [{"order_id": "a" * 900, "desc": "路灯", "create_time": 10**20,
                         "image_urls": [1, None, "u"], "video_media_ids": {"a": 1}}]},
        {"order_list": [{"order_id": "\ud800", "desc": "\ud800", "location": {"name": 3}}]},
    ],
)  # fmt: skip
async def test_hostile_orders_do_no_harm(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact, streams: Streams,
    answer: dict[str, Any],
) -> None:  # fmt: skip
    contact.answers[ORDERS] = [{**refused(0), **answer}]
    for heard in await fetched(channel, door, streams):
        assert heard.id
        assert heard.text
        assert heard.at <= START


async def test_orders_of_a_group_that_nobody_set_up_wait_for_it(
    town: Town, channel: CustomerGroup, door: Inbox, contact: CustomerContact, streams: Streams
) -> None:
    async with town.database.transaction() as session:
        await carriers.drop(session, "g2", NAME)
    reported(contact, order())
    assert await fetched(channel, door, streams) == []
    async with town.database.transaction() as session:
        (stranger,) = await carriers.strangers(session)
    assert (stranger.address, stranger.many) == (WHERE, 1)


async def test_the_group_of_the_orders_is_no_group_of_the_platform(
    channel: CustomerGroup, door: Inbox, town: Town
) -> None:
    await channel.groups.unseen(door)
    await channel.groups.listed(door)
    async with town.database.transaction() as session:
        kept = await chats.carrier(session, NAME, WHERE)
    assert kept is not None
    assert (kept.blocked, kept.about) == (None, {})


# --- pictures -----------------------------------------------------------------------------------


def hosts(status: int = 200, content: bytes = b"picture", **headers: str) -> httpx.MockTransport:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(content))

    return httpx.MockTransport(answer)


async def test_a_picture_is_fetched_from_the_platforms_hosts() -> None:
    url = "https://wework.qpic.cn/wwpic/one"
    assert await picture.fetch({"url": url}, 100, hosts()) == b"picture"
    with pytest.raises(Permanent, match="太大"):
        await picture.fetch({"url": url}, 3, hosts())
    with pytest.raises(Permanent, match="取不到"):
        await picture.fetch({"url": url}, 100, hosts(404))
    for status in (500, 302, 429):
        with pytest.raises(Later) as later:
            await picture.fetch({"url": url}, 100, hosts(status))
        assert url not in str(later.value)


async def test_a_picture_that_is_packed_is_not_unpacked() -> None:
    packed = gzip.compress(b"x" * 1000)
    packing = {"Content-Encoding": "gzip"}
    found = await picture.fetch(
        {"url": "https://wework.qpic.cn/one"}, 100, hosts(200, packed, **packing)
    )
    assert found == packed


@pytest.mark.parametrize(
    "url",
    [
        None, 7, "", "x", "http://wework.qpic.cn/a", "https://evilqpic.cn/a",
        "https://qpic.cn.evil.example/a", "https://127.0.0.1/a", "https://wework.qpic.cn:8443/a",
        "https://u:p@wework.qpic.cn/a", "https://wework.qpic.cn:99999/a", "https://[::1/a",
        "https://169.254.169.254/latest", "file:///etc/passwd", "https://evil.example#.qq.com",
    ],
)  # fmt: skip
async def test_no_other_host_is_asked(url: Any) -> None:
    with pytest.raises(Permanent, match="地址"):
        await picture.fetch({"url": url}, 100, hosts())
