"""The command line, for whoever installs and runs the service."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot import accounts, city, doctor, logs, rasa, up, web
from bot.app import App, now
from bot.city import CityError
from bot.embedded import Died, Folders, Held, Unusable, start
from bot.embedded.postgres import url as database_url
from bot.replay import command as replaying
from bot.replay.lines import Invalid
from bot.settings import Settings
from nlu import training
from storage import migrate
from storage.database import Database

console = Console(stderr=True, highlight=False)
cli = typer.Typer(
    name="mingcheng", help="微信群里的诉求督办:从一句话到销号。", no_args_is_help=True,
    add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip
cities = typer.Typer(help="城市:群、单位、人员、路由。", no_args_is_help=True)
people = typer.Typer(help="控制台账号。", no_args_is_help=True)
cli.add_typer(cities, name="city")
cli.add_typer(people, name="account")

Data = Annotated[Path | None, typer.Option("--data", help="数据目录,默认 ./data")]
Host = Annotated[str | None, typer.Option(help="监听地址,默认 127.0.0.1")]
Port = Annotated[int | None, typer.Option(help="网页端口,默认 8000", min=0, max=65535)]
ROOT = Path(__file__).parent.parent


class Failed(Exception):
    """Said to the user as it stands; `code` is the exit status."""

    def __init__(self, message: str, code: int = 1) -> None:
        """Fail with this sentence."""
        super().__init__(message)
        self.code = code


def main() -> None:
    """Run a command; what went wrong is a sentence, not a traceback."""
    try:
        cli(prog_name="mingcheng")
    except (Failed, CityError, Invalid, Unusable, Held, Died, up.PortTaken) as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        code = 2 if isinstance(error, CityError | Invalid) else getattr(error, "code", 1)
        sys.exit(code)


@cli.command("up")
def up_(data: Data = None, host: Host = None, port: Port = None) -> None:
    """在这台机器上启动全部:数据库、识别、网页、督办。"""
    with bar() as show:
        _run(up.up(_settings(data=data, host=host, port=port), _say, show("训练模型")))


@cli.command("web")
def web_(host: Host = None, port: Port = None) -> None:
    """只启动网页(多台机器部署)。"""
    _run(_serve(App(_remote(_settings(host=host, port=port)))))


@cli.command()
def worker() -> None:
    """只启动消息处理(可以启动多个)。"""
    _run(_work(App(_remote(_settings()))))


@cli.command()
def scheduler() -> None:
    """只启动定时任务。"""
    _run(_until_stopped(lambda app: app.scheduler().run()))


@cli.command()
def sender() -> None:
    """只启动发送。"""
    _run(_until_stopped(lambda app: app.sender().run()))


@cli.command("migrate")
def migrate_() -> None:
    """建立或升级数据库(多台机器部署时先运行一次)。"""
    _run(up.prepare(_remote(_settings()), _say))


@cli.command()
def train(data: Data = None) -> None:
    """按现有训练数据训练模型(已有相符的就不重训)。"""
    settings = _settings(data=data)
    if not training.installed():
        raise Failed("没有 Rasa 环境,请先看 ./mingcheng doctor")
    with bar() as show:
        config = training.PROJECT / settings.rasa_config
        folders = Folders.at(settings.data)
        model = asyncio.run(rasa.train(folders, config, show("训练模型")))
    _say(f"模型:{model}")


@cli.command("doctor")
def doctor_(data: Data = None, host: Host = None, port: Port = None) -> None:
    """检查这台机器缺什么、哪里不对、怎么办。"""
    settings = _settings(data=data, host=host, port=port)
    found = doctor.checks(settings.data, settings.host, settings.port, ROOT)
    for check in found:
        _say(f"{'✓' if check.ok else '✗'} {check.name}:{check.found}")
        if not check.ok:
            _say(f"  → {check.remedy}")
    if not all(check.ok for check in found):
        raise typer.Exit(1)


@cities.command("load")
def load(path: Path, data: Data = None) -> None:
    """载入 CITY.yaml;有一处不对就整份不载入,并指出行号。"""
    read = city.read(path)

    async def write(database: Database, _: Callable[[], datetime]) -> None:
        async with database.transaction() as session:
            await city.load(session, read)

    _run(_with_database(_settings(data=data), write))
    counts = f"{len(read.groups)} 个群,{len(read.members)} 人,{len(read.routes)} 条路由"
    _say(f"已载入 {read.city}:{counts}")


@people.command("add")
def add(login: str, member: str, data: Data = None) -> None:
    """给人员(CITY.yaml 里的 id)建立账号,或重设密码。"""

    async def write(database: Database, now: Callable[[], datetime]) -> None:
        password = await accounts.add(database, login, member, now())
        if password is None:
            raise Failed(f"没有 id 为 {member} 的人员")
        _say(f"用户名 {login},密码 {password}")

    _run(_with_database(_settings(data=data), write))


@cli.command()
def replay(
    events: Path,
    city_file: Annotated[Path, typer.Option("--city", help="CITY.yaml")],
    out: Annotated[Path, typer.Option(help="结果放在这个目录")],
    until: Annotated[str | None, typer.Option(help="到这个时刻为止(带时区)")] = None,
    data: Data = None,
) -> None:
    """把一个群的历史重放一遍,得到台账、发言、通知和数字。"""
    with bar() as show:
        report = replaying.replay(
            events, city_file, out, until=until, settings=_settings(data=data), show=show, say=_say
        )
        _run(report)


# --- what the commands share --------------------------------------------------------------------


def _say(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)  # a path is never broken in two


def _settings(**given: Any) -> Settings:
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        raise Failed(f"设置 {fault['loc'][0]} 不对:{fault['msg']}") from error
    logs.configure(settings.log)
    return settings


def _remote(settings: Settings) -> Settings:
    if not settings.database_url or not settings.redis_url:
        raise Failed("请先设置 DATABASE_URL 和 REDIS_URL;一台机器上请用 ./mingcheng up")
    return settings


def _run(work: Coroutine[Any, Any, None]) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(work)


async def _with_database(
    settings: Settings,
    work: Callable[[Database, Callable[[], datetime]], Coroutine[Any, Any, None]],
) -> None:
    """On DATABASE_URL; without it on the data folder's own server, started when it does not run."""
    if settings.database_url:
        await _on(settings.database_url, work)
        return
    folders = Folders.at(settings.data)
    try:
        running = await start(settings.data, _say)
    except Held:  # `up` runs: its server is ours too
        await _on(database_url(folders), work)
        return
    try:
        await asyncio.to_thread(migrate.upgrade, running.servers.database_url)
        await _on(running.servers.database_url, work)
    finally:
        await running.stop()


async def _on(
    url: str, work: Callable[[Database, Callable[[], datetime]], Coroutine[Any, Any, None]]
) -> None:
    database = Database(url)
    try:
        await work(database, now)
    finally:
        await database.close()


async def _serve(app: App) -> None:
    pages = uvicorn.Config(
        web.create(app), host=app.settings.host, port=app.settings.port, log_level="warning",
        lifespan="off", timeout_graceful_shutdown=up.GRACE,
    )  # fmt: skip
    try:
        await uvicorn.Server(pages).serve()
    finally:
        await app.close()


async def _work(app: App) -> None:
    running = app.worker()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, running.drain)
    try:
        await running.run()
    finally:
        await app.close()


async def _until_stopped(part: Callable[[App], Coroutine[Any, Any, None]]) -> None:
    app = App(_remote(_settings()))
    task = asyncio.create_task(part(app))
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, task.cancel)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    finally:
        await app.close()


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
