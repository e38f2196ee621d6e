"""How much was said in groups that can't be read: counted a day and owner (doc 92133)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from bot.channels.base import Door, Later, Permanent
from bot.channels.wecom_customer_group.asking import (
    OWNER,
    PAGES,
    VISIBLE,
    Asking,
    fault,
    inner,
    number,
    rows,
    words,
)
from bot.channels.wecom_customer_group.days import begin, last_counted
from storage import chats

#: So many owners in one question, so many on a page.
OWNERS, PAGE = 100, 1000
#: After a pause so many days are caught up; the platform keeps 180.
CAUGHT_UP = 7
#: Where nobody can be asked about, it is tried again after so many seconds.
REFUSED = 3600.0
FIGURES = (
    "msg_total", "member_has_msg", "member_total", "new_member_cnt", "chat_has_msg", "chat_total",
    "new_chat_cnt",
)  # fmt: skip


class Refused(Permanent):
    """These owners can't be asked about, or one of them can't."""


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
            try:
                figures = await self._of_day(day, owners)
            except Refused as refused:
                raise Later(str(refused), after=REFUSED) from None
            async with door.database.transaction() as session:
                for owner, told in figures.items():
                    await chats.count(session, self.channel, owner, day, told, door.now())
                await chats.keep(session, name, day.isoformat(), door.now())

    async def _of_day(self, day: date, owners: Sequence[str]) -> dict[str, dict[str, int]]:
        """By owner. Refused where none can be asked about; one who can't be hides no other."""
        if len(owners) <= OWNERS:
            try:
                found = await self._rows(day, sorted(owners))
                told = {words(row, "owner"): _figures(inner(row, "data")) for row in found}
                return {owner: told[owner] for owner in owners if owner in told}
            except Refused:
                if len(owners) == 1:
                    raise
        figures: dict[str, dict[str, int]] = {}
        refused: list[Refused] = []
        at = OWNERS if len(owners) > OWNERS else len(owners) // 2
        for part in (owners[:at], owners[at:]):
            try:
                figures |= await self._of_day(day, part)
            except Refused as fault_:
                refused.append(fault_)
        if len(refused) == 2:
            raise refused[0]
        return figures

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
                ours={*OWNER, *VISIBLE},
            )  # fmt: skip
            if page["errcode"]:
                raise Refused(str(fault(page)))
            found += rows(page, "items")
            after = number(page, "next_offset")
            if after <= offset or after >= number(page, "total"):
                return found
            offset = after
        raise Later("企业微信的统计翻不到尽头,稍后再试")


def _figures(data: Mapping[str, Any]) -> dict[str, int]:
    return {name: number(data, name) for name in FIGURES}
