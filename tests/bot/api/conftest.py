"""The API over HTTP, on a console with the cast in it, and systems that have keys."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest_asyncio

from bot.api.keys import SCOPES
from bot.embedded.servers import Running
from storage import keys
from tests.bot.console.conftest import Console, _history, opened
from tests.fixtures import servers
from tests.fixtures.cast import Town


class Systems:
    """Other systems that ask the API of a console."""

    def __init__(self, console: Console) -> None:
        """Of this console."""
        self.console, self.app = console, console.app
        self.town = Town(console.app.database)

    async def key(self, scopes: Sequence[str] = tuple(SCOPES), name: str = "热线平台") -> str:
        """A new key."""
        async with self.app.database.transaction() as session:
            _, shown = await keys.make(
                session, name=name, scopes=scopes, by="a1", now=self.app.now()
            )
        return shown

    async def with_key(
        self, *scopes: str, name: str = "热线平台", key: str | None = None
    ) -> httpx.AsyncClient:
        """A system whose key has these scopes; without any, all but phones:read."""
        client = await self.console.stranger()
        every = [scope for scope in SCOPES if scope != "phones:read"]
        shown = key or await self.key(scopes or every, name)
        client.headers["Authorization"] = f"Bearer {shown}"
        client.base_url = httpx.URL("http://test/api/v1")
        return client


@pytest_asyncio.fixture
async def systems(database_url: str, redis_url: str) -> AsyncIterator[Systems]:
    """Systems in a town of the test's own; nothing has been reported."""
    async with opened(database_url, redis_url) as console:
        yield Systems(console)


@asynccontextmanager
async def settled(running: Running, template: str, name: str) -> AsyncIterator[Systems]:
    """Systems in a town with a history, as `shared` of the console tests has it."""
    await servers._create(running, name, template)
    async with opened(servers._url(running, name), running.servers.redis_url) as console:
        await _history(Town(console.app.database))
        yield Systems(console)
    await servers._execute(running, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture(scope="package")
async def shared(running: Running, template: str) -> AsyncIterator[Systems]:
    """Systems for tests that only read: #1 zhang's, #2 li's, #3 confidential, #4 wang's."""
    async with settled(running, template, "api") as systems:
        yield systems
