"""A bot's connection without a wire: what is kept when, what is asked, and what silence means."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.exc import DataError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from bot.channels.base import Channel, Closed, Health, Incoming, Outgoing, Received, Rejected
from bot.channels.onebot import OneBot, serving
from bot.channels.onebot.lines import Line, Silent
from bot.channels.onebot.settings import OneBotSettings
from bot.streams import Away
from storage.database import Database
from tests.bot.channels.fakes.napcat import NapCat
from tests.fixtures.cast import START

TOKEN, SELF = "made-up-token", 10001
BOT = NapCat(SELF, TOKEN, [20001])


class Wire:
    """A socket of which both ends are here; None ends it."""

    def __init__(self, **headers: str) -> None:
        given = {"authorization": f"Bearer {TOKEN}", "x-self-id": str(SELF), **headers}
        self.headers: Mapping[str, str] = given
        self.query: Mapping[str, str] = {}
        self.frames: asyncio.Queue[str | None] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []

    def tells(self, *frames: Any) -> None:
        for frame in frames:
            self.frames.put_nowait(frame if frame is None else json.dumps(frame))

    async def receive(self) -> str:
        frame = await self.frames.get()
        if frame is None:
            raise Closed
        return frame

    async def send(self, text: str) -> None:
        self.sent.append(json.loads(text))


class Porch:
    """A door that keeps what comes, after it has failed as it is told."""

    def __init__(self, *faults: Exception) -> None:
        self.faults, self.kept = list(faults), list[Incoming]()
        self.hints: list[Mapping[str, Any]] = []

    @property
    def database(self) -> Database:
        raise AssertionError("nobody asks for it")

    def now(self) -> datetime:
        return START

    async def take(self, channel: Channel, received: Received) -> list[Incoming]:
        self.hints += [hint.about for hint in received.hints]
        if received.messages and self.faults:
            raise self.faults.pop(0)
        self.kept += received.messages
        return list(received.messages)

    async def report(self, channel: Channel, health: Health) -> None:
        """Nobody listens."""

    def texts(self) -> list[str]:
        return [incoming.text for incoming in self.kept]


def made(**given: Any) -> OneBot:
    return OneBot(OneBotSettings(**{"token": TOKEN, **given}), None)  # type: ignore[arg-type]


async def served(wire: Wire, door: Porch, channel: OneBot | None = None) -> OneBot:
    """What was told is served, and the connection closed."""
    found = channel or made()
    wire.tells(None)
    with pytest.raises(Closed):
        await found.serve(wire, door)
    assert not found.lines
    return found


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two tries."""
    monkeypatch.setattr(serving, "KEEPING", (0,))


@pytest.mark.parametrize(
    "away",
    [
        OperationalError("x", None, Exception()), InternalError("x", None, Exception()),
        NoConnection("x"),
    ],
)  # fmt: skip
async def test_while_nothing_can_be_kept_it_waits_in_its_order(away: Exception) -> None:
    door, wire = Porch(Away("x"), away, Away("x")), Wire()
    wire.tells(*(BOT.said(1, f"第{number}句") for number in range(3)))
    await served(wire, door)
    assert door.texts() == ["第0句", "第1句", "第2句"]


@pytest.mark.parametrize(
    "fault", [DataError("x", None, Exception()), Rejected(404, "x"), KeyError("x")]
)
async def test_what_can_never_be_kept_holds_up_nothing(fault: Exception) -> None:
    door, wire = Porch(fault), Wire()
    wire.tells(*(BOT.said(1, f"第{number}句") for number in range(3)))
    await served(wire, door)
    assert door.texts() == ["第1句", "第2句"]


@pytest.mark.parametrize(
    ("role", "asks"), [("API", True), ("Event", False), ("Universal", True), ("universal", True)]
)
async def test_only_who_takes_actions_is_asked(role: str, asks: bool) -> None:
    wire = Wire(**{"x-client-role": role})
    await served(wire, Porch())
    assert [one["action"] for one in wire.sent] == (["get_group_list"] if asks else [])


