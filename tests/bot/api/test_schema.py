"""The API against its own description: schemathesis asks, everything real answers."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn

from bot.api import keys
from bot.embedded.servers import Running
from tests.bot.api.conftest import Systems, settled

pytestmark = pytest.mark.embedded


@pytest_asyncio.fixture
async def served(
    running: Running, template: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[str, Systems]]:
    """The API on a port of this machine; its address."""
    monkeypatch.setattr(keys, "MOST", 10**9)  # who tries everything asks more often than allowed
    async with settled(running, template, "schema") as systems:
        config = uvicorn.Config(
            systems.console.web, port=0, log_level="critical", lifespan="off", http="h11"
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  # uvicorn has no event
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/api/v1", systems
        server.should_exit = True
        await serving


async def test_every_answer_is_as_described(served: tuple[str, Systems], tmp_path: Path) -> None:
    """All checks of schemathesis, on answers to what is right and to what is wrong."""
    address, systems = served
    program = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / "schemathesis"), "run", f"{address}/openapi.json",
        "--header", f"Authorization: Bearer {await systems.key()}", "--checks", "all",
        "--exclude-checks", "positive_data_acceptance",
        "--max-examples", "10", "--seed", "1", "--generation-database", "none", "--no-color",
        cwd=tmp_path, env={**os.environ, "PYTHONWARNINGS": "default"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await program.communicate()
    assert program.returncode == 0, said.decode()
