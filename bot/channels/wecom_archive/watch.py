"""How the reading of the archive goes, in words: what is not read within five days is lost."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.channels.base import Health

#: How long the archive keeps what was said (doc 91774).
KEPT = timedelta(days=5)
#: What was said longer ago than this when it is read came late.
LATE = timedelta(hours=1)
#: So long that it came late is told.
TOLD = timedelta(minutes=10)
#: Reading that fails for so long is down: before, it may be the network.
DOWN = timedelta(minutes=10)
LOST = "企业微信只保留 5 天,超过就永远丢失。"


@dataclass(slots=True)
class Watch:
    """What happened to the reader last; all instants are given to it."""

    read_at: datetime | None = None  # when it last went well
    since: datetime | None = None  # it fails since then,
    why: str = ""  # for this reason
    failures: int = 0  # one after the other
    behind: timedelta = timedelta()  # how long ago was said what was read at
    late_at: datetime | None = None
    gap: tuple[datetime, datetime] | None = None  # nobody read between these, for too long

    def well(self, now: datetime, spoken: datetime | None) -> None:
        """A pull went well; `spoken`: when the last that it brought was said."""
        if self.read_at is not None and now - self.read_at > KEPT:
            self.gap = self.read_at, now
        self.read_at, self.since, self.failures, self.why = now, None, 0, ""
        if spoken is not None and now - spoken > LATE:
            self.behind, self.late_at = now - spoken, now

    def failed(self, now: datetime, why: str) -> None:
        """A pull failed."""
        self.since, self.why, self.failures = self.since or now, why, self.failures + 1

    def health(self, now: datetime, parked: int, first: str | None) -> Health:
        """How it is; `parked` records are set aside, the first one for this reason."""
        if self.since is not None:
            return self._failing(now, self.since)
        told = []
        if self.gap is not None:
            begin, end = (_day(at) for at in self.gap)
            told.append(f"{begin} 到 {end} 之间没有拉取,其中超过 5 天的记录已经丢失。")
        if self.late_at is not None and now - self.late_at < TOLD:
            told.append(f"正在追赶:读到的是{long(self.behind)}前的记录。{LOST}")
        if parked:
            told.append(f"有 {parked} 条记录搁置:{first or '原因不明'}。")
        if told:
            return Health("warn", "".join(told))
        return Health("ok", "会话内容存档读取正常。")

    def _failing(self, now: datetime, since: datetime) -> Health:
        last = self.read_at or since
        words = f"读取失败:{self.why}。已有{long(now - last)}没有读到记录;{LOST}"
        return Health("down" if now - last >= DOWN else "warn", words)


def long(span: timedelta) -> str:
    """A span in words, in its largest unit."""
    minutes = int(span.total_seconds()) // 60
    if minutes < 60:
        return f" {max(minutes, 1)} 分钟"
    return f" {minutes // 60} 小时" if minutes < 2880 else f" {minutes // 1440} 天"


def _day(at: datetime) -> str:
    return f"{at.month} 月 {at.day} 日"
