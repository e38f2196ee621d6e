"""The long connection of a 智能机器人, against a server that the official SDKs take for theirs.

It is made, made again when it breaks off, and had by one process at a time.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs
from websockets.asyncio.client import connect

from bot.channels.wecom_bot import standing
from bot.channels.wecom_bot.link import Pace
from bot.streams import Away, Streams
from tests.bot.channels.fakes.wecom_bot_server import BOT, SECRET
from tests.bot.channels.wecom_bot_linked import QUICK, Door, House, ended, handle, linked, post
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded


@pytest_asyncio.fixture
async def house(streams: Streams) -> AsyncIterator[House]:
    async with linked(streams) as found:
        yield found


@pytest.fixture
def door() -> Door:
    return Door()


# --- one connection ---------------------------------------------------------------------------


async def test_it_subscribes_and_hears(house: House, door: Door) -> None:
    channel = await house.connected(door)
    assert channel.ready()
    assert house.fake.of("aibot_subscribe")[0]["body"] == {"bot_id": BOT, "secret": SECRET}
    req_id = await house.fake.says("@监督助手 路灯坏了")
    (taken,) = await door.heard()
    assert (taken.group, taken.sender, taken.text) == ("wr1", "zhang", "@监督助手 路灯坏了")
    assert taken.handle is not None
    assert taken.handle["req_id"] == req_id


async def test_the_heart_beats(house: House, door: Door) -> None:
    await house.connected(door, pace=replace(QUICK, beat=0.02))
    await house.fake.came("ping", 5)
    assert house.fake.subscriptions == 1
    assert all("body" not in frame for frame in house.fake.of("ping"))


async def test_a_heart_that_nobody_answers_ends_the_connection(house: House, door: Door) -> None:
    house.fake.mute.add("ping")
    await house.connected(door, pace=replace(QUICK, beat=0.02))
    await house.fake.until(lambda: house.fake.subscriptions == 2)
    assert len({number for number, frame in house.fake.frames if frame["cmd"] == "ping"}) == 1
    assert len(house.fake.of("ping")) == 2


async def test_a_connection_that_breaks_off_is_made_again(house: House, door: Door) -> None:
    channel = await house.connected(door)
    assert house.fake.socket is not None
    await house.fake.socket.close()
    await door.tells("正在重连", "warn")
    await house.fake.until(lambda: house.fake.subscriptions == 2)
    await house.fake.says("@监督助手 路灯坏了")
    await door.heard()
    assert channel.ready()


async def test_without_a_server_it_tries_on_and_says_so(house: House, door: Door) -> None:
    channel = house.bot(url="ws://127.0.0.1:1")
    await house.run(channel, door)
    await door.tells("第 1 次", "warn")
    await door.tells("第 4 次", "down")
    assert not channel.ready()


async def test_a_wrong_secret_is_told_and_not_tried_often(house: House, door: Door) -> None:
    await house.run(house.bot(secret="wrong", pace=replace(QUICK, refused=60, patience=60)), door)
    await door.tells("Secret 不对", "down")
    told = len(door.told)
    await door.until(lambda: len(door.told) > told + 3)
    assert len(house.fake.of("aibot_subscribe")) == 1
    assert not any("wrong" in health.words for health in door.told)


async def test_a_secret_that_is_mended_there_is_taken_later(house: House, door: Door) -> None:
    await house.run(house.bot(secret="new"), door)
    await door.tells("Secret 不对", "down")
    house.fake.secret = "new"
    await door.tells(standing.OK.words, "ok")


# --- who is connected -------------------------------------------------------------------------


async def test_another_program_is_told_of_and_not_fought(house: House, door: Door) -> None:
    channel = await house.connected(door, pace=replace(QUICK, kicked=60, patience=60))
    async with connect(house.fake.url) as other:
        told = {"bot_id": BOT, "secret": SECRET}
        frame = {"cmd": "aibot_subscribe", "headers": {"req_id": "r"}, "body": told}
        await other.send(json.dumps(frame))
        assert json.loads(await other.recv())["errcode"] == 0
        await door.tells("另一个程序", "down")
        many = len(door.told)
        await door.until(lambda: len(door.told) > many + 3)
        assert house.fake.subscriptions == 2
        assert not channel.ready()


async def test_after_a_while_it_looks_whether_the_other_program_is_gone(
    house: House, door: Door
) -> None:
    channel = await house.connected(door)
    async with connect(house.fake.url) as other:
        told = {"bot_id": BOT, "secret": SECRET}
        frame = {"cmd": "aibot_subscribe", "headers": {"req_id": "r"}, "body": told}
        await other.send(json.dumps(frame))
        await door.tells("另一个程序", "down")
    await house.fake.until(lambda: house.fake.subscriptions == 3)
    await door.until(channel.ready)


class Mortal:
    """What processes share, as a process sees it that may die: then nothing leaves it any more."""

    def __init__(self, streams: Streams) -> None:
        """Alive."""
        self.streams, self.dead = streams, False

    def __getattr__(self, name: str) -> Any:
        if self.dead:
            raise Away("dead")
        return getattr(self.streams, name)


async def test_who_stands_by_takes_over_within_half_a_minute(
    house: House, streams: Streams, door: Door
) -> None:
    """With the times of the program: the first process dies without a word."""
    mortal, second = Mortal(streams), Door()
    first = await house.connected(door, shared=mortal, pace=Pace())
    other = house.bot(pace=Pace())
    await house.run(other, second)
    assert not other.ready()
    mortal.dead = True
    began = asyncio.get_running_loop().time()
    await second.until(other.ready, seconds=40)
    assert asyncio.get_running_loop().time() - began < 30
    await house.fake.says("@监督助手 路灯坏了")
    await second.heard()
    assert not door.taken
    assert first.ready() is False


async def test_only_one_of_several_is_connected(house: House, door: Door) -> None:
    await house.connected(door)
    others = [Door(), Door()]
    for other in others:
        await house.run(house.bot(), other)
    await house.fake.says("@监督助手 路灯坏了")
    await door.heard()
    many = len(door.told)
    await door.until(lambda: len(door.told) > many + 20)
    assert house.fake.subscriptions == 1
    assert [other.told for other in others] == [[], []]


async def test_who_ends_makes_room_at_once(house: House) -> None:
    door, second = Door(), Door()
    slow = replace(QUICK, lease=60)
    task = await house.run(house.bot(pace=slow), door)
    await door.tells(standing.OK.words, "ok")
    await house.run(house.bot(pace=slow), second)
    await ended(task)
    await second.tells(standing.OK.words, "ok")


async def test_who_lost_the_lease_lets_go_without_a_word(house: House, streams: Streams) -> None:
    door = Door()
    channel = await house.connected(door)
    await streams.client.set(f"mingcheng:held:wecom_bot:{BOT}", "another")
    await house.fake.until(lambda: house.fake.socket is None)
    assert not channel.ready()
    assert {health.state for health in door.told} == {"ok"}


# --- secrets ----------------------------------------------------------------------------------


async def test_no_secret_is_in_any_log(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), capture_logs() as logs:
        door = Door()
        channel = await house.connected(door)
        tied = await handle(house, door)
        await channel.send(post(handle=tied), START)
        await house.fake.throw("{")
        await house.fake.happens("new_in_2027", secret=SECRET)
        await door.until(lambda: door.raw)
        assert house.fake.socket is not None
        await house.fake.socket.close()
        await house.fake.until(lambda: house.fake.subscriptions == 2)
    logged = f"{logs}{caplog.text}"
    assert "frame not readable" in logged
    assert SECRET not in logged
    assert "路灯" not in logged
