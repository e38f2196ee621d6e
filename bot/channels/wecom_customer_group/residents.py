"""居民上报: what residents tell the platform's own robot in their groups, fetched as orders.

The interface can only be read, so that it is asked again and again (doc 93518). An order appears as
a message in the one group that is set for them; what happens to it over there later is kept as it
came.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.channels.base import Door, Incoming, Media, Raw, Received
from bot.channels.wecom_customer_group.asking import (
    Asking,
    inner,
    moment,
    number,
    rows,
    texts,
    words,
)
from storage import carriers, chats, messages

PAGE = 50
#: The first time, what is older than this stays over there.
BEFORE = timedelta(days=1)
#: The platform's clock and ours differ by less.
OVERLAP = timedelta(minutes=5)
URGENT = 3

Take = Callable[[Received], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Read:
    """How far the orders are read."""

    first: datetime  # what was created before is none of ours
    since: datetime
    seen: Mapping[str, str]  # orders of the last look, and what they were like

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "first": self.first.isoformat(), "since": self.since.isoformat(),
            "seen": dict(self.seen),
        }  # fmt: skip

    @staticmethod
    def of(kept: Any, now: datetime) -> "Read":
        """As it was kept; nothing was read yet where nothing is."""
        if not isinstance(kept, dict):
            return Read(now - BEFORE, now - BEFORE, {})
        return Read(
            datetime.fromisoformat(kept["first"]), datetime.fromisoformat(kept["since"]),
            kept["seen"],
        )  # fmt: skip


class Residents:
    """Fetches the orders."""

    def __init__(self, asking: Asking, channel: str, people: str, address: str) -> None:
        """They appear in the group of this address."""
        self.asking, self.channel, self.people, self.address = asking, channel, people, address

    async def fetch(self, door: Door, take: Take) -> None:
        """Take what is new, keep what changed; what was taken is remembered page by page."""
        began, name = door.now(), f"{self.channel}:residents"
        async with door.database.transaction() as session:
            read = Read.of(await chats.kept(session, name), began)
        now_seen: dict[str, str] = {}
        since = int((read.since - OVERLAP).timestamp())
        # whether a new order counts as a modified one is not said: both are asked for
        for asked in ("begin_create_time", "begin_modify_time"):
            body = {asked: since, "limit": PAGE}
            async for page in self.asking.pages("report/resident/get_order_list", body):
                fresh = {_key(row): row for row in rows(page, "order_list")}
                had = {**read.seen, **now_seen}
                changed = [row for key, row in fresh.items() if had.get(key) != _print(row)]
                await self._take(door, take, read, changed, had)
                now_seen |= {key: _print(row) for key, row in fresh.items()}
                if changed:
                    await self._keep(door, name, replace(read, seen={**had, **now_seen}))
        await self._keep(door, name, replace(read, since=began, seen=now_seen))

    async def _take(
        self, door: Door, take: Take, read: Read, changed: list[dict[str, Any]],
        had: Mapping[str, str],
    ) -> None:  # fmt: skip
        said, raw = [], []
        for row in changed:
            order = words(row, "order_id")
            at = min(moment(row, "create_time") or door.now(), door.now())
            new = order and at >= read.first and order not in had
            incoming = self._message(row, order, at) if new else None
            if incoming is None or await self._known(door, order):
                raw.append(Raw(self.address, _json(row), f"{order}:{_print(row)}"))
            else:
                said.append(incoming)
        if said or raw:
            await take(Received(messages=said, raw=raw))

    async def _known(self, door: Door, order: str) -> bool:
        async with door.database.transaction() as session:
            group = await carriers.group_at(session, self.channel, self.address)
            return group is not None and await messages.find(session, group, order) is not None

    async def _keep(self, door: Door, name: str, read: Read) -> None:
        async with door.database.transaction() as session:
            await chats.keep(session, name, read.as_json(), door.now())

    def _message(self, row: Mapping[str, Any], order: str, at: datetime) -> Incoming | None:
        text, images = _text(row), texts(row, "image_urls")
        if not (text or images):
            return None
        return Incoming(
            kind="message", channel=self.channel, group=self.address, id=order, at=at,
            sender=_sender(row, order), name=words(row, "reporter_name") or "居民", text=text,
            images=tuple(
                Media(f"{order}-{n}", source={"url": url}) for n, url in enumerate(images, 1)
            ),
            mentions_bot=True,  # who reports has spoken to a robot
            people=self.people,
        )  # fmt: skip


def _text(row: Mapping[str, Any]) -> str:
    place = inner(row, "location")
    where = " ".join(part for part in (words(place, "name"), words(place, "address")) if part)
    videos = len(texts(row, "video_media_ids"))
    lines = [
        words(row, "desc", 10_000),
        f"地点:{where}" if where else "",
        "居民标为紧急" if number(row, "urge_type") == URGENT else "",
        f"另有 {videos} 段视频,请在企业微信“居民上报”里看" if videos else "",
    ]
    return "\n".join(line for line in lines if line)


def _sender(row: Mapping[str, Any], order: str) -> str:
    """Who reports: one person keeps one id; a phone number is nobody's business as an id.

    It is told apart from ids of officers: those may be phone numbers, too.
    """
    union, phone = words(row, "unionid"), words(row, "reporter_mobile")
    if union:
        return f"resident:{union}"
    known_by = hashlib.sha256(phone.encode()).hexdigest()[:24] if phone else order
    return f"resident:{known_by}"


def _key(row: Mapping[str, Any]) -> str:
    return words(row, "order_id") or f"?{_print(row)}"


def _json(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=True, sort_keys=True)


def _print(row: Mapping[str, Any]) -> str:
    """The same for an order that is as it was: there is no time of the change in it."""
    return hashlib.sha256(_json(row).encode()).hexdigest()[:16]
