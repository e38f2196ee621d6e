"""The whole path of a message, from the callback to the answer, with each parser.

    python -m bench.path [data folder]

Starts the program as its users do, once with the compiled model and once with the stock Rasa
server and the same model. First 8 clients post the development set's messages through the signed
webhook, each waiting for the bot's answer to come out of it; then all that is left is posted at
once, and the time is taken until all of it is handled. Prints messages a second, milliseconds from
the callback to the answer (median, 99 of 100), and what the processes used of the processor.
"""

import asyncio
import hashlib
import hmac
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot import rasa
from bot.embedded.folders import Folders
from bot.learning import DEV
from nlu import training
from nlu.examples import Examples

ROOT = Path(__file__).parent.parent
SECRET = "bench"  # noqa: S105  # of a program that ends with the measurement
GROUPS = 40
CLIENTS = 8
#: How long a client waits for an answer: some messages get none.
PATIENCE = 1.5
#: How many messages are asked about one by one, and how many are poured in at once.
ASKED, POURED = 400, 4000
CITY = """city: 株洲
groups:
{groups}
units:
  - {{name: 天元区城管局}}
members:
  - {{id: c1, name: 专班-王敏, role: coordinator}}
districts:
  - {{name: 天元区}}
routes:
  - {{district: 天元区, unit: 天元区城管局}}
"""


class Bridge:
    """The other side of the webhook: posts messages, and takes what the bot says."""

    def __init__(self, url: str) -> None:
        """`url` is where the program listens."""
        self.client = httpx.AsyncClient(base_url=url, timeout=30)
        self.waiting: dict[str, asyncio.Future[float]] = {}

    async def posts(self, message: str, group: str, text: str) -> None:
        """Post one message, signed; it is on disk when this returns."""
        told = {"id": message, "group": group, "sender": f"{group}-u", "name": "企业-张三",
                "text": text}  # fmt: skip
        body, at = json.dumps(told).encode(), str(int(time.time()))
        sign = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-Mingcheng-Timestamp": at, "X-Mingcheng-Signature": sign}
        answer = await self.client.post("/in/webhook", content=body, headers=headers)
        answer.raise_for_status()

    async def asks(self, message: str, group: str, text: str) -> float | None:
        """Post one and wait for what the bot says in the group; milliseconds, None for silence."""
        self.waiting[group] = asyncio.get_running_loop().create_future()
        begun = time.perf_counter()
        await self.posts(message, group, text)
        try:
            return 1000 * (await asyncio.wait_for(self.waiting[group], PATIENCE) - begun)
        except TimeoutError:
            return None

    async def takes(self, request: Request) -> Response:
        """The bot says something."""
        waits = self.waiting.get((await request.json())["group"])
        if waits is not None and not waits.done():
            waits.set_result(time.perf_counter())
        return Response()


def main() -> None:
    """Measure both."""
    folders = Folders.at(Path(sys.argv[1] if len(sys.argv) > 1 else "data"))
    asyncio.run(_both(folders))


async def _both(folders: Folders) -> None:
    archive = await rasa.train(folders, training.PROJECT / "config.yml", lambda _done, _all: None)
    texts = [example.text for example in Examples.read(DEV).sentences]
    for parser in ("compiled", "rasa"):
        with tempfile.TemporaryDirectory(prefix="mingcheng-bench-") as folder:
            scratch = Path(folder)
            scratch.chmod(0o711)
            models = Folders.at(scratch / "data").data / "models"
            os.link(archive, models / archive.name)
            await _one(parser, scratch, texts)


async def _one(parser: str, scratch: Path, texts: list[str]) -> None:
    with socket.socket() as found, socket.socket() as other:
        found.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        port, out = found.getsockname()[1], other.getsockname()[1]
    bridge = Bridge(f"http://127.0.0.1:{port}")
    heard = Starlette(routes=[Route("/", bridge.takes, methods=["POST"])])
    mouth = uvicorn.Server(uvicorn.Config(heard, port=out, log_level="warning", lifespan="off"))
    listening = asyncio.create_task(mouth.serve())
    city = scratch / "city.yaml"
    groups = "\n".join(
        f"  - {{id: b{n}, name: 桥接{n}群, district: 天元区, channel: webhook}}"
        for n in range(GROUPS)
    )
    city.write_text(CITY.format(groups=groups), encoding="utf-8")
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "NLU": parser,
        "MINGCHENG_DATA": str(scratch / "data"), "MINGCHENG_WEBHOOK_SECRET": SECRET,
        "MINGCHENG_WEBHOOK_URL": f"http://127.0.0.1:{out}/",
    }  # fmt: skip
    log = (scratch / "log").open("wb")
    base = [sys.executable, "-P", "-m", "bot"]
    program = await asyncio.create_subprocess_exec(
        *base, "up", "--port", str(port), env=environment, stdout=log, stderr=log
    )
    try:
        await _until_up(bridge)
        loading = await asyncio.create_subprocess_exec(
            *base, "city", "load", str(city), env=environment, stdout=log, stderr=log
        )
        if await loading.wait():
            raise SystemExit((scratch / "log").read_text("utf-8"))
        await _measured(parser, bridge, program.pid, texts)
    finally:
        program.terminate()
        await program.wait()
        mouth.should_exit = True
        await listening
        await bridge.client.aclose()


async def _until_up(bridge: Bridge) -> None:
    while True:
        try:
            if (await bridge.client.get("/health")).json()["parser"] != "keywords":
                return
        except (httpx.HTTPError, ValueError):
            pass
        await asyncio.sleep(0.2)


async def _measured(parser: str, bridge: Bridge, pid: int, texts: list[str]) -> None:
    await asyncio.sleep(2)
    took: list[float] = []

    async def client(number: int) -> None:
        for at in range(number, ASKED, CLIENTS):
            group = f"b{number}"
            answer = await bridge.asks(f"a{at}", group, texts[at % len(texts)])
            if answer is not None:
                took.append(answer)

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    took.sort()
    print(f"{parser}: {len(took)} of {ASKED} answered, p50 {statistics.median(took):.0f} ms,"
          f" p99 {took[len(took) * 99 // 100]:.0f} ms")  # fmt: skip
    before, begun = _busy(pid), time.perf_counter()
    slots = asyncio.Semaphore(32)

    async def pour(at: int) -> None:
        async with slots:
            await bridge.posts(f"p{at}", f"b{at % GROUPS}", texts[at % len(texts)])

    await asyncio.gather(*(pour(at) for at in range(POURED)))
    kept = time.perf_counter() - begun
    while (await bridge.client.get("/health")).json()["waiting"]:  # noqa: ASYNC110  # another process
        await asyncio.sleep(0.05)
    whole = time.perf_counter() - begun
    used = {name: f"{100 * (now - before.get(name, 0.0)) / whole:.0f}%"
            for name, now in _busy(pid).items()}  # fmt: skip
    print(f"  {POURED} at once: kept {POURED / kept:.0f} a second,"
          f" handled {POURED / whole:.0f} a second; processor: {used}")  # fmt: skip


def _busy(pid: int) -> dict[str, float]:
    """Seconds of processor by kind of process, those that the program started included."""
    used: dict[str, float] = {}
    family: list[Any] = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    for process in family:
        times = process.cpu_times()
        name = process.name()
        used[name] = used.get(name, 0.0) + times.user + times.system
    return used


if __name__ == "__main__":
    main()
