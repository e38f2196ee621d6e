"""The parts of one process, wired; and the one place where the clock is read."""

import os
import secrets
import socket
from datetime import UTC, datetime
from functools import cached_property

from bot.channels import channels
from bot.fetcher import Fetcher
from bot.hooks import Hooks
from bot.inbox import Inbox
from bot.listener import Listener
from bot.parsing import Twins, as_told, local
from bot.scheduler import Scheduler
from bot.sender import Sender
from bot.sessions import Sessions
from bot.settings import Settings
from bot.streams import Streams
from bot.worker import Worker
from nlu import training
from nlu.keywords import Keywords
from nlu.parse import Parser
from nlu.rasa_http import Rasa
from nlu.several import Several
from storage.database import Database


def now() -> datetime:
    """The instant that it is."""
    return datetime.now(UTC)


class App:
    """Everything that web, worker, scheduler and sender need."""

    def __init__(self, settings: Settings, parser: Parser | None = None) -> None:
        """Wire by these settings; `parser` takes the place of the one that they name."""
        self.settings, self.now = settings, now
        self.database = Database(settings.database_url)
        self.streams = Streams(settings.redis_url)
        self.sessions = Sessions(self.streams)
        self.channels = channels(settings, self.streams)
        self.inbox = Inbox(self.database, self.streams, now)
        self.rasa: Rasa | None = None
        if parser is None and settings.nlu == "rasa" and settings.rasa_url:
            self.rasa = Rasa(settings.rasa_url, settings.rasa_token.get_secret_value())
        self._given = parser

    @cached_property
    def parser(self) -> Parser:
        """What reads; a part that never reads never loads it."""
        return Several(as_told(self._given or self._named()))

    def _named(self) -> Parser:
        if self.rasa is None:
            return local(self.settings)
        return Twins(self.rasa, Keywords.load(training.PROJECT / "data"))

    def worker(self) -> Worker:
        """A worker of its own name."""
        name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        return Worker(name, self.database, self.streams, self.parser, self.now)

    def scheduler(self) -> Scheduler:
        """A scheduler; any number of them may run."""
        again = as_told(self.rasa) if self.rasa else None
        return Scheduler(self.database, self.streams, again, self.now)

    def sender(self, *, served: bool = False) -> Sender:
        """A sender; any number of them may run. `served`: for connections to this process alone."""
        return Sender(self.database, self.streams, self.channels, self.now, served=served)

    def listeners(self) -> list[Listener]:
        """The channels' own loops; any number of processes may run them."""
        return [Listener(channel, self.inbox) for channel in self.channels.values()]

    def fetcher(self) -> Fetcher:
        """What brings pictures and files here; any number of them may run."""
        return Fetcher(self.database, self.streams, self.channels, self.now)

    def hooks(self) -> Hooks:
        """What tells other systems; any number of them may run."""
        return Hooks(self.database, self.streams, self.now, inside=self.settings.hooks_inside)

    async def close(self) -> None:
        """Give all connections back."""
        if self.rasa is not None:
            await self.rasa.close()
        for channel in self.channels.values():
            await channel.close()
        await self.streams.close()
        await self.database.close()
