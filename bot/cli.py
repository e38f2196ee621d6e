"""The command line, for whoever installs and runs the service."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from actions import announced
from actions import steps as rules
from bot import accounts, city, doctor, up
from bot.app import App
from bot.commands import (
    audit,
    calendar,
    deadline,
    intake,
    knowledge,
    models,
    reading,
    review,
    serving,
)
from bot.commands.database import with_database
from bot.commands.talk import Data, Failed, bar, fail, run, say, settings, show
from bot.documents import Invalid
from bot.embedded.folders import Held, Unusable
from bot.embedded.process import Died
from bot.replay import command as replaying
from bot.settings import Settings, Wrong
from nlu.compiled import Unfit
from storage.database import Database

cli = typer.Typer(
    name="mingcheng", help="微信群里的诉求督办:从一句话到销号。", no_args_is_help=True,
    add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip
cities = typer.Typer(help="城市:群、单位、人员、路由。", no_args_is_help=True)
people = typer.Typer(help="控制台账号。", no_args_is_help=True)
cli.add_typer(cities, name="city")
cli.add_typer(people, name="account")
cli.add_typer(calendar.commands, name="calendar")
cli.add_typer(deadline.commands, name="deadline")
cli.add_typer(audit.commands, name="audit")
cli.add_typer(knowledge.commands, name="kb")
cli.add_typer(reading.commands, name="nlu")
cli.add_typer(review.commands, name="review")
cli.command("parse")(reading.parse)
cli.command("train")(models.train)
reading.commands.command("serve")(serving.serve)

Host = Annotated[str | None, typer.Option(help="监听地址,默认 127.0.0.1")]
Port = Annotated[int | None, typer.Option(help="网页端口,默认 8000", min=0, max=65535)]
Public = Annotated[
    str | None, typer.Option("--public-url", help="别人打开网页用的地址,如 https://…")
]
Insecure = Annotated[bool, typer.Option("--insecure", help="允许不加密(http)给别人用")]
ROOT = Path(__file__).parent.parent


def main() -> None:
    """Run a command; what went wrong is a sentence, not a traceback."""
    try:
        cli(prog_name="mingcheng")
    except Invalid as error:
        fail(error, 2)
    except (Failed, Unusable, Unfit, Held, Died, Wrong, up.PortTaken, up.Exposed) as error:
        fail(error)


@cli.command("up")
def up_(
    data: Data = None,
    host: Host = None,
    port: Port = None,
    public_url: Public = None,
    insecure: Insecure = False,
) -> None:
    """在这台机器上启动全部:数据库、识别、网页、督办。"""
    found = settings(
        data=data, host=host, port=port, public_url=public_url, insecure=insecure or None
    )
    with bar() as bars:
        run(up.up(found, say, bars("训练模型")))


@cli.command("web")
def web_(host: Host = None, port: Port = None, public_url: Public = None) -> None:
    """只启动网页(多台机器部署)。"""
    run(_serve(App(_remote(settings(host=host, port=port, public_url=public_url)))))


@cli.command()
def worker() -> None:
    """只启动消息处理(可以启动多个)。"""
    run(_work(App(_remote(settings()))))


@cli.command()
def scheduler() -> None:
    """只启动定时任务。"""
    run(_until_stopped(lambda app: app.scheduler().run()))


@cli.command()
def sender() -> None:
    """只启动发送。"""
    run(_until_stopped(_send))


@cli.command("migrate")
def migrate_() -> None:
    """建立或升级数据库(多台机器部署时先运行一次)。"""
    run(up.prepare(_remote(settings()), say))


@cli.command("doctor")
def doctor_(data: Data = None, host: Host = None, port: Port = None) -> None:
    """检查这台机器缺什么、哪里不对、怎么办。"""
    found = settings(data=data, host=host, port=port)
    checks = doctor.checks(found, ROOT)
    for check in checks:
        say(f"{'✓' if check.ok else '✗'} {check.name}:{check.found}")
        if told := check.hint if check.ok else check.remedy:
            say(f"  → {told}")
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


@cities.command("load")
def load(path: Path, data: Data = None) -> None:
    """载入 CITY.yaml;有一处不对就整份不载入,并指出行号。"""
    read = city.read(path)

    async def write(database: Database, now: datetime) -> None:
        async with database.transaction() as session:
            await city.load(session, read)
            if read.calendar:
                await announced.recount(session, now)

    with_database(data, write)
    counts = f"{len(read.groups)} 个群,{len(read.members)} 人,{len(read.routes)} 条路由"
    say(f"已载入 {read.city}:{counts}")


@people.command("add")
def add(login: str, member: str, data: Data = None) -> None:
    """给人员(CITY.yaml 里的 id)建立账号,或重设密码。"""

    async def write(database: Database, now: datetime) -> None:
        password = await accounts.add(database, login, member, now)
        if password is None:
            raise Failed(f"没有 id 为 {member} 的人员")
        say(f"用户名 {login},密码 {password}")

    with_database(data, write)


@cli.command()
def replay(
    events: Path,
    city_file: Annotated[Path, typer.Option("--city", help="CITY.yaml")],
    out: Annotated[Path, typer.Option(help="结果放在这个目录")],
    until: Annotated[str | None, typer.Option(help="到这个时刻为止(带时区)")] = None,
    data: Data = None,
) -> None:
    """把一个群的历史重放一遍,得到台账、发言、通知和数字。"""
    with bar() as bars:
        report = replaying.replay(
            events, city_file, out, until=until, settings=settings(data=data), show=bars, say=say
        )
        run(report)


cli.command("import")(intake.import_)


@cli.command()
def steps() -> None:
    """打印工单状态表:每个状态下可以走哪一步,走到哪里。"""
    show(rules.table())


# --- the parts as processes of their own ---------------------------------------------------------


def _remote(found: Settings) -> Settings:
    if not found.database_url or not found.redis_url:
        raise Failed("请先设置 DATABASE_URL 和 REDIS_URL;一台机器上请用 ./mingcheng up")
    return found


async def _serve(app: App) -> None:
    sending = asyncio.create_task(app.sender(served=True).run())
    try:
        await uvicorn.Server(up.pages_of(app.settings, app)).serve()
    finally:
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sending
        await app.close()


async def _work(app: App) -> None:
    running = app.worker()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, running.drain)
    try:
        await running.run()
    finally:
        await app.close()


async def _send(app: App) -> None:
    """What leaves and comes: posts, other systems, files, the channels' own loops."""
    async with asyncio.TaskGroup() as tasks:
        for part in (app.sender().run(), app.hooks().run(), app.fetcher().run()):
            tasks.create_task(part)
        for one in app.listeners():
            tasks.create_task(one.run())


async def _until_stopped(part: Callable[[App], Coroutine[Any, Any, None]]) -> None:
    app = App(_remote(settings()))
    task = asyncio.create_task(part(app))
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, task.cancel)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    finally:
        await app.close()
