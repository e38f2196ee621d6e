"""Steps 4 to 9 of a message's path: leased, parsed, recorded, acted upon, acknowledged."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import dispatch
from bot.channels.base import Incoming, Media, Quoted
from bot.streams import LEASE, PARTITIONS, Away, Entry, Streams
from nlu.addressed import behind, whole
from nlu.parse import Entity, Label, Parse, Parser
from nlu.text import fold
from storage import messages, people, poison, posts
from storage.database import PASSES, Database
from storage.models import Member

log = structlog.get_logger()

BATCH = 32
#: After so many tries a message is set aside.
TRIES = 3
#: How long one look for new entries waits, in milliseconds.
LOOK = 500
PAUSE = 1.0
#: Two channels bring the same words within so long of each other.
SAME = timedelta(seconds=60)
#: Whom a text addresses: one channel shows it, another one does not.
MENTION = re.compile(r"@[^\s@]+")
#: What read a message that was no words but a tap.
BUTTON = "button"


async def handle(
    database: Database, incoming: Incoming, parse: Parse | None, now: datetime
) -> bool:
    """Record one message and do all that it causes, in one transaction.

    Returns False for a second delivery, also by another channel, and for what the bot said
    itself: they change nothing.
    """
    async with database.transaction() as session:
        if incoming.kind == "recall":
            return await messages.recall(session, incoming.group, incoming.id, now) is not None
        if await posts.tapped(session, incoming.group, incoming.text, incoming.at):
            return False
        known_as, via = incoming.people or incoming.channel, incoming.via or incoming.channel
        sender = await people.meet(session, known_as, incoming.sender, incoming.name)
        if await _doubles(session, incoming, sender, via):
            return False
        message = await messages.record(
            session,
            group_id=incoming.group,
            external_id=incoming.id,
            sender=sender,
            # some platforms tell an id and no name: then as the person is known here
            name=sender.name if incoming.name == incoming.sender else incoming.name,
            text=incoming.text,
            at=incoming.at,
            images=[_image(image) for image in incoming.images],
            quote=_quote(incoming.quote),
            mentions_bot=incoming.mentions_bot,
            via=via,
            handle=incoming.handle,
            parse=parse.as_json() if parse else None,
            parser=parse.parser if parse else None,
        )
        if message is None or parse is None:
            return False
        await dispatch.handle(session, message, parse, now)
        return True


async def _doubles(session: AsyncSession, incoming: Incoming, sender: Member, via: str) -> bool:
    """Whether another channel, or another account, has brought the same words of the same person.

    Rules of the channels: same group and sender, the same words, within a minute.
    """
    if incoming.meant is not None:
        return False
    others = await messages.from_elsewhere(
        session, incoming.group, sender.id, via=via, since=incoming.at - SAME,
        until=incoming.at + SAME,
    )  # fmt: skip
    words = _words(incoming.text)
    for other in others:
        alike = len(other.images) == len(incoming.images)  # a picture may come by one of them alone
        if _words(other.text) == words and (words or alike):
            await messages.double(session, other, incoming.id, via)
            return True
    return False


def _words(text: str) -> str:
    """A text without whom it addresses, and however its spaces and widths are."""
    return "".join(fold(MENTION.sub("", text)).split())


def _image(image: Media) -> dict[str, Any]:
    """As it is kept with the message: where its bytes come from is not."""
    return {"id": image.id, "name": image.name, "sha256": image.sha256, "kind": image.kind}


def meant(incoming: Incoming) -> Parse | None:
    """What a button says, which nobody needs to read; None for words."""
    if incoming.meant is None:
        return None
    no = str(incoming.meant.ticket_no)
    start = incoming.text.find(no)
    found = () if start < 0 else (Entity("ticket_no", start, start + len(no), no, 1.0),)
    return Parse(incoming.text, Label(incoming.meant.intent, 1.0), None, found, BUTTON)


def _quote(quote: str | Quoted | None) -> dict[str, Any] | None:
    if quote is None:
        return None
    if isinstance(quote, Quoted):
        return {"sender": quote.sender, "text": quote.text}
    return {"id": quote}


async def read_all(parser: Parser, said: Sequence[Incoming | str]) -> list[Parse]:
    """How each is to be understood: as its button says, else as it reads behind the bot's name.

    What can't be handled is read as nothing.
    """
    texts = [one.text if isinstance(one, Incoming) else "" for one in said]
    starts = [
        behind(one.text) if isinstance(one, Incoming) and one.mentions_bot else 0 for one in said
    ]
    told = [text[start:] for text, start in zip(texts, starts, strict=True)]
    read = [*zip(await parser.parse(told), texts, starts, strict=True)]
    taps = [meant(one) if isinstance(one, Incoming) else None for one in said]
    return [tap or whole(*each) for tap, each in zip(taps, read, strict=True)]


class Worker:
    """Leases partitions and works through them; as many of these as there are processes."""

    def __init__(
        self,
        name: str,
        database: Database,
        streams: Streams,
        parser: Parser,
        now: Callable[[], datetime],
    ) -> None:
        """Work under this name, which no other worker has."""
        self.name, self.database, self.streams = name, database, streams
        self.parser, self.now = parser, now
        self.leased: set[int] = set()
        self.unfinished: set[int] = set()  # partitions in which something was left
        self.tries: dict[str, int] = {}
        self.draining = False

    async def run(self) -> None:
        """Work until `drain`; what is begun is finished."""
        keeper = asyncio.create_task(self._keep())
        try:
            while not self.draining:
                try:
                    await self.step()
                except Away as away:
                    log.warning("streams away", error=str(away))
                    self.unfinished |= self.leased  # handed out, and perhaps not finished
                    await asyncio.sleep(PAUSE)
                except PASSES as error:
                    log.warning("database away", error=type(error).__name__)
                    self.unfinished |= self.leased
                    await asyncio.sleep(PAUSE)
        finally:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
            with contextlib.suppress(Away):
                await self.streams.leave(self.name, self.leased)

    def drain(self) -> None:
        """Finish what is begun, then end."""
        self.draining = True

    async def step(self) -> int:
        """One look: what was left unfinished, else what is new. Returns how much there was."""
        if not self.leased:
            await self.settle()
        entries: list[Entry] = []
        for number in sorted(self.unfinished & self.leased):
            found = await self.streams.unfinished(number, BATCH)
            entries += found
            if len(found) < BATCH:
                self.unfinished.discard(number)
        if not entries and self.leased:
            entries = await self.streams.fresh(sorted(self.leased), BATCH, LOOK)
        elif not self.leased:
            await asyncio.sleep(LOOK / 1000)
        if entries:
            await self._work(entries)
        return len(entries)

    async def settle(self) -> None:
        """Keep the leases, take what is free up to the fair share, give back what is more."""
        share = await self.streams.share(self.name, self.now().timestamp())
        for number in sorted(self.leased):
            keep = len(self.leased) <= share
            if not keep:
                await self.streams.release(self.name, number)
            if not keep or not await self.streams.lease(self.name, number):
                self.leased.discard(number)
        for number in range(PARTITIONS):
            if len(self.leased) >= share:
                break
            if number not in self.leased and await self.streams.lease(self.name, number):
                self.leased.add(number)
                self.unfinished.add(number)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(LEASE / 3)
            with contextlib.suppress(Away):
                await self.settle()

    async def _work(self, entries: list[Entry]) -> None:
        read = [(entry, _incoming(entry)) for entry in entries]
        parses = await read_all(self.parser, [i for _, i in read])
        work = [(*pair, parse) for pair, parse in zip(read, parses, strict=True)]
        work.sort(key=lambda item: item[0].partition)  # stable: the order within stays
        await asyncio.gather(
            *(self._partition(list(of)) for _, of in groupby(work, key=lambda w: w[0].partition))
        )

    async def _partition(self, work: list[tuple[Entry, Incoming | str, Parse]]) -> None:
        for entry, incoming, parse in work:
            if entry.partition not in self.leased:
                return  # another worker goes on from here
            if isinstance(incoming, str):
                await self._set_aside(entry, incoming)
            elif not await self._finish(entry, incoming, parse):
                return

    async def _finish(self, entry: Entry, incoming: Incoming, parse: Parse) -> bool:
        """Handle one entry; False leaves it, and what is behind it, for the next look."""
        if entry.tries >= 2 * TRIES:  # the worker itself died of it, again and again
            await self._set_aside(entry, f"handed out {entry.tries} times and never finished")
            return True
        try:
            await handle(self.database, incoming, parse, self.now())
        except PASSES as error:
            log.warning("database away", error=type(error).__name__)
            self.unfinished.add(entry.partition)
            await asyncio.sleep(PAUSE)
            return False
        except Exception as error:
            tries = self.tries[entry.id] = self.tries.get(entry.id, 0) + 1
            log.exception("message failed", group=incoming.group, id=incoming.id, tries=tries)
            if tries < TRIES:
                self.unfinished.add(entry.partition)
                return False
            await self._set_aside(entry, f"{type(error).__name__}: {error}")
            return True
        await self.streams.done(entry)
        self.tries.pop(entry.id, None)
        await self.streams.wake(incoming.group)
        return True

    async def _set_aside(self, entry: Entry, error: str) -> None:
        async with self.database.transaction() as session:
            await poison.keep(session, payload=entry.payload, error=error, at=self.now())
        await self.streams.done(entry)
        self.tries.pop(entry.id, None)
        log.error("message set aside", error=error)


def _incoming(entry: Entry) -> Incoming | str:
    """What lies in an entry, or why it can't be read."""
    try:
        return Incoming.from_json(entry.payload)
    except ValueError as error:
        return f"not readable: {error}"
