"""Step 10 of a message's path: what the bot says leaves, in order, and is never lost."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from bot.channels.base import Addressed, Channel, Later, Outgoing, Permanent, Unknown
from bot.streams import Away, Streams
from storage import people, posts
from storage.database import Database
from storage.models import Post

log = structlog.get_logger()

#: A lost wake-up call is found after this many seconds.
LOOK = 2.0
#: Waiting times between tries, in seconds; the last one is repeated.
BACKOFF = (1, 5, 30, 120, 600)
#: After a day of tries it is no use to anybody.
TRIES = 150


class Sender:
    """Sends posts one at a time; several senders never send one twice."""

    def __init__(
        self,
        database: Database,
        streams: Streams,
        channels: Mapping[str, Channel],
        now: Callable[[], datetime],
    ) -> None:
        """Send through these channels."""
        self.database, self.streams, self.channels, self.now = database, streams, channels, now

    async def run(self) -> None:
        """Send until cancelled: at each call, and at each look."""
        called = asyncio.Event()
        listener = asyncio.create_task(self._listen(called))
        try:
            while True:
                called.clear()
                try:
                    while await self.step():
                        pass
                except (OperationalError, InterfaceError) as error:
                    log.warning("database away", error=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(called.wait(), LOOK)
        finally:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener

    async def _listen(self, called: asyncio.Event) -> None:
        while True:
            try:
                async for _ in self.streams.calls():
                    called.set()
            except Away:
                await asyncio.sleep(LOOK)

    async def step(self) -> bool:
        """Send the next post; False when there is none.

        The row stays locked while it is on its way, so that nobody else takes it.
        """
        async with self.database.transaction() as session:
            post = await posts.claim(session, self.now())
            if post is None:
                return False
            group = await people.group(session, post.group_id)
            channel = self.channels.get(group.channel if group else "")
            known = [(id_, await people.known(session, id_)) for id_ in post.to]
            to = [Addressed(id_, member.name if member else id_) for id_, member in known]
            await self._send(post, channel, to)
            session.add(post)
            said_in = post.group_id
        await self.streams.wake(said_in)
        return True

    async def _send(self, post: Post, channel: Channel | None, to: list[Addressed]) -> None:
        post.tries += 1
        now = self.now()
        try:
            if channel is None:
                raise Permanent("这个群没有可用的通道")
            await channel.send(
                Outgoing(
                    id=f"post-{post.id}", group=post.group_id, text=post.text, to=to,
                    about=post.about, why=post.why, at=post.at,
                ),
                now,
            )  # fmt: skip
        except Later as later:
            wait = BACKOFF[min(post.tries, len(BACKOFF)) - 1]
            post.next_at, post.error = now + timedelta(seconds=wait), str(later)
            if post.tries >= TRIES:
                post.status = "failed"
        except Permanent as permanent:
            post.status, post.error = "failed", str(permanent)
        except Unknown as unknown:
            post.status, post.error = "unknown", str(unknown)
        except Exception as error:  # a fault of the channel's: whether it was said, nobody knows
            log.exception("channel failed", post=post.id)
            post.status, post.error = "unknown", f"{type(error).__name__}: {error}"
        else:
            post.status, post.sent_at, post.error = "sent", now, None
        if post.error:
            log.warning("post not sent", post=post.id, status=post.status, error=post.error)
