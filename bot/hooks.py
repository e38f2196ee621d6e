"""Other systems are told what happens: in order, signed, again until they have taken it.

What waits lies in the database; any number of processes may run this, and each delivery is on its
way from one of them at a time. None is lost: what was sent and not noted as taken is sent again.
"""

import asyncio
import contextlib
import hashlib
import hmac
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import structlog

from bot import outside
from bot.api import shapes
from bot.streams import Away, Streams
from storage import hooks, people
from storage.database import PASSES, Database
from storage.hooks import Told

log = structlog.get_logger()

#: A lost wake-up call is found after this many seconds.
LOOK = 2.0
#: Nobody is waited for longer than these seconds.
PATIENCE = 10.0
#: Waiting times between tries, in seconds; the last one is repeated,
WAITS = (10, 60, 300, 900, 3600)
#: until this is over; then people must say that it is to be tried again.
GIVE_UP = timedelta(days=1)
#: Of a place with several addresses so many are tried.
ADDRESSES = 3
#: So many hooks are told at a time.
MOST = 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try: the HTTP status where there was one, and a code where it failed."""

    code: int | None = None
    error: str | None = None


class Hooks:
    """Tells hooks of events; several of these never tell one the same at once."""

    def __init__(
        self,
        database: Database,
        streams: Streams,
        now: Callable[[], datetime],
        *,
        inside: bool,
        patience: float = PATIENCE,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """With `inside` hooks may be in the own network; `trust` says whose certificates count."""
        self.database, self.streams, self.now = database, streams, now
        self.inside, self.patience = inside, patience
        self.trust = trust or httpx.create_ssl_context(trust_env=False)
        self._called = asyncio.Event()
        self._on_the_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Tell until cancelled: at each call, and at each look."""
        listener = asyncio.create_task(self._listen())
        try:
            while True:
                self._called.clear()
                try:
                    await self._start()
                except PASSES as error:
                    log.warning("database away", error=type(error).__name__)
                except Exception:
                    log.exception("hooks failed")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._called.wait(), LOOK)
        finally:
            ending = [listener, *self._on_the_way]
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                async for _ in self.streams.calls():
                    self._called.set()
            except Away:
                await asyncio.sleep(LOOK)

    async def _start(self) -> None:
        """Send what is due on its way, and do not wait for it: who hangs holds up nobody else."""
        for told, units in await self._claimed(MOST - len(self._on_the_way)):
            task = asyncio.create_task(self._deliver(told, units))
            self._on_the_way.add(task)
            task.add_done_callback(self._arrived)

    def _arrived(self, task: "asyncio.Task[None]") -> None:
        self._on_the_way.discard(task)
        self._called.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("hook failed", error=f"{type(error).__name__}: {error}")

    async def step(self) -> int:
        """Tell each hook the next thing that is due, and wait for it; how many were told."""
        claimed = await self._claimed(MOST)
        await asyncio.gather(*(self._deliver(told, units) for told, units in claimed))
        return len(claimed)

    async def _claimed(self, most: int) -> list[tuple[Told, Mapping[int | None, str]]]:
        if most <= 0:
            return []
        async with self.database.transaction() as session:
            await hooks.hand_over(session, self.now())
            claimed = await hooks.claim(session, self.now(), most)
            units = {unit.id: unit.name for unit in await people.units(session)} if claimed else {}
        return [(told, units) for told in claimed]

    async def _deliver(self, told: Told, units: Mapping[int | None, str]) -> None:
        """One try; no transaction is open meanwhile."""
        body = shapes.telling(told.event, told.ticket, units).model_dump_json().encode()
        outcome = await self._try(told, body)
        now, delivery = self.now(), told.delivery
        status, next_at = "taken", now
        if outcome.error is not None:
            next_at = now + timedelta(seconds=WAITS[min(delivery.tries, len(WAITS)) - 1])
            status = "given_up" if next_at > delivery.at + GIVE_UP else "waiting"
            log.warning("hook not told", hook=told.hook.id, seq=told.event.seq, status=status,
                        error=outcome.error, code=outcome.code)  # fmt: skip
        async with self.database.transaction() as session:
            await hooks.settle(
                session, delivery, status=status, next_at=next_at, code=outcome.code,
                error=outcome.error,
            )  # fmt: skip

    async def _try(self, told: Told, body: bytes) -> Outcome:
        try:
            async with asyncio.timeout(self.patience):
                place = outside.read(told.hook.url, inside=self.inside)
                code = await self._post(place, told, body)
        except TimeoutError:
            return Outcome(error="timeout")
        except outside.Unfit as unfit:
            return Outcome(error=str(unfit))
        except httpx.ConnectError:
            return Outcome(error="unreached")
        except httpx.HTTPError:
            return Outcome(error="broken")
        if 200 <= code < 300:
            return Outcome(code)
        return Outcome(code, "moved" if 300 <= code < 400 else "status")

    async def _post(self, place: outside.Place, told: Told, body: bytes) -> int:
        """The status of the answer of the first address of the place that can be reached."""
        *others, last = (await outside.resolve(place, inside=self.inside))[:ADDRESSES]
        for address in others:
            with contextlib.suppress(httpx.ConnectError):
                return await self._ask(place, address, told, body)
        return await self._ask(place, last, told, body)

    async def _ask(
        self, place: outside.Place, address: outside.Address, told: Told, body: bytes
    ) -> int:
        """The status of the answer; what else stands in it is not read."""
        headers = {
            "Host": place.authority, "Content-Type": "application/json", "User-Agent": "mingcheng",
            "X-Mingcheng-Delivery": str(told.delivery.id),
            "X-Mingcheng-Signature": signature(told.hook.secret, body, self.now()),
        }  # fmt: skip
        # a client of its own: no connection that was opened to one name serves another
        async with (
            httpx.AsyncClient(
                verify=self.trust, trust_env=False, timeout=self.patience
            ) as client,
            client.stream(
                "POST", place.at(address), content=body, headers=headers,
                extensions={"sni_hostname": place.host},
            ) as answer,
        ):  # fmt: skip
            return answer.status_code


def signature(secret: str, body: bytes, now: datetime) -> str:
    """Who sent it and when: `t=<seconds>,v1=<HMAC-SHA-256 of "<seconds>.<body>", hex>`."""
    at = str(int(now.timestamp()))
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"
