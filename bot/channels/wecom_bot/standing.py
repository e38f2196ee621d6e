"""Who holds the one connection of a bot: a process with a lease; the others stand by."""

import asyncio
import contextlib
import functools
import secrets
from dataclasses import dataclass

import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from bot.channels.base import Channel, Door, Health, Later, Shared, Unknown
from bot.channels.wecom_bot import faults
from bot.channels.wecom_bot.hearing import Hearing
from bot.channels.wecom_bot.link import End, Link, Pace, first
from bot.streams import Away

log = structlog.get_logger()

#: A frame is no larger than so many bytes: no picture is sent in one.
LARGEST = 4 << 20
OK = Health("ok", "长连接正常,能收能发")
KICKED = (
    "另一个程序用同一个 Bot ID 和 Secret 建立了长连接,本系统的连接被断开,收不到消息:"
    "请停掉那个程序(或在管理后台重新生成 Secret)"
)


@dataclass(frozen=True, slots=True)
class Account:
    """The bot, and where its platform is."""

    bot_id: str
    secret: str
    url: str


class Standing:
    """The connection of one bot, as far as this process has to do with it."""

    def __init__(self, channel: Channel, account: Account, shared: Shared, pace: Pace) -> None:
        """Not yet anything."""
        self.channel, self.account, self.shared, self.pace = channel, account, shared, pace
        self.holder, self.lease = secrets.token_hex(8), f"wecom_bot:{account.bot_id}"
        self.link: Link | None = None  # the subscribed one
        self.hearing = Hearing(channel, shared, pace)
        self.failures = self.refusals = self.kicks = self.refusal = 0

    async def run(self, door: Door) -> None:
        """Stand by or hold the connection, until cancelled; then another process may at once."""
        try:
            await first(self.hearing.keep(door), self._stand(door))
        finally:
            with contextlib.suppress(Away):
                await self.shared.drop(self.lease, self.holder)
            await self.hearing.close(door)

    async def _stand(self, door: Door) -> None:
        while True:
            if await self._leased():
                end = await first(self._yields(), self._connected(door))
                await self._after(end, door)
            else:
                await asyncio.sleep(self.pace.renew)

    async def _leased(self, *, doubt: bool = False) -> bool:
        """Take or keep the lease; `doubt`: what counts while nobody can tell."""
        try:
            return await self.shared.hold(self.lease, self.holder, self.pace.lease)
        except Away:
            return doubt

    async def _yields(self) -> End:
        """Keep the lease; back when another process has it.

        While the streams are away it counts as ours: what is heard waits in memory meanwhile.
        """
        while True:
            await asyncio.sleep(self.pace.renew)
            if not await self._leased(doubt=True):
                return "yielded"

    # --- the connection -----------------------------------------------------------------------

    async def _connected(self, door: Door) -> End:
        """Connect, subscribe, and stay; why it is over."""
        try:
            async with connect(
                self.account.url, open_timeout=self.pace.open, close_timeout=1,
                ping_interval=None, max_size=LARGEST, user_agent_header=None,
            ) as socket:  # fmt: skip
                link = Link(socket, self.pace)
                hear = functools.partial(self.hearing.hear, door)
                return await first(link.read(hear), self._live(link, door))
        except (OSError, TimeoutError, EOFError, WebSocketException) as error:
            log.warning("no connection", channel="wecom_bot", error=type(error).__name__)
            return "unreached"

    async def _live(self, link: Link, door: Door) -> End:
        """Subscribe, then keep it alive and tell that all is well."""
        body = {"bot_id": self.account.bot_id, "secret": self.account.secret}
        try:
            self.refusal = await link.ask("aibot_subscribe", body)
        except (Later, Unknown):
            return "lost"
        if self.refusal:
            log.warning("subscription refused", channel="wecom_bot", errcode=self.refusal)
            return "refused"
        began = asyncio.get_running_loop().time()
        self.link = link
        log.info("connected", channel="wecom_bot")
        try:
            return await first(link.beat(), self._telling(door, OK))
        finally:
            self.link = None
            self._lasted(asyncio.get_running_loop().time() - began)

    def _lasted(self, seconds: float) -> None:
        """What lasted was no failure; one that broke off at once counts on, and waits longer."""
        self.refusals = 0
        self.failures = 0 if seconds >= self.pace.longest else self.failures
        self.kicks = 0 if seconds >= self.pace.kicked else self.kicks

    # --- after it -----------------------------------------------------------------------------

    async def _after(self, end: End, door: Door) -> None:
        """Wait as long as its end asks for; nobody else connects where that would be no use."""
        log.info("connection ended", channel="wecom_bot", why=end)
        if end == "refused":
            self.refusals += 1
            wait = self._doubled(self.pace.refused, self.refusals, self.pace.patience)
            await self._waits(door, faults.refusal(self.refusal), wait)
        elif end == "kicked":
            if await self._leased(doubt=True):  # it was none of our own processes
                self.kicks += 1
                wait = self._doubled(self.pace.kicked, self.kicks, self.pace.patience)
                await self._waits(door, KICKED, wait)
        elif end != "yielded":
            await self._again(door, "连不上企业微信" if end == "unreached" else "长连接断了")

    async def _waits(self, door: Door, words: str, seconds: float) -> None:
        """Wait with the lease, so that no other process tries either."""
        minutes = max(1, round(seconds / 60))
        told = Health("down", f"{words}。{minutes} 分钟后自动再试")
        await first(self._yields(), self._telling(door, told, seconds))

    async def _again(self, door: Door, words: str) -> None:
        """Wait without the lease: another process may have better luck."""
        self.failures += 1
        with contextlib.suppress(Away):
            await self.shared.drop(self.lease, self.holder)
        told = f"{words},正在重连(第 {self.failures} 次)。一直如此时,请检查网络、代理和地址设置"
        wait = self._doubled(self.pace.first, self.failures, self.pace.longest)
        await self._telling(door, Health("warn" if self.failures < 4 else "down", told), wait)

    @staticmethod
    def _doubled(first_: float, times: int, most: float) -> float:
        return min(first_ * float(1 << min(times - 1, 20)), most)

    async def _telling(self, door: Door, health: Health, seconds: float | None = None) -> End:
        """Tell how the channel is, again and again, for so long; without seconds for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        await door.report(self.channel, health)
                    except Away:
                        log.warning("streams away", channel="wecom_bot")
                    await asyncio.sleep(self.pace.tell)
        return "lost"
