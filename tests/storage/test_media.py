"""What came with messages waits, is kept once, and is found by its message."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlmodel import col, select

from bot.channels.base import Incoming, Media
from storage import media, messages
from storage.database import Database
from storage.media import Held
from storage.models import Blob, Medium
from tests.fixtures.cast import START, Town

pytestmark = pytest.mark.embedded

HASH = "ab" * 32


async def waits(
    database: Database,
    id_: str = "m1",
    place: int = 0,
    *,
    channel: str = "sandbox",
    minutes: int = 0,
    key: str = "k",
) -> None:
    async with database.transaction() as session:
        await media.wanted(
            session, group_id="g1", external_id=id_, place=place, channel=channel, kind="image",
            name="灯.jpg", source={"url": key}, at=START + timedelta(minutes=minutes),
        )  # fmt: skip


async def kept(
    database: Database, id_: str = "m1", place: int = 0, content: bytes = b"x", hash_: str = HASH
) -> None:
    async with database.transaction() as session:
        await media.keep(session, sha256=hash_, type_="image/png", content=content)
        await media.brought(
            session, group_id="g1", external_id=id_, place=place, channel="sandbox", kind="image",
            name="灯.jpg", sha256=hash_, at=START,
        )  # fmt: skip


async def rows(database: Database) -> Sequence[Medium]:
    async with database.transaction() as session:
        return (await session.exec(select(Medium).order_by(col(Medium.id)))).all()


async def claimed(database: Database, minutes: int = 0, but: Sequence[str] = ()) -> list[str]:
    """Ids of messages in the order in which they are claimed."""
    ids: list[str] = []
    while True:
        async with database.transaction() as session:
            row = await media.claim(session, START + timedelta(minutes=minutes), but=but)
            if row is None:
                return ids
            row.status = "failed"
            session.add(row)
            ids.append(row.external_id)


async def test_a_second_delivery_changes_nothing(database: Database) -> None:
    await waits(database)
    await waits(database, key="another")
    await kept(database)
    (row,) = await rows(database)
    assert (row.status, row.source, row.sha256) == ("waiting", {"url": "k"}, None)


async def test_what_is_there_stays_whoever_sends_its_id_again(database: Database) -> None:
    await kept(database)
    await kept(database, content=b"y", hash_="cd" * 32)
    (row,) = await rows(database)
    assert (row.status, row.sha256) == ("kept", HASH)


async def test_who_waits_longest_is_first_and_nobody_before_their_time(database: Database) -> None:
    for id_, minutes in (("late", 5), ("second", 1), ("first", 0)):
        await waits(database, id_, minutes=minutes)
    assert await claimed(database, 1) == ["first", "second"]
    assert await claimed(database, 5) == ["late"]


async def test_channels_that_are_busy_are_left_out(database: Database) -> None:
    await waits(database, "slow", channel="webhook")
    await waits(database, "quick", minutes=1)
    assert await claimed(database, 1, but=["webhook"]) == ["quick"]


async def test_one_that_is_claimed_is_claimed_by_nobody_else(database: Database) -> None:
    await waits(database)
    async with database.transaction() as one, database.transaction() as other:
        row = await media.claim(one, START)
        assert row is not None
        assert await media.claim(other, START) is None


async def test_one_that_is_settled_can_not_be_settled_again(database: Database) -> None:
    await waits(database)
    (row,) = await rows(database)
    async with database.transaction() as session:
        found = await media.lock(session, row.id or 0)
        assert found is not None
        found.status = "failed"
        session.add(found)
    async with database.transaction() as session:
        assert await media.lock(session, row.id or 0) is None


async def test_the_same_bytes_are_kept_once(database: Database) -> None:
    for id_ in ("m1", "m2"):
        await kept(database, id_)
    async with database.transaction() as session:
        assert len((await session.exec(select(Blob))).all()) == 1
        assert await media.content(session, HASH) == b"x"
        assert await media.content(session, "none") is None
        assert await media.one(session, 0) is None


async def found(town: Town, id_: str) -> dict[int, Held]:
    """What is found of a message, by its place."""
    message = await town.message(id_)
    async with town.database.transaction() as session:
        held = await media.of_messages(session, [message])
    assert {key[0] for key in held} <= {message.id}
    return {key[1]: one for key, one in held.items()}


async def test_what_came_with_a_message_is_found_by_its_place(town: Town) -> None:
    await town.says("zhang", "看图", "chitchat", images=["1", "2", "3"], id="m1")
    await town.says("zhang", "别的", "chitchat", images=["1"], id="m2")
    await kept(town.database, "m1", 2)
    await waits(town.database, "m1", 0)
    await kept(town.database, "m2")
    shown = await found(town, "m1")
    assert [(place, one.medium.status, one.type, one.size) for place, one in shown.items()] == [
        (0, "waiting", None, None), (2, "kept", "image/png", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("first", [True, False])
async def test_of_a_message_that_two_channels_brought_the_bytes_that_came_count(
    town: Town, first: bool
) -> None:
    ids = ["m1", "other"] if first else ["other", "m1"]
    await town.says("zhang", "看图", "chitchat", images=["1"], id="m1")
    second = Incoming(
        kind="message", channel="webhook", people="sandbox", group="g1", id="other", at=START,
        sender="zhang", name="张三", text="看图", images=(Media("1"),),
    )  # fmt: skip
    assert not await town.hears(second, None)
    async with town.database.transaction() as session:
        assert await messages.find(session, "g1", "other") is not None
    await kept(town.database, ids[0])
    await waits(town.database, ids[1])
    assert [one.medium.status for one in (await found(town, "m1")).values()] == ["kept"]


async def test_no_pictures_ask_for_nothing(town: Town) -> None:
    await town.says("zhang", "早", "chitchat", id="m1")
    assert await found(town, "m1") == {}
