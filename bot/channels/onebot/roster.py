"""How the bots are, as all processes tell it: which ones are there, and since when."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from actions.render import moment
from bot.channels.base import Health

#: Who was not heard of for so long is gone: three beats of a heart, which beats every 30 s.
GONE = timedelta(seconds=100)
#: Who is gone for longer is not looked for any more.
FORGOTTEN = timedelta(days=1)
MOST = 50
NOBODY = (
    "没有机器人连接。请检查机器人程序(如 NapCat)是否在运行、反向 WebSocket 地址是否"
    "指向 /in/onebot、令牌是否一致"
)


@dataclass(slots=True)
class Bot:
    """A bot: since when it is there or gone, and when it was heard of."""

    since: datetime
    heard: datetime
    online: bool = True
    here: bool = True


class Roster:
    """All bots that were heard of since the start."""

    def __init__(self) -> None:
        """Nobody yet."""
        self.bots: dict[str, Bot] = {}

    def note(self, hint: str, now: datetime) -> None:
        """Take a hint; what is none is passed over."""
        try:
            told = json.loads(hint)
            self._told(str(told["bot"]), told, now)
        except (ValueError, TypeError, KeyError):
            return

    def _told(self, bot: str, told: dict[str, object], now: datetime) -> None:
        known = self.bots.get(bot)
        gone = told.get("gone") is True
        if known is None or not known.here:
            if gone or (known is None and len(self.bots) >= MOST):
                return
            since = datetime.fromisoformat(str(told["since"])) if "since" in told else now
            known = self.bots[bot] = Bot(since, now)
        known.heard, known.online = now, told.get("online") is not False
        if gone:
            known.here, known.since = False, now

    def health(self, now: datetime) -> Health:
        """In words: who is connected, whose account is off, who is gone."""
        for name, bot in list(self.bots.items()):
            if bot.here and now - bot.heard > GONE:
                bot.here, bot.since = False, bot.heard
            if not bot.here and now - bot.since > FORGOTTEN:
                del self.bots[name]
        here = {name: bot for name, bot in sorted(self.bots.items()) if bot.here}
        words = [_words(name, bot) for name, bot in sorted(self.bots.items())]
        if not here:
            return Health("down", ";".join([NOBODY, *words]))
        well = len(here) == len(self.bots) and all(bot.online for bot in here.values())
        return Health("ok" if well else "warn", ";".join(words))


def _words(name: str, bot: Bot) -> str:
    since = moment(bot.since)
    if not bot.here:
        return f"机器人 {name} 已断开(自 {since})"
    if not bot.online:
        return f"机器人 {name} 已连接,但它的 QQ 账号不在线,请到机器人程序里重新登录"
    return f"机器人 {name} 已连接(自 {since})"
