"""Pictures, voices and files are fetched from where they lie, before their platform drops them.

What is about to be fetched is marked so, and committed, before anything is asked for: no lock lasts
as long as a download, and what a process leaves undone is fetched again when its time is over.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import contents
from bot.channels.base import Channel, Later, Permanent
from bot.streams import Streams
from storage import media
from storage.database import PASSES, Database
from storage.models import Medium

log = structlog.get_logger()

#: Seconds between two looks.
LOOK = 1.0
#: So many are fetched at once; of one channel fewer: a slow platform holds up only itself.
LANES, SHARE = 6, 4
#: Seconds that one may take; whoever fetches one for longer is gone.
LONGEST = 90
LEASE = timedelta(seconds=LONGEST + 30)
#: Waiting times between tries, in seconds; the last one is repeated.
BACKOFF = (2, 5, 15, 30, 60, 300, 1800)
#: So many tries take about a day.
TRIES = 50

EMPTY = "文件是空的,没有保存。"
LARGE = f"文件超过 {contents.LARGEST >> 20} MB,没有保存。"
OTHER = "这种文件不保存:只保存图片、语音、MP4 视频、PDF、Word、Excel、PPT、OFD、文本和 ZIP。"
SLOW = f"平台 {LONGEST} 秒内没有传完。"
FAULTY = "取文件时程序出错,请告诉系统管理员。"
EXPIRED = "平台上的原件已过期,请让发送人重发。"
NOBODY = "没有能取这个文件的通道。"


@dataclass(frozen=True, slots=True)
class Claimed:
    """One that is being fetched."""

    id: int
    group: str
    channel: str
    source: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try; `after`: seconds until the next one, where that is no fault."""

    status: str
    error: str | None = None
    after: float | None = None
    content: bytes = b""
    type: str = ""
    sha256: str | None = None


class Fetcher:
    """Fetches what waits; several fetchers never fetch one twice at a time."""

    def __init__(
        self,
        database: Database,
        streams: Streams,
        channels: Mapping[str, Channel],
        now: Callable[[], datetime],
    ) -> None:
        """Fetch through these channels."""
        self.database, self.streams, self.channels, self.now = database, streams, channels, now
        self.busy: Counter[str] = Counter()
        self.claiming = asyncio.Lock()

    async def run(self) -> None:
        """Fetch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(LANES):
                tasks.create_task(self._lane())

    async def _lane(self) -> None:
        while True:
            try:
                while await self.step():
                    pass
            except PASSES as error:
                log.warning("database away", error=type(error).__name__)
            await asyncio.sleep(LOOK)

    async def step(self) -> bool:
        """Fetch the next one; False when there is none."""
        async with self.claiming:  # one after the other: each knows what the others fetch
            claimed = await self._claim()
            if claimed is None:
                return False
            self.busy[claimed.channel] += 1
        try:
            outcome = await self._fetch(claimed)
        except asyncio.CancelledError:  # the next process need not wait
            with contextlib.suppress(*PASSES):
                await self._settle(claimed, Outcome("waiting", after=0))
            raise
        finally:
            self.busy[claimed.channel] -= 1
        await self._settle(claimed, outcome)
        await self.streams.wake(claimed.group)
        return True

    async def _claim(self) -> Claimed | None:
        full = [name for name, many in self.busy.items() if many >= SHARE]
        async with self.database.transaction() as session:
            row = await media.claim(session, self.now(), but=full)
            if row is None:
                return None
            row.tries, row.next_at = row.tries + 1, self.now() + LEASE
            session.add(row)
            return Claimed(row.id or 0, row.group_id, row.channel, dict(row.source or {}))

    async def _fetch(self, claimed: Claimed) -> Outcome:
        channel = self.channels.get(claimed.channel)
        if channel is None:
            return Outcome("failed", NOBODY)
        try:
            async with asyncio.timeout(LONGEST):
                content = await channel.fetch(claimed.source, contents.LARGEST)
        except Later as fault:
            return Outcome("waiting", str(fault), after=fault.after)
        except Permanent as fault:
            return Outcome("failed", str(fault))
        except TimeoutError:
            return Outcome("waiting", SLOW)
        except Exception as error:
            # its words may hold an address with a key in it: the type must do
            log.warning("fetch failed", medium=claimed.id, error=type(error).__name__)
            return Outcome("waiting", FAULTY)
        return await asyncio.to_thread(_looked_at, content)

    async def _settle(self, claimed: Claimed, outcome: Outcome) -> None:
        async with self.database.transaction() as session:
            row = await media.lock(session, claimed.id)
            if row is None:  # it took so long that another one has been first
                return
            row.status, row.error = outcome.status, outcome.error
            if outcome.status == "waiting":
                self._again(row, outcome)
            if outcome.sha256 is not None:
                await _keep(session, row, outcome)
            if row.status != "waiting":
                row.source = None
            session.add(row)
            if row.status == "failed":
                log.warning("medium not kept", medium=row.id, error=row.error)

    def _again(self, row: Medium, outcome: Outcome) -> None:
        """When it is tried next, unless the platform has dropped it by then."""
        if outcome.after is not None:
            row.tries -= 1
        wait = BACKOFF[min(max(row.tries, 1), len(BACKOFF)) - 1]
        row.next_at = self.now() + timedelta(
            seconds=wait if outcome.after is None else outcome.after
        )
        channel = self.channels.get(row.channel)
        ends = row.at + timedelta(seconds=channel.lasts if channel else 0)
        if outcome.error and row.next_at > ends:
            row.status, row.error = "failed", f"{_sentence(outcome.error)}{EXPIRED}"
        elif row.tries >= TRIES:
            told = _sentence(outcome.error or "")
            row.status, row.error = "failed", f"{told}试了 {row.tries} 次,不再试。"


def _sentence(words: str) -> str:
    return words if words.endswith("。") else f"{words}。"


def _looked_at(content: bytes) -> Outcome:
    """What is kept of these bytes; why, where nothing is."""
    if not content:
        return Outcome("failed", EMPTY)
    if len(content) > contents.LARGEST:
        return Outcome("failed", LARGE)
    type_ = contents.type_of(content)
    if type_ is None:
        return Outcome("failed", OTHER)
    return Outcome("kept", content=content, type=type_, sha256=sha256(content).hexdigest())


async def _keep(session: AsyncSession, row: Medium, outcome: Outcome) -> None:
    hash_ = outcome.sha256 or ""
    await media.keep(session, sha256=hash_, type_=outcome.type, content=outcome.content)
    row.sha256 = hash_
