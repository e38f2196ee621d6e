"""The official Python SDK as a client of a server: run by itself, tells what it saw as JSON lines.

Arguments: address of the server, its certificate, bot id, secret. It uses names that websockets
calls deprecated, and trusts certificates of its own list alone: hence a process of its own.
"""

import asyncio
import json
import sys
import warnings
from collections.abc import Callable
from typing import Any

warnings.simplefilter("ignore")
import certifi  # noqa: E402

URL, CERTIFICATE, BOT, SECRET = sys.argv[1:5]
certifi.where = lambda: CERTIFICATE

from aibot import WSClient, WSClientOptions  # type: ignore[import-untyped]  # noqa: E402


class Quiet:
    """Its own log, unheard."""

    def __getattr__(self, _: str) -> Callable[..., None]:
        """Any level."""
        return lambda *_: None


def tell(what: str, **more: object) -> None:
    """One line of what was seen."""
    print(json.dumps({"what": what, **more}, ensure_ascii=False), flush=True)


async def main() -> None:
    """Answer whatever comes, until the process is ended."""
    client = WSClient(
        WSClientOptions(
            bot_id=BOT,
            secret=SECRET,
            ws_url=URL,
            logger=Quiet(),
            heartbeat_interval=100,
            max_reconnect_attempts=0,
        )
    )

    async def text(frame: dict[str, Any]) -> None:
        body = frame["body"]
        tell("text", content=body["text"]["content"], quote=body.get("quote"))
        if body["text"]["content"] == "download":
            link = body["quote"]["image"]
            content, _ = await client.download_file(link["url"], link["aeskey"])
            tell("file", content=content.decode())
            return
        for finish, words in ((False, "正在登记"), (True, "已登记")):
            await client.reply_stream(frame, "stream_1", words, finish)
        ack = await client.send_message(
            body["chatid"], {"msgtype": "markdown", "markdown": {"content": "**周报**"}}
        )
        tell("acknowledged", errcode=ack["errcode"])

    async def tapped(frame: dict[str, Any]) -> None:
        told = frame["body"]["event"]["template_card_event"]
        card = {
            "card_type": "button_interaction",
            "main_title": {"title": "已收到"},
            "button_list": [{"text": "已收到", "key": "seen"}],
            "task_id": told["task_id"],
        }
        await client.update_template_card(frame, card, ["zhang"])
        tell("updated", key=told["event_key"])

    async def entered(frame: dict[str, Any]) -> None:
        await client.reply_welcome(frame, {"msgtype": "text", "text": {"content": "您好"}})
        tell("welcomed")

    client.on("authenticated", lambda: tell("authenticated"))
    client.on("error", lambda error: tell("error", words=str(error)))
    client.on("message.text", text)
    client.on("event.template_card_event", tapped)
    client.on("event.enter_chat", entered)
    await client.connect()
    await asyncio.Event().wait()


asyncio.run(main())
