"""How fast the compiled model is served, beside the stock Rasa server with the same model.

    python -m bench.nlu [data folder]

Both over HTTP on this machine, one after the other in one run, with 1, 8 and 32 clients that send
the development set's messages and wait for each answer. The clients are a process of their own.
Prints messages a second, milliseconds (median, 99 of 100), memory and the seconds of starting.
"""

import asyncio
import contextlib
import json
import multiprocessing
import os
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psutil

from bot import learning, rasa
from bot.embedded.folders import Folders
from nlu import rasa_http, training
from nlu.examples import Examples

CLIENTS = (1, 8, 32)
ROOT = Path(__file__).parent.parent
#: How long each number of clients asks, in seconds; and before, unmeasured.
LASTS, WARM = 8.0, 1.0
LOOK = 0.01


class Server(NamedTuple):
    """A server that runs."""

    name: str
    url: str
    token: str
    pid: int
    started: float  # seconds


class Served(NamedTuple):
    """What came of some clients."""

    clients: int
    per_second: float
    p50: float  # milliseconds
    p99: float


def main() -> None:
    """Measure both and print the table."""
    folders = Folders.at(Path(sys.argv[1] if len(sys.argv) > 1 else "data"))
    asyncio.run(_all(folders))


async def _all(folders: Folders) -> None:
    config = training.PROJECT / "config.yml"
    archive = await rasa.train(folders, config, lambda _done, _whole: None)
    texts = [example.text for example in Examples.read(learning.DEV).sentences]
    rates: dict[str, list[float]] = {}
    for serve in (_stock, _compiled):
        async with serve(folders, archive) as server:
            print(f"{server.name}: started in {server.started:.2f} s")
            for clients in CLIENTS:
                served = await asyncio.to_thread(_ask, server, texts, clients)
                rates.setdefault(server.name, []).append(served.per_second)
                print(
                    f"  {clients:3} clients  {served.per_second:8.0f} messages/s"
                    f"  p50 {served.p50:7.2f} ms  p99 {served.p99:7.2f} ms"
                    f"  {_memory(server.pid) / 1e6:6.0f} MB"
                )
    stock, ours = rates.values()
    times = " / ".join(f"{b / a:.0f}" for a, b in zip(stock, ours, strict=True))
    print(f"times the stock server, {' / '.join(map(str, CLIENTS))} clients: {times}")


@contextlib.asynccontextmanager
async def _stock(folders: Folders, archive: Path) -> AsyncIterator[Server]:
    begun = time.perf_counter()
    server, url, token = rasa.server(folders, archive)
    await server.start(lambda _: None)
    try:
        pid = server.process.pid if server.process else 0
        yield Server("stock Rasa", url, token, pid, time.perf_counter() - begun)
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def _compiled(folders: Folders, archive: Path) -> AsyncIterator[Server]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "bot", "nlu", "serve", "--port", str(port),
        "--data", str(folders.data), env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        while not await rasa_http.ready(url, ""):  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(LOOK)
        yield Server("compiled", url, "", process.pid, time.perf_counter() - begun)
    finally:
        process.terminate()
        await process.wait()


def _memory(pid: int) -> int:
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return int(sum(one.memory_info().rss for one in family))


def _ask(server: Server, texts: Sequence[str], clients: int) -> Served:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_clients, (server.url, server.token, list(texts), clients))


def _clients(url: str, token: str, texts: Sequence[str], clients: int) -> Served:
    return asyncio.run(_together(url, token, texts, clients))


async def _together(url: str, token: str, texts: Sequence[str], clients: int) -> Served:
    address = urlsplit(url)
    until = time.perf_counter() + WARM + LASTS
    took = await asyncio.gather(
        *(_client(str(address.hostname), address.port or 0, token, texts, at, until)
          for at in range(clients))
    )  # fmt: skip
    counted = sorted(ms for one in took for ms in one)
    return Served(
        clients, len(counted) / LASTS, statistics.median(counted), counted[len(counted) * 99 // 100]
    )


async def _client(
    host: str, port: int, token: str, texts: Sequence[str], at: int, until: float
) -> list[float]:
    """Ask on one connection until then; the milliseconds of each answer after the warm-up."""
    reader, writer = await asyncio.open_connection(host, port)
    took: list[float] = []
    number = at * 101
    while (begun := time.perf_counter()) < until:
        body = json.dumps({"text": texts[number % len(texts)]}).encode()
        writer.write(
            f"POST /model/parse?token={token} HTTP/1.1\r\nHost: {host}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise SystemExit(f"answered {head!r}")
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        ended = time.perf_counter()
        if ended > until - LASTS:
            took.append(1000 * (ended - begun))
        number += 1
    writer.close()
    return took


if __name__ == "__main__":
    main()
