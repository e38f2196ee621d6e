"""The fetcher: what waits is fetched, looked at and kept; or it is told why not."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlmodel import col, select
from structlog.testing import capture_logs

from bot import contents, fetcher
from bot.channels.base import Channel, Later, Permanent
from bot.fetcher import BACKOFF, LANES, LEASE, SHARE, TRIES, Fetcher
from bot.streams import Streams
from storage import media
from storage.database import Database
from storage.models import Blob, Medium
from tests.bot.conftest import Until
from tests.demo_media import DUSK
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded

KEY = "aeskey-of-the-platform"


class Shelf(Channel):
    """A channel that has what it is told to have."""

    name, title = "shelf", "示例"

    def __init__(self) -> None:
        self.found: bytes | Exception = DUSK
        self.asked: list[tuple[Mapping[str, Any], int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.now, self.most = 0, 0

    async def fetch(self, source: Mapping[str, Any], most: int) -> bytes:
        self.asked.append((source, most))
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.open.wait()
        finally:
            self.now -= 1
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


class Office:
    """A fetcher on a clock, and the shelf that it fetches from."""

    def __init__(self, database: Database, streams: Streams) -> None:
        self.database, self.streams, self.now, self.shelf = database, streams, START, Shelf()
        self.other = Shelf()

    def fetcher(self) -> Fetcher:
        channels = {"shelf": self.shelf, "other": self.other}
        return Fetcher(self.database, self.streams, channels, lambda: self.now)

    async def wants(self, *ids: str, channel: str = "shelf") -> None:
        async with self.database.transaction() as session:
            for id_ in ids:
                await media.wanted(
                    session, group_id="g1", external_id=id_, place=0, channel=channel,
                    kind="image", name="灯.jpg", source={"url": id_, "key": KEY}, at=self.now,
                )  # fmt: skip

    async def works(self) -> None:
        """Fetch all that can be fetched now."""
        one = self.fetcher()
        while await one.step():
            pass

    async def rows(self) -> Sequence[Medium]:
        async with self.database.transaction() as session:
            return (await session.exec(select(Medium).order_by(col(Medium.id)))).all()

    async def row(self) -> Medium:
        (row,) = await self.rows()
        return row

    async def statuses(self) -> list[str]:
        return [row.status for row in await self.rows()]


@asynccontextmanager
async def ended(running: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """What runs without end is ended with the block, however that ends."""
    task = asyncio.create_task(running)
    try:
        yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.fixture
def office(database: Database, streams: Streams) -> Office:
    return Office(database, streams)


async def test_what_is_fetched_is_kept_by_its_hash_and_its_source_is_gone(office: Office) -> None:
    await office.wants("1")
    await office.works()
    row = await office.row()
    assert (row.status, row.sha256, row.source, row.error) == (
        "kept", sha256(DUSK).hexdigest(), None, None,
    )  # fmt: skip
    assert office.shelf.asked == [({"url": "1", "key": KEY}, contents.LARGEST)]
    async with office.database.transaction() as session:
        (blob,) = (await session.exec(select(Blob))).all()
    assert (blob.content, blob.type, blob.size) == (DUSK, "image/png", len(DUSK))


async def test_the_same_picture_twice_is_one(office: Office) -> None:
    await office.wants("1", "2")
    await office.works()
    assert await office.statuses() == ["kept", "kept"]
    async with office.database.transaction() as session:
        assert len((await session.exec(select(Blob))).all()) == 1


async def test_while_it_is_fetched_nothing_is_locked_and_nobody_else_fetches_it(
    office: Office, until: Until
) -> None:
    await office.wants("1")
    office.shelf.open.clear()
    step = asyncio.create_task(office.fetcher().step())

    async def begun() -> bool:
        return bool(office.shelf.asked)

    await until(begun)
    assert not await office.fetcher().step()
    async with office.database.transaction() as session:  # it could be locked by us
        row = await media.lock(session, (await office.row()).id or 0)
        assert row is not None
        assert (row.tries, row.next_at) == (1, START + LEASE)
    office.shelf.open.set()
    assert await step
    assert await office.statuses() == ["kept"]


async def test_who_is_slower_than_the_lease_changes_nothing_any_more(
    office: Office, until: Until
) -> None:
    await office.wants("1")
    office.shelf.open.clear()
    slow = asyncio.create_task(office.fetcher().step())

    async def begun() -> bool:
        return bool(office.shelf.asked)

    await until(begun)
    office.now += LEASE
    quick = office.fetcher()
    quick.channels = {"shelf": office.other}
    await quick.step()
    office.shelf.found = Permanent("没有了")
    office.shelf.open.set()
    await slow
    assert await office.statuses() == ["kept"]


async def test_a_process_that_ends_leaves_it_to_the_next_at_once(
    office: Office, until: Until
) -> None:
    await office.wants("1")
    office.shelf.open.clear()

    async def begun() -> bool:
        return bool(office.shelf.asked)

    async with ended(office.fetcher().run()):
        await until(begun)
    row = await office.row()
    assert (row.status, row.tries, row.next_at, row.error) == ("waiting", 0, START, None)
    office.shelf.open.set()
    await office.works()
    assert await office.statuses() == ["kept"]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (b"", fetcher.EMPTY),
        (b"\0" * (contents.LARGEST + 1), fetcher.LARGE),
        (b"<svg onload=alert(1)>", fetcher.OTHER),
        (b"<html><script>", fetcher.OTHER),
        (b"MZ\x90\0", fetcher.OTHER),
        (Permanent("平台上已经没有这张图片。"), "平台上已经没有这张图片。"),
    ],
)
async def test_what_can_not_be_kept_says_why(
    office: Office, found: bytes | Exception, why: str
) -> None:
    await office.wants("1")
    office.shelf.found = found
    await office.works()
    row = await office.row()
    assert (row.status, row.error, row.source, row.sha256) == ("failed", why, None, None)
    assert not await office.fetcher().step()


async def test_as_large_as_may_be_is_kept(office: Office) -> None:
    await office.wants("1")
    office.shelf.found = DUSK + bytes(contents.LARGEST - len(DUSK))
    await office.works()
    assert await office.statuses() == ["kept"]


async def test_what_nobody_can_fetch_says_so(office: Office) -> None:
    await office.wants("1", channel="gone")
    await office.works()
    row = await office.row()
    assert (row.status, row.error) == ("failed", fetcher.NOBODY)


@pytest.mark.parametrize(
    ("tries", "wait"), [*enumerate(BACKOFF), (len(BACKOFF), BACKOFF[-1]), (TRIES - 2, BACKOFF[-1])]
)
async def test_what_may_be_tried_again_waits_longer_each_time(
    office: Office, tries: int, wait: int
) -> None:
    await office.wants("1")
    office.shelf.found = Later("平台忙。")
    async with office.database.transaction() as session:
        row = await media.claim(session, START)
        assert row is not None
        row.tries = tries
        session.add(row)
    await office.works()
    row = await office.row()
    assert (row.status, row.error, row.tries) == ("waiting", "平台忙。", tries + 1)
    assert row.next_at == START + timedelta(seconds=wait)
    assert row.source == {"url": "1", "key": KEY}


async def test_tried_again_it_is_kept(office: Office) -> None:
    await office.wants("1")
    office.shelf.found = Later("平台忙。")
    await office.works()
    office.shelf.found = DUSK
    await office.works()
    assert await office.statuses() == ["waiting"]
    office.now += timedelta(seconds=BACKOFF[0])
    await office.works()
    row = await office.row()
    assert (row.status, row.error) == ("kept", None)


async def test_when_the_platform_says_when_it_counts_as_no_try(office: Office) -> None:
    await office.wants("1")
    office.shelf.found = Later("请求太多。", after=7)
    await office.works()
    row = await office.row()
    assert (row.tries, row.next_at) == (0, START + timedelta(seconds=7))


async def test_after_the_last_try_it_has_failed(office: Office) -> None:
    office.shelf.lasts = 1e9
    await office.wants("1")
    office.shelf.found = Later("平台忙。")
    for _ in range(TRIES):
        await office.works()
        office.now += timedelta(seconds=BACKOFF[-1])
    row = await office.row()
    assert (row.status, row.source) == ("failed", None)
    assert row.error == f"平台忙。试了 {TRIES} 次,不再试。"


async def test_what_the_platform_has_dropped_by_then_is_given_up(office: Office) -> None:
    office.shelf.lasts = 60
    await office.wants("1")
    office.shelf.found = Later("平台忙")
    for wait in BACKOFF:
        await office.works()
        office.now += timedelta(seconds=wait)
    row = await office.row()
    assert (row.status, row.tries) == ("failed", 5)
    assert row.error == "平台忙。平台上的原件已过期,请让发送人重发。"


async def test_a_fault_of_the_channel_is_tried_again_and_tells_no_secret(office: Office) -> None:
    await office.wants("1")
    office.shelf.found = RuntimeError(f"https://example.com/?{KEY}")
    with capture_logs() as logs:
        await office.works()
    row = await office.row()
    assert (row.status, row.error) == ("waiting", fetcher.FAULTY)
    assert "RuntimeError" in str(logs)
    assert KEY not in str(logs)


async def test_several_are_fetched_at_once_and_of_one_channel_not_all(
    office: Office, until: Until
) -> None:
    await office.wants(*(f"slow{n}" for n in range(LANES * 2)))
    await office.wants("quick", channel="other")
    office.shelf.open.clear()

    async def quick() -> bool:
        return (await office.statuses())[-1] == "kept"

    async def full() -> bool:
        return office.shelf.now == SHARE

    async def all_() -> bool:
        return set(await office.statuses()) == {"kept"}

    async with ended(office.fetcher().run()):
        await until(quick)
        await until(full)
        office.shelf.open.set()
        await until(all_)
    assert office.shelf.most == SHARE
    assert len(office.shelf.asked) == LANES * 2


async def test_it_ends_when_it_is_told_to_also_where_the_database_is_gone(
    office: Office, until: Until
) -> None:
    await office.wants("1")
    office.shelf.open.clear()
    lost = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    one = office.fetcher()

    async def begun() -> bool:
        return bool(office.shelf.asked)

    async with ended(one.run()):
        await until(begun)
        one.database = lost
    await lost.close()
    assert (await office.row()).next_at == START + LEASE  # another one finds it then


async def test_open_windows_are_called_when_something_came(office: Office, until: Until) -> None:
    calls: list[str] = []

    async def listen() -> None:
        async for group in office.streams.calls():
            calls.append(group)  # noqa: PERF401  # it never ends

    async def called() -> bool:
        return "g1" in calls

    async with ended(listen()):
        await until(lambda: _subscribed(office.streams))
        await office.wants("1")
        await office.works()
        await until(called)


async def _subscribed(streams: Streams) -> bool:
    found: list[tuple[Any, int]] = await streams.client.pubsub_numsub("mingcheng:wake")
    return found[0][1] > 0
