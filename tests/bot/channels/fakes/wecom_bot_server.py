"""The other side of the long connection of a 智能机器人 (doc 101463), on this machine.

The official SDKs for Node and Python work with it, and it acknowledges as in frames that were
captured of the former: `test_wecom_bot_sdks.py`. What it refuses is what the document says; that
a message has one answer (846606) is how it is understood here, and was not seen live.
"""

import asyncio
import base64
import json
import re
import ssl
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

BOT, SECRET = "bot-1", "secret-of-the-bot"
#: Answers and pushes together in a conversation and a minute.
MOST = 30
LONGEST = 20480
TASK = re.compile(r"[0-9A-Za-z_@-]{1,128}")
MEDIA = ("file", "image", "voice", "video")

Frame = dict[str, Any]


@dataclass
class WecomBotServer:
    """One bot; a second subscription ends the first one."""

    secret: str = SECRET
    url: str = ""
    #: What came, in order, each with the number of its connection.
    frames: list[tuple[int, Frame]] = field(default_factory=list)
    #: Codes that the next frames of a command are answered with, instead of what they deserve.
    codes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    #: Commands that are not acknowledged.
    mute: set[str] = field(default_factory=set)
    subscriptions: int = 0
    socket: ServerConnection | None = None  # the subscribed one

    def __post_init__(self) -> None:
        """Nobody has said anything."""
        self._connections = 0
        self._numbers = Counter[str]()
        self._calls: dict[str, Frame] = {}  # by req_id: what may be answered
        self._answered: set[str] = set()
        self._streams: dict[str, bool] = {}  # by id: whether it is finished
        self._spoken: set[str] = set()
        self._tasks: set[str] = set()
        self._said = Counter[str]()
        self._uploads: set[str] = set()
        self._moved = asyncio.Condition()

    # --- what a test does ---------------------------------------------------------------------

    def number(self, of: str) -> str:
        """A name that was not given before, such as REQ-1."""
        self._numbers[of] += 1
        return f"{of}-{self._numbers[of]}"

    async def says(self, text: str, *, chat: str = "wr1", who: str = "zhang", **more: Any) -> str:
        """Somebody addresses the bot in a group; the req_id of it."""
        body = {
            "msgid": self.number("MSG"), "aibotid": BOT, "chatid": chat, "chattype": "group",
            "from": {"userid": who}, "msgtype": "text", "text": {"content": text}, **more,
        }  # fmt: skip
        return await self.call("aibot_msg_callback", body)

    async def happens(
        self, event: str, *, who: str = "zhang", told: Mapping[str, Any] | None = None, **more: Any
    ) -> str:
        """An event, and what it tells; the req_id of it."""
        body = {
            "msgid": self.number("EV"), "create_time": 1680483600, "aibotid": BOT,
            "from": {"userid": who}, "msgtype": "event",
            "event": {"eventtype": event, **({event: told} if told else {})}, **more,
        }  # fmt: skip
        return await self.call("aibot_event_callback", body)

    async def taps(
        self, card: Mapping[str, Any], key: str, *, chat: str = "wr1", who: str = "zhang"
    ) -> str:
        """Somebody taps a button of a card in a group."""
        told = {"card_type": card["card_type"], "event_key": key, "task_id": card["task_id"]}
        return await self.happens(
            "template_card_event", who=who, told=told, chatid=chat, chattype="group"
        )

    async def call(self, cmd: str, body: Mapping[str, Any]) -> str:
        """Send a callback over the subscribed connection."""
        req_id = self.number("REQ")
        await self.push({"cmd": cmd, "headers": {"req_id": req_id}, "body": dict(body)})
        return req_id

    async def push(self, frame: Frame) -> None:
        """Send a frame as it is; what is a callback may be answered from now on."""
        if "cmd" in frame:
            self._calls[frame["headers"]["req_id"]] = frame
            self._spoken.add(frame["body"].get("chatid") or frame["body"]["from"]["userid"])
        await self.throw(json.dumps(frame, ensure_ascii=False))

    async def throw(self, text: str | bytes) -> None:
        """Send whatever it is."""
        assert self.socket is not None, "nobody is subscribed"
        await self.socket.send(text)

    def known(self, chat: str) -> None:
        """Somebody has spoken to the bot there before."""
        self._spoken.add(chat)

    def of(self, cmd: str) -> list[Frame]:
        """The frames of a command that came."""
        return [frame for _, frame in self.frames if frame.get("cmd") == cmd]

    async def until(self, so: Callable[[], object], seconds: float = 20) -> None:
        """Wait until it is so, looking whenever something came or went."""
        async with asyncio.timeout(seconds), self._moved:
            await self._moved.wait_for(so)

    async def came(self, cmd: str, many: int = 1) -> Frame:
        """The last of so many frames of a command."""
        await self.until(lambda: len(self.of(cmd)) >= many)
        return self.of(cmd)[many - 1]

    # --- what it does -------------------------------------------------------------------------

    async def take(self, socket: ServerConnection) -> None:
        """Speak with one connection until it ends."""
        self._connections += 1
        number = self._connections
        try:
            async for text in socket:
                frame = json.loads(text)
                self.frames.append((number, frame))
                await self._answer(socket, frame)
                await self._move()
        except ConnectionClosed:
            pass
        finally:
            if self.socket is socket:
                self.socket = None
            await self._move()

    async def _move(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def _answer(self, socket: ServerConnection, frame: Frame) -> None:
        cmd, req_id = frame["cmd"], frame["headers"]["req_id"]
        body = frame.get("body") or {}
        code, more = self._judged(socket, cmd, req_id, body)
        if self.codes[cmd]:
            code, more = self.codes[cmd].pop(0), {}
        if cmd == "aibot_subscribe" and code == 0:
            await self._subscribed(socket)
        if cmd not in self.mute:
            words = "ok" if code == 0 else "failed"
            ack = {"headers": {"req_id": req_id}, "errcode": code, "errmsg": words, **more}
            await socket.send(json.dumps(ack))

    async def _subscribed(self, socket: ServerConnection) -> None:
        before, self.socket = self.socket, socket
        self.subscriptions += 1
        if before is not None and before is not socket:
            event = {
                "cmd": "aibot_event_callback", "headers": {"req_id": self.number("REQ")},
                "body": {
                    "msgid": self.number("EV"), "create_time": 1680483600, "aibotid": BOT,
                    "msgtype": "event", "event": {"eventtype": "disconnected_event"},
                },
            }  # fmt: skip
            await before.send(json.dumps(event))
            await before.close()

    def _judged(
        self, socket: ServerConnection, cmd: str, req_id: str, body: Frame
    ) -> tuple[int, Frame]:
        """The errcode that a frame deserves, and what else its acknowledgement says."""
        if cmd == "aibot_subscribe":
            return (0 if (body["bot_id"], body["secret"]) == (BOT, self.secret) else 853000), {}
        if socket is not self.socket:
            return 846609, {}
        if cmd.startswith("aibot_upload_media"):
            return self._upload(cmd, body)
        judges: dict[str, Callable[[], int]] = {
            "ping": lambda: 0,
            "aibot_respond_msg": lambda: self._responds(req_id, body),
            "aibot_respond_welcome_msg": lambda: self._welcomes(req_id),
            "aibot_respond_update_msg": lambda: self._updates(req_id, body),
            "aibot_send_msg": lambda: self._sends(body),
        }
        return judges[cmd](), {}

    def _responds(self, req_id: str, body: Frame) -> int:
        call = self._calls.get(req_id)
        if call is None or call["cmd"] != "aibot_msg_callback":
            return 846605
        stream = body.get("stream", {})
        if body["msgtype"] == "stream" and self._streams.get(stream["id"]) is False:
            self._streams[stream["id"]] = stream["finish"]
            return 0  # more of the same
        if req_id in self._answered:
            return 846606
        where = call["body"].get("chatid") or call["body"]["from"]["userid"]
        code = self._content(where, body, ("stream", "markdown", "template_card", *MEDIA))
        if code == 0:
            self._answered.add(req_id)
            if body["msgtype"] == "stream":
                self._streams[stream["id"]] = stream["finish"]
        return code

    def _sends(self, body: Frame) -> int:
        if body["chatid"] not in self._spoken:
            return 846607
        return self._content(body["chatid"], body, ("markdown", "template_card", *MEDIA))

    def _content(self, where: str, body: Frame, kinds: tuple[str, ...]) -> int:
        kind = body["msgtype"]
        if kind not in kinds:
            return 40008
        if kind == "template_card" and not self._card(body["template_card"]):
            return 846625
        if len(str(body[kind].get("content", "")).encode()) > LONGEST:
            return 45002
        self._said[where] += 1
        return 846607 if self._said[where] > MOST else 0

    def _card(self, card: Frame) -> bool:
        if card["card_type"] != "button_interaction":
            return True
        buttons, task = card["button_list"], card["task_id"]
        fine = 1 <= len(buttons) <= 6 and all(0 < len(b["key"].encode()) <= 1024 for b in buttons)
        fine = fine and bool(TASK.fullmatch(task)) and task not in self._tasks
        self._tasks.add(task)
        return fine and bool(card["main_title"].get("title") or card.get("sub_title_text"))

    def _welcomes(self, req_id: str) -> int:
        call = self._calls.get(req_id)
        entered = call is not None and call["body"]["event"]["eventtype"] == "enter_chat"
        return 0 if entered else 846605

    def _updates(self, req_id: str, body: Frame) -> int:
        event = self._calls.get(req_id, {}).get("body", {}).get("event", {})
        told = event.get("template_card_event")
        if told is None or body["response_type"] != "update_template_card":
            return 846605
        return 0 if body["template_card"]["task_id"] == told["task_id"] else 846625

    def _upload(self, cmd: str, body: Frame) -> tuple[int, Frame]:
        if cmd == "aibot_upload_media_init":
            self._uploads.add(id_ := f"U{len(self._uploads) + 1}")
            return 0, {"body": {"upload_id": id_}}
        if body["upload_id"] not in self._uploads:
            return 846611, {}
        if cmd == "aibot_upload_media_chunk":
            base64.b64decode(body["base64_data"], validate=True)
            return 0, {}
        media = {"type": "file", "media_id": f"M{len(self._uploads)}", "created_at": "1380000000"}
        return 0, {"body": media}


@asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None) -> AsyncIterator[WecomBotServer]:
    """Serve on a free port of this machine."""
    fake = WecomBotServer()
    async with serve(fake.take, "127.0.0.1", 0, ssl=tls, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        fake.url = f"{'wss' if tls else 'ws'}://127.0.0.1:{port}"
        yield fake
