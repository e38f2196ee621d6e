"""The part of Tencent's API that is about customers: groups, tasks, figures, residents' orders.

Documented shape, not recorded from production: docs 92120, 92122, 92130, 92133, 92135, 93338,
97610, 93518. There is no independent client to try it with.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.bot.channels.fakes.wecom_api import Call, Tencent

CONTACT = "/cgi-bin/externalcontact/"
LIST, GET = f"{CONTACT}groupchat/list", f"{CONTACT}groupchat/get"
STATISTIC = f"{CONTACT}groupchat/statistic"
ADD, TASK = f"{CONTACT}add_msg_template", f"{CONTACT}get_groupmsg_task"
RESULT, REMIND = f"{CONTACT}get_groupmsg_send_result", f"{CONTACT}remind_groupmsg_send"
CANCEL, ORDERS = f"{CONTACT}cancel_groupmsg_send", "/cgi-bin/report/resident/get_order_list"


def person(
    id_: str, name: str, nickname: str = "", *, staff: bool = False, union: str = ""
) -> dict[str, Any]:
    """A member of a group (doc 92122)."""
    return {
        "userid": id_, "type": 1 if staff else 2, "join_time": 1680000000, "join_scene": 1,
        "group_nickname": nickname, "name": name, **({"unionid": union} if union else {}),
    }  # fmt: skip


@dataclass
class Chat:
    """A customer group."""

    name: str
    owner: str
    members: list[dict[str, Any]]
    version: int = 1

    def shown(self, id_: str, *, names: bool) -> dict[str, Any]:
        """As groupchat/get tells it; names only where they are asked for."""
        hidden = () if names else ("name",)
        return {
            "chat_id": id_, "name": self.name, "owner": self.owner, "create_time": 1572505490,
            "notice": "", "admin_list": [], "member_version": self.token,
            "member_list": [
                {key: value for key, value in member.items() if key not in hidden}
                for member in self.members
            ],
        }  # fmt: skip

    @property
    def token(self) -> str:
        """What the platform calls the version of its members: no order can be seen in it."""
        return f"{self.version * 7919 % 10007:032x}"


@dataclass
class Sending:
    """A task of an officer."""

    sender: str
    chat: str
    text: str
    tapped: int | None = None  # when
    status: int = 1  # what came of it, once tapped; None as -1: nothing is told
    cancelled: bool = False
    reminded: int = 0


@dataclass
class CustomerContact(Tencent):
    """The platform, with its customer groups."""

    chats: dict[str, Chat] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)  # dismissed
    sendings: dict[str, Sending] = field(default_factory=dict)
    figures: dict[tuple[int, str], dict[str, int]] = field(default_factory=dict)
    orders: list[tuple[int, dict[str, Any]]] = field(default_factory=list)  # modified when
    left: dict[str, int] = field(default_factory=dict)  # errcodes of owners who can't be named
    page: int = 1000  # no page is longer

    def _done(self, call: Call) -> dict[str, Any]:
        mine = {
            LIST: self._list, GET: self._get, STATISTIC: self._statistic, ADD: self._add,
            TASK: self._task, RESULT: self._result, REMIND: self._remind, CANCEL: self._cancel,
            ORDERS: self._orders,
        }.get(call.path)  # fmt: skip
        if mine is None:
            return super()._done(call)
        if call.query.get("access_token") not in self.tokens:
            return refused(40014)
        return mine(call.body)

    def _paged(self, body: dict[str, Any], name: str, rows: list[Any], most: int) -> dict[str, Any]:
        assert 1 <= body["limit"] <= most
        size, start = min(body["limit"], self.page), int(body.get("cursor") or 0)
        after = str(start + size) if start + size < len(rows) else ""
        return {**refused(0), name: rows[start : start + size], "next_cursor": after}

    # --- groups -------------------------------------------------------------------------------

    def _list(self, body: dict[str, Any]) -> dict[str, Any]:
        owners = body.get("owner_filter", {}).get("userid_list")
        assert owners is None or 1 <= len(owners) <= 100
        rows = [
            {"chat_id": id_, "status": 0}
            for id_, chat in sorted(self.chats.items())
            if owners is None or chat.owner in owners
        ]
        return self._paged(body, "group_chat_list", rows, 1000)

    def _get(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["chat_id"] in self.gone:
            return refused(49008)
        chat = self.chats.get(body["chat_id"])
        if chat is None:
            return refused(40050)
        shown = chat.shown(body["chat_id"], names=body["need_name"] == 1)
        return {**refused(0), "group_chat": shown}

    def _statistic(self, body: dict[str, Any]) -> dict[str, Any]:
        owners = body["owner_filter"]["userid_list"]
        assert 1 <= len(owners) <= 100
        assert 1 <= body["limit"] <= 1000
        if gone := [owner for owner in owners if owner in self.left]:
            return refused(self.left[gone[0]])
        rows = [
            {"owner": owner, "data": self.figures[body["day_begin_time"], owner]}
            for owner in owners
            if (body["day_begin_time"], owner) in self.figures
        ]
        size, start = min(body["limit"], self.page), body["offset"]
        return {
            **refused(0), "total": len(rows), "next_offset": min(start + size, len(rows)),
            "items": rows[start : start + size],
        }  # fmt: skip

    # --- tasks --------------------------------------------------------------------------------

    def _add(self, body: dict[str, Any]) -> dict[str, Any]:
        assert body["chat_type"] == "group"
        assert len(body["chat_id_list"]) == 1
        (id_,) = body["chat_id_list"]
        if len(body["text"]["content"].encode()) > 4000:
            return refused(45002)
        if id_ in self.gone:
            return refused(49008)
        chat = self.chats.get(id_)
        if chat is None or chat.owner != body["sender"]:
            return refused(41048)
        msgid = f"msg-{next(self.numbers)}"
        self.sendings[msgid] = Sending(body["sender"], id_, body["text"]["content"])
        return {**refused(0), "fail_list": [], "msgid": msgid}

    def _task(self, body: dict[str, Any]) -> dict[str, Any]:
        sending = self.sendings.get(body["msgid"])
        if sending is None or sending.cancelled:
            return refused(41047 if sending is None else 41093)
        row: dict[str, Any] = {"userid": sending.sender, "status": 0}
        if sending.tapped is not None:
            row |= {"status": 2, "send_time": sending.tapped}
        return self._paged(body, "task_list", [row], 1000)

    def _result(self, body: dict[str, Any]) -> dict[str, Any]:
        sending = self.sendings[body["msgid"]]
        assert body["userid"] == sending.sender
        rows = []
        if sending.tapped is not None and sending.status >= 0:
            row = {"chat_id": sending.chat, "userid": sending.sender, "status": sending.status}
            rows = [row | ({"send_time": sending.tapped} if sending.status == 1 else {})]
        return self._paged(body, "send_list", rows, 1000)

    def _remind(self, body: dict[str, Any]) -> dict[str, Any]:
        sending = self.sendings[body["msgid"]]
        sending.reminded += 1
        return refused(0 if sending.reminded <= 3 else 41094)

    def _cancel(self, body: dict[str, Any]) -> dict[str, Any]:
        self.sendings[body["msgid"]].cancelled = True
        return refused(0)

    # --- residents ----------------------------------------------------------------------------

    def _orders(self, body: dict[str, Any]) -> dict[str, Any]:
        created, modified = body.get("begin_create_time", 0), body.get("begin_modify_time", 0)
        rows = [
            order
            for at, order in self.orders
            if order.get("create_time", at) >= created and at >= modified
        ]
        return self._paged(body, "order_list", rows, 50)


def refused(code: int) -> dict[str, Any]:
    """An answer with this errcode; 0 is none."""
    return {"errcode": code, "errmsg": "refused" if code else "ok"}
