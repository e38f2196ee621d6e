"""What was said: kept once, marked when recalled, and shown in pages."""

import asyncio
from datetime import timedelta

import pytest

from storage import messages, people, posts
from storage.database import Database
from storage.models import Message
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded


async def say(
    database: Database, id_: str, *, group: str = "g1", parser: str | None = "rasa"
) -> Message | None:
    async with database.transaction() as session:
        sender = await people.meet(session, "sandbox", "zhang", "张三")
        return await messages.record(
            session, group_id=group, external_id=id_, sender=sender, name="张三", text=id_,
            at=START, images=[], quote=None, mentions_bot=False, parse=None, parser=parser,
        )  # fmt: skip


async def answer(database: Database, text: str) -> None:
    async with database.transaction() as session:
        await posts.say(session, group_id="g1", text=text, at=START, why="reply")


async def talk(database: Database) -> list[int]:
    """Six things said by turns; returns their places."""
    for number in range(3):
        await say(database, f"m{number}")
        await answer(database, f"p{number}")
    await say(database, "elsewhere", group="g2")
    async with database.transaction() as session:
        return [row.said or 0 for row in await messages.feed(session, "g1")]


async def feed(database: Database, most: int = 50, **place: int) -> list[str]:
    async with database.transaction() as session:
        return [row.text for row in await messages.feed(session, "g1", most=most, **place)]


async def test_a_second_delivery_is_none(database: Database) -> None:
    assert await say(database, "m1") is not None
    assert await say(database, "m1") is None


async def test_of_many_deliveries_at_once_one_is_kept(database: Database) -> None:
    kept = await asyncio.gather(*(say(database, "m1") for _ in range(8)))
    assert len([message for message in kept if message]) == 1


async def test_the_same_id_in_another_group_is_another_message(database: Database) -> None:
    assert await say(database, "m1") is not None
    assert await say(database, "m1", group="g2") is not None


async def test_people_and_bot_stand_in_one_order(database: Database) -> None:
    await talk(database)
    assert await feed(database) == ["m0", "p0", "m1", "p1", "m2", "p2"]


async def test_the_newest_come_first_to_a_window(database: Database) -> None:
    await talk(database)
    assert await feed(database, 3) == ["p1", "m2", "p2"]


async def test_older_ones_are_paged_back_to_the_first(database: Database) -> None:
    places = await talk(database)
    assert await feed(database, 2, before=places[4]) == ["m1", "p1"]
    assert await feed(database, 2, before=places[1]) == ["m0"]
    assert await feed(database, 2, before=places[0]) == []


async def test_newer_ones_are_paged_without_a_gap(database: Database) -> None:
    places = await talk(database)
    assert await feed(database, 2, after=places[0]) == ["p0", "m1"]
    assert await feed(database, 2, after=places[2]) == ["p1", "m2"]
    assert await feed(database, 2, after=places[5]) == []


async def test_a_recall_marks_once_and_drops_nothing(database: Database) -> None:
    await say(database, "m1")
    async with database.transaction() as session:
        marked = await messages.recall(session, "g1", "m1", START)
        assert marked is not None
        assert (marked.recalled_at, marked.text) == (START, "m1")
        assert await messages.recall(session, "g1", "m1", START + timedelta(hours=1)) is None


async def test_an_unknown_message_is_not_recalled(database: Database) -> None:
    async with database.transaction() as session:
        assert await messages.recall(session, "g1", "m9", START) is None


async def test_what_keywords_read_waits_for_a_better_reader(database: Database) -> None:
    await say(database, "m1", parser="keywords")
    await say(database, "m2", parser="rasa")
    async with database.transaction() as session:
        assert [row.text for row in await messages.unread_by_rasa(session, 9)] == ["m1"]


async def test_a_message_is_read_again_once(database: Database) -> None:
    message = await say(database, "m1", parser="keywords")
    assert message is not None
    for first in (True, False):
        async with database.transaction() as session:
            again = await messages.read_again(session, message.id or 0, {}, "rasa")
            assert (again is not None) is first


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        (None, None),
        ({"id": "m1"}, {"name": "张三", "text": "m1"}),
        ({"id": "post-1"}, {"name": "", "text": "p1"}),
        ({"id": "post-99999999999999999"}, None),
        ({"id": "nobody"}, None),
        ({"sender": "李四", "text": "路灯"}, {"name": "李四", "text": "路灯"}),
    ],
)
async def test_a_quote_is_found_by_whatever_it_names(
    database: Database, quote: dict[str, str] | None, words: dict[str, str] | None
) -> None:
    await say(database, "m1")
    await answer(database, "p1")
    async with database.transaction() as session:
        assert await messages.quoted_words(session, "g1", quote) == words


async def test_a_post_of_another_group_is_not_quoted(database: Database) -> None:
    await answer(database, "p1")
    async with database.transaction() as session:
        assert await messages.quoted_words(session, "g2", {"id": "post-1"}) is None
