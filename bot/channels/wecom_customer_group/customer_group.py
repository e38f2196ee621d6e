"""The channel: what it can do, and its loop."""

import asyncio
import contextlib
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.channels.base import (
    Answer,
    Channel,
    Door,
    Health,
    Later,
    Outgoing,
    Permanent,
    Powers,
    Received,
    Rejected,
    Request,
    Sent,
    Shared,
)
from bot.channels.wecom import Api, Envelope
from bot.channels.wecom_customer_group import event, picture
from bot.channels.wecom_customer_group.asking import Asking
from bot.channels.wecom_customer_group.counts import Counts
from bot.channels.wecom_customer_group.groups import Groups
from bot.channels.wecom_customer_group.residents import Residents
from bot.channels.wecom_customer_group.sheet import Sheet
from bot.channels.wecom_customer_group.tasks import Tasks
from bot.channels.wording import split
from bot.settings import Settings
from bot.streams import Away
from storage import chats

NAME = "wecom_customer_group"
#: A text has at most so many bytes (doc 92135).
LONGEST = 4000
#: One process does the work; where it is gone another one goes on after so many seconds.
LEASE = 30.0
#: So often the parts of the work are looked at, in seconds, where nothing calls.
LOOK = 10.0
#: An event comes before the platform has the change itself (doc 92122).
SETTLES = 3.0
DAY, MINUTE = 86400.0, 60.0
OFF = "没有设置客户群:请写入 MINGCHENG_WECOM_CORP_ID 和 MINGCHENG_WECOM_CUSTOMER_GROUP_SECRET"


@dataclass(slots=True)
class Part:
    """A part of the loop: when it is due, and why it did not go last time."""

    title: str
    every: float  # seconds
    run: Callable[[Door], Awaitable[None]]
    due: float = 0.0  # seconds of the epoch
    fault: str = ""

    async def turn(self, door: Door) -> None:
        """Run it where it is due; what it can't do now is told, and tried again."""
        if door.now().timestamp() < self.due:
            return
        wait, self.fault = self.every, ""
        try:
            await self.run(door)
        except (Later, Permanent) as fault:
            self.fault = f"{self.title}:{fault}"
            after = fault.after if isinstance(fault, Later) else None
            wait = max(after or 0.0, MINUTE)
        self.due = door.now().timestamp() + wait


