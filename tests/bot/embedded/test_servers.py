"""Real servers: started, adopted, watched, and ended by us."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.embedded.folders import Held, Unusable
from bot.embedded.process import Died
from bot.embedded.servers import Running, start
from bot.streams import Streams
from storage.database import Database
from tests.bot.conftest import Until

pytestmark = pytest.mark.embedded
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="this is about root")


def silent(_words: str) -> None:
    """Tell nobody."""


@pytest_asyncio.fixture
async def up(house: Path) -> AsyncIterator[Running]:
    """Servers of the test's own."""
    running = await start(house / "data", silent)
    yield running
    await running.stop()


def pids(running: Running) -> list[int]:
    return [child.process.pid for child in running.children if child.process is not None]


async def answer(running: Running, *statements: str) -> str:
    """What the database says to the last of some statements."""
    database = Database(running.servers.database_url, size=1)
    try:
        async with database.engine.begin() as connection:
            for statement in statements:
                found = await connection.execute(text(statement))
            return str(found.scalar_one())
    finally:
        await database.close()


async def test_both_answer(running: Running) -> None:
    streams = Streams(running.servers.redis_url)
    await streams.ping()
    await streams.close()
    assert await answer(running, "SELECT current_database()") == "mingcheng"


async def test_the_locale_is_always_the_same(running: Running) -> None:
    of = "FROM pg_database WHERE datname = 'mingcheng'"
    assert await answer(running, f"SELECT datlocale {of}") == "C.UTF-8"
    assert await answer(running, f"SELECT pg_encoding_to_char(encoding) {of}") == "UTF8"
    assert await answer(running, "SHOW timezone") == "UTC"


async def test_chinese_can_be_searched_by_its_looks(running: Running) -> None:
    alike = "SELECT similarity('新马路的路灯坏了', '新马路路灯坏了一周') > 0.3"
    assert await answer(running, "CREATE EXTENSION pg_trgm", alike) == "True"


async def test_nobody_gets_in_without_the_password(running: Running) -> None:
    url = running.servers.database_url
    stranger = Database(url.replace(running.folders.secret("postgres"), "guessed"), size=1)
    with pytest.raises(OperationalError, match="password authentication failed"):
        await stranger.engine.connect()
    await stranger.close()


async def test_they_are_reached_through_their_sockets_alone(running: Running) -> None:
    assert await answer(running, "SHOW listen_addresses") == ""
    for pid in pids(running):
        assert psutil.Process(pid).net_connections("inet") == []
    assert stat.S_IMODE((running.folders.sockets / "pg").stat().st_mode) == 0o700
    assert stat.S_IMODE((running.folders.sockets / "valkey.sock").stat().st_mode) == 0o700


async def test_they_have_a_session_of_their_own(running: Running) -> None:
    assert [os.getsid(pid) for pid in pids(running)] == pids(running)


async def test_what_was_acknowledged_is_on_disk(up: Running) -> None:
    streams = Streams(up.servers.redis_url)
    found = await streams.client.config_get("append*")
    await streams.close()
    assert (found["appendonly"], found["appendfsync"]) == ("yes", "always")
    assert await answer(up, "SHOW fsync") == "on"
    assert await answer(up, "SHOW synchronous_commit") == "on"


async def test_a_second_starter_is_refused_and_harms_nothing(up: Running) -> None:
    with pytest.raises(Held):
        await start(up.folders.data, silent)
    assert await answer(up, "SELECT 1") == "1"


async def test_what_runs_on_without_its_starter_is_adopted(up: Running) -> None:
    before = pids(up)
    up.lock.close()  # a starter that is killed leaves its servers, and no lock
    adopted = await start(up.folders.data, silent)
    assert pids(adopted) == before
    assert await answer(adopted, "SELECT 1") == "1"
    await adopted.stop()
    assert not any(psutil.pid_exists(pid) and _runs(pid) for pid in before)


def _runs(pid: int) -> bool:
    return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


async def test_stopped_nothing_is_left_and_the_folder_is_free(up: Running) -> None:
    before = pids(up)
    await up.stop()
    assert not any(psutil.pid_exists(pid) for pid in before)
    assert list((up.folders.data / "run").glob("*.json")) == []
    assert not (up.folders.sockets / "valkey.sock").exists()
    up.folders.lock().close()


async def test_a_note_of_another_process_is_not_believed(up: Running) -> None:
    await up.stop()
    note = up.folders.data / "run" / "valkey.json"
    note.write_text(f'{{"pid": {os.getpid()}, "started": 1.0, "fingerprint": ""}}')
    again = await start(up.folders.data, silent)
    assert os.getpid() not in pids(again)
    await again.stop()


async def test_after_kill_9_everything_is_there_again(up: Running) -> None:
    await answer(up, "CREATE TABLE kept AS SELECT 7 AS number", "SELECT 1")
    for pid in pids(up):
        psutil.Process(pid).kill()
    await up.stop()
    again = await start(up.folders.data, silent)
    assert await answer(again, "SELECT number FROM kept") == "7"
    await again.stop()


async def test_what_dies_is_started_again(up: Running, until: Until) -> None:
    before, said = pids(up), list[str]()
    watch = asyncio.create_task(up.watch(said.append, every=0.05))
    psutil.Process(before[1]).kill()

    async def back() -> bool:
        child = up.children[1]
        return child.alive() and pids(up)[1] != before[1] and await child.healthy()

    await until(back)
    watch.cancel()
    await asyncio.wait([watch])
    assert pids(up)[0] == before[0]
    assert "Valkey" in said[0]


async def test_a_server_that_ends_at_once_is_named_with_the_end_of_its_log(up: Running) -> None:
    await up.stop()
    with (up.folders.data / "postgres" / "postgresql.conf").open("a") as conf:
        conf.write("colour = red\n")
    with pytest.raises(Died, match="colour"):
        await start(up.folders.data, silent)
    assert list((up.folders.data / "run").glob("*.json")) == []
    up.folders.lock().close()


async def test_data_of_another_version_is_left_alone(house: Path) -> None:
    mark = house / "data" / "postgres" / "PG_VERSION"
    mark.parent.mkdir(parents=True)
    mark.write_text("9\n")
    with pytest.raises(Unusable, match="PostgreSQL 9 "):
        await start(house / "data", silent)
    assert [path.name for path in mark.parent.iterdir()] == ["PG_VERSION"]


@pytest.mark.parametrize("name", ["with space", 'it\'s "quoted" \\ $HOME #1', "株洲"])
async def test_the_folder_may_have_any_name(house: Path, name: str) -> None:
    running = await start(house / name, silent)
    assert await answer(running, "SELECT 1") == "1"
    await running.stop()
    assert (house / name / "valkey" / "appendonlydir").is_dir()


@needs_root
async def test_as_root_a_parent_that_lets_nobody_through_is_named(house: Path) -> None:
    (house / "shut").mkdir(mode=0o700)
    with pytest.raises(Unusable, match=str(house / "shut")):
        await start(house / "shut" / "data", silent)


@needs_root
async def test_as_root_postgresql_runs_as_somebody_else(running: Running) -> None:
    postgres, valkey = (psutil.Process(pid).uids().real for pid in pids(running))
    assert (postgres != 0, valkey) == (True, 0)
    assert (running.folders.data / "postgres").stat().st_uid == postgres
