"""The sender: in order, tried again where that is safe, and never in silence."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from bot.channels.base import Addressed, Channel, Later, Outgoing, Permanent, Sent, Unknown
from bot.sender import BACKOFF, TRIES, Sender
from bot.streams import Streams
from storage import posts
from storage.database import Database
from storage.models import Post
from tests.bot.conftest import Until
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded


class Wire(Channel):
    """A channel whose platform does as it is told: an outcome a text, else it is said."""

    name, title = "sandbox", "示例"

    def __init__(self) -> None:
        self.outcomes: dict[str, Exception] = {}
        self.said: list[Outgoing] = []

    async def send(self, post: Outgoing, now: datetime) -> Sent:
        if outcome := self.outcomes.get(post.text):
            raise outcome
        self.said.append(post)
        return Sent()


class Office:
    """A sender on a clock, and the wire it sends through."""

    def __init__(self, database: Database, streams: Streams) -> None:
        self.database, self.streams, self.now, self.wire = database, streams, START, Wire()

    def sender(self) -> Sender:
        return Sender(self.database, self.streams, {"sandbox": self.wire}, lambda: self.now)

    async def queue(self, *texts: str, group: str = "g1", to: Sequence[str] = ()) -> None:
        async with self.database.transaction() as session:
            for text in texts:
                await posts.say(
                    session, group_id=group, text=text, at=START, why="reply", to=list(to),
                    about=[7],
                )  # fmt: skip

    async def works(self) -> list[str]:
        """Send all that can be sent now; returns what was said so far."""
        sender = self.sender()
        while await sender.step():
            pass
        return self.texts()

    def texts(self) -> list[str]:
        return [post.text for post in self.wire.said]

    async def posts(self) -> Sequence[Post]:
        async with self.database.transaction() as session:
            return (await session.exec(select(Post).order_by(col(Post.said)))).all()

    async def post(self) -> Post:
        (post,) = await self.posts()
        return post


@pytest.fixture
def office(database: Database, streams: Streams) -> Office:
    return Office(database, streams)


async def test_a_group_s_posts_leave_in_their_order(office: Office) -> None:
    await office.queue("1", "2", "3")
    assert await office.works() == ["1", "2", "3"]
    assert {post.status for post in await office.posts()} == {"sent"}
    assert not await office.sender().step()


async def test_the_channel_gets_all_that_it_needs(office: Office) -> None:
    await office.queue("1", to=["zhang", "stranger"])
    await office.works()
    post = await office.post()
    assert office.wire.said == [
        Outgoing(
            id=f"post-{post.id}", group="g1", text="1", about=[7], why="reply", at=post.at,
            to=[Addressed("zhang", "立方新能源-张三"), Addressed("stranger", "stranger")],
        )
    ]  # fmt: skip
    assert (post.sent_at, post.tries) == (START, 1)


@pytest.mark.parametrize(
    ("tries", "wait"), [*enumerate(BACKOFF), (5, BACKOFF[-1]), (TRIES - 2, BACKOFF[-1])]
)
async def test_what_may_be_tried_again_waits_longer_each_time(
    office: Office, tries: int, wait: int
) -> None:
    await office.queue("1")
    office.wire.outcomes["1"] = Later("busy")
    async with office.database.transaction() as session:
        post = await posts.claim(session, START)
        assert post is not None
        post.tries = tries
        session.add(post)
    await office.works()
    post = await office.post()
    assert (post.status, post.error, post.tries) == ("waiting", "busy", tries + 1)
    assert post.next_at == START + timedelta(seconds=wait)


async def test_tried_again_it_is_said(office: Office) -> None:
    await office.queue("1")
    office.wire.outcomes["1"] = Later("busy")
    await office.works()
    office.wire.outcomes.clear()
    assert await office.works() == []
    office.now += timedelta(seconds=1)
    assert await office.works() == ["1"]
    assert ((await office.post()).status, (await office.post()).error) == ("sent", None)


async def test_after_the_last_try_it_has_failed(office: Office) -> None:
    await office.queue("1")
    office.wire.outcomes["1"] = Later("busy")
    for _ in range(TRIES):
        await office.works()
        office.now += timedelta(seconds=BACKOFF[-1])
    post = await office.post()
    assert (post.status, post.tries, post.error) == ("failed", TRIES, "busy")


@pytest.mark.parametrize(
    ("outcome", "status", "error"),
    [
        (Permanent("no such group"), "failed", "no such group"),
        (Unknown("no answer"), "unknown", "no answer"),
        (RuntimeError("a fault"), "unknown", "RuntimeError: a fault"),
    ],
)
async def test_what_may_not_be_tried_again_is_kept_with_its_reason(
    office: Office, outcome: Exception, status: str, error: str
) -> None:
    await office.queue("1", "2")
    office.wire.outcomes["1"] = outcome
    assert await office.works() == ["2"]
    first, _ = await office.posts()
    assert (first.status, first.error, first.sent_at) == (status, error, None)


async def test_a_group_without_a_channel_fails_with_the_reason(office: Office) -> None:
    await office.queue("1", group="bridge")
    await office.works()
    assert (await office.post()).status == "failed"
    assert (await office.post()).error


async def test_what_waits_for_another_try_is_not_overtaken(office: Office) -> None:
    await office.queue("1", "2")
    await office.queue("elsewhere", group="g2")
    office.wire.outcomes["1"] = Later("busy")
    assert await office.works() == ["elsewhere"]
    office.wire.outcomes.clear()
    office.now += timedelta(seconds=1)
    assert await office.works() == ["elsewhere", "1", "2"]


async def test_two_senders_say_each_post_once(office: Office) -> None:
    for number in range(15):
        await office.queue(f"a{number:02}")
        await office.queue(f"b{number:02}", group="g2")

    async def works() -> None:
        for _ in range(200):
            await office.sender().step()

    await asyncio.gather(works(), works())
    said = office.texts()
    assert [text for text in said if text[0] == "a"] == [f"a{number:02}" for number in range(15)]
    assert [text for text in said if text[0] == "b"] == [f"b{number:02}" for number in range(15)]


async def test_a_running_sender_hears_the_call(office: Office, until: Until) -> None:
    running = asyncio.create_task(office.sender().run())

    async def listens() -> bool:
        return (await office.streams.client.pubsub_numsub("mingcheng:wake"))[0][1] == 1

    async def said() -> bool:
        return office.texts() == ["1"]

    await until(listens)
    await office.queue("1")
    await office.streams.wake("g1")
    await until(said)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
