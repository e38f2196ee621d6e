"""Customer groups: what is set, and the loop that hears of changes and tells how it is."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.channels.base import Hint, Received
from bot.channels.wecom_customer_group import channel as made
from bot.channels.wecom_customer_group.customer_group import CustomerGroup
from bot.channels.wecom_customer_group.sheet import Sheet
from bot.inbox import Inbox
from bot.settings import Settings, Wrong
from bot.streams import Streams
from tests.bot.channels.customer_groups.kept import (
    NAME,
    TOKEN,
    carrier,
    change,
    sets_up,
)
from tests.bot.channels.fakes.customer_contact import LIST, CustomerContact
from tests.bot.channels.fakes.wecom_api import SECRET

pytestmark = pytest.mark.embedded


# --- settings, and the loop ---------------------------------------------------------------------


def test_the_settings_have_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINGCHENG_WECOM_CUSTOMER_GROUP_OWNERS", "zhang, li,zhang wang")
    assert Sheet.of(NAME).owners == ("zhang", "li", "wang")
    monkeypatch.setenv("MINGCHENG_WECOM_CUSTOMER_GROUP_TOKEN", TOKEN)
    with pytest.raises(Wrong, match="AES_KEY"):
        Sheet.of(NAME)


async def test_it_is_off_where_nothing_is_set(streams: Streams, door: Inbox) -> None:
    off = made(Settings(), streams)
    health = off.by_settings()
    assert health is not None
    assert health.state == "off"
    await asyncio.wait_for(off.run(door), 5)
    await off.close()


@pytest.mark.parametrize(("given", "kept"), [(" wrOne ", "wrOne"), ("residents", "residents")])
def test_an_address_is_kept_as_it_is_copied(given: str, kept: str) -> None:
    assert CustomerGroup.address(given) == kept


@pytest.mark.parametrize("given", ["制造名城-1群", "wr One", ""])
def test_a_name_is_no_address(given: str) -> None:
    with pytest.raises(ValueError, match="wr"):
        CustomerGroup.address(given)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await true():  # noqa: ASYNC110  # another process changes it
            await asyncio.sleep(0.02)


async def test_the_loop_hears_of_a_change_and_tells_how_it_is(
    on: Settings, streams: Streams, door: Inbox, contact: CustomerContact,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("bot.channels.wecom_customer_group.customer_group.SETTLES", 0.0)
    await sets_up(door.database)
    two = [CustomerGroup(on, Sheet(), streams) for _ in range(2)]
    loops = [asyncio.create_task(each.run(door)) for each in two]

    async def looked() -> bool:
        return "owner" in (await carrier(door.database)).about

    async def told() -> bool:
        return '"state": "ok"' in (await streams.noted()).get(NAME, "")

    async def handed() -> bool:
        await door.take(two[0], Received(hints=[Hint("change_external_chat", change())]))
        return bool((await carrier(door.database)).about["owner"] == "liba")

    try:
        await until(looked)
        await until(told)
        assert len(contact.asked(LIST)) == 1, "one of the two works"
        contact.chats["wrOne"].owner = "liba"
        await until(handed)
        assert await streams.client.get(f"mingcheng:held:{NAME}") in {t.holder for t in two}
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        for each in two:
            await each.close()
    assert await streams.client.get(f"mingcheng:held:{NAME}") is None


async def test_a_fault_is_told_in_words_and_the_rest_goes_on(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    await sets_up(door.database)
    contact.answers[LIST] = [48002]
    parts = channel._parts()
    for part in parts:
        await part.turn(door)
    health = await channel._health(door, parts)
    assert health.state == "warn"
    assert health.words.startswith("查群列表:应用不能调用客户联系接口")
    assert SECRET not in health.words
    assert (await carrier(door.database)).about["owner"] == "chenqi"
