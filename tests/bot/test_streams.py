"""Streams: kept in order, leased to one, unfinished until done, away when nobody answers."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.embedded.process import Child
from bot.streams import (
    LEASE,
    PARTITIONS,
    SEEN,
    Away,
    Entry,
    Streams,
    _lease,
    _live,
    _stream,
    partition,
)

pytestmark = pytest.mark.embedded

G1 = partition("g1")


async def fresh(streams: Streams, most: int = 10) -> list[str]:
    return [entry.payload for entry in await streams.fresh([G1], most, 1)]


def test_a_group_s_partition_is_the_same_for_ever() -> None:
    assert [partition(group) for group in ("g1", "g2", "制造名城")] == [5, 15, 9]


def test_groups_spread_over_all_partitions() -> None:
    assert {partition(f"g{number}") for number in range(200)} == set(range(PARTITIONS))


# --- reading ----------------------------------------------------------------------------------


async def test_what_is_appended_comes_out_in_order(streams: Streams) -> None:
    said = [f"第{number}句\n🚧" for number in range(5)]
    for words in said:
        await streams.append("g1", words)
    assert await fresh(streams) == said


async def test_one_look_takes_no_more_than_asked_for(streams: Streams) -> None:
    for number in range(3):
        await streams.append("g1", str(number))
    assert [await fresh(streams, 2), await fresh(streams, 2)] == [["0", "1"], ["2"]]


async def test_what_was_handed_out_is_not_fresh(streams: Streams) -> None:
    await streams.append("g1", "1")
    await fresh(streams)
    assert await fresh(streams) == []


async def test_several_partitions_are_looked_at_together(streams: Streams) -> None:
    await streams.append("g1", "1")
    await streams.append("g2", "2")
    entries = await streams.fresh([G1, partition("g2")], 10, 1)
    assert {(entry.partition, entry.payload) for entry in entries} == {(5, "1"), (15, "2")}


@pytest.mark.parametrize("count", [1, 3])
async def test_after_a_crash_the_next_one_finds_what_is_unfinished(
    streams: Streams, redis_url: str, count: int
) -> None:
    for number in range(count):
        await streams.append("g1", str(number))
    await fresh(streams)
    other = Streams(redis_url)
    found = await other.unfinished(G1, 10)
    await other.close()
    assert [entry.payload for entry in found] == [str(number) for number in range(count)]


async def test_it_is_counted_how_often_an_entry_was_handed_out(streams: Streams) -> None:
    await streams.append("g1", "1")
    await fresh(streams)
    tries = [(await streams.unfinished(G1, 10))[0].tries for _ in range(3)]
    assert tries == [1, 2, 3]


async def test_what_is_done_is_gone(streams: Streams) -> None:
    for number in range(2):
        await streams.append("g1", str(number))
    first, _ = await streams.fresh([G1], 10, 1)
    await streams.done(first)
    assert [entry.payload for entry in await streams.unfinished(G1, 10)] == ["1"]
    assert await streams.lag() == 1


async def test_an_entry_that_somebody_removed_is_still_to_be_done(streams: Streams) -> None:
    await streams.append("g1", "1")
    (entry,) = await streams.fresh([G1], 10, 1)
    await streams.client.xdel(_stream(G1), entry.id)
    assert await streams.unfinished(G1, 10) == [Entry(G1, entry.id, "", 1)]
    await streams.done(entry)
    assert await streams.unfinished(G1, 10) == []


async def test_the_lag_counts_all_partitions(streams: Streams) -> None:
    assert await streams.lag() == 0
    for group in ("g1", "g2", "g1"):
        await streams.append(group, "x")
    assert await streams.lag() == 3


# --- sharing ----------------------------------------------------------------------------------


async def test_a_lease_is_one_worker_s(streams: Streams) -> None:
    assert await streams.lease("a", G1)
    assert not await streams.lease("b", G1)
    assert await streams.lease("a", G1)


async def test_of_many_at_once_one_gets_the_lease(streams: Streams) -> None:
    taken = await asyncio.gather(*(streams.lease(str(number), G1) for number in range(20)))
    assert sum(taken) == 1


async def test_a_lease_ends_by_itself_unless_it_is_kept(streams: Streams) -> None:
    await streams.lease("a", G1)
    await streams.client.expire(_lease(G1), 1)
    await streams.lease("a", G1)
    assert LEASE - 2 < await streams.client.ttl(_lease(G1)) <= LEASE


async def test_only_its_holder_gives_a_lease_back(streams: Streams) -> None:
    await streams.lease("a", G1)
    await streams.release("b", G1)
    assert not await streams.lease("b", G1)
    await streams.release("a", G1)
    assert await streams.lease("b", G1)


@pytest.mark.parametrize(("workers", "share"), [(1, 16), (2, 8), (3, 6), (16, 1), (20, 1)])
async def test_the_share_is_fair(streams: Streams, workers: int, share: int) -> None:
    shares = [await streams.share(str(number), 0.0) for number in range(workers)]
    assert shares[-1] == share


async def test_who_is_not_seen_any_more_does_not_share(streams: Streams) -> None:
    await streams.share("a", 0.0)
    assert await streams.share("b", SEEN - 1.0) == 8
    assert await streams.share("b", SEEN + 1.0) == 16


async def test_who_leaves_gives_all_back_at_once(streams: Streams) -> None:
    await streams.share("a", 0.0)
    await streams.lease("a", G1)
    await streams.leave("a", [G1])
    assert await streams.lease("b", G1)
    assert await streams.share("b", 0.0) == 16


# --- waking -----------------------------------------------------------------------------------


async def test_senders_hear_in_which_group_something_was_said(streams: Streams) -> None:
    calls = streams.calls()
    await anext(calls)  # they listen now
    await streams.wake("g1")
    assert await anext(calls) == "g1"


async def test_a_window_hears_of_its_own_group_alone(streams: Streams) -> None:
    live = streams.live("g1")
    assert await anext(live) == ""  # to begin with
    for group in ("g2", "g1", "g2"):
        await streams.wake(group)
    await streams.client.publish(_live("g1"), "end")
    assert [await anext(live), await anext(live)] == ["said", "end"]


# --- away -------------------------------------------------------------------------------------


Call = Callable[[Streams], Awaitable[Any]]
CALLS: dict[str, Call] = {
    "ping": lambda streams: streams.ping(),
    "append": lambda streams: streams.append("g1", "x"),
    "lag": lambda streams: streams.lag(),
    "share": lambda streams: streams.share("a", 0.0),
    "lease": lambda streams: streams.lease("a", G1),
    "release": lambda streams: streams.release("a", G1),
    "leave": lambda streams: streams.leave("a", [G1]),
    "unfinished": lambda streams: streams.unfinished(G1, 1),
    "fresh": lambda streams: streams.fresh([G1], 1, 1),
    "done": lambda streams: streams.done(Entry(G1, "1-0", "x")),
    "calls": lambda streams: anext(streams.calls()),
}


def dead_socket(folder: Path) -> str:
    """The address of a socket whose server is gone."""
    path = folder / "dead.sock"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(path))
    return f"unix://{path}"


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_without_a_server_it_is_away(house: Path, call: Call) -> None:
    streams = Streams(dead_socket(house))
    with pytest.raises(Away):
        await call(streams)
    await streams.close()


async def test_a_wake_up_call_that_nobody_takes_is_no_error(house: Path) -> None:
    streams = Streams(dead_socket(house))
    await streams.wake("g1")
    await streams.close()


async def test_a_server_that_comes_back_has_all_that_was_appended(
    mortal: tuple[Child, str],
) -> None:
    server, url = mortal
    streams = Streams(url)
    await streams.append("g1", "kept")
    assert server.process is not None
    server.process.kill()
    await server.stop()
    with pytest.raises(Away):
        await streams.append("g1", "refused")
    await server.start(lambda _: None)
    assert await fresh(streams) == ["kept"]
    await streams.close()


# --- what channels share ----------------------------------------------------------------------


async def test_turns_are_given_up_to_the_limit_of_each_window(streams: Streams) -> None:
    taken = [await streams.wait("key", [(3, 60), (100, 3600)]) for _ in range(4)]
    assert taken[:3] == [0, 0, 0]
    assert 59 < taken[3] <= 60
    assert await streams.wait("other", [(3, 60)]) == 0


async def test_the_longest_window_counts_too(streams: Streams) -> None:
    for _ in range(2):
        assert await streams.wait("key", [(10, 1), (2, 3600)]) == 0
    assert 3590 < await streams.wait("key", [(10, 1), (2, 3600)]) <= 3600


async def test_a_turn_comes_back_when_its_window_is_over(
    streams: Streams, until: Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
) -> None:
    assert await streams.wait("key", [(1, 0.2)]) == 0
    assert 0 < await streams.wait("key", [(1, 0.2)]) <= 0.2

    async def comes_back() -> bool:
        return await streams.wait("key", [(1, 0.2)]) == 0

    await until(comes_back)


async def test_a_turn_is_taken_once_however_many_ask(streams: Streams) -> None:
    asked = await asyncio.gather(*(streams.wait("key", [(5, 60)]) for _ in range(40)))
    assert asked.count(0) == 5


async def test_a_lease_is_held_by_one_until_it_gives_it_back(streams: Streams) -> None:
    assert await streams.hold("bot", "a", 30)
    assert await streams.hold("bot", "a", 30)
    assert not await streams.hold("bot", "b", 30)
    await streams.drop("bot", "b")  # not its own
    assert not await streams.hold("bot", "b", 30)
    await streams.drop("bot", "a")
    assert await streams.hold("bot", "b", 30)


async def test_what_is_kept_is_there_until_it_is_forgotten(streams: Streams) -> None:
    assert await streams.kept("token") is None
    await streams.keep("token", "令牌", 60)
    assert await streams.kept("token") == "令牌"
    await streams.forget("token")
    assert await streams.kept("token") is None


async def test_a_hint_reaches_who_listens(streams: Streams) -> None:
    heard: list[str] = []
    listening = asyncio.Event()

    async def listens() -> None:
        async for about in streams.hints("changed"):
            listening.set()
            if about:
                heard.append(about)
                return

    task = asyncio.create_task(listens())
    await listening.wait()
    await streams.hint("other", "no")
    await streams.hint("changed", '{"chat": "wr1"}')
    await asyncio.wait_for(task, 10)
    assert heard == ['{"chat": "wr1"}']


async def test_who_listens_is_told_again_and_again_that_nothing_came(streams: Streams) -> None:
    """Whoever tells how a channel is while nothing happens goes on telling."""
    streams.quiet = 0.05
    heard: list[str] = []
    async with asyncio.timeout(10):
        async for about in streams.hints("changed"):
            heard.append(about)
            if len(heard) == 3:
                break
    assert heard == ["", "", ""]


async def test_how_a_channel_is_is_read_by_every_process(streams: Streams) -> None:
    await streams.note("onebot", "down")
    await streams.note("onebot", "ok")
    await streams.note("wecom_bot", "warn")
    assert await streams.noted() == {"onebot": "ok", "wecom_bot": "warn"}
