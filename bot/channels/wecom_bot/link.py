"""One long connection: frames out, their acknowledgements by `req_id`, the heartbeat (doc 101463).

A frame is `{"cmd", "headers": {"req_id"}, "body"}`; an acknowledgement has an errcode and no cmd.
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from bot.channels.base import Later, Rejected, Unknown
from bot.channels.wecom_bot.faults import CUT
from bot.channels.wecom_bot.frames import loaded

log = structlog.get_logger()

#: Why there is no connection: it broke off, was silent, never stood, was refused, another program
#: has subscribed, or another process of ours has the lease.
End = Literal["lost", "dead", "unreached", "refused", "kicked", "yielded"]
#: Of so many messages it is known that they were answered: more than come in an hour.
ANSWERED = 10_000
NO_ACK = "企业微信没有回执,不知是否送达"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long things take, in seconds."""

    open: float = 10  # until a connection stands
    ack: float = 10  # until an acknowledgement counts as lost
    beat: float = 30  # between two heartbeats; the third without an answer ends the connection
    lease: float = 10  # how long the lease lasts of a process that is gone
    renew: float = 3  # between two looks at the lease, also of those that stand by
    first: float = 1  # back-off after a connection that broke off: doubled up to
    longest: float = 30
    refused: float = 60  # after a refused secret, doubled up to
    kicked: float = 300  # after another program took the connection, doubled up to
    patience: float = 3600
    tell: float = 20  # between two words on how the channel is
    retry: float = 0.2  # after what was heard could not be kept, doubled up to 10
    rest: float = 5  # for what is not yet kept when the process ends
    reply: float = 4.5  # a card or a welcome is answered within 5 seconds, or not at all


class Link:
    """An open connection; whoever opened it closes it."""

    def __init__(self, socket: ClientConnection, pace: Pace) -> None:
        """Speak over this socket."""
        self.socket, self.pace = socket, pace
        self.id = secrets.token_hex(6)
        self.missed = 0  # heartbeats without an answer
        self._waiting: dict[str, asyncio.Future[Mapping[str, Any] | None]] = {}
        self._answered: dict[str, None] = {}
        self._closing: asyncio.Task[None] | None = None

    def open(self) -> bool:
        """Whether it can be spoken over now."""
        return self.socket.state is State.OPEN

    def answered(self, req_id: str) -> bool:
        """Whether a message was answered: what else is said of it is pushed (846606)."""
        return req_id in self._answered

    def answers(self, req_id: str) -> None:
        """A message is answered from now on."""
        self._answered[req_id] = None
        if len(self._answered) > ANSWERED:
            del self._answered[next(iter(self._answered))]

    async def ask(self, cmd: str, body: Mapping[str, Any] | None, req_id: str = "") -> int:
        """Send a frame; the errcode of its acknowledgement. Later: it did not leave, Unknown."""
        req_id = req_id or f"{cmd}_{secrets.token_hex(8)}"
        if not self.open() or req_id in self._waiting:
            raise Later("企业微信的长连接断了,正在重连", after=2)
        ack = self._waiting[req_id] = asyncio.get_running_loop().create_future()
        try:
            await self.socket.send(_frame(cmd, req_id, body))
            async with asyncio.timeout(self.pace.ack):
                found = await ack
        except (ConnectionClosed, TimeoutError):
            raise Unknown(NO_ACK) from None
        finally:
            del self._waiting[req_id]
        if found is None:
            raise Unknown(NO_ACK)
        code = found.get("errcode")
        code = code if isinstance(code, int) else 0
        if code in CUT:  # only another subscription mends it
            self._closing = asyncio.create_task(self.socket.close())
        return code

    async def beat(self) -> End:
        """Keep it alive; back when nobody answers any more."""
        while True:
            await asyncio.sleep(self.pace.beat)
            if self.missed >= 2:
                return "dead"
            self.missed += 1
            try:
                await self.socket.send(_frame("ping", f"ping_{secrets.token_hex(8)}", None))
            except ConnectionClosed:
                return "lost"

    async def read(self, hear: Callable[["Link", dict[str, Any]], None]) -> End:
        """Take frames until it ends; callbacks go to `hear`, which never waits and never fails."""
        try:
            while True:
                try:
                    frame = loaded(await self.socket.recv())
                except Rejected:
                    log.warning("frame not readable", channel="wecom_bot")
                    continue
                if _disconnects(frame):
                    return "kicked"
                if frame.get("cmd"):
                    hear(self, frame)
                else:
                    self._acknowledged(frame)
        except ConnectionClosed:
            return "lost"
        finally:
            for ack in self._waiting.values():
                if not ack.done():
                    ack.set_result(None)

    def _acknowledged(self, frame: Mapping[str, Any]) -> None:
        req_id = req_id_of(frame)
        if req_id.startswith("ping"):
            self.missed = 0 if not frame.get("errcode") else self.missed
        ack = self._waiting.get(req_id)
        if ack is not None and not ack.done():
            ack.set_result(frame)


def req_id_of(frame: Mapping[str, Any]) -> str:
    """What ties a frame to another one; empty where it is missing."""
    headers = frame.get("headers")
    found = headers.get("req_id") if isinstance(headers, Mapping) else None
    return found if isinstance(found, str) else ""


def _frame(cmd: str, req_id: str, body: Mapping[str, Any] | None) -> str:
    frame: dict[str, Any] = {"cmd": cmd, "headers": {"req_id": req_id}}
    if body is not None:
        frame["body"] = body
    return json.dumps(frame, ensure_ascii=False).encode("utf-8", "replace").decode()


def _disconnects(frame: Mapping[str, Any]) -> bool:
    """Whether it says that another connection of the bot has taken the place of this one."""
    body = frame.get("body")
    event = body.get("event") if isinstance(body, Mapping) else None
    kind = event.get("eventtype") if isinstance(event, Mapping) else None
    return frame.get("cmd") == "aibot_event_callback" and kind == "disconnected_event"


async def first[T](*works: Coroutine[Any, Any, T]) -> T:
    """What the first of these brings; the others end with it."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in tasks if task in done).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
