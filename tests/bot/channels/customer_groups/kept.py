"""A customer group as the platform has it, and what is kept of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import SecretStr

from bot.settings import Settings
from storage import carriers, chats
from storage.database import Database
from storage.models import Carrier
from tests.bot.channels.fakes.customer_contact import Chat, CustomerContact, person
from tests.bot.channels.fakes.wecom_api import CORP, SECRET, served

NAME = "wecom_customer_group"
TOKEN, KEY = "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
ZHANG = person("wmZhang", "小张", "立方新能源-张三")
CHEN = person("chenqi", "陈七", staff=True)


@contextmanager
def platform() -> Iterator[CustomerContact]:
    """The platform, with one group."""
    chat = Chat("制造名城-天元区-1群", "chenqi", [CHEN, ZHANG])
    with served(CustomerContact(chats={"wrOne": chat})) as running:
        assert isinstance(running, CustomerContact)
        yield running


def installed(contact: CustomerContact) -> Settings:
    """The settings of an installation."""
    return Settings(wecom_corp_id=CORP, wecom_secret=SecretStr(SECRET), wecom_api=contact.url)


async def sets_up(database: Database, address: str = "wrOne", group: str = "g1") -> None:
    async with database.transaction() as session:
        await carriers.put(session, group, NAME, address)


async def carrier(database: Database, address: str = "wrOne") -> Carrier:
    async with database.transaction() as session:
        found = await chats.carrier(session, NAME, address)
        assert found is not None
        return found


async def strangers(database: Database) -> list[tuple[str, int]]:
    async with database.transaction() as session:
        return [(one.address, one.many) for one in await carriers.strangers(session)]


def change(address: str = "wrOne", **fields: Any) -> dict[str, Any]:
    return {"Event": "change_external_chat", "ChatId": address, "ChangeType": "update", **fields}
