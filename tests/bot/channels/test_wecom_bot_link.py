"""The long connection of a 智能机器人, against a server that the official SDKs take for theirs."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from websockets.asyncio.client import connect

from bot.channels.base import (
    Channel,
    Health,
    Incoming,
    Later,
    Meant,
    Outgoing,
    Permanent,
    Raw,
    Received,
    Sent,
    Shared,
    Unknown,
)
from bot.channels.wecom_bot import WecomBot, WecomBotSettings, faults, frames, standing
from bot.channels.wecom_bot.hearing import Hearing
from bot.channels.wecom_bot.link import Pace
from bot.streams import Away, Streams
from storage.database import Database
from tests.bot.channels.fakes.wecom_bot_server import BOT, SECRET, WecomBotServer, serving
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded

#: As in the program, but nobody waits for long.
QUICK = Pace(
    open=5, ack=5, lease=2, renew=0.05, first=0.05, longest=0.2, refused=0.2, kicked=0.2,
    patience=0.4, tell=0.02, retry=0.01,
)  # fmt: skip


@dataclass
class Door:
    """What comes in; it may be away for some tries."""

    away: int = 0
    error: Exception = field(default_factory=lambda: Away("ConnectionError"))
    taken: list[Incoming] = field(default_factory=list)
    raw: list[Raw] = field(default_factory=list)
    told: list[Health] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nobody waits yet."""
        self._moved = asyncio.Condition()

    @property
    def database(self) -> Database:
        raise AssertionError("it has none")

    def now(self) -> datetime:
        return START

    async def take(self, channel: Channel, received: Received) -> list[Incoming]:
        async with self._moved:
            self._moved.notify_all()
            if self.away > 0:
                self.away -= 1
                raise self.error
            self.taken += received.messages
            self.raw += received.raw
        return list(received.messages)

    async def report(self, channel: Channel, health: Health) -> None:
        async with self._moved:
            self.told.append(health)
            self._moved.notify_all()

    async def until(self, so: Callable[[], object], seconds: float = 20) -> None:
        """Wait until it is so, looking whenever something came or was told."""
        async with asyncio.timeout(seconds), self._moved:
            await self._moved.wait_for(so)

    async def tells(self, words: str, state: str) -> None:
        """Wait until this is told."""
        await self.until(lambda: any(words in h.words and h.state == state for h in self.told))

    async def heard(self, many: int = 1) -> list[Incoming]:
        """So many messages."""
        await self.until(lambda: len(self.taken) >= many)
        return self.taken


@dataclass
class House:
    """A server, and bots that run in this process as if in several."""

    fake: WecomBotServer
    shared: Shared
    stack: AsyncExitStack

    def bot(self, *, secret: str = SECRET, shared: Shared | None = None, pace: Pace = QUICK,
            url: str = "") -> WecomBot:  # fmt: skip
        given = WecomBotSettings(bot_id=BOT, secret=secret, url=url or self.fake.url)  # type: ignore[arg-type]
        return WecomBot(given, "https://qyapi.weixin.qq.com", shared or self.shared, pace)

    async def run(self, channel: WecomBot, door: Door) -> "asyncio.Task[None]":
        """Run its loop until the test ends."""
        task = asyncio.create_task(channel.run(door))
        self.stack.push_async_callback(ended, task)
        return task

    async def connected(self, door: Door, **more: Any) -> WecomBot:
        """A bot that is subscribed."""
        channel = self.bot(**more)
        await self.run(channel, door)
        await door.tells(standing.OK.words, "ok")
        return channel


async def ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest_asyncio.fixture
async def house(streams: Streams) -> AsyncIterator[House]:
    async with serving() as fake, AsyncExitStack() as stack:
        yield House(fake, streams, stack)


@pytest.fixture
def door() -> Door:
    return Door()


def post(text: str = "已受理 #12", **more: Any) -> Outgoing:
    return replace(
        Outgoing(id="post-7", group="wr1", text=text, to=[], about=[12], why="reply", at=START),
        **more,
    )


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


# --- what is heard ----------------------------------------------------------------------------

GARBAGE: list[str | bytes] = [
    "", "{", "null", "[]", "7", '"text"', "[" * 50_000, b"\xff\xfe", b"{}", "{}",
    '{"cmd": 7}', '{"cmd": "aibot_msg_callback"}', '{"cmd": "aibot_msg_callback", "body": []}',
    '{"cmd": "aibot_msg_callback", "headers": [], "body": {"msgtype": "text"}}',
    '{"cmd": "aibot_event_callback", "headers": {"req_id": 7}, "body": {"event": 7}}',
    '{"cmd": "something_new", "headers": {"req_id": "r"}, "body": {"words": "新"}}',
    '{"headers": {"req_id": "nobody asked"}, "errcode": 0}', '{"headers": 7, "errcode": "x"}',
    '{"errcode": 846609}', '{"cmd": "aibot_msg_callback", "body": {"msgid": "\\ud800"}}',
]  # fmt: skip


