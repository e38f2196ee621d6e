"""A flood of signed callbacks: 10,000 in a minute, of which 5% come twice and 1% are forged.

    python -m bench.flood [CALLBACKS SECONDS]

Starts the servers, `mingcheng web` and `mingcheng worker` as users of several processes do, sends
callbacks of three channels at a steady rate, however long the answers take, and waits until all is
handled. Prints how long the answers took (from when each was to be sent: median, 99 of 100), and
proves that every genuine message was handled once and no forged one at all; else it ends with 1.
"""

import asyncio
import os
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import yaml
from sqlalchemy import text as sql

from bench.callbacks import AES_KEY, TOKEN, Call, Kind, calls, request, town
from bot import city as cities
from bot.embedded.servers import Servers, start
from storage import calendar, migrate
from storage.database import Database

ROOT = Path(__file__).parent.parent
#: What is to be reached: callbacks a second, and seconds at 99 of 100.
RATE, SLOWEST = 167, 1.0


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one: the status, and seconds from when it was to be sent."""

    call: Call
    status: int
    took: float


# --- what runs --------------------------------------------------------------------------------


@asynccontextmanager
async def program(folder: Path) -> AsyncIterator[tuple[str, str, Mapping[str, int]]]:
    """The servers with the city in them, a web process and a worker.

    Gives the addresses of the pages and of the database, and the numbers of the processes.
    """
    running = await start(folder / "data", lambda _: None)
    try:
        servers = running.servers
        await _load(servers.database_url)
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        async with _parts(folder, servers, port) as parts:
            yield f"http://127.0.0.1:{port}", servers.database_url, parts
    finally:
        await running.stop()


async def _load(url: str) -> None:
    migrate.upgrade(url)
    database = Database(url)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        yaml.safe_dump(town(), file, allow_unicode=True)
        file.flush()
        async with database.transaction() as session:
            await calendar.seed(session)
            await cities.load(session, cities.read(Path(file.name)))
    await database.close()


@asynccontextmanager
async def _parts(folder: Path, servers: Servers, port: int) -> AsyncIterator[Mapping[str, int]]:
    environment: Mapping[str, str] = {
        **os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url, "MINGCHENG_DATA": str(folder / "data"),
        "MINGCHENG_WEBHOOK_SECRET": TOKEN, "MINGCHENG_ONEBOT_TOKEN": TOKEN,
        "MINGCHENG_WECOM_BOT_TOKEN": TOKEN, "MINGCHENG_WECOM_BOT_AES_KEY": AES_KEY,
    }  # fmt: skip
    with (folder / "log").open("wb") as log:

        async def part(*words: str) -> asyncio.subprocess.Process:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "bot", *words, env=environment, stdout=log, stderr=log
            )

        started = [await part("web", "--port", str(port)), await part("worker")]
        try:
            yield {"web": started[0].pid, "worker": started[1].pid}
        except BaseException:
            print((folder / "log").read_text("utf-8", "replace")[-2000:])
            raise
        finally:
            for one in started:
                one.terminate()
            await asyncio.gather(*(one.wait() for one in started))


async def flooded(client: httpx.AsyncClient, sent: list[Call], rate: float) -> list[Answered]:
    """Send them at a steady rate: who is slow to answer holds up no other."""
    begun = time.perf_counter()

    async def send(call: Call, due: float) -> Answered:
        try:
            status = (await client.post(**request(call, time.time()))).status_code
        except httpx.HTTPError:
            status = 0
        return Answered(call, status, time.perf_counter() - due)

    tasks = []
    for number, call in enumerate(sent):
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(send(call, due)))
    return await asyncio.gather(*tasks)


def _busy(parts: Mapping[str, int]) -> dict[str, float]:
    """Seconds of processor that each process has used."""
    times = {name: psutil.Process(pid).cpu_times() for name, pid in parts.items()}
    return {name: one.user + one.system for name, one in times.items()}


async def _waiting(client: httpx.AsyncClient) -> int | None:
    try:
        found: int | None = (await client.get("/health")).json()["waiting"]
    except (httpx.HTTPError, ValueError):
        return None
    return found


async def _until(client: httpx.AsyncClient, waiting: int) -> None:
    while await _waiting(client) != waiting:  # noqa: ASYNC110  # another process
        await asyncio.sleep(0.1)


# --- what is proved ---------------------------------------------------------------------------

COUNTS = """
SELECT count(*) AS messages, count(DISTINCT text) AS texts,
    count(*) FILTER (WHERE text LIKE '%伪造%') AS forged,
    count(*) FILTER (WHERE effect = 'open') AS opened, (SELECT count(*) FROM tickets) AS tickets,
    (SELECT count(*) FROM poisoned) AS poisoned, (SELECT count(*) FROM unplaced) AS unplaced
