"""The sender: in order, tried again where that is safe, and never in silence."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select
from structlog.testing import capture_logs

from bot.channels.base import (
    Addressed,
    Channel,
    Later,
    Outgoing,
    Permanent,
    Sent,
    Told,
    Unknown,
)
from bot.sender import BACKOFF, FAULTY, LONGEST, LOST, TRIES, Sender
from bot.streams import Streams
from storage import carriers, people, posts
from storage.database import Database
from storage.models import Notice, Post
from tests.bot.conftest import Until
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded


class Died(BaseException):
    """The process is gone in the middle of a try."""


class Wire(Channel):
    """A channel whose platform does as it is told: an outcome a text, else it is said."""

    name, title = "sandbox", "示例"

    def __init__(self) -> None:
        self.outcomes: dict[str, Exception] = {}
        self.said: list[Outgoing] = []
        self.told: list[Told] = []
        self.dying, self.here, self.size, self.answer = False, True, 100, Sent()

    def ready(self) -> bool:
        return self.here

    def split(self, post: Outgoing) -> list[str]:
        return [post.text[at : at + self.size] for at in range(0, len(post.text), self.size)]

    async def send(self, post: Outgoing, now: datetime) -> Sent:
        if self.dying:
            raise Died
        if outcome := self.outcomes.get(post.text):
            raise outcome
        self.said.append(post)
        return self.answer

    async def tell(self, told: Told, now: datetime) -> Sent:
        if outcome := self.outcomes.get(told.text):
            raise outcome
        self.told.append(told)
        return Sent()


class Office:
    """A sender on a clock, and the wire it sends through."""

    def __init__(self, database: Database, streams: Streams) -> None:
        self.database, self.streams, self.now, self.wire = database, streams, START, Wire()
        self.others: dict[str, Wire] = {}

    def sender(self) -> Sender:
        wires = {"sandbox": self.wire, **self.others}
        return Sender(self.database, self.streams, wires, lambda: self.now)

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
        (RuntimeError("at https://x/?key=s3cret"), "unknown", f"{FAULTY}(RuntimeError)"),
    ],
)
async def test_what_may_not_be_tried_again_is_kept_with_its_reason(
    office: Office, outcome: Exception, status: str, error: str
) -> None:
    await office.queue("1", "2")
    office.wire.outcomes["1"] = outcome
    with capture_logs() as logs:
        assert await office.works() == ["2"]
    assert "s3cret" not in str(logs)
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


async def test_what_is_marked_as_being_sent_is_sent_also_where_the_sender_ends_then(
    office: Office,
) -> None:
    marked, go = asyncio.Event(), asyncio.Event()

    class Slow(Sender):
        async def _next_post(self) -> Any:
            work = await super()._next_post()
            if work is not None:
                marked.set()
                await go.wait()
            return work

    await office.queue("1")
    running = asyncio.create_task(
        Slow(
            office.database, office.streams, {"sandbox": office.wire}, lambda: office.now
        ).run()
    )  # fmt: skip
    await marked.wait()
    running.cancel()
    await asyncio.sleep(0)
    go.set()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert (office.texts(), (await office.post()).status) == (["1"], "sent")


async def test_what_waits_for_its_turn_is_not_overtaken(office: Office) -> None:
    office.wire.size = 2
    office.wire.outcomes["cd"] = Later("full", after=40)
    await office.queue("abcd", "2")
    assert await office.works() == ["ab"]
    office.wire.outcomes.clear()
    office.now += timedelta(seconds=40)
    assert await office.works() == ["ab", "cd", "2"]


# --- on the way, and who dies there -----------------------------------------------------------


async def dies(office: Office) -> None:
    """Send until the process dies, as `outcomes` says."""
    with contextlib.suppress(Died):
        await office.works()


@pytest.mark.parametrize(("idempotent", "status"), [(False, "unknown"), (True, "sent")])
async def test_what_a_process_that_died_was_sending_is_said_at_most_once(
    office: Office, idempotent: bool, status: str
) -> None:
    office.wire.idempotent = idempotent
    await office.queue("1", "2")
    office.wire.dying = True
    await dies(office)
    assert [post.status for post in await office.posts()] == ["sending", "waiting"]
    office.wire.dying = False
    assert await office.works() == []  # nobody overtakes it
    office.now += LONGEST
    assert await office.works() == (["1", "2"] if idempotent else ["2"])
    first, second = await office.posts()
    assert (first.status, first.error) == (status, None if idempotent else LOST)
    assert second.status == "sent"


async def test_a_long_post_leaves_in_parts_and_goes_on_where_it_stood(office: Office) -> None:
    office.wire.size = 2
    office.wire.outcomes["cd"] = Later("busy")
    await office.queue("abcde")
    assert await office.works() == ["ab"]
    assert ((await office.post()).status, (await office.post()).parts) == ("waiting", 1)
    office.wire.outcomes.clear()
    office.now += timedelta(seconds=BACKOFF[-1])
    assert await office.works() == ["ab", "cd", "e"]
    no = (await office.post()).id
    said = [(one.id, one.part, one.parts) for one in office.wire.said]
    assert said == [(f"post-{no}", 0, 3), (f"post-{no}.2", 1, 3), (f"post-{no}.3", 2, 3)]


async def test_to_wait_for_one_s_turn_is_no_try(office: Office) -> None:
    await office.queue("1")
    office.wire.outcomes["1"] = Later("full", after=40)
    for _ in range(TRIES):
        await office.works()
        office.now += timedelta(seconds=40)
    post = await office.post()
    assert (post.status, post.tries) == ("waiting", 0)
    assert post.next_at == office.now


async def test_what_an_officer_must_tap_waits_and_holds_up_nobody(office: Office) -> None:
    office.wire.answer = Sent(receipt={"msgid": "m7"}, awaits=True)
    await office.queue("1")
    await office.works()
    office.wire.answer = Sent()
    await office.queue("2")
    await office.works()
    first, second = await office.posts()
    assert (first.status, first.receipt, first.sent_at) == ("awaiting", {"msgid": "m7"}, None)
    assert second.status == "sent"
    async with office.database.transaction() as session:
        assert not await posts.tapped(session, "g2", "1", START)
        assert await posts.tapped(session, "g1", " 1", START)
        assert not await posts.tapped(session, "g1", "1", START)
    first, _ = await office.posts()
    assert (first.status, first.sent_at) == ("sent", START)


async def test_a_group_that_a_channel_lost_is_left_alone_until_it_is_mended(
    office: Office,
) -> None:
    await office.queue("1", "2")
    office.wire.outcomes["1"] = Permanent("the robot was removed", blocks=True)
    assert await office.works() == []
    assert [(post.status, post.error) for post in await office.posts()] == [
        ("failed", "the robot was removed"), ("failed", "the robot was removed"),
    ]  # fmt: skip
    async with office.database.transaction() as session:
        await carriers.put(session, "g1", "sandbox", "g1")
    await office.queue("3")
    assert await office.works() == ["3"]


# --- by which channel -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "pushes", "why", "by"),
    [
        ("sandbox", "webhook", "reply", "sandbox"),
        ("sandbox", "webhook", "digest", "webhook"),
        ("sandbox", "webhook", "reminder", "webhook"),
        ("sandbox", None, "digest", "sandbox"),
        (None, "webhook", "reply", "webhook"),
        (None, None, "reply", None),
        ("pigeon", None, "reply", "pigeon"),
    ],
)
async def test_answers_and_pushes_leave_by_the_group_s_routes(
    office: Office, answers: str | None, pushes: str | None, why: str, by: str | None
) -> None:
    async with office.database.transaction() as session:
        group = await people.group(session, "g1")
        assert group is not None
        group.answers, group.pushes = answers, pushes
        await carriers.put(session, "g1", "webhook", "elsewhere")
        await posts.say(session, group_id="g1", text="1", at=START, why=why)
    other = Wire()
    office.others["webhook"] = other
    await office.works()
    post = await office.post()
    assert post.via == by
    assert [one.group for one in office.wire.said] == (["g1"] if by == "sandbox" else [])
    assert [one.group for one in other.said] == (["elsewhere"] if by == "webhook" else [])
    assert post.status == ("sent" if by in {"sandbox", "webhook"} else "failed")


async def test_what_leaves_by_a_connection_waits_for_the_process_that_has_it(
    office: Office,
) -> None:
    office.wire.served, office.wire.here = True, False
    await office.queue("1")
    assert await office.works() == []
    assert (await office.post()).status == "waiting"
    office.wire.here = True
    assert await office.works() == ["1"]


async def test_a_process_with_connections_sends_what_leaves_by_them_alone(
    office: Office,
) -> None:
    pages = Sender(
        office.database, office.streams, {"sandbox": office.wire}, lambda: office.now, served=True
    )
    await office.queue("1")
    assert not await pages.step()
    office.wire.served = True
    assert await pages.step()
    assert office.texts() == ["1"]


# --- to a person ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (None, "sent"),
        (Later("busy"), "waiting"),
        (Permanent("not in the address book"), "failed"),
        (Unknown("no answer"), "unknown"),
        (RuntimeError("at https://x/?key=s3cret"), "unknown"),
    ],
)
async def test_who_has_a_phone_is_told_on_it(
    office: Office, outcome: Exception | None, status: str
) -> None:
    office.wire.people, office.wire.tells = "wecom", True
    async with office.database.transaction() as session:
        reached = await people.meet(session, "wecom", "ZhangSan", "天元区城管局-张工")
        other = await people.meet(session, "sandbox", "c1", "专班-王敏")
        await posts.tell(session, [reached, other], level="new", text="新工单", at=START)
    if outcome:
        office.wire.outcomes["新工单"] = outcome
    sender = office.sender()
    assert await sender.tell()
    assert not await sender.tell()
    async with office.database.transaction() as session:
        notices = (await session.exec(select(Notice).order_by(col(Notice.id)))).all()
    assert [notice.status for notice in notices] == [status, None]
    assert [told.to for told in office.wire.told] == ([] if outcome else ["ZhangSan"])
    assert bool(notices[0].error) == bool(outcome)


async def test_who_is_told_on_their_phone_from_today_on_is_not_told_what_is_long_past(
    office: Office,
) -> None:
    async with office.database.transaction() as session:
        reached = await people.meet(session, "wecom", "ZhangSan", "天元区城管局-张工")
        for text, days in (("旧的", 30), ("周五的", 2), ("今天的", 0)):
            at = START - timedelta(days=days)
            await posts.tell(session, [reached], level="new", text=text, at=at)
    office.wire.people, office.wire.tells = "wecom", True
    while await office.sender().tell():
        pass
    assert [told.text for told in office.wire.told] == ["周五的", "今天的"]
