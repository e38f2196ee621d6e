"""A town in which two months went by: to look at the console with something in it.

`python -m tests.demo [--port 8123]` serves it; it prints who may sign in. All is invented, and the
same each time but for the dates, which end today.
"""

import argparse
import asyncio
import contextlib
import random
import signal
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import uvicorn
from playwright.async_api import Page
from sse_starlette.sse import AppStatus

from actions import clock, steps
from actions.base import Refused
from bot import accounts as passwords
from bot import city, web, worker
from bot.app import App
from bot.channels.base import Incoming, Quoted
from bot.embedded.servers import start
from bot.scheduler import run_due
from bot.settings import Settings
from bot.up import DEFAULT_CITY
from nlu.compiled import SHIPPED, Compiled
from storage import accounts, calendar, ledger, migrate, people, tickets
from storage.models import Ticket
from tests import demo_media
from tests.demo_words import DONE, EXTEND, LATEST, MISCONDUCT, PROGRESS, REPORTS, TALK, UNSURE

PASSWORD = "株洲-demo-2109"
DAYS = 60
#: Who signs in, by role; the login is the role's name.
PEOPLE = {
    "member": "u1", "handler": "h1", "coordinator": "c1", "inspector": "i1", "leader": "l1",
    "admin": "a1",
}  # fmt: skip
#: Each group and who writes in it.
GROUPS = {"g1": "u1", "g2": "u2", "g3": "u3", "g4": "u4"}


@dataclass(slots=True)
class Story:
    """What happens, with time as a value."""

    app: App
    chance: random.Random
    model: Compiled
    now: datetime
    said: int = 0

    async def until(self, moment: datetime) -> None:
        """Let time pass, and do what falls due."""
        await run_due(self.app.database, moment)
        self.now = moment

    async def says(
        self,
        who: str,
        group: str,
        text: str,
        quote: str | Quoted | None = None,
        enclosed: Sequence[demo_media.Enclosed] = (),
    ) -> str:
        """Somebody says something in a group; its id."""
        self.said += 1
        async with self.app.database.transaction() as session:
            member = await people.find(session, "sandbox", who)
        assert member is not None
        incoming = Incoming(
            kind="message", channel="sandbox", group=group, id=f"d{self.said}", at=self.now,
            sender=who, name=member.name, text=text, quote=quote,
            images=demo_media.named(enclosed),
        )  # fmt: skip
        async with self.app.database.transaction() as session:
            await demo_media.keep(session, enclosed, group=group, message=incoming.id, at=self.now)
        await worker.handle(self.app.database, incoming, self.model.read([text])[0], self.now)
        return incoming.id

    async def takes(self, who: str, no: int, step: str, **args: object) -> bool:
        """Somebody takes a step in the console; False where it can't be taken."""
        async with self.app.database.transaction() as session:
            by = await steps.named(session, who)
            ticket = await tickets.lock(session, no)
            assert ticket is not None
            try:
                await steps.take(session, ticket, step, by=by, now=self.now, args=args)
            except Refused:
                return False
        return True

    async def goes_on(self, ticket: Ticket) -> None:
        """Something happens to a ticket, or nothing."""
        no, chance = ticket.no, self.chance
        async with self.app.database.transaction() as session:
            staff = await people.handlers(session, ticket.unit_id or 0)
        handler = staff[0].external_id if staff else "c1"
        if ticket.confidential:
            await self.takes("i1", no, "accept", text="已受理核查")
        elif ticket.status == "new":
            await self.takes("c1", no, "assign", unit="市工信局")
        elif ticket.status == "assigned":
            await self.takes(handler, no, "accept", text="收到,今天到现场")
        elif ticket.status == "accepted":
            await self.works(handler, no)
        elif ticket.status == "resolved" and chance.random() < 0.12:
            await self.takes(self.owner(ticket), no, "dispute", reason="还是老样子,没解决")
        elif ticket.status == "resolved" and chance.random() < 0.6:
            rating = chance.choices(("satisfied", "fairly", "dissatisfied"), (7, 2, 0.5))[0]
            await self.takes(self.owner(ticket), no, "confirm", rating=rating)

    async def works(self, handler: str, no: int) -> None:
        """A unit works on what it has accepted."""
        step = self.chance.choices(("progress", "resolve", "extend", ""), (3, 5, 0.6, 2))[0]
        given: dict[str, dict[str, object]] = {
            "progress": {"text": self.chance.choice(PROGRESS)},
            "resolve": {"text": self.chance.choice(DONE)},
            "extend": {"days": 3, "reason": self.chance.choice(EXTEND)},
        }
        if step:
            await self.takes(handler, no, step, **given[step])

    def owner(self, ticket: Ticket) -> str:
        """Who reported it."""
        return GROUPS.get(ticket.group_id or "", "u1")


