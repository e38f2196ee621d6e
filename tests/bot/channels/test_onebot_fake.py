"""The fake bot of QQ, on somebody else's server: aiocqhttp takes it for a real one."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiocqhttp  # type: ignore[import-untyped]
import httpx
import pytest
import uvicorn

from bot.channels.onebot import replies
from tests.bot.channels.fakes.napcat import NapCat
from tests.bot.channels.onebot_made import POST, SELF, TOKEN, segment


@asynccontextmanager
async def served(web: Any) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(web, port=0, log_level="critical", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event
        await asyncio.sleep(0.01)
    try:
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


async def test_the_fake_bot_speaks_as_an_independent_server_expects() -> None:
    theirs = aiocqhttp.CQHttp(
        "theirs", access_token=TOKEN, secret=TOKEN, message_class=aiocqhttp.Message
    )
    took: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()

    @theirs.on_message("group")  # type: ignore[untyped-decorator]
    async def take(event: aiocqhttp.Event) -> None:
        took.put_nowait(event)

    async with served(theirs.asgi) as address, httpx.AsyncClient() as http:
        bot = NapCat(SELF, TOKEN, [20001])
        async with bot.connected(f"ws://{address}/ws/"), asyncio.timeout(10):
            await bot.tell(bot.said(1, [segment("text", text="路灯坏了")]))
            assert str((await took.get())["message"]) == "路灯坏了"
            sent = await theirs.send_group_msg(group_id=20001, message=replies.segments(POST))
            assert sent == {"message_id": SELF * 1000 + bot.numbers}
            with pytest.raises(aiocqhttp.ActionFailed):
                await theirs.call_action("no_such_action")
        event = bot.said(2, "[CQ:at,qq=3]你好")
        assert (await bot.posts(http, f"http://{address}/", event)).status_code == 204
        assert (await took.get())["user_id"] == 2
        assert (
            await NapCat(SELF, "x", []).posts(http, f"http://{address}/", event)
        ).status_code == 403
