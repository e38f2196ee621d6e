"""会话内容存档: all that is said in the groups of archived members, read and never written.

What an administrator does for it stands in docs/channels/wecom_archive.md.
"""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.channels.base import Channel, Door, Health, Later, Permanent, Powers, Shared
from bot.channels.wecom import turn
from bot.channels.wecom_archive.keys import Keys
from bot.channels.wecom_archive.pulling import Puller
from bot.channels.wecom_archive.sdk import Fault, Sdk, Unopened
from bot.settings import Section, Settings
from bot.streams import Away
from storage import archive

#: One process reads; it keeps this lease, and another one goes on when it is gone.
LEASE, HELD = "wecom_archive", 60.0
#: How often the others look whether it is, in seconds; and how often the reader tells how it is.
STANDBY, TELLS = 10.0, 15.0
#: The archive takes 25,000 calls for files a minute (doc 91774); we stay below.
SLICES = [(24_000, 60.0)]
#: Files of which no try will bring more: a wrong number, or gone after five days.
GONE = frozenset({10000, 10005, 10010, 301048})


class ArchiveSettings(Section):
    """MINGCHENG_WECOM_ARCHIVE_…: the SDK, its secret, the folder of the private keys."""

    library: Path | None = None
    corp_id: str = ""
    secret: SecretStr = SecretStr("")
    keys: Path | None = None
    proxy: str = ""  # socks5://10.0.0.1:8081 or http://10.0.0.1:8081
    proxy_login: SecretStr = SecretStr("")  # user:password
    bot: str = "名城助手"  # what our robot is called in the groups

    def missing(self) -> list[str]:
        """What must be set and is not."""
        needed = {"LIBRARY": self.library, "SECRET": self.secret.get_secret_value()}
        needed |= {"KEYS": self.keys, "CORP_ID": self.corp_id}
        return [f"MINGCHENG_WECOM_ARCHIVE_{name}" for name, value in needed.items() if not value]

    def begun(self) -> bool:
        """Whether somebody began to set it up."""
        return bool(self.library or self.secret.get_secret_value() or self.keys)


class WecomArchive(Channel):
    """Reads the archive by the SDK."""

    name, title = "wecom_archive", "会话内容存档"
    powers = Powers(reads="all")
    people = "wecom"
    lasts = 5 * 24 * 3600

    def __init__(self, settings: ArchiveSettings, shared: Shared) -> None:
        """Read as it is set; nothing is loaded yet."""
        self.settings, self.shared = settings, shared
        self.keys = Keys(settings.keys or Path())
        self.holder = secrets.token_hex(8)
        # a file of many pieces must not hold up the reading
        self._reading, self._fetching = self._sdk(), self._sdk()

    def _sdk(self) -> Sdk:
        ours = self.settings
        return Sdk(
            ours.library or Path(), ours.corp_id, ours.secret.get_secret_value(),
            proxy=ours.proxy, proxy_login=ours.proxy_login.get_secret_value(),
        )  # fmt: skip

    @classmethod
    def address(cls, given: str) -> str:
        """The roomid of a group, as the archive shows it."""
        address = given.strip()
        if not address or len(address) > 200 or not address.isascii():
            raise ValueError("请填写会话存档里的群编号(roomid),一般以 wr 开头")
        return address

    def by_settings(self) -> Health | None:
        """Off where nobody began to set it up, down where something is missing."""
        missing = "、".join(self.settings.missing())
        if not self.settings.begun():
            return Health("off", f"没有启用会话内容存档。要启用,请设置 {missing}。")
        return Health("down", f"会话内容存档没有设置完整:缺 {missing}。") if missing else None

    async def run(self, door: Door) -> None:
        """Pull and hand over, where no other process does."""
        unset = self.by_settings()
        if unset is not None:
            await door.report(self, unset)
            return
        wake = asyncio.Event()
        listening = asyncio.create_task(self._listen(wake))
        puller = Puller(self, self.shared, self._reading, self.keys, bot=self.settings.bot)
        try:
            while True:
                if await self.shared.hold(LEASE, self.holder, HELD):
                    rest = await puller.turn(door)
                    await self._rest(door, puller, wake, rest)
                else:
                    await asyncio.sleep(STANDBY)
        finally:
            listening.cancel()
            with contextlib.suppress(Away):
                await self.shared.drop(LEASE, self.holder)

    async def _rest(self, door: Door, puller: Puller, wake: asyncio.Event, left: float) -> None:
        """Wait for the next look, or a hint, and tell meanwhile how it goes."""
        failing = puller.watch.failures > 0
        while True:
            async with door.database.transaction() as session:
                parked, first = await archive.parked(session)
            await door.report(self, puller.watch.health(door.now(), parked, first))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, TELLS)):
                    await (asyncio.Event() if failing else wake).wait()
                    wake.clear()
                    return
            left -= TELLS
            if left <= 0:
                return
            await self.shared.hold(LEASE, self.holder, HELD)

    async def _listen(self, wake: asyncio.Event) -> None:
        """Hints that there is something new; who misses one finds it at the next look."""
        while True:
            with contextlib.suppress(Away):
                async for about in self.shared.hints("msgaudit_notify"):
                    if about:
                        wake.set()
            await asyncio.sleep(STANDBY)

    async def fetch(self, source: Mapping[str, Any], most: int) -> bytes:
        """A file piece by piece; what its hash does not fit is fetched again."""
        unset = self.by_settings()
        if unset is not None:
            raise Later(unset.words)
        size = source.get("size")
        if isinstance(size, int) and size > most:
            raise Permanent(f"文件有 {size >> 20} MB,超过 {most >> 20} MB,没有取")
        content, index, last = bytearray(), b"", False
        while not last:
            await turn(self.shared, "wecom_archive:media", SLICES, "取文件过于频繁,稍后再取")
            data, index, last = await self._slice(str(source.get("sdkfileid", "")), index)
            content += data
            if len(content) > most:
                raise Permanent(f"文件超过 {most >> 20} MB,没有取")
        told = str(source.get("md5sum") or "").lower()
        if told and hashlib.md5(content, usedforsecurity=False).hexdigest() != told:
            raise Later("取到的文件与存档记录的 MD5 不符,重新取")
        return bytes(content)

    async def _slice(self, file_id: str, index: bytes) -> tuple[bytes, bytes, bool]:
        try:
            found = await asyncio.to_thread(self._fetching.media, file_id, index)
        except Fault as fault:
            if fault.code in GONE and not isinstance(fault, Unopened):
                raise Permanent(str(fault)) from None
            await asyncio.to_thread(self._fetching.close)  # a new session for the next try
            raise Later(str(fault)) from None
        if not found.last and (not found.data or found.next in {b"", index}):
            raise Later("会话存档没有把文件传完,重新取")
        return found.data, found.next, found.last

    async def close(self) -> None:
        """End both sessions, after what they are doing."""
        await asyncio.to_thread(self._reading.close)
        await asyncio.to_thread(self._fetching.close)


def channel(settings: Settings, shared: Shared) -> WecomArchive:
    """The archive as it is set; of the corp of the sign-in, where no other one is named."""
    ours = ArchiveSettings.of("wecom_archive")
    if not ours.corp_id:
        ours = ours.model_copy(update={"corp_id": settings.wecom_corp_id})
    return WecomArchive(ours, shared)
