"""Step 10 of a message's path: what the bot says leaves, in order, and is never lost.

What is about to be sent is marked so, and committed, before it leaves: a process that dies on the
way leaves a post of which nobody knows whether it was said. Where the channel drops what it has had
before, it is sent again; else it is shown to people, and never said twice by itself.
"""

import asyncio
import contextlib
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

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
from bot.streams import Away, Streams
from storage import carriers, people, posts
from storage.database import PASSES, Database
from storage.models import Carrier, Message, Notice, Post

log = structlog.get_logger()

#: A lost wake-up call is found after this many seconds.
LOOK = 2.0
#: Waiting times between tries, in seconds; the last one is repeated.
BACKOFF = (1, 5, 30, 120, 600)
#: After a day of tries it is no use to anybody.
TRIES = 150
#: So many are on their way at once: a platform that is slow holds up only its own groups.
LANES = 8
#: Whoever sends one for longer than this is gone.
LONGEST = timedelta(minutes=5)
LOST = "发送到一半时进程中断,不知是否送达"
FAULTY = "发送时程序出错,不知是否送达,请告诉系统管理员"

Work = Coroutine[Any, Any, None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try."""

    status: str
    error: str | None = None
    after: float | None = None  # seconds until the next try, where that is no fault
    sent: Sent | None = None
    parts: int = 0
    blocks: bool = False


class Sender:
    """Sends posts, a group's one at a time; several senders never send one twice."""

    def __init__(
        self,
        database: Database,
        streams: Streams,
        channels: Mapping[str, Channel],
        now: Callable[[], datetime],
        *,
        served: bool = False,
    ) -> None:
        """Send through these channels; `served`: only by connections to us."""
        self.database, self.streams, self.channels, self.now = database, streams, channels, now
        self.served = served

    async def run(self) -> None:
        """Send until cancelled: at each call, and at each look. What is begun is finished."""
        called, slots = asyncio.Event(), asyncio.Semaphore(LANES)
        listener = asyncio.create_task(self._listen(called))
        under_way: set[asyncio.Task[None]] = set()
        try:
            while True:
                called.clear()
                try:
                    await self._start_all(called, slots, under_way)
                except PASSES as error:
                    log.warning("database away", error=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(called.wait(), LOOK)
        finally:
            listener.cancel()
            await asyncio.gather(listener, *under_way, return_exceptions=True)

    async def _listen(self, called: asyncio.Event) -> None:
        while True:
            try:
                async for _ in self.streams.calls():
                    called.set()
            except Away:
                await asyncio.sleep(LOOK)

    async def _start_all(
        self, called: asyncio.Event, slots: asyncio.Semaphore, under_way: set[asyncio.Task[None]]
    ) -> None:
        """Start all that can leave now, so many at once as there are slots."""

        async def finish(claim: asyncio.Task[Work | None]) -> None:
            try:
                if (work := await claim) is not None:
                    await work
                    called.set()  # what was held up behind it may leave now
            except PASSES as error:
                if claim.exception() is None:  # of a claim that failed the loop itself hears
                    log.warning("database away", error=type(error).__name__)
            finally:
                slots.release()

        while True:
            await slots.acquire()
            # what is marked as being sent is sent, also where all ends at that moment
            claim = asyncio.create_task(self._next())
            task = asyncio.create_task(finish(claim))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            if await asyncio.shield(claim) is None:
                return

    async def _next(self) -> Work | None:
        return await self._next_post() or await self._next_notice()

    async def step(self) -> bool:
        """Send the next post; False when there is none."""
        work = await self._next_post()
        if work is not None:
            await work
        return work is not None

    async def tell(self) -> bool:
        """Tell somebody the next notice that reaches them on their phone; False for none."""
        work = await self._next_notice()
        if work is not None:
            await work
        return work is not None

    # --- into a group -------------------------------------------------------------------------

    async def _next_post(self) -> Work | None:
        """The next post is marked as being sent; what is left is to send it. None for no post."""
        async with self.database.transaction() as session:
            claimed = await self._claim(session)
            if claimed is None:
                return None
            post, channel = claimed
            outgoing = await self._outgoing(session, post, channel)
            if isinstance(outgoing, Outcome):
                await self._settle(session, post, outgoing)
            post_id, group, done = post.id or 0, post.group_id, post.parts
        if isinstance(outgoing, Outgoing) and channel is not None:
            return self._deliver(channel, outgoing, post_id, group, done)
        return self.streams.wake(group)

    async def _deliver(
        self, channel: Channel, outgoing: Outgoing, post_id: int, group: str, done: int
    ) -> None:
        outcome = await self._send(channel, outgoing, post_id, done)
        async with self.database.transaction() as session:
            kept = await posts.lock(session, post_id)
            if kept is not None:
                await self._settle(session, kept, outcome)
        await self.streams.wake(group)

    async def _claim(self, session: AsyncSession) -> tuple[Post, Channel | None] | None:
        here = [name for name, channel in self.channels.items() if channel.ready()]
        only = [name for name in here if self.channels[name].served] if self.served else None
        if only == []:
            return None
        but = [name for name in self.channels if name not in here]
        post = await posts.claim(session, self.now(), only=only, but=but)
        return None if post is None else (post, self.channels.get(post.via or ""))

    async def _outgoing(
        self, session: AsyncSession, post: Post, channel: Channel | None
    ) -> Outgoing | Outcome:
        """The post as its channel takes it, marked as being sent; or why it is not sent."""
        now = self.now()
        carrier = await carriers.one(session, post.group_id, post.via)
        if post.status == "sending" and (channel is None or not channel.idempotent):
            return Outcome("unknown", LOST)
        post.tries += 1
        if channel is None:
            return Outcome("failed", "这个群没有能发言的通道")
        if carrier is None:
            return Outcome("failed", f"没有登记这个群在“{channel.title}”里的编号")
        if carrier.blocked:
            return Outcome("failed", carrier.blocked)
        post.status, post.next_at = "sending", now + LONGEST
        session.add(post)
        return await _addressed(session, post, carrier)

    async def _send(self, channel: Channel, whole: Outgoing, post_id: int, done: int) -> Outcome:
        """Send what is left of the parts; those that are said are not said again."""
        sent: Sent | None = None
        try:
            texts = channel.split(whole)
            for number in range(done, len(texts)):
                part = replace(
                    whole, text=texts[number], part=number, parts=len(texts),
                    id=whole.id if number == 0 else f"{whole.id}.{number + 1}",
                )  # fmt: skip
                sent = await channel.send(part, self.now())
                done = number + 1
                if done < len(texts):
                    await self._said(post_id, done)
        except (Later, Permanent, Unknown) as fault:
            return replace(_fault(fault), parts=done)
        except Exception as error:  # a fault of the channel's: whether it was said, nobody knows
            return replace(_faulty(error, post=post_id), parts=done)
        awaits = sent is not None and sent.awaits
        return Outcome("awaiting" if awaits else "sent", sent=sent, parts=done)

    async def _said(self, post_id: int, parts: int) -> None:
        async with self.database.transaction() as session:
            post = await posts.lock(session, post_id)
            if post is not None:
                post.parts, post.next_at = parts, self.now() + LONGEST
                session.add(post)

    async def _settle(self, session: AsyncSession, post: Post, outcome: Outcome) -> None:
        now = self.now()
        post.status, post.error = outcome.status, outcome.error
        post.parts = max(post.parts, outcome.parts)
        if outcome.status == "waiting":
            post.tries, post.next_at = _again(post.tries, outcome, now)
            if post.tries >= TRIES:
                post.status = "failed"
        if outcome.sent is not None:
            post.receipt = dict(outcome.sent.receipt or {}) or None
            post.sent_at = None if outcome.sent.awaits else now
        if outcome.blocks:
            carrier = await carriers.one(session, post.group_id, post.via)
            if carrier is not None:
                await carriers.block(session, carrier, outcome.error or "", now)
        session.add(post)
        if post.error:
            log.warning("post not sent", post=post.id, status=post.status, error=post.error)

    # --- to a person --------------------------------------------------------------------------

    async def _next_notice(self) -> Work | None:
        """The next notice is marked as being sent; what is left is to send it."""
        by = {c.people: c for c in self.channels.values() if c.tells and c.ready()}
        if not by or self.served:
            return None
        async with self.database.transaction() as session:
            found = await posts.claim_notice(session, self.now(), list(by))
            if found is None:
                return None
            notice, member = found
            channel, notice_id = by[member.channel], notice.id or 0
            lost = notice.status == "sending" and not channel.idempotent
            notice.tries += 1
            notice.status, notice.next_at = "sending", self.now() + LONGEST
            if lost:
                notice.status, notice.error = "unknown", LOST
            session.add(notice)
            told = Told(
                id=f"notice-{notice_id}", to=member.external_id, text=notice.text,
                level=notice.level, ticket_no=notice.ticket_no, at=notice.at,
            )  # fmt: skip
        return self.streams.wake("") if lost else self._told(channel, told, notice_id)

    async def _told(self, channel: Channel, told: Told, notice_id: int) -> None:
        outcome = await _tried(channel.tell, told, self.now())
        async with self.database.transaction() as session:
            kept = await posts.lock_notice(session, notice_id)
            if kept is not None:
                self._settle_notice(session, kept, outcome)

    def _settle_notice(self, session: AsyncSession, notice: Notice, outcome: Outcome) -> None:
        notice.status, notice.error = outcome.status, outcome.error
        if outcome.status == "waiting":
            notice.tries, notice.next_at = _again(notice.tries, outcome, self.now())
            if notice.tries >= TRIES:
                notice.status = "failed"
        session.add(notice)
        if notice.error:
            log.warning("notice not sent", notice=notice.id, error=notice.error)


async def _addressed(session: AsyncSession, post: Post, carrier: Carrier) -> Outgoing:
    known = [(id_, await people.known(session, id_)) for id_ in post.to]
    answers = await session.get(Message, post.answers) if post.answers is not None else None
    tied = answers is not None and (answers.via or "").split(":")[0] == carrier.channel
    return Outgoing(
        id=f"post-{post.id}",
        group=carrier.address,
        text=post.text,
        to=[Addressed(id_, member.name if member else id_) for id_, member in known],
        about=post.about,
        why=post.why,
        at=post.at,
        offers=tuple(post.offers),
        handle=answers.handle if answers is not None and tied else None,
        carrier=carrier.about,
    )


async def _tried(
    tell: Callable[[Told, datetime], Awaitable[Sent]], told: Told, now: datetime
) -> Outcome:
    try:
        await tell(told, now)
    except (Later, Permanent, Unknown) as fault:
        return _fault(fault)
    except Exception as error:
        return _faulty(error, notice=told.id)
    return Outcome("sent")


def _faulty(error: Exception, **what: Any) -> Outcome:
    """Its words may hold an address with a key in it: the type, and where it was, must do."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    log.error(
        "channel failed", error=type(error).__name__, file=where.filename, line=where.lineno, **what
    )
    return Outcome("unknown", f"{FAULTY}({type(error).__name__})")


def _fault(fault: Later | Permanent | Unknown) -> Outcome:
    if isinstance(fault, Later):
        return Outcome("waiting", str(fault), after=fault.after)
    if isinstance(fault, Permanent):
        return Outcome("failed", str(fault), blocks=fault.blocks)
    return Outcome("unknown", str(fault))


def _again(tries: int, outcome: Outcome, now: datetime) -> tuple[int, datetime]:
    """How many tries count, and when the next one is."""
    if outcome.after is not None:
        return tries - 1, now + timedelta(seconds=outcome.after)
    wait = BACKOFF[min(tries, len(BACKOFF)) - 1]
    return tries, now + timedelta(seconds=wait)
