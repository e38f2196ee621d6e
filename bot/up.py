"""`mingcheng up`: everything on one machine, in an order that lets nothing be lost."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import uvicorn
from pydantic import SecretStr
from sse_starlette.sse import AppStatus

from actions import clock
from bot import accounts, city, rasa, web
from bot.app import App, now
from bot.embedded.process import Child, Died
from bot.embedded.servers import Running, start
from bot.settings import Settings
from bot.worker import Worker
from nlu import training
from storage import calendar, cities, migrate
from storage.database import Database

Say = Callable[[str], None]
DEFAULT_CITY = Path(__file__).parent / "zhuzhou.yaml"
#: Open pages hold their connections; after this many seconds they are closed,
GRACE = 3


class PortTaken(Exception):
    """Nobody can open the pages; the message says what to do."""


class Exposed(Exception):
    """The pages would be open to others in a way that nobody asked for; it says what to do."""


def guarded(settings: Settings) -> None:
    """Serve others than this machine only as somebody decided (Exposed)."""
    if settings.plain and not settings.public_url:
        raise Exposed(
            f"监听 {settings.host} 时别的机器也能打开网页,请说明大家用的地址,"
            "例如 --public-url https://jiandu.example.gov.cn"
        )
    if settings.plain and not settings.insecure:
        raise Exposed(
            f"{settings.public_url} 没有加密,密码会被旁人看到。请用 https 地址;"
            "确实只能用 http 时加 --insecure,页面上会注明"
        )


def pages_of(settings: Settings, app: App) -> uvicorn.Config:
    """How the pages are served. What a proxy says is believed where people come through one."""
    return uvicorn.Config(
        web.create(app), host=settings.host, port=settings.port, log_level="warning",
        lifespan="off", timeout_graceful_shutdown=GRACE, proxy_headers=bool(settings.public_url),
        forwarded_allow_ips=settings.proxies,
    )  # fmt: skip


async def up(settings: Settings, say: Say, progress: rasa.Progress) -> None:
    """Start everything, say where it is, and end it all when asked to (Ctrl-C, SIGTERM).

    PortTaken when the pages can't be opened; what was started has ended then, too. Exposed before
    anything is started.
    """
    guarded(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    running = await _unless(stop, start(settings.data, say))
    if running is None:
        return
    try:
        settled = await _unless(stop, _settled(settings, running, say, progress))
        if settled is not None:
            await _serve(*settled, running, say, stop)
    finally:
        say("正在停止数据库和消息队列…")
        await running.stop()


async def _unless[T](stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """What comes of the work; None when we are asked to end before it is done."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        return await working
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    return None


async def _settled(
    settings: Settings, running: Running, say: Say, progress: rasa.Progress
) -> tuple[Settings, Child | None]:
    """Settings that name the servers of this machine; and Rasa's, not yet started, or None."""
    given = settings.webhook_secret.get_secret_value()
    found = settings.model_copy(
        update={
            "database_url": running.servers.database_url,
            "redis_url": running.servers.redis_url,
            "webhook_secret": SecretStr(given or running.folders.secret("webhook")),
        }
    )
    if settings.nlu != "rasa":
        return found, None
    if not training.installed():
        say("没有 Rasa 环境(需要 Python 3.10),由编译好的模型识别。详见 ./mingcheng doctor")
        return found, None
    config = training.PROJECT / settings.rasa_config
    if not training.model(running.folders.data / "models", config).exists():
        say("没有与训练数据相符的模型,正在训练(约五分钟)…")
    try:
        model = await rasa.train(running.folders, config, progress)
    except Died as died:
        say(f"{died}\n由编译好的模型识别。")
        return found, None
    server, url, token = rasa.server(running.folders, model)
    running.children.append(server)
    return found.model_copy(update={"rasa_url": url, "rasa_token": SecretStr(token)}), server


async def _serve(
    settings: Settings, server: Child | None, running: Running, say: Say, stop: asyncio.Event
) -> None:
    await prepare(settings, say)
    app = App(settings)
    pages = uvicorn.Server(pages_of(settings, app))
    pages.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]  # ours
    worker = app.worker()
    await accounts.first(app.database, app.now(), say)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(_until_served(pages, stop))
        loading = tasks.create_task(_load(server, say))
        working = tasks.create_task(_work(worker, loading))
        ends = [tasks.create_task(run) for run in _endless(app, running, say)]
        opened = await _announce(pages, serving, settings, say)
        await stop.wait()
        say("正在停止:先办完手头的消息…")
        worker.drain()
        loading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
        AppStatus.should_exit = pages.should_exit = True  # streams of the console end first
        for task in ends:
            task.cancel()
    await app.close()
    if not opened:
        raise PortTaken(
            f"端口 {settings.port} 打不开,可能已被占用。请换一个:./mingcheng up --port 8001"
        )


def _endless(app: App, running: Running, say: Say) -> list[Coroutine[Any, Any, None]]:
    parts = [app.sender().run(), app.hooks().run(), app.fetcher().run(), app.scheduler().run()]
    return [*parts, *(one.run() for one in app.listeners()), running.watch(say)]


async def _load(server: Child | None, say: Say) -> None:
    if server is None:
        return
    say("正在载入 Rasa 模型(约半分钟)。现在就可以发言,载入后依次处理…")
    try:
        await server.start(lambda _: None)
    except Died as died:
        say(f"{died}\n先用关键词规则识别。")
    else:
        say("模型已载入。")


async def _work(worker: Worker, loading: "asyncio.Task[None]") -> None:
    """Handle messages once the model is there: what is said before waits, and is read well."""
    await loading
    await worker.run()


async def _until_served(server: uvicorn.Server, stop: asyncio.Event) -> None:
    try:
        await server.serve()
    except SystemExit:  # the port is taken: uvicorn has said so
        stop.set()


async def _announce(
    server: uvicorn.Server, serving: "asyncio.Task[None]", settings: Settings, say: Say
) -> bool:
    """Say where the pages are, once they are there; False when they never will be."""
    while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn has no event
        await asyncio.sleep(0.05)
    if not server.started:
        return False
    port = server.servers[0].sockets[0].getsockname()[1]
    address = settings.public_url or f"http://{settings.host}:{port}"
    say(f"已启动。请用浏览器打开 {address}/ (按 Ctrl-C 停止)")
    return True


async def prepare(settings: Settings, say: Say) -> None:
    """Bring the database to the newest shape, with a calendar and, at first, a city."""
    await asyncio.to_thread(migrate.upgrade, settings.database_url)
    database = Database(settings.database_url)
    try:
        async with database.transaction() as session:
            await calendar.seed(session)
            if await cities.empty(session):
                await city.load(session, city.read(DEFAULT_CITY))
                say("已载入示例城市(株洲)。换成自己的:./mingcheng city load CITY.yaml")
            await clock.begin(session, now())
    finally:
        await database.close()
