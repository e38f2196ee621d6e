"""What the tests of moving parts share."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from bot import logs
from bot.embedded import valkey
from bot.embedded.folders import Folders
from bot.embedded.process import Child
from nlu.keywords import Keywords
from nlu.training import PROJECT
from tests.bot.wire import Wire, served

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@pytest.fixture(scope="session", autouse=True)
def logged() -> Iterator[None]:
    """Logs as in the program; what stands in them without a configuration takes seconds."""
    logs.configure("json")
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def keywords() -> Keywords:
    """The keyword parser, which has read the training data."""
    return Keywords.load(PROJECT / "data")


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A server on this machine that answers as it is told."""
    with served(Wire()) as serving:
        yield serving


@pytest_asyncio.fixture
async def mortal(house: Path) -> AsyncIterator[tuple[Child, str]]:
    """A Valkey of the test's own, to be stopped and started, and its address."""
    folders = Folders.at(house / "data")
    server = valkey.server(folders)
    await server.start(lambda _: None)
    yield server, valkey.url(folders)
    await server.stop()


@pytest.fixture
def until() -> Until:
    """Look again and again, for half a minute at most."""

    async def wait(so: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(30):
            while not await so():  # noqa: ASYNC110  # a server has no event
                await asyncio.sleep(0.01)

    return wait