class CustomerGroup(Channel):
    """Groups with customers; the owner of a group must tap for what is sent there."""

    name, title = NAME, "企业微信客户群"
    powers = Powers(answers="officer", pushes="officer")
    people = "wecom"

    def __init__(self, settings: Settings, sheet: Sheet, shared: Shared) -> None:
        """Without a corporation and a secret it is off."""
        secret = sheet.secret.get_secret_value() or settings.wecom_secret.get_secret_value()
        self.on = bool(settings.wecom_corp_id and secret)
        self.sheet, self.shared = sheet, shared
        token, key = sheet.token.get_secret_value(), sheet.aes_key.get_secret_value()
        opens = bool(token and settings.wecom_corp_id)
        self.envelope = Envelope(token, key, settings.wecom_corp_id) if opens else None
        self.callback = self.envelope is not None
        self.api = Api(shared, settings.wecom_api, settings.wecom_corp_id, secret)
        asking = Asking(self.api)
        self.groups = Groups(asking, NAME, self.people, sheet.owners, sheet.residents)
        self.tasks = Tasks(asking, self.groups, shared, NAME)
        self.counts = Counts(asking, NAME)
        self.residents = Residents(asking, NAME, self.people, sheet.residents)
        self.holder = secrets.token_hex(8)

    @classmethod
    def address(cls, given: str) -> str:
        """An id of a group begins with wr; a name of one's own is for 居民上报."""
        address = given.strip()
        if not re.fullmatch(r"[!-~]{1,200}", address):
            raise ValueError("客户群编号是 wr 开头的一串字母、数字和符号")
        return address

    def by_settings(self) -> Health | None:
        """Off where nobody can be asked."""
        if self.on:
            return None
        return Health("off", OFF)

    # --- callbacks ----------------------------------------------------------------------------

    def verify(self, request: Request, now: datetime) -> Answer:
        """The platform asks once, when the address is entered there."""
        asked = request.query.get("echostr", "")
        return Answer(self._envelope().opened(request.query, asked, now).encode())

    def receive(self, request: Request, now: datetime) -> Received:
        """A change of a group becomes a hint; only a 200 counts as taken (doc 90238)."""
        envelope = self._envelope()
        text = envelope.opened(request.query, event.sealed(request.body), now)
        return Received(hints=event.hints(text), answer=Answer())

    def _envelope(self) -> Envelope:
        if self.envelope is None:
            raise Rejected(404, f"the callback is off: set MINGCHENG_{NAME.upper()}_TOKEN")
        return self.envelope

    # --- sending ------------------------------------------------------------------------------

    def split(self, post: Outgoing) -> list[str]:
        """By bytes; each part is a task of its own."""
        return split(post.text, LONGEST)

    async def send(self, post: Outgoing, now: datetime) -> Sent:
        """Ask the owner to send it, in just these words: there are no mentions here."""
        if not self.on:
            raise Permanent(OFF)
        return await self.tasks.offer(post, now)

    async def fetch(self, source: Mapping[str, Any], most: int) -> bytes:
        """A picture of an order."""
        return await picture.fetch(source, most)

    # --- the loop -----------------------------------------------------------------------------

    async def run(self, door: Door) -> None:
        """One process works, the others stand by."""
        if not self.on:
            return
        while True:
            if await self.shared.hold(NAME, self.holder, LEASE):
                try:
                    await self._work(door)
                finally:
                    with contextlib.suppress(Away):
                        await self.shared.drop(NAME, self.holder)
            await asyncio.sleep(LEASE / 3)

    async def _work(self, door: Door) -> None:
        """All parts, until the lease is lost."""
        parts, called = self._parts(), asyncio.Event()
        work = [self._turns(door, parts, called), self._listen(door, called)]
        tasks = [asyncio.create_task(each) for each in (self._keep(door, parts), *work)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _parts(self) -> list[Part]:
        parts = [
            Part("查群列表", DAY, self.groups.listed),
            Part("查群详情", 0.0, self.groups.unseen),
            Part("查群发结果", MINUTE, self.tasks.follow),
            Part("取群聊统计", 10 * MINUTE, self.counts.fetch),
        ]
        if self.sheet.residents:
            parts.append(Part("取居民上报", MINUTE, self._reports))
        return parts

    async def _reports(self, door: Door) -> None:
        await self.residents.fetch(door, lambda received: door.take(self, received))

    async def _turns(self, door: Door, parts: list[Part], called: asyncio.Event) -> None:
        while True:
            called.clear()
            for part in parts:
                await part.turn(door)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(called.wait(), LOOK)
                await asyncio.sleep(SETTLES)

    async def _listen(self, door: Door, called: asyncio.Event) -> None:
        async for told in self.shared.hints(event.CHANGE):
            about = _object(told)
            if about:
                await self.groups.changed(door, about)
                called.set()

    async def _keep(self, door: Door, parts: list[Part]) -> None:
        """Keep the lease and tell how it is, until another one has it."""
        while await self.shared.hold(NAME, self.holder, LEASE):
            await door.report(self, await self._health(door, parts))
            await asyncio.sleep(LEASE / 3)

    async def _health(self, door: Door, parts: list[Part]) -> Health:
        faults = [part.fault for part in parts if part.fault]
        if faults:
            return Health("warn", ";".join(faults))
        async with door.database.transaction() as session:
            many = len(await chats.addresses(session, NAME))
            faulty = await chats.faulty(session, NAME)
        if faulty:
            return Health("warn", f"{many} 个群中有 {faulty} 个查不到详情:请看“群与人”里的原因")
        return Health("ok", f"登记了 {many} 个群")

    async def close(self) -> None:
        """Give the connections back."""
        await self.api.close()


def _object(told: str) -> dict[str, Any]:
    try:
        found = json.loads(told) if told else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
