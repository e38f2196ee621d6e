"""The other side of OneBot: a bot program as NapCat behaves, at its wire.

Header names as it writes them, an `Authorization` even without a token, a beat of the heart, events
as text frames; actions are answered by their echo, with its codes. Written after its source; that
it speaks as others expect is tested against aiocqhttp's server.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import websockets

Answer = Mapping[str, Any] | None


def ok(data: Any) -> dict[str, Any]:
    """As it answers what went well."""
    return {"status": "ok", "retcode": 0, "data": data, "message": "", "wording": ""}


def failed(retcode: int, words: str) -> dict[str, Any]:
    """As it answers what did not."""
    return {
        "status": "failed", "retcode": retcode, "data": None, "message": words, "wording": words,
    }  # fmt: skip


@dataclass
class NapCat:
    """One QQ account; `answers` gives an action another answer, or None for none."""

    uin: int
    token: str
    groups: list[int]
    nickname: str = "小助手"
    answers: dict[str, Callable[[Mapping[str, Any]], Answer]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    numbers: int = 100
    socket: "websockets.ClientConnection | None" = None
    frames: "asyncio.Queue[None]" = field(default_factory=asyncio.Queue)

    def event(self, **fields: Any) -> dict[str, Any]:
        """An event of this account, with what all have."""
        return {"time": 1_680_483_600, "self_id": self.uin, **fields}

    def said(self, user: int, message: Any, *, group: int = 20001, **more: Any) -> dict[str, Any]:
        """Somebody says something in a group; each bot gives it a number of its own."""
        self.numbers += 1
        sender = {"user_id": user, "nickname": f"n{user}", "card": "", "role": "member"}
        return self.event(
            **{
                "post_type": "message", "message_type": "group", "sub_type": "normal",
                "message_id": self.uin * 1000 + self.numbers, "group_id": group, "user_id": user,
                "message": message, "raw_message": "", "font": 14, "sender": sender,
                "message_format": "array" if isinstance(message, list) else "string", **more,
            }
        )  # fmt: skip

    def beat(self, **status: bool) -> dict[str, Any]:
        """A beat of its heart."""
        return self.event(
            post_type="meta_event", meta_event_type="heartbeat", interval=30_000,
            status={"online": True, "good": True, **status},
        )  # fmt: skip

    @property
    def headers(self) -> dict[str, str]:
        """As it writes them when it opens a WebSocket."""
        return {
            "X-Self-ID": str(self.uin), "Authorization": f"Bearer {self.token}",
            "x-client-role": "Universal",
        }  # fmt: skip

    @asynccontextmanager
    async def connected(self, url: str, **headers: str) -> AsyncIterator["NapCat"]:
        """A reverse WebSocket; actions are answered while it is open."""
        async with websockets.connect(
            url, additional_headers={**self.headers, **headers}, user_agent_header="OneBot/11",
            proxy=None,
        ) as self.socket:  # fmt: skip
            answering = asyncio.create_task(self._answer(self.socket))
            await self.tell(
                self.event(post_type="meta_event", meta_event_type="lifecycle", sub_type="connect")
            )
            try:
                yield self
            finally:
                answering.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await answering

    async def tell(self, event: Mapping[str, Any] | str) -> None:
        """Send an event, or whatever text."""
        assert self.socket is not None
        text = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)
        await self.socket.send(text)

    async def _answer(self, socket: "websockets.ClientConnection") -> None:
        async for frame in socket:
            asked = json.loads(frame)
            self.asked.append(asked)
            answer = self._does(asked["action"], asked["params"])
            if answer is not None:
                await socket.send(json.dumps({**answer, "echo": asked["echo"]}))
            self.frames.put_nowait(None)

    def _does(self, action: str, params: Mapping[str, Any]) -> Answer:
        if action in self.answers:
            return self.answers[action](params)
        if action == "get_group_list":
            return ok([{"group_id": one, "group_name": f"群{one}"} for one in self.groups])
        if action == "send_group_msg":
            self.numbers += 1
            return ok({"message_id": self.uin * 1000 + self.numbers})
        return failed(1404, f"不支持的Api {action}")

    def sent(self) -> list[dict[str, Any]]:
        """What it was asked to say."""
        return [one["params"] for one in self.asked if one["action"] == "send_group_msg"]

    async def posts(
        self, http: httpx.AsyncClient, path: str, event: Mapping[str, Any]
    ) -> httpx.Response:
        """An event as HTTP post: small header names, signed with the token."""
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        mac = hmac.new(self.token.encode(), body, hashlib.sha1).hexdigest()
        headers = {
            "Content-Type": "application/json", "x-self-id": str(self.uin),
            "x-signature": f"sha1={mac}",
        }  # fmt: skip
        return await http.post(path, content=body, headers=headers)
