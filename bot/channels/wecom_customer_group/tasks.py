"""What an officer was asked to send: offered as a task, and followed until it is tapped.

A task sends nothing by itself: the owner of the group gets it on the phone and must confirm it
(docs 92135, 93338, 97610).
"""

import contextlib
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.channels.base import Door, Outgoing, Permanent, Sent, Shared, Unknown
from bot.channels.wecom_customer_group.asking import (
    OWNER,
    VISIBLE,
    Asking,
    fault,
    moment,
    number,
    rows,
    texts,
    words,
)
from bot.channels.wecom_customer_group.days import officers_wake
from bot.channels.wecom_customer_group.groups import Groups
from bot.streams import Away
from storage import chats, posts
from storage.models import Post

#: How often a task is looked at, by its age: the first that fits.
LOOKS = (
    (timedelta(minutes=10), timedelta(minutes=1)),
    (timedelta(hours=1), timedelta(minutes=5)),
    (timedelta(days=1), timedelta(minutes=15)),
    (timedelta.max, timedelta(hours=1)),
)
#: So many are followed; a report to all groups of a city is a quarter of that.
MOST = 10_000
#: Nobody will tap any more, and what it says is old.
LONGEST = timedelta(days=7)
#: What was sent is told a little later than the tap.
LAG = timedelta(minutes=10)
#: Officers are reminded of what people wait for: after so long, at most so often (doc 97610).
REMIND, REMINDERS = timedelta(minutes=30), ((1, 1800.0), (3, 86400.0))
URGENT = frozenset({"reply", "reminder"})
#: Tasks, and whom they reached (doc 93338).
TAPPED, SENT, NOT_YET = 2, 1, 0
REFUSED = {
    2: "企业微信没有送达:群主已不能在这个群里群发",
    3: "这个群可收的群发条数已用完(每月至多当月天数,后台可改成每周七条或每天一条)",
}
NOT_HERE = "群主确认了群发,但没有发到这个群"
UNCONFIRMED = "群主 7 天没有确认发送,任务已取消"
UNTOLD = "7 天查不到群发结果,不知是否送达,请到群里看一眼"
DISPATCHING, MISSING, CANCELLED, OFTEN = 41063, 41047, 41093, 41094


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a task: nothing yet, sent at an instant, or failed with a reason."""

    at: datetime | None = None
    error: str | None = None


class Tasks:
    """Offers tasks, and follows those that wait."""

    def __init__(self, asking: Asking, groups: Groups, shared: Shared, channel: str) -> None:
        """Of one channel."""
        self.asking, self.groups, self.shared, self.channel = asking, groups, shared, channel
        self.next: dict[int, datetime] = {}  # when a post is looked at again

    # --- offering -----------------------------------------------------------------------------

    async def offer(self, post: Outgoing, now: datetime) -> Sent:
        """Ask the owner of the group to send it; the owner as kept, then as it is now."""
        owner, asked = words(post.carrier, "owner"), False
        if not owner:
            owner, asked = await self.groups.owner(post.group), True
        msgid, refused = await self._offered(owner, post)
        if refused is not None and not asked:
            current = await self.groups.owner(post.group)
            if current != owner:
                owner = current
                msgid, refused = await self._offered(owner, post)
        if refused is not None:
            raise refused
        earlier = await self._earlier(post, msgid)
        receipt = {
            "msgid": msgid, "msgids": [*earlier, msgid], "owner": owner, "group": post.group,
            "at": now.isoformat(),
        }  # fmt: skip
        return Sent(receipt, awaits=True)

    async def _offered(self, owner: str, post: Outgoing) -> tuple[str, Permanent | None]:
        if not owner:
            return "", Permanent("不知道群主是谁:请检查群主是否在应用的可见范围里")
        body = {
            "chat_type": "group", "chat_id_list": [post.group], "sender": owner,
            "allow_select": False, "text": {"content": post.text},
        }  # fmt: skip
        found = await self.asking.ask(
            "externalcontact/add_msg_template", body, sends=True, ours=OWNER
        )
        if found["errcode"]:
            reason = fault(found)
            return "", reason if isinstance(reason, Permanent) else Permanent(str(reason))
        if post.group in texts(found, "fail_list", 5000):
            return "", Permanent("企业微信说这个群现在不能群发:请检查群主和群是否正常")
        msgid = words(found, "msgid")
        if not msgid:
            raise Unknown("企业微信没有给出群发任务的编号,不知任务是否已建立")
        return msgid, None

    async def _earlier(self, post: Outgoing, msgid: str) -> list[str]:
        """The tasks of the earlier parts of a post; this one is kept beside them.

        It is offered already: where that can't be kept, the last part alone is followed.
        """
        had: list[str] = []
        if post.parts > 1:
            key = f"{self.channel}:parts:{post.id.split('.')[0]}"
            with contextlib.suppress(Away):
                had = (await self.shared.kept(key) or "").split() if post.part else []
                await self.shared.keep(key, " ".join([*had, msgid]), LONGEST.total_seconds())
        return had

    # --- following ----------------------------------------------------------------------------

    async def follow(self, door: Door) -> None:
        """Look at those that wait, the young ones often."""
        async with door.database.transaction() as session:
            waiting = await posts.awaiting(session, self.channel, MOST)
        now = door.now()
        self.next = {post.id: self.next[post.id] for post in waiting if post.id in self.next}
        refused: Permanent | None = None
        for post in waiting:
            if self.next.get(post.id or 0, now) <= now:
                try:
                    await self._look(door, post)
                except Permanent as fault_:  # of this one: the others are looked at all the same
                    refused, self.next[post.id or 0] = fault_, now + LOOKS[-1][1]
        if refused is not None:
            raise refused

    async def _look(self, door: Door, post: Post) -> None:
        task, untold = Task.of(post), ""
        age = door.now() - task.since
        try:
            came = await self._came(task, door.now())
        except Permanent as refused:
            if age <= LONGEST:
                raise
            came, untold = Came(), f"{UNTOLD}:{refused}"
        if came == Came() and age > LONGEST:
            with contextlib.suppress(Permanent):  # it is given up all the same
                await self._cancel(task)
            came = Came(error=untold or UNCONFIRMED)
        if came != Came():
            async with door.database.transaction() as session:
                await chats.settled(session, post.id or 0, at=came.at, error=came.error)
            return
        wait = next(wait for young, wait in LOOKS if age < young)
        self.next[post.id or 0] = door.now() + wait
        if post.why in URGENT and age >= REMIND and officers_wake(door.now()):
            await self._remind(task)

    async def _came(self, task: "Task", now: datetime) -> Came:
        """What came of all parts: failed where one has, sent where all are."""
        if not task.msgids:
            return Came(error="任务没有编号")
        parts = [await self._of_part(msgid, task.group, now) for msgid in task.msgids]
        failed = next((part for part in parts if part.error), None)
        if failed is not None:
            return failed
        sent = [part.at for part in parts if part.at is not None]
        return Came(at=max(sent)) if len(sent) == len(parts) else Came()

    async def _of_part(self, msgid: str, group: str, now: datetime) -> Came:
        tapped = []
        ours = {DISPATCHING, MISSING, CANCELLED}
        body = {"msgid": msgid, "limit": 1000}
        async for page in self._pages("externalcontact/get_groupmsg_task", body, ours):
            if page["errcode"]:
                return Came() if page["errcode"] == DISPATCHING else Came(error=str(fault(page)))
            done = [row for row in rows(page, "task_list") if number(row, "status") == TAPPED]
            tapped += [row for row in done if words(row, "userid")]
        for row in tapped:
            came = await self._reached(msgid, group, row)
            if came is not None:
                return came
        late = [at for row in tapped if (at := moment(row, "send_time")) and now - at > LAG]
        return Came(error=NOT_HERE) if late else Came()

    async def _reached(self, msgid: str, group: str, task: Mapping[str, Any]) -> Came | None:
        """What the platform says of this group, where somebody tapped; None for nothing."""
        body = {"msgid": msgid, "userid": words(task, "userid"), "limit": 1000}
        ours = {DISPATCHING}
        async for page in self._pages("externalcontact/get_groupmsg_send_result", body, ours):
            if page["errcode"]:
                return Came()
            for row in rows(page, "send_list"):
                if words(row, "chat_id") == group:
                    return _result(row, task)
        return None

    async def _pages(
        self, name: str, body: Mapping[str, Any], ours: Collection[int]
    ) -> AsyncIterator[dict[str, Any]]:
        """The pages about one task. Permanent also for what its officer alone is refused for."""
        async for page in self.asking.pages(name, body, {*ours, *VISIBLE}):
            if page["errcode"] in VISIBLE:
                raise Permanent(str(fault(page)))
            yield page

    async def _remind(self, task: "Task") -> None:
        for msgid in task.msgids:
            if await self.shared.wait(f"{self.channel}:remind:{msgid}", REMINDERS) == 0:
                ours = {DISPATCHING, MISSING, CANCELLED, OFTEN}
                await self.asking.ask(
                    "externalcontact/remind_groupmsg_send", {"msgid": msgid}, ours=ours
                )

    async def _cancel(self, task: "Task") -> None:
        """Nobody shall send it after it was given up: it might be said twice (doc 97611)."""
        for msgid in task.msgids:
            ours = {DISPATCHING, MISSING, CANCELLED}
            await self.asking.ask(
                "externalcontact/cancel_groupmsg_send", {"msgid": msgid}, ours=ours
            )


def _result(row: Mapping[str, Any], task: Mapping[str, Any]) -> Came:
    status = number(row, "status")
    if status == SENT:
        at = moment(row, "send_time") or moment(task, "send_time")
        return Came(at=at) if at is not None else Came()
    if status == NOT_YET:
        return Came()
    return Came(error=REFUSED.get(status, f"企业微信没有送达(状态 {status})"))


@dataclass(frozen=True, slots=True)
class Task:
    """The tasks of one post: one, or one a part."""

    group: str
    since: datetime
    msgids: list[str] = field(default_factory=list)

    @staticmethod
    def of(post: Post) -> "Task":
        """As it stands in the receipt."""
        receipt = post.receipt if isinstance(post.receipt, dict) else {}
        msgids = texts(receipt, "msgids") or [w for w in (words(receipt, "msgid"),) if w]
        since = words(receipt, "at")
        return Task(
            words(receipt, "group"), datetime.fromisoformat(since) if since else post.at, msgids
        )
