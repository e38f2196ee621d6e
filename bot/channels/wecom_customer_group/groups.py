"""The groups and their members, kept as the platform has them (docs 92120, 92122, 92130).

What it costs follows what changed: the list once a day, and a group when it is new or when an event
says so. Events get lost and come in any order; each names the version of the members before it, so
that a group of which one was missed is looked at.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actions import enterprise
from bot.channels.base import Door, Incoming, Permanent
from bot.channels.wecom_customer_group.asking import (
    GONE,
    OF_GROUP,
    Asking,
    fault,
    inner,
    number,
    rows,
    words,
)
from storage import carriers, chats, people
from storage.models import Member

#: So many owners in one question (doc 92120), so many groups on a page of the answer.
OWNERS, PAGE = 100, 1000
#: So many groups are looked at in one round.
ROUND = 200
#: An enterprise's member; others are 外部联系人 (doc 92122).
STAFF = 1
#: What an event says of the members, whose names it leaves out.
LEFT, NOTICE = "del_member", "change_notice"


class Groups:
    """Keeps the groups of one channel."""

    def __init__(
        self, asking: Asking, channel: str, people: str, owners: Sequence[str], residents: str
    ) -> None:
        """Those of these owners, or all; `residents` may be no group of the platform's."""
        self.asking, self.channel, self.people = asking, channel, people
        self.owners, self.residents = owners, residents
        self.called: set[str] = set()  # groups that events told of and that nobody knew

    async def listed(self, door: Door) -> None:
        """Find the groups that there are: new ones, and whether some are gone."""
        there = await self._there()
        async with door.database.transaction() as session:
            ours = await chats.addresses(session, self.channel)
            strangers = await chats.names(session, self._stranger(""))
        for address in sorted(there - ours - strangers):
            await self.look(door, address)
        for address in sorted(ours - there - {self.residents}):
            await self.look(door, address)
        async with door.database.transaction() as session:
            for address in sorted(strangers - there):
                await self._forget(session, address)
            await chats.try_again(session, self.channel)

    async def _there(self) -> set[str]:
        there = set[str]()
        parts = [self.owners[at : at + OWNERS] for at in range(0, len(self.owners), OWNERS)]
        for part in parts or [()]:
            body: dict[str, Any] = {"status_filter": 0, "limit": PAGE}
            if part:
                body["owner_filter"] = {"userid_list": list(part)}
            async for page in self.asking.pages("externalcontact/groupchat/list", body):
                there.update(words(row, "chat_id") for row in rows(page, "group_chat_list"))
        return there - {""}

    async def unseen(self, door: Door) -> None:
        """Look at the groups that were set up, or changed, since they were looked at."""
        async with door.database.transaction() as session:
            addresses = [*await chats.unseen(session, self.channel, ROUND), *sorted(self.called)]
        for address in addresses:
            if address != self.residents or address.startswith("wr"):
                await self.look(door, address)
            self.called.discard(address)

    async def look(self, door: Door, address: str) -> None:
        """Ask how a group is, and keep it, or why that is not told. Later: none can be asked."""
        chat, why = await self._asked(address)
        async with door.database.transaction() as session:
            await carriers.settled(session, self.channel, address)
            if why in GONE.values():
                await self._gone(session, address, why, door.now())
            elif await chats.carrier(session, self.channel, address) is not None:
                await self._keep(session, address, chat, why, door.now())
            elif not why:
                await self._introduce(session, address, chat, door.now())

    async def _asked(self, address: str) -> tuple[dict[str, Any], str]:
        """The group, or why it is not told."""
        body = {"chat_id": address, "need_name": 1}
        try:
            found = await self.asking.ask("externalcontact/groupchat/get", body, ours=OF_GROUP)
        except Permanent as refused:
            return {}, str(refused)
        code, chat = found["errcode"], inner(found, "group_chat")
        if code:
            return {}, GONE.get(code) or str(fault(found))
        return chat, "" if chat else "企业微信没有说出群的详情"

    async def owner(self, address: str) -> str:
        """Who owns a group now; empty where nobody is told."""
        found = await self.asking.ask(
            "externalcontact/groupchat/get", {"chat_id": address, "need_name": 0}
        )
        return words(inner(found, "group_chat"), "owner")

    async def changed(self, door: Door, about: Mapping[str, Any]) -> None:
        """What an event says (doc 92130): dismissed, created, or changed. Nobody is asked here."""
        address = words(about, "ChatId")
        if not address:
            return
        async with door.database.transaction() as session:
            await carriers.settled(session, self.channel, address)
            if words(about, "ChangeType") == "dismiss":
                self.called.discard(address)
                await self._gone(session, address, GONE[49008], door.now())
                return
            carrier = await chats.carrier(session, self.channel, address)
            fresh = _after(carrier.about, about) if carrier is not None else {}
            if fresh:
                await carriers.told(session, self.channel, address, fresh)
            if carrier is None and await chats.kept(session, self._stranger(address)) is None:
                self.called.add(address)

    async def _gone(self, session: AsyncSession, address: str, why: str, now: datetime) -> None:
        carrier = await chats.carrier(session, self.channel, address)
        if carrier is not None and carrier.blocked is None:
            await carriers.block(session, carrier, why, now)
        await self._forget(session, address)

    async def _forget(self, session: AsyncSession, address: str) -> None:
        """A group that nobody set up is gone."""
        if await chats.kept(session, self._stranger(address)) is not None:
            await carriers.dismiss(session, self.channel, address)
            await chats.forget(session, self._stranger(address))

    async def _introduce(
        self, session: AsyncSession, address: str, chat: Mapping[str, Any], now: datetime
    ) -> None:
        """Let people see a group that nobody set up, once: also where they gave it up since."""
        if await chats.kept(session, self._stranger(address)) is not None:
            return
        about = _about(chat, now)
        # when the group is set up, what was kept of it is handled: this does nothing then
        shown = Incoming(
            kind="recall", channel=self.channel, group=address, id="group", at=now,
            name=about["name"],
            text=f"客户群“{about['name']}”,群主 {about['owner']},{about['members']} 人",
        )  # fmt: skip
        await carriers.unplaced(
            session, channel=self.channel, address=address, why="group", payload=shown.as_json(),
            at=now,
        )  # fmt: skip
        kept = {"name": about["name"], "owner": about["owner"]}
        await chats.keep(session, self._stranger(address), kept, now)

    async def _keep(
        self, session: AsyncSession, address: str, chat: Mapping[str, Any], why: str, now: datetime
    ) -> None:
        if why:
            await carriers.told(session, self.channel, address, {"fault": why})
            return
        await carriers.told(session, self.channel, address, {**_about(chat, now), "fault": None})
        await chats.forget(session, self._stranger(address))
        listed = {words(row, "userid"): row for row in rows(chat, "member_list")}
        listed.pop("", None)
        known = await chats.known(session, self.people, list(listed))
        for id_, row in sorted(listed.items()):
            nickname = words(row, "group_nickname")
            name = nickname or words(row, "name") or id_
            member = known.get(id_) or await people.meet(session, self.people, id_, name)
            await _learn(session, member, name, "" if number(row, "type") == STAFF else nickname)

    def _stranger(self, address: str) -> str:
        return f"{self.channel}:stranger:{address}"


async def _learn(session: AsyncSession, member: Member, name: str, nickname: str) -> None:
    """A name where there was only an id, and the enterprise that the nickname in the group says."""
    if member.name == member.external_id != name:
        member.name = name
        session.add(member)
    if nickname and member.enterprise is None:
        await enterprise.learn(session, member, nickname, None)


def _about(chat: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    members = rows(chat, "member_list")
    return {
        "name": words(chat, "name") or "未命名的群",
        "owner": words(chat, "owner"),
        "members": len(members),
        "outside": sum(number(row, "type") != STAFF for row in members),
        "member_version": words(chat, "member_version") or "?",
        "looked_at": now.isoformat(),
    }


def _after(known: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """What is known after an event; without a version the group is looked at."""
    version, detail = known.get("member_version"), words(event, "UpdateDetail")
    before, after = words(event, "LastMemVer"), words(event, "CurMemVer")
    if detail == NOTICE or (after and after == version):
        return {}
    if detail == LEFT and after and before == version:
        gone = words(event, "MemChangeCnt")
        fewer = int(gone) if gone.isascii() and gone.isdecimal() and len(gone) < 5 else 0
        return {"member_version": after, "members": max(0, known.get("members", 0) - fewer)}
    return {"member_version": None}
