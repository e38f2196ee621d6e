"""The loop that reads the archive: one process at a time, never stopped."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.channels.wecom_archive import ArchiveSettings, WecomArchive
from bot.inbox import Inbox
from bot.streams import Streams
from nlu.keywords import Keywords
from storage.database import Database
from tests.bot.channels.fakes.archive import Vault
from tests.bot.channels.wecom_archive_reader import Reader, reading, text
from tests.bot.conftest import Until
from tests.fixtures.cast import START, Town

pytestmark = pytest.mark.embedded


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, 1)


@pytest_asyncio.fixture
async def reader(
    town: Town, streams: Streams, vault: Vault, keywords: Keywords
) -> AsyncIterator[Reader]:
    async with reading(town, streams, vault, keywords) as made:
        yield made


# --- the loop ---------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def runs(*channels: WecomArchive, door: Inbox) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(channel.run(door)) for channel in channels]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for channel in channels:
            await channel.close()


async def test_it_reads_on_by_itself_and_tells_how_it_is(
    reader: Reader, vault: Vault, until: Until
) -> None:
    async def handed() -> bool:
        return await reader.rows() == [(1, "handed"), (2, "handed")]

    async def told() -> bool:
        return '"state": "ok"' in (await reader.streams.noted()).get("wecom_archive", "")

    async with runs(reader.channel, door=reader.door):
        await until(told)
        vault.says(text("第一句", "m1"))
        vault.says(text("第二句", "m2"))
        await until(handed)


async def test_of_two_processes_one_reads(reader: Reader, vault: Vault, until: Until) -> None:
    other = reader.another()

    async def asked() -> bool:
        return len(vault.calls("chat")) > 0

    async def free() -> bool:
        return await reader.streams.hold("wecom_archive", "next", 5)

    async with runs(other, door=reader.door):
        await until(asked)
        async with runs(reader.channel, door=reader.door):
            await asyncio.sleep(0)
            assert len(vault.calls("init")) == 1
    await until(free)  # given back at the end


async def test_a_hint_makes_it_look_at_once(reader: Reader, vault: Vault, until: Until) -> None:
    wake = asyncio.Event()
    listening = asyncio.create_task(reader.channel._listen(wake))

    async def hinted() -> bool:
        await reader.streams.hint("msgaudit_notify", "{}")
        return wake.is_set()

    await until(hinted)
    began = asyncio.get_running_loop().time()
    await reader.channel._rest(reader.door, reader.puller, wake, 600)
    assert asyncio.get_running_loop().time() - began < 10
    listening.cancel()


async def test_after_a_failure_a_hint_hurries_nobody(reader: Reader, vault: Vault) -> None:
    wake = asyncio.Event()
    wake.set()
    reader.puller.watch.failed(START, "网络")
    await reader.channel._rest(reader.door, reader.puller, wake, 0.01)
    assert wake.is_set()


async def test_not_set_up_it_says_so_and_ends(database: Database, streams: Streams) -> None:
    door = Inbox(database, streams, lambda: START)
    await WecomArchive(ArchiveSettings(), streams).run(door)
    told = (await streams.noted())["wecom_archive"]
    assert '"state": "off"' in told
    assert "MINGCHENG_WECOM_ARCHIVE_LIBRARY" in told


async def test_without_its_library_it_says_so_and_tries_on(
    reader: Reader, tmp_path: Path, until: Until
) -> None:
    ours = reader.channel.settings.model_copy(update={"library": tmp_path / "gone.so"})

    async def told() -> bool:
        return "找不到 SDK 文件" in (await reader.streams.noted()).get("wecom_archive", "")

    async with runs(WecomArchive(ours, reader.streams), door=reader.door):
        await until(told)
