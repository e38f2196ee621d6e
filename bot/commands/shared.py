"""What all commands share: how they speak, how they fail, and their way to the database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from psycopg.errors import UndefinedTable
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import logs
from bot.app import now
from bot.embedded import Folders, Held, start
from bot.embedded.postgres import url as database_url
from bot.settings import Settings
from storage import calendar, migrate
from storage.database import Database

console = Console(stderr=True, highlight=False)

Data = Annotated[Path | None, typer.Option("--data", help="数据目录,默认 ./data")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只检查,什么也不改")]

#: What a command does with the database, and the instant that it is.
Work = Callable[[Database, datetime], Coroutine[Any, Any, None]]


class Failed(Exception):
    """Said to the user as it stands; `code` is the exit status."""

    def __init__(self, message: str, code: int = 1) -> None:
        """Fail with this sentence."""
        super().__init__(message)
        self.code = code


def say(text: str) -> None:
    """Tell how it goes."""
    console.print(text, markup=False, soft_wrap=True)  # a path is never broken in two


def show(lines: Iterable[str]) -> None:
    """Give what was asked for: on standard output, so that it can be kept."""
    for line in lines:
        typer.echo(line)


def settings(**given: Any) -> Settings:
    """The settings of the environment, with these in their place; Failed names a wrong one."""
    try:
        found = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        raise Failed(f"设置 {fault['loc'][0]} 不对:{fault['msg']}") from error
    logs.configure(found.log)
    return found


def run(work: Coroutine[Any, Any, None]) -> None:
    """Do something to its end, or until Ctrl-C."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(work)


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


@contextlib.contextmanager
def bar() -> Any:
    """Progress bars for what takes longer than a moment: a function that makes one by its name."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        tasks: dict[str, Any] = {}

        def show(name: str) -> Callable[[int, int], None]:
            def told(done: int, whole: int) -> None:
                if name not in tasks:
                    tasks[name] = progress.add_task(name, total=whole)
                progress.update(tasks[name], completed=done, total=whole)

            return told

        yield show