FROM messages
"""


async def faults(url: str, answers: list[Answered], rate: float) -> list[str]:
    """What is not as it should be."""
    genuine = sum(1 for one in answers if one.call.kind == "genuine")
    found = []
    for kind, statuses in _statuses(answers).items():
        wrong = {status for status in statuses if _right(kind, status)}
        if wrong != set(statuses):
            found.append(f"{kind}: answered {dict(statuses)}")
    if rate < RATE * 0.99:
        found.append(f"only {rate:.0f} a second")
    if _of(answers, 99) >= SLOWEST:
        found.append(f"99 of 100 took up to {_of(answers, 99):.2f} s")
    database = Database(url)
    async with database.transaction() as session:
        row = (await (await session.connection()).execute(sql(COUNTS))).one()
    await database.close()
    wanted = {"messages": genuine, "texts": genuine, "forged": 0, "poisoned": 0, "unplaced": 0,
              "tickets": row.opened}  # fmt: skip
    print(f"handled: {dict(row._mapping)}")  # noqa: SLF001  # its public name
    found += [f"{name}: {getattr(row, name)}, should be {should}"
              for name, should in wanted.items() if getattr(row, name) != should]  # fmt: skip
    return found


def _right(kind: Kind, status: int) -> bool:
    return status in (401, 403) if kind == "forged" else 200 <= status < 300


def _statuses(answers: list[Answered]) -> dict[Kind, Counter[int]]:
    kinds: dict[Kind, Counter[int]] = {}
    for one in answers:
        kinds.setdefault(one.call.kind, Counter())[one.status] += 1
    return kinds


def _of(answers: list[Answered], percent: int) -> float:
    took = sorted(one.took for one in answers)
    return took[min(len(took) - 1, len(took) * percent // 100)]


async def run(many: int, seconds: float) -> int:
    """Flood, wait, prove; the status to end with."""
    with tempfile.TemporaryDirectory(prefix="mingcheng-bench-") as folder:
        scratch = Path(folder)
        scratch.chmod(0o711)  # as root, PostgreSQL runs as another user and goes through it
        async with (
            program(scratch) as (pages, database, parts),
            httpx.AsyncClient(
                base_url=pages, timeout=30, limits=httpx.Limits(max_connections=200)
            ) as client,
        ):
            await _until(client, 0)
            before, begun = _busy(parts), time.perf_counter()
            answers = await flooded(client, calls(many), many / seconds)
            spent = time.perf_counter() - begun
            await _until(client, 0)
            drained = time.perf_counter() - begun
            kinds = Counter(one.call.kind for one in answers)
            print(f"{many} callbacks in {spent:.1f} s, {many / spent:.0f} a second: {dict(kinds)}")
            median = statistics.median(one.took for one in answers)
            print(f"answered: p50 {1000 * median:.0f} ms, p99 {1000 * _of(answers, 99):.0f} ms, "
                  f"slowest {1000 * _of(answers, 100):.0f} ms")  # fmt: skip
            print(f"all handled {drained:.1f} s after the first, {many / drained:.0f} a second")
            each = {name: f"{1000 * (now - before[name]) / many:.1f} ms"
                    for name, now in _busy(parts).items()}  # fmt: skip
            print(f"processor, for each callback: {each}")
            found = await faults(database, answers, many / spent)
    for fault in found:
        print(f"NOT AS IT SHOULD BE: {fault}")
    return 1 if found else 0


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:]] or [10_000, 60]
    sys.exit(asyncio.run(run(*asked)))
