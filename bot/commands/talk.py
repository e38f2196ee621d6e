"""What all commands share: how they speak, and how they fail."""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot import logs
from bot.settings import Settings

console = Console(stderr=True, highlight=False)

Data = Annotated[Path | None, typer.Option("--data", help="数据目录,默认 ./data")]


class Failed(Exception):
    """Said to the user as it stands; `code` is the exit status."""

    def __init__(self, message: str, code: int = 1) -> None:
        """Fail with this sentence."""
        super().__init__(message)
        self.code = code


def fail(error: Exception, code: int = 1) -> NoReturn:
    """Say what went wrong, and end."""
    console.print(str(error), style="red", markup=False, soft_wrap=True)
    sys.exit(getattr(error, "code", code))


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
