"""How much was said in groups that can't be read: counted a day and owner (doc 92133)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from bot.channels.base import Door, Later
from bot.channels.wecom_customer_group.asking import PAGES, Asking, inner, number, rows, words
from bot.channels.wecom_customer_group.days import begin, last_counted
from storage import chats

#: So many owners in one question, so many on a page.
OWNERS, PAGE = 100, 1000
#: After a pause so many days are caught up; the platform keeps 180.
CAUGHT_UP = 7
FIGURES = (
    "msg_total", "member_has_msg", "member_total", "new_member_cnt", "chat_has_msg", "chat_total",
    "new_chat_cnt",
)  # fmt: skip


class Counts:
    """Fetches the figures of the days that are over."""

    def __init__(self, asking: Asking, channel: str) -> None:
        """Of one channel."""
        self.asking, self.channel = asking, channel

    async def fetch(self, door: Door) -> None:
        """Fetch the days that are missing, each one as a whole."""
        last = last_counted(door.now())
        name = f"{self.channel}:counted"
        async with door.database.transaction() as session:
            had = await chats.kept(session, name)
            owners = await chats.owners(session, self.channel)
        first = last - timedelta(days=CAUGHT_UP - 1)
        if isinstance(had, str):
            first = max(first, date.fromisoformat(had) + timedelta(days=1))
        if not owners:
            return
        for ahead in range((last - first).days + 1):
            day = first + timedelta(days=ahead)
            figures = await self._of_day(day, owners)
            async with door.database.transaction() as session:
                for owner, told in figures.items():
                    await chats.count(session, self.channel, owner, day, told, door.now())
                await chats.keep(session, name, day.isoformat(), door.now())

    async def _of_day(self, day: date, owners: Sequence[str]) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for at in range(0, len(owners), OWNERS):
            asked = set(owners[at : at + OWNERS])
            for row in await self._rows(day, sorted(asked)):
                if words(row, "owner") in asked:
                    found[words(row, "owner")] = _figures(inner(row, "data"))
        return found

    async def _rows(self, day: date, owners: Sequence[str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        offset = 0
        for _ in range(PAGES):
            page = await self.asking.ask(
                "externalcontact/groupchat/statistic",
                {
                    "day_begin_time": begin(day), "day_end_time": begin(day),
                    "owner_filter": {"userid_list": list(owners)}, "order_by": 2, "order_asc": 0,
                    "offset": offset, "limit": PAGE,
                },
            )  # fmt: skip
            found += rows(page, "items")
            after = number(page, "next_offset")
            if after <= offset or after >= number(page, "total"):
                return found
            offset = after
        raise Later("企业微信的统计翻不到尽头,稍后再试")


def _figures(data: Mapping[str, Any]) -> dict[str, int]:
    return {name: number(data, name) for name in FIGURES}
