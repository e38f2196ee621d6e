"""A server process of ours: started in a session of its own, adopted, watched, stopped."""

import asyncio
import json
import pwd
import signal
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bot.embedded.folders import keep

Say = Callable[[str], None]
#: After this many seconds of waiting the user is told that we wait.
QUIET = 2.0
LOOK = 0.05


class Died(Exception):
    """A server ended by itself; the message holds the end of its log."""


@dataclass(slots=True)
class Child:
    """One server. Ctrl-C does not reach it: it ends when we say so, after the worker drained."""

    name: str
    argv: Sequence[str]
    note: Path  # who runs: pid, start, fingerprint
    log: Path
    healthy: Callable[[], Awaitable[bool]]
    fingerprint: str = ""
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 60.0  # seconds that it has to end by itself
    user: pwd.struct_passwd | None = None
    cwd: Path = Path("/")
    env: Mapping[str, str] = field(default_factory=dict)
    process: psutil.Process | None = None
    child: "subprocess.Popen[bytes] | None" = None

    async def start(self, say: Say) -> None:
        """Adopt the server that still runs, else start one; return when it is healthy.

        There is no limit on a recovery that goes on. Died when the process ends instead.
        """
        self.process = self._running()
        if self.process is None:
            self._spawn()
        await self._until_healthy(say)

    def running(self) -> bool:
        """Whether a server of an earlier start still runs, to be adopted."""
        return self._running() is not None

    def alive(self) -> bool:
        """Whether the process is there."""
        if self.child is not None and self.child.poll() is not None:
            return False
        return (
            self.process is not None
            and self.process.is_running()
            and self.process.status() != psutil.STATUS_ZOMBIE
        )

    async def stop(self) -> None:
        """End it and wait; after its `patience`, by force."""
        if self.process is not None and self.alive():
            self.process.send_signal(self.stop_signal)
            if not await self._gone(self.patience):
                self.process.kill()
                await self._gone(self.patience)
        if self.child is not None:
            self.child.wait()
        self.note.unlink(missing_ok=True)
        self.process = self.child = None

    async def _gone(self, patience: float) -> bool:
        for _ in range(int(patience / LOOK)):
            if not self.alive():
                return True
            await asyncio.sleep(LOOK)
        return not self.alive()

    def _running(self) -> psutil.Process | None:
        try:
            noted = json.loads(self.note.read_text(encoding="utf-8"))
            process = psutil.Process(int(noted["pid"]))
            # a pid is used again after a while, a pid with its start is not
            same = abs(process.create_time() - float(noted["started"])) < 1.0
        except (OSError, ValueError, KeyError, TypeError, psutil.Error):
            return None
        if not same:
            return None
        if noted.get("fingerprint") == self.fingerprint:
            return process
        process.terminate()
        psutil.wait_procs([process], timeout=30)
        return None

    def _spawn(self) -> None:
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.cwd,
                env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **self.env},
                user=self.user.pw_uid if self.user else None,
                group=self.user.pw_gid if self.user else None,
                extra_groups=[] if self.user else None,
            )
        self.process = psutil.Process(self.child.pid)
        noted = {
            "pid": self.child.pid,
            "started": self.process.create_time(),
            "fingerprint": self.fingerprint,
        }
        keep(self.note, json.dumps(noted))

    async def _until_healthy(self, say: Say) -> None:
        waited = 0.0
        while not await self.healthy():
            if not self.alive():
                raise Died(f"{self.name} 没有启动成功。日志 {self.log} 的结尾:\n{self._tail()}")
            await asyncio.sleep(LOOK)
            waited += LOOK
            if waited % 10 < LOOK or abs(waited - QUIET) < LOOK / 2:
                say(f"{self.name} 正在启动或恢复数据,已等 {waited:.0f} 秒…")

    def _tail(self, lines: int = 8) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])