async def test_no_frame_ends_the_loop(house: House, door: Door) -> None:
    await house.connected(door)
    for frame in GARBAGE:
        await house.fake.throw(frame)
    await house.fake.says("@监督助手 路灯坏了")
    await door.heard()
    assert house.fake.subscriptions == 1
    assert any("something_new" in raw.payload for raw in door.raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
FRAMES = st.fixed_dictionaries(
    {},
    optional={
        "cmd": st.sampled_from(["aibot_msg_callback", "aibot_event_callback"]) | JSON,
        "headers": JSON | st.fixed_dictionaries({"req_id": JSON}),
        "body": JSON,
        "errcode": JSON,
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FRAMES)
def test_hearing_never_fails(frame: dict[str, Any]) -> None:
    class Silent:
        id = "link"

    async def hear() -> None:
        hearing = Hearing(WecomBot(WecomBotSettings(), "", None), None, QUICK)  # type: ignore[arg-type]
        hearing.hear(Door(), Silent(), frame)  # type: ignore[arg-type]

    asyncio.run(hear())


async def test_what_can_not_be_kept_now_is_kept_later_and_in_order(
    house: House, door: Door
) -> None:
    await house.connected(door)
    door.away = 5
    for number in range(4):
        await house.fake.says(f"第 {number} 句")
    assert [said.text for said in await door.heard(4)] == [f"第 {number} 句" for number in range(4)]


async def test_what_was_heard_outlives_the_connection(house: House, door: Door) -> None:
    await house.connected(door)
    door.away = 10**9
    await house.fake.says("@监督助手 路灯坏了")
    await door.until(lambda: door.away < 10**9)
    assert house.fake.socket is not None
    await house.fake.socket.close()
    await house.fake.until(lambda: house.fake.subscriptions == 2)
    door.away = 0
    await door.heard()


async def test_what_was_heard_is_kept_before_the_process_ends(house: House) -> None:
    door = Door()
    task = await house.run(house.bot(), door)
    await door.tells(standing.OK.words, "ok")
    door.away = 3
    await house.fake.says("第一句")
    await house.fake.says("第二句")
    await door.until(lambda: door.away < 3)
    await ended(task)
    assert [said.text for said in door.taken] == ["第一句", "第二句"]


async def test_what_can_not_be_kept_before_the_process_ends_is_told(house: House) -> None:
    door = Door(away=10**9)
    task = await house.run(house.bot(pace=replace(QUICK, rest=0.05)), door)
    await door.tells(standing.OK.words, "ok")
    await house.fake.says("第一句")
    await door.until(lambda: door.away < 10**9)
    with capture_logs() as logs:
        await ended(task)
    (lost,) = [one for one in logs if one["event"] == "messages lost"]
    assert (lost["many"], "第一句" in str(logs)) == (1, False)


async def test_what_can_never_be_kept_is_kept_as_it_came_and_holds_nobody_up(
    house: House,
) -> None:
    door = Door(error=ValueError("no such thing"))
    await house.connected(door)
    door.away = 1
    await house.fake.says("不寻常的话")
    await house.fake.says("下一句")
    assert [said.text for said in await door.heard()] == ["下一句"]
    (raw,) = door.raw
    assert (raw.address, "不寻常的话" in raw.payload) == ("wr1", True)


# --- answers within seconds -------------------------------------------------------------------


async def test_who_speaks_to_the_bot_alone_is_answered(house: House, door: Door) -> None:
    await house.connected(door)
    req_id = await house.fake.says("路灯坏了", chattype="single", chat="")
    frame = await house.fake.came("aibot_respond_msg")
    assert frame["headers"]["req_id"] == req_id
    assert frame["body"]["stream"]["content"] == frames.ALONE
    assert (door.taken, len(door.raw)) == ([], 1)


async def test_who_enters_is_welcomed_also_while_nothing_can_be_kept(
    house: House, door: Door
) -> None:
    await house.connected(door)
    door.away = 10**9
    await house.fake.says("@监督助手 路灯坏了")
    req_id = await house.fake.happens("enter_chat")
    frame = await house.fake.came("aibot_respond_welcome_msg")
    assert frame["headers"]["req_id"] == req_id
    door.away = 0


async def test_a_tap_is_kept_and_the_card_says_so(house: House, door: Door) -> None:
    channel = await house.connected(door)
    house.fake.known("wr1")
    offering = post("请核实", offers=("confirm_resolved", "dispute_result"))
    await channel.send(offering, START)
    card = (await house.fake.came("aibot_send_msg"))["body"]["template_card"]
    req_id = await house.fake.taps(card, card["button_list"][1]["key"], who="li")
    (taken,) = await door.heard()
    assert (taken.sender, taken.meant) == ("li", Meant("dispute_result", 12))
    assert (taken.text, taken.handle) == ("【仍未解决】12号", None)
    frame = await house.fake.came("aibot_respond_update_msg")
    assert frame["headers"]["req_id"] == req_id
    assert frame["body"]["userids"] == ["li"]
    assert frame["body"]["template_card"]["task_id"] == card["task_id"]


async def test_a_tap_that_could_not_be_kept_in_time_updates_nothing(
    house: House, door: Door
) -> None:
    await house.connected(door, pace=replace(QUICK, reply=0))
    card = {"card_type": "button_interaction", "task_id": "t"}
    await house.fake.taps(card, "urge:12")
    await door.heard()
    await house.fake.says("下一句", chattype="single", chat="")
    await door.until(lambda: door.raw)
    assert not house.fake.of("aibot_respond_update_msg")


# --- what is said -----------------------------------------------------------------------------


async def handle(house: House, door: Door) -> dict[str, Any]:
    """Of a message that was just heard."""
    await house.fake.says("@监督助手 路灯坏了")
    found = (await door.heard(len(door.taken) + 1))[-1].handle
    assert found is not None
    return found


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
