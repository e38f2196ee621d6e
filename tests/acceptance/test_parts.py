"""The parts as processes of their own, on DATABASE_URL and REDIS_URL."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from sqlmodel import select

from bot.embedded.servers import Running
from storage.models import Post
from tests.acceptance.conftest import Bridge, once_each, rows, run, talk, until
from tests.fixtures import servers
from tests.fixtures.program import Program

pytestmark = pytest.mark.processes

SECRET = "a secret of both"
GROUPS = [f"w{number}" for number in range(12)]  # in several partitions


def free_port() -> str:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


class Parts:
    """Web, two workers, a scheduler and a sender; and what they work on."""

    def __init__(self, folder: Path, database_url: str, redis_url: str) -> None:
        """Nothing is started yet."""
        self.folder, self.database_url, self.port = folder, database_url, free_port()
        self.environment = {
            "DATABASE_URL": database_url, "REDIS_URL": redis_url, "NLU": "keywords",
            "MINGCHENG_WEBHOOK_SECRET": SECRET,
        }  # fmt: skip
        self.running: dict[str, Program] = {}

    def starts(self, name: str, *arguments: str) -> None:
        """Start a part as a process."""
        folder = self.folder / name
        folder.mkdir()
        program = self.running[name] = Program(folder / "data", None)
        program.start(*arguments, **self.environment)

    @property
    def bridge(self) -> Bridge:
        """A bridge to the web part."""
        return Bridge(f"http://127.0.0.1:{self.port}", SECRET)

    async def healthy(self) -> bool:
        """Whether the web part is there."""
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{self.bridge.url}/health")).is_success
        except httpx.HTTPError:
            return False


@pytest_asyncio.fixture(scope="module")
async def parts(running: Running, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Parts]:
    """All parts, on a database that `migrate` and `city load` made."""
    await servers._create(running, "parts", "template1")
    folder = tmp_path_factory.mktemp("parts")
    made = Parts(folder, servers._url(running, "parts"), running.servers.redis_url)
    city = folder / "city.yaml"
    listed = "".join(f"  - {{id: {id_}, name: {id_}, channel: webhook}}\n" for id_ in GROUPS)
    city.write_text(f"city: 株洲\ngroups:\n{listed}", encoding="utf-8")
    for command in (("migrate",), ("city", "load", str(city))):
        ended = run(*command, **made.environment)
        assert ended.returncode == 0, ended.stderr
    made.starts("web", "web", "--port", made.port)
    for name in ("worker", "worker2", "scheduler", "sender"):
        made.starts(name, name.rstrip("2"))
    await until(made.healthy)
    yield made
    for program in made.running.values():
        program.close()
    await servers._execute(running, "DROP DATABASE parts WITH (FORCE)")


async def test_a_signed_message_becomes_a_ticket_and_its_answer_leaves(parts: Parts) -> None:
    sent = talk(2, "first", GROUPS)
    await parts.bridge.insists(*sent)
    await once_each(parts.database_url, sent)

    async def tried() -> bool:
        (post,) = await rows(parts.database_url, select(Post))
        return bool(post.tries)

    await until(tried)


async def test_a_worker_that_dies_loses_nothing(parts: Parts) -> None:
    sent = talk(500, "many", GROUPS)
    bridge = parts.bridge
    sending = asyncio.create_task(bridge.insists(*sent))

    async def half() -> bool:
        return len(bridge.accepted) >= 250

    await until(half)
    parts.running["worker"].dies()
    await sending
    await once_each(parts.database_url, sent)


@pytest.mark.parametrize("part", ["worker2", "scheduler", "sender"])
def test_a_part_that_is_asked_to_end_does(parts: Parts, part: str) -> None:
    assert parts.running[part].stops() == 0
    assert "Traceback" not in parts.running[part].printed()


@pytest.mark.parametrize("part", ["web", "worker", "migrate"])
def test_a_part_without_its_servers_says_what_to_set(part: str) -> None:
    ended = run(part)
    assert ended.returncode == 1
    assert "DATABASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr
