"""Records are pulled, kept, opened, and handed over; each of it again after a crash.

What was pulled and how far that is are kept in one transaction. From there a relay hands it over,
and only then marks it so: what a crash between leaves is handed over twice, and its id absorbs it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

import structlog
from pydantic import AfterValidator, BaseModel, Field, ValidationError
from sqlalchemy.exc import DataError

from bot.channels.base import Channel, Door, Incoming, Raw, Received, Shared, Words
from bot.channels.wecom_archive.keys import Keys, Locked, unlock
from bot.channels.wecom_archive.reading import PEOPLE, read, spoken
from bot.channels.wecom_archive.sdk import MANGLED, MOST, TOO_MUCH, Fault, Sdk
from bot.channels.wecom_archive.watch import Watch
from storage import archive
from storage.archive import Pulled
from storage.models import Recorded

log = structlog.get_logger()

#: The archive takes 4,000 calls a minute (doc 91774); we stay below.
CALLS = [(3600, 60.0)]
#: So many are handed over at once, and so often before it is looked for new ones.
BATCH, BATCHES = 100, 10
#: So many that could not be opened are tried again at once.
TRIED = 200
#: Seconds until the next look when there is nothing new; a hint makes it earlier.
LOOK = 3.0
#: Waiting times after failures, in seconds: who asks on with a wrong secret is blocked.
BACKOFF = (3.0, 10.0, 30.0, 60.0, 120.0)
MINUTE = timedelta(minutes=1)


class Record(BaseModel):
    """One record, still encrypted; doc 91774. What is missing in it shows when it is opened."""

    seq: int = Field(ge=0, lt=1 << 63)
    msgid: Annotated[Words, AfterValidator(lambda id_: id_[:200])] = ""
    publickey_ver: int = 0
    encrypt_random_key: Words = ""
    encrypt_chat_msg: Words = ""


class Page(BaseModel):
    """What one call brings."""

    errcode: int = 0
    chatdata: list[Record] = []


class Puller:
    """Brings what is new from the archive to the door."""

    def __init__(
        self, channel: Channel, shared: Shared, sdk: Sdk, keys: Keys, *, bot: str = ""
    ) -> None:
        """Read through this session, with these keys."""
        self.channel, self.shared, self.sdk, self.keys, self.bot = channel, shared, sdk, keys, bot
        self.watch = Watch()
        self.most = MOST
        self._kept_at: datetime | None = None
        self._tried: dict[int, int] | None = None  # the keys with which all was tried,
        self._trying: set[int] = set()  # those with which something is to be tried,
        self._after = -1  # and behind which record

    async def turn(self, door: Door) -> float:
        """One look, not for long; after how many seconds the next one is due."""
        if pause := await self.shared.wait("wecom_archive:chat", CALLS):
            return pause
        try:
            more = await self._pull(door) > 0
            more |= await self._retry(door)
            rest = 0.0 if more else LOOK
        except Fault as fault:
            self._failed(door, fault)
            rest = BACKOFF[min(self.watch.failures, len(BACKOFF)) - 1]
        return 0.0 if await self.relay(door) else rest

    def _failed(self, door: Door, fault: Fault) -> None:
        self.watch.failed(door.now(), str(fault))
        log.warning("archive not read", code=fault.code, failures=self.watch.failures)
        if fault.code == TOO_MUCH:
            self.most = max(1, self.most // 2)

    async def _pull(self, door: Door) -> int:
        """The next page; how many records it brought."""
        async with door.database.transaction() as session:
            seq, at = await archive.cursor(session)
        if self.watch.read_at is None:
            self.watch.read_at = at  # by whoever read before us
        pulled = await asyncio.to_thread(self._page, seq)
        await self._keep(door, pulled)
        self.watch.well(door.now(), _spoken(pulled))
        self.most = min(MOST, 2 * self.most)
        return len(pulled)

    def _page(self, seq: int) -> list[Pulled]:
        """Records after `seq`, opened where that is possible; blocks."""
        try:
            page = Page.model_validate_json(self.sdk.chat(seq, self.most))
            if page.errcode:
                raise Fault(page.errcode)
        except ValidationError:
            raise Fault(MANGLED, "会话存档返回的数据看不懂:请更新 SDK,或联系开发者") from None
        except Fault:
            self.sdk.close()  # a new session for the next try
            raise
        return [self._opened(one) for one in page.chatdata if one.seq > seq]

    def _opened(self, record: Record) -> Pulled:
        raw: dict[str, Any] = record.model_dump()
        kept = Pulled(record.seq, record.msgid, raw)
        try:
            return replace(kept, body=unlock(raw, self.keys, self.sdk))
        except Locked as locked:
            return replace(kept, error=str(locked))

    async def _keep(self, door: Door, pulled: Sequence[Pulled]) -> None:
        """Also that there was nothing, once a minute: who starts later sees since when."""
        now = door.now()
        if not pulled and self._kept_at is not None and now - self._kept_at < MINUTE:
            return
        async with door.database.transaction() as session:
            await archive.keep(session, pulled, now)
        self._kept_at = now

    # --- what was set aside -------------------------------------------------------------------

    async def _retry(self, door: Door) -> bool:
        """Try again what could not be opened, where the keys are others; whether more is left."""
        versions = self.keys.versions()
        if versions != self._tried:
            if self._tried is None:
                async with door.database.transaction() as session:
                    await archive.again(session)
            known = self._tried or {}
            self._trying |= {one for one in versions if versions[one] != known.get(one)}
            self._tried, self._after = versions, -1
        if not self._trying:
            return False
        async with door.database.transaction() as session:
            rows = await archive.locked(session, self._trying, self._after, TRIED)
        if not rows:
            self._trying.clear()
            return False
        opened = await asyncio.to_thread(self._reopened, rows)
        async with door.database.transaction() as session:
            for one in opened:
                await archive.opened(session, one.seq, one.body, one.error)
        self._after = rows[-1].seq
        return True

    def _reopened(self, rows: Sequence[Recorded]) -> list[Pulled]:
        return [self._opened(Record.model_validate(row.record)) for row in rows]

    # --- the relay ----------------------------------------------------------------------------

    async def relay(self, door: Door) -> bool:
        """Hand over what waits, in order, and mark it so; whether more is left."""
        for _ in range(BATCHES):
            async with door.database.transaction() as session:
                rows = await archive.waiting(session, BATCH)
            if not rows:
                return False
            await self._relay(door, rows)
        return True

    async def _relay(self, door: Door, rows: Sequence[Recorded]) -> None:
        try:
            await door.take(self.channel, await self._received(door, rows))
        except (DataError, ValueError) as error:
            if len(rows) > 1:  # one of them can't be taken: it must not hold up the others
                for row in rows:
                    await self._relay(door, [row])
                return
            log.warning("record set aside", seq=rows[0].seq, error=type(error).__name__)
            async with door.database.transaction() as session:
                await archive.park(session, rows[0].seq, "这条记录转交不了,请告诉开发者")
            return
        async with door.database.transaction() as session:
            await archive.handed(session, [row.seq for row in rows])

    async def _received(self, door: Door, rows: Sequence[Recorded]) -> Received:
        said = [
            read(row.body or "", row.external_id or f"seq-{row.seq}", row.at, self.bot)
            for row in rows
        ]
        messages = [one for one in said if isinstance(one, Incoming)]
        senders = {one.sender for one in messages}
        async with door.database.transaction() as session:
            names = await archive.names(session, PEOPLE, senders)
        return Received(
            messages=[replace(one, name=names.get(one.sender, one.name)) for one in messages],
            raw=[one for one in said if isinstance(one, Raw)],
        )


def _spoken(pulled: Sequence[Pulled]) -> datetime | None:
    """When the last of them was said, as far as that can be read."""
    said = (spoken(one.body) for one in reversed(pulled) if one.body)
    return next((at for at in said if at), None)
