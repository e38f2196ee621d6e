"""A worker: in order within a group, shared with others, and never stopped by one message."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from sqlmodel import col, select
from structlog.testing import capture_logs

from bot.channels.base import Incoming, Media
from bot.embedded.process import Child
from bot.streams import PARTITIONS, Streams, partition
from bot.worker import Worker
from nlu.keywords import Keywords
from nlu.rasa_http import Rasa
from storage.database import Database
from storage.models import Group, Message, Poisoned, Post, Ticket
from tests.bot.conftest import Until
from tests.bot.wire import Wire
from tests.fixtures.cast import REPORT, START

pytestmark = pytest.mark.embedded


def incoming(id_: str, group: str = "g1", text: str = REPORT) -> Incoming:
    return Incoming(
        kind="message", channel="sandbox", group=group, id=id_, at=START, sender="zhang",
        name="立方新能源-张三", text=text,
    )  # fmt: skip


def broken(id_: str, group: str = "g1") -> str:
    """Readable, and never to be handled: its moment has no offset."""
    return replace(incoming(id_, group), at=datetime(2023, 4, 3, 9)).as_json()  # noqa: DTZ001


class Crew:
    """Workers on one database and one Valkey."""

    def __init__(self, database: Database, streams: Streams, keywords: Keywords) -> None:
        self.database, self.streams, self.keywords = database, streams, keywords

    def worker(self, name: str = "a", streams: Streams | None = None) -> Worker:
        return Worker(
            name, self.database, streams or self.streams, self.keywords, lambda: datetime.now(UTC)
        )

    async def says(self, *ids: str, group: str = "g1") -> None:
        for id_ in ids:
            await self.streams.append(group, incoming(id_, group).as_json())

    async def idle(self) -> bool:
        return await self.streams.lag() == 0

    async def works(self) -> None:
        """One worker, until nothing waits."""
        worker = self.worker()
        while not await self.idle():
            await worker.step()

    async def kept(self, group: str = "g1") -> list[str]:
        """The messages of a group, in the order in which they were handled."""
        query = select(Message).where(Message.group_id == group).order_by(col(Message.said))
        async with self.database.transaction() as session:
            return [row.external_id for row in (await session.exec(query)).all()]

    async def all[Row: (Message, Post, Ticket, Poisoned)](self, table: type[Row]) -> Sequence[Row]:
        async with self.database.transaction() as session:
            return (await session.exec(select(table))).all()


@pytest.fixture
def crew(database: Database, streams: Streams, keywords: Keywords) -> Crew:
    return Crew(database, streams, keywords)


@pytest_asyncio.fixture
async def pair(crew: Crew) -> AsyncIterator[tuple[Worker, Worker]]:
    """Two workers that have shared the partitions."""
    pair = crew.worker("a"), crew.worker("b")
    for worker in (*pair, *pair):
        await worker.settle()
    yield pair


@contextlib.asynccontextmanager
async def runs(*workers: Worker) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield
    finally:
        for worker in workers:
            worker.drain()
        await asyncio.gather(*tasks)


# --- one worker -------------------------------------------------------------------------------


async def test_a_group_s_messages_are_handled_in_their_order(crew: Crew) -> None:
    ids = [f"m{number}" for number in range(20)]
    await crew.says(*ids)
    await crew.works()
    assert await crew.kept() == ids


async def test_what_was_handled_is_acknowledged_and_answered(crew: Crew) -> None:
    await crew.says("m1")
    await crew.works()
    (post,) = await crew.all(Post)
    assert post.to == ["zhang"]
    assert "已受理" in post.text


async def test_a_second_delivery_changes_nothing(crew: Crew) -> None:
    await crew.says("m1", "m1")
    await crew.works()
    assert [len(await crew.all(Message)), len(await crew.all(Ticket))] == [1, 1]


async def test_a_recall_marks_what_it_takes_back(crew: Crew) -> None:
    await crew.says("m1")
    taken = Incoming(kind="recall", channel="sandbox", group="g1", id="m1", at=START)
    await crew.streams.append("g1", taken.as_json())
    await crew.works()
    (message,) = await crew.all(Message)
    assert message.recalled_at is not None


async def test_a_picture_comes_through_whole(crew: Crew) -> None:
    said = replace(incoming("m1", text=""), images=(Media("i1", "灯.jpg", "ab" * 32),))
    await crew.streams.append("g1", said.as_json())
    await crew.works()
    (message,) = await crew.all(Message)
    assert message.images == [{"id": "i1", "name": "灯.jpg", "sha256": "ab" * 32, "kind": "image"}]


# --- what can't be handled --------------------------------------------------------------------


async def test_a_message_that_fails_is_set_aside_and_those_behind_it_go_on(crew: Crew) -> None:
    await crew.says("m1")
    await crew.streams.append("g1", broken("bad"))
    await crew.says("m2", "m3")
    await crew.works()
    assert await crew.kept() == ["m1", "m2", "m3"]
    (aside,) = await crew.all(Poisoned)
    assert (aside.external_id, aside.group_id) == ("bad", "g1")
    assert "without offset" in aside.error


async def test_it_is_set_aside_after_three_tries(crew: Crew) -> None:
    await crew.streams.append("g1", broken("bad"))
    worker, left = crew.worker(), []
    for _ in range(3):
        left.append(await crew.streams.lag())
        await worker.step()
    assert left == [1, 1, 1]
    assert await crew.streams.lag() == 0


async def test_of_what_failed_nothing_stays(crew: Crew) -> None:
    await crew.streams.append("g1", broken("bad"))
    await crew.works()
    assert [await crew.all(Message), await crew.all(Post)] == [[], []]


async def test_a_message_that_fails_holds_up_no_other_group(crew: Crew) -> None:
    await crew.streams.append("g1", broken("bad"))
    await crew.says("m1", group="g2")
    await crew.worker().step()
    assert await crew.kept("g2") == ["m1"]


async def test_a_message_for_no_group_is_set_aside(crew: Crew) -> None:
    await crew.says("m1", group="nowhere")
    await crew.works()
    (aside,) = await crew.all(Poisoned)
    assert "ForeignKey" in aside.error


@pytest.mark.parametrize(
    "payload",
    [
        "", "not json", "[]", "7", "null", "{}", '{"quote": null, "images": 1}', "\x00", "[" * 9999,
        incoming("m1").as_json().replace('"kind"', '"mood"'),
        incoming("m1").as_json().replace(f'"{REPORT}"', "7"),
        incoming("m1").as_json().replace(f'"{REPORT}"', "null"),
        incoming("m1").as_json().replace('"m1"', '"\\u0000"').replace('"text"', '"words"'),
    ],
)  # fmt: skip
async def test_what_can_t_be_read_is_set_aside(crew: Crew, payload: str) -> None:
    await crew.streams.append("g1", payload)
    await crew.says("m2")
    await crew.works()
    assert len(await crew.all(Poisoned)) == 1
    assert await crew.kept() == ["m2"]


async def test_of_what_can_t_be_read_nothing_is_told_but_where(crew: Crew) -> None:
    said = replace(incoming("m1"), handle={"response_url": "https://x/?response_code=s3cret"})
    await crew.streams.append("g1", said.as_json().replace('"handle"', '"tie"'))
    with capture_logs() as logs:
        await crew.works()
    (aside,) = await crew.all(Poisoned)
    assert "tie" in aside.error
    assert "s3cret" not in f"{aside.error}{logs}"


async def test_a_message_of_which_workers_die_is_set_aside(crew: Crew) -> None:
    await crew.says("m1")
    await crew.streams.fresh([partition("g1")], 10, 1)
    for _ in range(6):
        await crew.streams.unfinished(partition("g1"), 10)
    await crew.works()
    (aside,) = await crew.all(Poisoned)
    assert "never finished" in aside.error


# --- several workers --------------------------------------------------------------------------


async def test_two_workers_share_the_partitions(pair: tuple[Worker, Worker]) -> None:
    one, other = pair
    assert [len(one.leased), len(other.leased)] == [8, 8]
    assert one.leased | other.leased == set(range(PARTITIONS))


async def test_two_workers_handle_each_message_once(
    crew: Crew, pair: tuple[Worker, Worker], until: Until
) -> None:
    groups = [f"group{number}" for number in range(20)]
    async with crew.database.transaction() as session:
        session.add_all(Group(id=group, name=group) for group in groups)
    for number in range(200):
        await crew.says(f"m{number:03}", group=groups[number % 20])
    async with runs(*pair):
        await until(crew.idle)
    for number, group in enumerate(groups):
        assert await crew.kept(group) == [f"m{i:03}" for i in range(number, 200, 20)]
    assert [len(await crew.all(Ticket)), len(await crew.all(Post))] == [200, 200]
    assert await crew.all(Poisoned) == []


async def test_another_worker_goes_on_from_what_a_crash_left(crew: Crew) -> None:
    await crew.says("m1", "m2")
    crashed = crew.worker("crashed")
    await crashed.settle()
    await crew.streams.fresh(sorted(crashed.leased), 10, 1)
    await crew.says("m3")
    await crew.streams.leave(crashed.name, crashed.leased)  # its leases have run out
    await crew.works()
    assert await crew.kept() == ["m1", "m2", "m3"]


async def test_drained_it_has_finished_what_it_began(crew: Crew, until: Until) -> None:
    await crew.says(*(f"m{number}" for number in range(50)))
    async with runs(crew.worker()):

        async def begun() -> bool:
            return bool(await crew.kept())

        await until(begun)
    kept = await crew.kept()
    assert len(kept) + await crew.streams.lag() == 50
    assert await crew.streams.unfinished(partition("g1"), 99) == []


async def test_drained_it_gives_its_leases_back(crew: Crew) -> None:
    worker = crew.worker()
    async with runs(worker):
        await worker.settle()
    assert all([await crew.streams.lease("b", number) for number in range(PARTITIONS)])


# --- what is away -----------------------------------------------------------------------------


async def test_it_goes_on_when_valkey_is_back(
    crew: Crew, mortal: tuple[Child, str], until: Until
) -> None:
    server, url = mortal
    streams = Streams(url)
    async with runs(crew.worker("a", streams)):
        await server.stop()
        await server.start(lambda _: None)
        await streams.append("g1", incoming("m1").as_json())

        async def handled() -> bool:
            return await crew.kept() == ["m1"]

        await until(handled)
    await streams.close()


async def test_a_long_message_is_kept_whole_and_read_to_its_limit(crew: Crew, wire: Wire) -> None:
    wire.answer = b'{"intent": {"name": "chitchat", "confidence": 0.9}, "entities": []}'
    rasa = Rasa(wire.url, "token")
    await crew.streams.append("g1", incoming("m1", text="灯" * 5000).as_json())
    worker = crew.worker()
    worker.parser = rasa
    await worker.step()
    await rasa.close()
    (message,) = await crew.all(Message)
    assert message.text == "灯" * 5000
    assert wire.bodies[0].decode().count("灯") == 4000