async def furnish(app: App, now: datetime) -> None:
    """Let two months go by, up to now."""
    async with app.database.transaction() as session:
        await calendar.seed(session)
        await city.load(session, city.read(DEFAULT_CITY))
        for unit in await people.units(session):  # somebody works everywhere
            if not await people.handlers(session, unit.id or 0):
                member = await people.meet(
                    session, "sandbox", f"unit{unit.id}", f"{unit.name}-值班"
                )
                member.role, member.unit_id = "handler", unit.id
    first = (now - timedelta(days=DAYS)).replace(hour=0, minute=30, second=0, microsecond=0)
    async with app.database.transaction() as session:
        await clock.begin(session, first)
    story = Story(app, random.Random(2109), Compiled.load(SHIPPED), first)
    told = [(text, group) for text, group in REPORTS]
    story.chance.shuffle(told)
    for at in _instants(story.chance, first, now, len(told)):
        await story.until(at)
        text, group = told.pop()
        await story.says(GROUPS[group], group, text)
        if story.chance.random() < 0.3:
            await story.says(GROUPS[group], group, story.chance.choice(TALK))
        async with app.database.transaction() as session:
            numbers = await tickets.running(session)
            open_ = list((await tickets.some(session, numbers)).values())
            resolved = ledger.Filter(statuses=("resolved",))
            done = await ledger.page(session, resolved, most=20)
        for ticket in (*open_, *done.rows):
            if story.chance.random() < 0.16:
                await story.goes_on(ticket)
    now_told = [*LATEST, *MISCONDUCT]
    ids = [await story.says(GROUPS[group], group, text) for text, group in now_told]
    for place, words, shown in demo_media.TOLD:
        group = now_told[place][1]
        await story.says(GROUPS[group], group, words, ids[place], shown)
    for who, group, text in UNSURE:
        await story.says(who, group, text)
    await story.until(now)
    for role, who in PEOPLE.items():
        async with app.database.transaction() as session:
            found = await people.known(session, who)
            assert found is not None
            await accounts.make(
                session, login=role, password=passwords.hasher.hash(PASSWORD), member=found, now=now
            )
            account = await accounts.find(session, role)
            assert account is not None
            account.given = False


def _instants(chance: random.Random, first: datetime, now: datetime, many: int) -> list[datetime]:
    """So many instants in working hours, in order, the last ones today."""
    span = (now - first).total_seconds()
    return sorted(first + timedelta(seconds=span * chance.random() ** 0.8) for _ in range(many))


@asynccontextmanager
async def served(port: int = 0) -> AsyncIterator[tuple[str, App]]:
    """The console of such a town, on loopback: its address."""
    with tempfile.TemporaryDirectory(prefix="mingcheng-demo-") as folder:
        scratch = Path(folder)
        scratch.chmod(0o711)
        running = await start(scratch / "data", lambda _: None, durable=False)
        try:
            await asyncio.to_thread(migrate.upgrade, running.servers.database_url)
            settings = Settings(
                data=scratch / "data", database_url=running.servers.database_url,
                redis_url=running.servers.redis_url,
            )  # fmt: skip
            app = App(settings)
            await furnish(app, app.now())
            config = uvicorn.Config(
                web.create(app), host="127.0.0.1", port=port, log_level="warning", lifespan="off"
            )
            server = uvicorn.Server(config)
            server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
            parts = [asyncio.create_task(server.serve())]
            parts += [
                asyncio.create_task(part.run())
                for part in (app.worker(), app.sender(), app.scheduler(), app.hooks())
            ]
            parts += [asyncio.create_task(part.run()) for part in app.listeners()]
            while not server.started:  # noqa: ASYNC110  # uvicorn has no event
                await asyncio.sleep(0.05)
            found = server.servers[0].sockets[0].getsockname()[1]
            try:
                yield f"http://127.0.0.1:{found}", app
            finally:
                AppStatus.should_exit = server.should_exit = True
                for part in parts[1:]:
                    part.cancel()
                await asyncio.gather(*parts, return_exceptions=True)
                AppStatus.should_exit = False  # it is the whole process's
                await app.close()
        finally:
            await running.stop()


async def signs_in(page: Page, role: str) -> None:
    """Somebody of this role signs in."""
    await page.goto("/signin")
    await page.get_by_label("用户名").fill(role)
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.wait_for_url(lambda url: "/signin" not in url)


async def places(page: Page) -> dict[str, str]:
    """The first ticket that this person finds, and the first confidential one."""
    found = {}
    for name, query in (("ticket", "?status=accepted"), ("confidential", "?kind=misconduct")):
        await page.goto(f"/tickets{query}")
        first = page.locator("main a[href^='/tickets/']").filter(has_text="#").first
        path = await first.get_attribute("href") if await first.count() else "/tickets/1"
        found[name] = (path or "").rsplit("/", 1)[-1]
    return found


async def _serve(port: int) -> None:
    async with served(port) as (url, _):
        print(f"{url} — 用户名: {' '.join(PEOPLE)} 密码: {PASSWORD}", flush=True)
        ended = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, ended.set)
        await ended.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A console with a town in it.")
    parser.add_argument("--port", type=int, default=8123)
    asyncio.run(_serve(parser.parse_args().port))
