"""The platform with a customer group, and the channel that follows it."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from bot.channels.wecom_customer_group.customer_group import CustomerGroup
from bot.channels.wecom_customer_group.sheet import Sheet
from bot.inbox import Inbox
from bot.settings import Settings
from bot.streams import Streams
from tests.bot.channels.customer_groups.kept import installed, platform
from tests.bot.channels.fakes.customer_contact import CustomerContact
from tests.fixtures.cast import Town


@pytest.fixture
def contact() -> Iterator[CustomerContact]:
    with platform() as running:
        yield running


@pytest.fixture
def on(contact: CustomerContact) -> Settings:
    return installed(contact)


@pytest_asyncio.fixture
async def channel(on: Settings, streams: Streams) -> AsyncIterator[CustomerGroup]:
    """The channel as it is usually set."""
    found = CustomerGroup(on, Sheet(), streams)
    yield found
    await found.close()


@pytest.fixture
def door(town: Town, streams: Streams) -> Inbox:
    """The real one, on the simulated clock."""
    return Inbox(town.database, streams, town.clock)
