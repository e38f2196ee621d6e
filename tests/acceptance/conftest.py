"""What the real processes are driven with: signed messages, and a look into their database."""

import asyncio
import hashlib
import hmac
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from bot.embedded.folders import Folders
from bot.embedded.postgres import url as database_url_of
from storage.database import Database
from storage.models import Message, Poisoned, Ticket
from tests.fixtures.cast import REPORT
from tests.fixtures.program import Program
from tests.fixtures.rasa import ROOT

CITY = ROOT / "tests" / "fixtures" / "city.yaml"
UP = ("up", "--port", "0")


def address(program: Program) -> str:
    """Where the program says that it is, once it says so."""
    printed = program.waits_for("请用浏览器打开")
    found: list[str] = re.findall(r"请用浏览器打开 (http://\S+)/", printed)
    return found[-1]


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """`mingcheng …` to its end."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "bot", *arguments],
        capture_output=True, text=True, timeout=120, check=False,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


def password(told: "subprocess.CompletedProcess[str]") -> str:
    """The password that `account add` told."""
    found = re.search(r"密码 (\S+)", told.stderr)
    assert found is not None, told.stderr
    return found[1]


async def signs_in(client: httpx.AsyncClient, login: str, given: str) -> None:
    """Sign in for the first time: what was given is changed before anything else opens."""
    answer = await client.post("/signin", data={"login": login, "password": given})
    assert answer.headers["location"] == "/"
    assert (await client.get("/groups")).headers["location"] == "/account/password"
    found = re.search(r'name="seal" value="(\w+)"', (await client.get("/account/password")).text)
    assert found is not None
    own = {"seal": found[1], "new": "马家河大桥上有三只鸟", "again": "马家河大桥上有三只鸟"}
    assert (await client.post("/account/password", data=own)).status_code == 303


class Bridge:
    """Sends signed messages as a bridge of ours would."""

    def __init__(self, url: str, secret: str) -> None:
        """Send to the web part at `url`."""
        self.url, self.secret = url, secret.encode()
        self.accepted: set[str] = set()

    async def sends(self, *messages: dict[str, Any]) -> None:
        """Send these, some at once; what is refused or not answered is not in `accepted`."""
        turns = asyncio.Semaphore(8)
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as client:

            async def one(message: dict[str, Any]) -> None:
                async with turns:
                    await self._send(client, message)

            await asyncio.gather(*(one(message) for message in messages))

    async def insists(self, *messages: dict[str, Any]) -> None:
        """Send these again and again until all are accepted, as every platform does."""

        async def all_accepted() -> bool:
            waiting = [message for message in messages if message["id"] not in self.accepted]
            await self.sends(*waiting)
            return all(message["id"] in self.accepted for message in messages)

        await until(all_accepted)

    async def _send(self, client: httpx.AsyncClient, message: dict[str, Any]) -> None:
        body, stamp = json.dumps(message).encode(), str(int(time.time()))
        signed = hmac.new(self.secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-Mingcheng-Timestamp": stamp, "X-Mingcheng-Signature": signed}
        try:
            answer = await client.post("/in/webhook", content=body, headers=headers)
        except httpx.HTTPError:
            return
        if answer.status_code == 202:
            self.accepted.add(message["id"])


def talk(many: int, name: str, groups: Sequence[str] = ("bridge",)) -> list[dict[str, Any]]:
    """So many messages; the first, and every fifth after it, is a report."""
    return [
        {
            "id": f"{name}{n}",
            "group": groups[n % len(groups)],
            "sender": f"{name}{n % 50}",
            "name": f"立方新能源-{name}{n % 50}",
            "text": "收到,谢谢" if n % 5 else REPORT,
        }
        for n in range(many)
    ]


async def until(met: Callable[[], Awaitable[bool]], patience: float = 90) -> None:
    """Back once this holds; fails when it does not within `patience` seconds."""
    end = time.monotonic() + patience
    while not await met():
        assert time.monotonic() < end, "it did not come about"
        await asyncio.sleep(0.1)


async def rows(url: str, query: Any) -> Sequence[Any]:
    """What stands in the database of a running program."""
    database = Database(url, size=1)
    try:
        async with database.transaction() as session:
            found: Sequence[Any] = (await session.exec(query)).all()
            return found
    finally:
        await database.close()


async def handled(url: str, sent: Sequence[dict[str, Any]]) -> Sequence[Message]:
    """The rows of these messages, once there are so many of them."""
    ids = [message["id"] for message in sent]
    query = select(Message).where(col(Message.external_id).in_(ids)).order_by(col(Message.said))
    found: Sequence[Message] = []

    async def all_there() -> bool:
        nonlocal found
        found = await rows(url, query)
        return len(found) >= len(ids)

    await until(all_there)
    return found


async def once_each(url: str, sent: Sequence[dict[str, Any]]) -> None:
    """Each of these was handled once: the reports have a ticket each, and none was set aside."""
    found = await handled(url, sent)
    assert sorted(row.external_id for row in found) == sorted(row["id"] for row in sent)
    opened = [row.ticket_no for row in found if row.effect == "open"]
    assert len(opened) == len(set(opened)) == sum(row["text"] == REPORT for row in sent)
    everything = await rows(url, select(Ticket.no).order_by(col(Ticket.no)))
    assert set(opened) <= set(everything)
    assert list(everything) == list(range(1, len(everything) + 1))
    assert await rows(url, select(Poisoned)) == []


class House:
    """A program with the cast of the tests, and all that is needed to talk to it."""

    def __init__(self, program: Program) -> None:
        """`program` is not yet started."""
        self.program = program

    def opens(self) -> str:
        """It runs, started (again) where it does not; its address."""
        process = self.program.process
        if process is None or process.poll() is not None:
            self.program.clear()
            self.program.start(*UP)
        return address(self.program)

    @property
    def bridge(self) -> Bridge:
        """A bridge to where it is now."""
        secret = (self.program.data / "secrets" / "webhook").read_text(encoding="ascii")
        return Bridge(address(self.program), secret.strip())

    @property
    def database_url(self) -> str:
        """Its own database."""
        return database_url_of(Folders.at(self.program.data))

    async def healthy(self) -> bool:
        """Whether it says that all is well."""
        async with httpx.AsyncClient(base_url=address(self.program)) as client:
            return (await client.get("/health")).status_code == 200


@pytest.fixture(scope="package")
def built() -> Iterator[House]:
    """One house for all."""
    with tempfile.TemporaryDirectory(prefix="mingcheng-test-") as folder:
        Path(folder).chmod(0o711)
        program = Program(Path(folder) / "data", None)
        house = House(program)
        house.opens()
        loaded = run("city", "load", str(CITY), "--data", str(program.data))
        assert loaded.returncode == 0, loaded.stderr
        yield house
        program.close()


@pytest.fixture
def up(built: House) -> House:
    """The one program, running; where a test ended it, it is started again."""
    built.opens()
    return built
