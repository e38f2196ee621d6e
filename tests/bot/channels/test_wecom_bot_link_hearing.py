"""What a 智能机器人 hears on its long connection: kept, and answered within seconds."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.channels.base import Meant
from bot.channels.wecom_bot import WecomBot, WecomBotSettings, frames, standing
from bot.channels.wecom_bot.hearing import Hearing
from bot.streams import Streams
from tests.bot.channels.wecom_bot_linked import QUICK, Door, House, ended, linked, post
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded


@pytest_asyncio.fixture
async def house(streams: Streams) -> AsyncIterator[House]:
    async with linked(streams) as found:
        yield found


@pytest.fixture
def door() -> Door:
    return Door()


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