async def test_its_comings_and_goings_are_told() -> None:
    door, wire = Porch(), Wire()
    serving_ = asyncio.create_task(made().serve(wire, door))
    await _until(lambda: bool(door.hints))
    wire.tells(None)
    with pytest.raises(Closed):
        await serving_
    assert door.hints == [
        {"bot": str(SELF), "since": START.isoformat(), "online": True},
        {"bot": str(SELF), "gone": True},
    ]


async def test_while_one_of_its_connections_is_open_a_bot_is_there() -> None:
    channel, door, events = made(), Porch(), Wire(**{"x-client-role": "Event"})
    actions = asyncio.create_task(channel.serve(wire := Wire(**{"x-client-role": "API"}), door))
    await _until(lambda: bool(channel.lines))
    events.tells(None)
    with pytest.raises(Closed):
        await channel.serve(events, door)
    assert {"bot": str(SELF), "gone": True} not in door.hints
    assert channel.ready()
    wire.tells(None)
    with pytest.raises(Closed):
        await actions
    assert {"bot": str(SELF), "gone": True} in door.hints
    assert not channel.ready()


async def test_where_a_bot_is_follows_what_it_hears() -> None:
    wire, door = Wire(), Porch()
    channel = made()
    serving_ = asyncio.create_task(channel.serve(wire, door))
    await _until(lambda: bool(wire.sent and channel.lines))
    (line,) = channel.lines
    wire.tells({"status": "ok", "retcode": 0, "data": [{"group_id": 1}, 7, {}],
                "echo": wire.sent[0]["echo"]})  # fmt: skip
    await _until(lambda: line.groups is not None)
    leaves = {"post_type": "notice", "notice_type": "group_decrease", "group_id": 1}
    joins = {"post_type": "notice", "notice_type": "group_increase", "group_id": 2}
    wire.tells(
        BOT.event(**leaves, user_id=9), BOT.event(**leaves, user_id=SELF), BOT.event(**joins),
        BOT.said(1, "好", group=3), None,
    )  # fmt: skip
    with pytest.raises(Closed):
        await serving_
    assert line.groups is not None
    assert line.groups & {"1", "2", "3"} == {"2", "3"}


async def _until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not so():  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0)


# --- what is asked ----------------------------------------------------------------------------


async def test_no_answer_and_the_end_of_the_line_are_silence() -> None:
    line = Line(Wire(), "1", "api", START)
    with pytest.raises(Silent, match="TimeoutError"):
        await line.ask("send_group_msg", {}, 0)
    asking = asyncio.create_task(line.ask("send_group_msg", {}, 60))
    await _until(lambda: bool(line.waiting))
    line.end()
    with pytest.raises(Silent, match="Closed"):
        await asking
    await _until(lambda: not line.waiting)


async def test_answers_find_who_asked_in_whatever_order() -> None:
    line = Line(wire := Wire(), "1", "api", START)
    futures = [await line.begin("a", {"n": number}) for number in range(3)]
    for asked in reversed(wire.sent):
        line.answered({"echo": asked["echo"], "retcode": 0, "data": asked["params"]})
        line.answered({"echo": asked["echo"], "retcode": 0, "data": "twice"})
    line.answered({"echo": "nobody's", "retcode": 0})
    assert [(await future).about for future in futures] == [{"n": 0}, {"n": 1}, {"n": 2}]


async def test_where_nobody_is_there_to_ask_nothing_was_said() -> None:
    class Gone(Wire):
        async def send(self, text: str) -> None:
            raise Closed

    line = Line(Gone(), "1", "api", START)
    with pytest.raises(Closed):
        await line.ask("send_group_msg", {}, 60)
    await _until(lambda: not line.waiting)


def test_a_post_to_nobody_is_not_ready_to_leave() -> None:
    channel = made()
    assert not channel.ready()
    assert made(api="http://127.0.0.1:9").ready()
    assert channel.split(
        Outgoing(id="1", group="1", text="好", to=[], about=[], why="reply", at=START)
    ) == ["好"]
