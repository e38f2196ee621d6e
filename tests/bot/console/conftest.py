"""The console over HTTP, with everything real behind it but the model."""

import itertools
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
import pytest_asyncio

from bot import accounts as passwords
from bot import web
from bot.app import App
from bot.console.page import COOKIE
from bot.embedded.servers import Running
from bot.settings import Settings
from nlu.parse import Parse
from storage import accounts, people, states
from storage.models import Ticket
from tests.fixtures import servers
from tests.fixtures.cast import REPORT, Town, reads

PASSWORD = "correct horse"
PHONE = "13812345678"
MASKED = "138****5678"
HASH = passwords.hasher.hash(PASSWORD)
#: Failures are counted by login and address: each test has its own.
_numbers = itertools.count(1)


class Hand:
    """A parser by hand: whatever is said is a report."""

    name = "hand"

    async def parse(self, texts: Sequence[str]) -> list[Parse]:
        return [reads(text, "report_issue", category="traffic") for text in texts]


class Console:
    """The pages, and people who open them."""

    def __init__(self, app: App, stack: AsyncExitStack) -> None:
        """Browsers are closed with the stack."""
        self.app, self.stack = app, stack
        self.web = web.create(app)

    async def account(self, member: str) -> str:
        """A new account for somebody of the cast; the password is PASSWORD."""
        login, now = f"login{next(_numbers)}", self.app.now()
        async with self.app.database.transaction() as session:
            found = await people.known(session, member)
            assert found is not None
            await accounts.make(session, login=login, password=HASH, member=found, now=now)
        return login

    async def stranger(self, scheme: str = "http") -> httpx.AsyncClient:
        """A browser in which nobody is signed in, at an address of its own."""
        number = next(_numbers)
        address = f"10.0.{number // 250}.{number % 250}"
        transport = httpx.ASGITransport(self.web, raise_app_exceptions=False, client=(address, 1))
        client = httpx.AsyncClient(transport=transport, base_url=f"{scheme}://test")
        return await self.stack.enter_async_context(client)

    async def visitor(self, member: str) -> httpx.AsyncClient:
        """A browser in which somebody of the cast is signed in."""
        client, now = await self.stranger(), self.app.now()
        login = await self.account(member)
        token = await self.app.sessions.begin(login, now, address="10.0.0.1", agent="test")
        client.cookies.set(COOKIE, token)
        return client


async def seal(client: httpx.AsyncClient) -> str:
    """What the forms of this browser carry."""
    found = re.search(r'name="seal" value="(\w+)"', (await client.get("/groups")).text)
    assert found is not None
    return found[1]


async def _history(town: Town) -> None:
    await town.reports("zhang", f"{REPORT},{PHONE}")
    await town.takes("h1", 1, "progress", text=f"已联系{PHONE}")
    await town.reports("li", "荷塘区仙庾岭停电", category="utilities", group="g2")
    await make_confidential(town, await town.reports("li", "有人要回扣"))
    await town.reports("wang")


async def make_confidential(town: Town, no: int) -> None:
    """As if it had been told as misconduct."""
    async with town.database.transaction() as session:
        ticket = await session.get(Ticket, no)
        assert ticket is not None
        ticket.kind, ticket.confidential, ticket.unit_id = "misconduct", True, None
        session.add(ticket)
        await states.write(session, ticket, ticket.reported_at)


@asynccontextmanager
async def opened(database_url: str, redis_url: str) -> AsyncIterator[Console]:
    """The console on these servers."""
    settings = Settings(database_url=database_url, redis_url=redis_url)
    async with AsyncExitStack() as stack:
        app = App(settings, Hand())
        stack.push_async_callback(app.close)
        yield Console(app, stack)


@pytest_asyncio.fixture
async def console(database_url: str, redis_url: str) -> AsyncIterator[Console]:
    """A console of the test's own; the same database as the `town`'s."""
    async with opened(database_url, redis_url) as console:
        yield console


@pytest_asyncio.fixture(scope="package")
async def shared(running: Running, template: str) -> AsyncIterator[Console]:
    """One console for tests that change nothing but sign in.

    #1 is zhang's, accepted by 天元区城管局; #2 is li's, with 株洲供电公司; #3 is li's and
    confidential; #4 is wang's, assigned to 天元区城管局.
    """
    await servers._create(running, "console", template)
    url = servers._url(running, "console")
    async with opened(url, running.servers.redis_url) as console:
        await console.app.streams.client.flushall()
        await _history(Town(console.app.database))
        yield console
    await servers._execute(running, "DROP DATABASE console WITH (FORCE)")


class Here:
    """The console on the clock of the town; whoever signs in does so today."""

    def __init__(self, console: Console, town: Town) -> None:
        """Pages show what it is o'clock in the town."""
        self.console, self.today, self.town = console, console.app.now, town

    async def visitor(self, member: str) -> httpx.AsyncClient:
        """A browser in which somebody of the cast is signed in."""
        self.console.app.now = self.today
        browser = await self.console.visitor(member)
        self.console.app.now = self.town.clock
        return browser


@pytest.fixture
def here(console: Console, town: Town) -> Here:
    """Where people of the town look at tickets."""
    return Here(console, town)
