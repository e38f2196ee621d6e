"""Started by a test as a process of its own: servers under another locale, or another user.

Prints what it found, as JSON, and stays until it is killed when asked to.
"""

import asyncio
import json
import os
import pwd
import stat
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text

from bot.embedded.servers import Running, start
from bot.streams import Streams
from storage.database import Database

#: What is loaded at its first use.
LATE = (
    "encodings.ascii", "encodings.idna", "encodings.latin_1",
    "sqlalchemy.dialects.postgresql.psycopg", "redis.asyncio.connection",
    "psycopg._encodings", "psycopg_binary",
)  # fmt: skip


async def found(running: Running) -> dict[str, Any]:
    """What a test wants to know."""
    database = Database(running.servers.database_url, size=1)
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
        alike = await connection.execute(text("SELECT similarity('新马路路灯', '新马路的路灯')"))
    await database.close()
    streams = Streams(running.servers.redis_url)
    await streams.append("g1", "路灯坏了")
    lag = await streams.lag()
    await streams.close()
    pids = [child.process.pid for child in running.children if child.process]
    return {
        "alike": alike.scalar_one(),
        "lag": lag,
        "pids": pids,
        "users": sorted({psutil.Process(pid).uids().real for pid in pids}),
        "sockets": stat.S_IMODE(running.folders.sockets.stat().st_mode),
        "secret": stat.S_IMODE((running.folders.data / "secrets" / "postgres").stat().st_mode),
    }


async def main(data: Path, *, stay: bool) -> None:
    """Start, look, and end or stay."""
    running = await start(data, lambda _: None)
    print(json.dumps(await found(running)), flush=True)
    if stay:
        await asyncio.Event().wait()
    await running.stop()


def become(name: str) -> None:
    """Go on as another user. Our own interpreter may lie where that user can't start it.

    What it loads only when it is needed must then be loaded before.
    """
    for module in LATE:
        import_module(module)
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


if __name__ == "__main__":
    folder, mode, *as_user = sys.argv[1:]
    if as_user:
        become(*as_user)
    asyncio.run(main(Path(folder), stay=mode == "stay"))
