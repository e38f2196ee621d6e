"""What a 智能机器人 says on its long connection, and what an error there means."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from bot.channels.base import Later, Permanent, Sent, Unknown
from bot.channels.wecom_bot import faults
from bot.streams import Streams
from tests.bot.channels.fakes.wecom_bot_server import BOT
from tests.bot.channels.wecom_bot_linked import QUICK, Door, House, handle, linked, post
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded


@pytest_asyncio.fixture
async def house(streams: Streams) -> AsyncIterator[House]:
    async with linked(streams) as found:
        yield found


@pytest.fixture
def door() -> Door:
    return Door()


# --- what is said -----------------------------------------------------------------------------


async def test_an_answer_is_tied_to_its_message_and_what_follows_is_pushed(
    house: House, door: Door
) -> None:
    channel = await house.connected(door)
    tied = await handle(house, door)
    await channel.send(post(handle=tied, parts=2), START)
    await channel.send(post("第二段", handle=tied, part=1, parts=2, id="post-7.2"), START)
    (answer,), (push,) = house.fake.of("aibot_respond_msg"), house.fake.of("aibot_send_msg")
    assert answer["headers"]["req_id"] == tied["req_id"]
    assert answer["body"]["stream"]["finish"] is True
    assert answer["body"]["stream"]["content"] == "已受理 #12"
    assert push["body"] == {
        "chatid": "wr1", "chat_type": 2, "msgtype": "markdown", "markdown": {"content": "第二段"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [{"link": "an older one"}, {"link": None}, {"at": "2023-04-02T09:00:00+08:00"}, {"at": "then"}],
)
async def test_what_can_not_be_tied_is_pushed(
    house: House, door: Door, more: dict[str, Any]
) -> None:
    channel = await house.connected(door)
    tied = await handle(house, door)
    await channel.send(post(handle={**tied, **more}), START)
    assert not house.fake.of("aibot_respond_msg")
    assert len(house.fake.of("aibot_send_msg")) == 1


@pytest.mark.parametrize("code", sorted(faults.UNTIED))
async def test_what_is_not_tied_any_more_is_pushed(house: House, door: Door, code: int) -> None:
    channel = await house.connected(door)
    tied = await handle(house, door)
    house.fake.codes["aibot_respond_msg"].append(code)
    assert await channel.send(post(handle=tied), START) == Sent()
    assert len(house.fake.of("aibot_send_msg")) == 1


async def test_a_card_that_is_refused_is_said_in_words(house: House, door: Door) -> None:
    channel = await house.connected(door)
    house.fake.known("wr1")
    house.fake.codes["aibot_send_msg"].append(846625)
    await channel.send(post("请核实", offers=("urge",)), START)
    kinds = [frame["body"]["msgtype"] for frame in house.fake.of("aibot_send_msg")]
    assert kinds == ["template_card", "markdown"]


async def test_mark_up_of_users_is_none(house: House, door: Door) -> None:
    channel = await house.connected(door)
    house.fake.known("wr1")
    await channel.send(post("# 大\n<@all> [链接](http://x) **重** `码`"), START)
    said = house.fake.of("aibot_send_msg")[0]["body"]["markdown"]["content"]
    assert not set(said) & set("<>[]`*#")


@pytest.mark.parametrize("tie", [True, False])
@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (-1, Later, "繁忙"), (45009, Later, "太频繁"), (846607, Later, "@过"),
        (846609, Later, "重连"), (853000, Later, "Secret"), (40008, Permanent, "40008"),
        (45002, Permanent, "长度"), (86008, Permanent, "不在这个群"), (999999, Permanent, "999999"),
    ],
)  # fmt: skip
async def test_an_error_becomes_what_it_means(
    house: House, door: Door, code: int, kind: type[Exception], words: str, tie: bool
) -> None:
    channel = await house.connected(door)
    tied = await handle(house, door) if tie else None
    house.fake.codes["aibot_respond_msg" if tie else "aibot_send_msg"].append(code)
    with pytest.raises(kind, match=words):
        await channel.send(post(handle=tied), START)


async def test_where_nobody_has_spoken_to_the_bot_it_says_what_to_do(
    house: House, door: Door
) -> None:
    channel = await house.connected(door)
    with pytest.raises(Later, match="@它说一句话"):
        await channel.send(post(), START)


async def test_an_error_that_only_another_subscription_mends_brings_one(
    house: House, door: Door
) -> None:
    channel = await house.connected(door)
    house.fake.known("wr1")
    house.fake.codes["aibot_send_msg"].append(846609)
    with pytest.raises(Later):
        await channel.send(post(), START)
    await house.fake.until(lambda: house.fake.subscriptions == 2)


async def test_what_nobody_acknowledges_is_unknown(house: House, door: Door) -> None:
    channel = await house.connected(door, pace=replace(QUICK, ack=0.2))
    house.fake.known("wr1")
    house.fake.mute.add("aibot_send_msg")
    with pytest.raises(Unknown, match="不知是否送达"):
        await channel.send(post(), START)
    house.fake.mute.clear()
    assert await channel.send(post(), START) == Sent()


async def test_what_is_on_its_way_when_it_breaks_off_is_unknown(house: House, door: Door) -> None:
    channel = await house.connected(door)
    house.fake.known("wr1")
    house.fake.mute.add("aibot_send_msg")
    sending = asyncio.create_task(channel.send(post(), START))
    await house.fake.came("aibot_send_msg")
    assert house.fake.socket is not None
    await house.fake.socket.close()
    with pytest.raises(Unknown):
        await sending


async def test_without_a_connection_nothing_is_lost(house: House) -> None:
    with pytest.raises(Later) as later:
        await house.bot().send(post(), START)
    assert later.value.after is not None


async def test_thirty_a_minute_and_a_conversation(house: House, door: Door) -> None:
    channel = await house.connected(door)
    house.fake.known("wr1")
    house.fake.known("wr2")
    for _ in range(30):
        await channel.send(post(), START)
    with pytest.raises(Later) as later:
        await channel.send(post(), START)
    assert later.value.after is not None
    assert 0 < later.value.after <= 60
    await channel.send(post(group="wr2"), START)
    assert len(house.fake.of("aibot_send_msg")) == 31


async def test_a_thousand_an_hour(house: House, streams: Streams, door: Door) -> None:
    channel = await house.connected(door)
    house.fake.known("wr1")
    key = f"mingcheng:turns:wecom_bot:{BOT}:wr1"
    seconds, _ = await streams.client.time()
    spread = {f"turn-{n}": (seconds - 3000 + 2 * n) * 1000 for n in range(1000)}
    await streams.client.zadd(key, spread)
    with pytest.raises(Later) as later:
        await channel.send(post(), START)
    assert later.value.after is not None
    assert later.value.after > 60
