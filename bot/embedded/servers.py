"""Both servers of a data folder, together."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bot.embedded import postgres, valkey
from bot.embedded.folders import Folders
from bot.embedded.process import Child, Died, Say

#: A server that does not come up is tried again at least this often, in seconds.
SLOWEST = 300.0


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the servers are found."""

    database_url: str
    redis_url: str


@dataclass(slots=True)
class Running:
    """Servers that run, and the lock on their data."""

    folders: Folders
    servers: Servers
    children: list[Child]
    lock: IO[str]

    async def watch(self, say: Say, *, every: float = 1.0) -> None:
        """Start again whatever died; runs until it is cancelled. `every` is in seconds."""
        await asyncio.gather(*(_keep(child, say, every) for child in self.children))

    async def stop(self) -> None:
        """End the servers, the last started first, and give the data folder free."""
        for child in reversed(self.children):
            await child.stop()
        shutil.rmtree(self.folders.sockets, ignore_errors=True)
        self.lock.close()


async def _keep(child: Child, say: Say, every: float) -> None:
    """Look after one server; what dies again and again is tried less and less often."""
    pause = every
    while True:
        await asyncio.sleep(pause)
        if child.process is None or child.alive():  # not started yet, or well
            pause = every
            continue
        say(f"{child.name} 意外停止,正在重新启动…")
        try:
            await child.start(say)
        except Died as died:
            pause = min(2 * pause, SLOWEST)
            say(str(died))


async def start(data: Path, say: Say, *, durable: bool = True) -> Running:
    """Start the servers of a data folder, or adopt those that still run.

    Raises Held when another process works on the folder, Unusable when the folder can't be
    used, Died when a server ends while it starts.
    """
    folders = Folders.at(data)
    lock = folders.lock()
    children: list[Child] = []
    try:
        children = [postgres.server(folders, durable=durable), valkey.server(folders)]
        await asyncio.gather(*(child.start(say) for child in children))
    except BaseException:
        for child in children:
            await child.stop()
        lock.close()
        raise
    return Running(folders, Servers(postgres.url(folders), valkey.url(folders)), children, lock)
