"""What the bot says leaves in a group's order, and what waits for the morning holds nobody up."""

from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from storage import posts
from storage.database import Database
from storage.models import Post
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded

MORNING = START + timedelta(hours=20)


async def say(database: Database, text: str, group: str = "g1", *, night: bool = False) -> None:
    async with database.transaction() as session:
        await posts.say(
            session, group_id=group, text=text, at=START, why="reply",
            not_before=MORNING if night else None,
        )  # fmt: skip


async def drained(database: Database, hours: int = 0) -> list[str]:
    """What leaves by then, in its order."""
    texts: list[str] = []
    while True:
        async with database.transaction() as session:
            post = await posts.claim(session, START + timedelta(hours=hours))
            if post is None:
                return texts
            post.status = "sent"
            session.add(post)
            texts.append(post.text)


async def test_a_group_s_posts_leave_in_their_order(database: Database) -> None:
    for text in ("1", "2", "3"):
        await say(database, text)
    assert await drained(database) == ["1", "2", "3"]


async def test_one_post_of_a_group_at_a_time(database: Database) -> None:
    await say(database, "1")
    await say(database, "2")
    await say(database, "elsewhere", "g2")
    async with AsyncExitStack() as held:
        sessions = [await held.enter_async_context(database.transaction()) for _ in range(3)]
        claimed = [await posts.claim(session, START) for session in sessions]
    assert [post and post.text for post in claimed] == ["1", "elsewhere", None]


async def test_what_waits_for_the_morning_holds_nobody_up(database: Database) -> None:
    await say(database, "in the morning", night=True)
    await say(database, "now")
    assert await drained(database) == ["now"]
    assert await drained(database, hours=20) == ["in the morning"]


async def test_in_the_morning_the_order_is_kept(database: Database) -> None:
    await say(database, "1", night=True)
    await say(database, "2", night=True)
    await say(database, "3")
    assert await drained(database, hours=20) == ["1", "2", "3"]


@pytest.mark.parametrize("tries", [1, 0])  # 0: it waits for its turn, which counts as no try
async def test_what_failed_once_is_waited_for(database: Database, tries: int) -> None:
    await say(database, "1")
    await say(database, "2")
    async with database.transaction() as session:
        first = await posts.claim(session, START)
        assert first is not None
        first.tries, first.error, first.next_at = tries, "busy", START + timedelta(hours=1)
        session.add(first)
    assert await drained(database) == []
    assert await drained(database, hours=1) == ["1", "2"]


@pytest.mark.parametrize("status", ["failed", "unknown"])
async def test_what_was_given_up_holds_nobody_up(database: Database, status: str) -> None:
    await say(database, "1")
    await say(database, "2")
    async with database.transaction() as session:
        first = await posts.claim(session, START)
        assert first is not None
        first.status = status
        session.add(first)
    assert await drained(database) == ["2"]


async def test_waiting_are_those_not_sent(database: Database) -> None:
    await say(database, "1")
    await drained(database)
    await say(database, "2")
    async with database.transaction() as session:
        found: list[Post] = list(await posts.waiting(session))
    assert [post.text for post in found] == ["2"]
