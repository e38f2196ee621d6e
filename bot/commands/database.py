"""The way of a command to the database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from psycopg.errors import UndefinedTable
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.app import now
from bot.commands.talk import Failed, run, say, settings
from bot.embedded.folders import Folders, Held
from bot.embedded.postgres import url as database_url
from bot.embedded.servers import start
from bot.settings import Settings
from storage import calendar, migrate
from storage.database import Database

DryRun = Annotated[bool, typer.Option("--dry-run", help="只检查,什么也不改")]

#: What a command does with the database, and the instant that it is.
Work = Callable[[Database, datetime], Coroutine[Any, Any, None]]


def with_database(data: Path | None, work: Work) -> None:
    """Work on DATABASE_URL, else on the data folder's server, started where it does not run."""
    run(_with_database(settings(data=data), work))


async def _with_database(found: Settings, work: Work) -> None:
    if found.database_url:
        await _on(found.database_url, work)
        return
    folders = Folders.at(found.data)
    try:
        running = await start(found.data, say)
    except Held:  # `up` runs: its server is ours too
        await _on(database_url(folders), work)
        return
    try:
        await asyncio.to_thread(migrate.upgrade, running.servers.database_url)
        await _on(running.servers.database_url, _seeded(work))
    finally:
        await running.stop()


def _seeded(work: Work) -> Work:
    """On a database that `up` may never have seen: with a calendar."""

    async def whole(database: Database, now: datetime) -> None:
        async with database.transaction() as session:
            await calendar.seed(session)
        await work(database, now)

    return whole


async def _on(url: str, work: Work) -> None:
    database = Database(url)
    try:
        await work(database, now())
    except OperationalError as error:
        raise Failed(f"数据库连不上:{error.orig}\n请核对 DATABASE_URL,或稍候再试") from error
    except ProgrammingError as error:
        if not isinstance(error.orig, UndefinedTable):
            raise
        raise Failed("数据库还没有建好,请先运行 ./mingcheng migrate") from error
    finally:
        await database.close()


class _Undone(Exception):
    pass


@contextlib.asynccontextmanager
async def transaction(database: Database, *, trial: bool) -> AsyncIterator[AsyncSession]:
    """A transaction; of a trial nothing is left at its end."""
    with contextlib.suppress(_Undone):
        async with database.transaction() as session:
            yield session
            if trial:
                raise _Undone
