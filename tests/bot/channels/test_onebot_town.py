"""QQ groups end to end: bots at the real wire, real servers, tickets and posts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
import websockets
from sqlmodel import col, select

from bot import web
from bot.app import App
from bot.channels.onebot import OneBot
from bot.settings import Settings
from bot.streams import PARTITIONS
from nlu.keywords import Keywords
from storage import carriers
from storage.database import Database
from storage.models import Group, Medium, Message, Post, Ticket, Unplaced
from tests.bot.channels.fakes.napcat import NapCat, failed
from tests.bot.conftest import Until
from tests.fixtures.cast import REPORT

pytestmark = pytest.mark.embedded

TOKEN = "made-up-token"
GROUP = 20001
ZHANG = 1_234_567


class House:
    """The web process with its sender, and a worker beside it, as `mingcheng web` runs them."""

    def __init__(self, app: App, url: str) -> None:
        self.app, self.url = app, url
        self.sender = app.sender(served=True)

    @property
    def channel(self) -> OneBot:
        found = self.app.channels["onebot"]
        assert isinstance(found, OneBot)
        return found

    async def works(self) -> None:
        """All that came is handled, and all that is said leaves."""
        worker = self.app.worker()
        while await self.app.streams.lag():
            await worker.step()
        await self.app.streams.leave(worker.name, range(PARTITIONS))
        while await self.sender.step():
            pass

    async def all(self, table: Any) -> list[Any]:
        async with self.app.database.transaction() as session:
            return list((await session.exec(select(table).order_by(col(table.id)))).all())

    async def tickets(self) -> list[Ticket]:
        async with self.app.database.transaction() as session:
            return list((await session.exec(select(Ticket).order_by(col(Ticket.no)))).all())


@asynccontextmanager
async def running(app: App) -> AsyncIterator[str]:
    """Its pages on a free port."""
    config = uvicorn.Config(web.create(app), port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event
        await asyncio.sleep(0.01)
    try:
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/in/onebot"
    finally:
        server.should_exit = True
        await serving


@pytest_asyncio.fixture
async def house(
    database_url: str, redis_url: str, keywords: Keywords, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    monkeypatch.setenv("MINGCHENG_ONEBOT_TOKEN", TOKEN)
    app = App(Settings(database_url=database_url, redis_url=redis_url, nlu="keywords"), keywords)
    await settled(app.database)
    async with running(app) as url:
        yield House(app, url)
    await app.close()


async def settled(database: Database) -> None:
    """The group g1 is a QQ group."""
    async with database.transaction() as session:
        group = await session.get(Group, "g1")
        assert group is not None
        group.reads = group.answers = group.pushes = "onebot"
        session.add(group)
        await carriers.put(session, "g1", "onebot", str(GROUP))


@asynccontextmanager
async def bots(house: House, *which: NapCat) -> AsyncIterator[None]:
    """All of these are connected, and said where they are."""
    async with AsyncExitStack() as stack:
        for one in which:
            await stack.enter_async_context(one.connected(f"ws://{house.url}"))
        while not all(line.groups for line in house.channel.lines):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        yield


def text(words: str) -> list[dict[str, Any]]:
    return [{"type": "text", "data": {"text": words}}]


async def heard(house: House, many: int) -> None:
    """So many messages wait to be handled."""
    async with asyncio.timeout(10):
        while await house.app.streams.lag() < many:  # noqa: ASYNC110  # a server has no event
            await asyncio.sleep(0.01)


async def test_what_is_said_becomes_a_ticket_and_is_answered_there(house: House) -> None:
    bot = NapCat(10001, TOKEN, [GROUP])
    async with bots(house, bot):
        await bot.tell(bot.said(ZHANG, text(REPORT)))
        await heard(house, 1)
        await house.works()
    (ticket,) = await house.tickets()
    (said,) = bot.sent()
    assert said["group_id"] == GROUP
    assert said["message"][0] == {"type": "at", "data": {"qq": str(ZHANG)}}
    assert said["message"][1]["data"]["text"].startswith(f" 已受理 #{ticket.no}")
    (post,) = await house.all(Post)
    assert (post.status, post.receipt) == ("sent", {"id": f"10001:{10001 * 1000 + bot.numbers}"})


async def test_two_bots_in_one_group_make_one_ticket(house: House) -> None:
    first, second = NapCat(10001, TOKEN, [GROUP]), NapCat(10002, TOKEN, [GROUP], numbers=500)
    async with bots(house, first, second):
        await asyncio.gather(*(bot.tell(bot.said(ZHANG, text(REPORT))) for bot in (first, second)))
        await heard(house, 2)
        await house.works()
        (ticket,) = await house.tickets()
        assert len(await house.all(Message)) == 1
        (answer,) = first.sent() + second.sent()

        # both hear the answer, the one that said it as its own: nobody answers it
        speaker, listener = (first, second) if first.sent() else (second, first)
        echo = {"self_id": speaker.uin, "user_id": speaker.uin}
        await speaker.tell({**speaker.said(speaker.uin, answer["message"]), **echo})
        other = listener.said(speaker.uin, answer["message"])
        await listener.tell(other)

        # a resident replies to it; the other bot is the first to say so, under its own number
        quote = {"type": "reply", "data": {"id": str(other["message_id"])}}
        mention = {"type": "at", "data": {"qq": str(speaker.uin)}}
        await listener.tell(listener.said(ZHANG, [quote, mention, *text(" 补充:就在路口")]))
        await heard(house, 1)
        await house.works()
    _, detail = await house.all(Message)
    assert detail.quote == {"id": "post-1"}
    assert (detail.mentions_bot, detail.text) == (True, "补充:就在路口")
    assert detail.ticket_no == ticket.no
    assert len(await house.tickets()) == 1


async def test_a_reply_after_a_restart_finds_the_post_by_its_receipt(house: House) -> None:
    bot = NapCat(10001, TOKEN, [GROUP])
    async with bots(house, bot):
        numbers = []
        for words in (REPORT, "天台路的下水道堵了,污水漫到马路上"):
            await bot.tell(bot.said(ZHANG, text(words)))
            await heard(house, 1)
            await house.works()
            numbers.append(10001 * 1000 + bot.numbers)
        await bot.tell(bot.said(ZHANG, f"[CQ:reply,id={numbers[0]}]补充:就在路口"))
        await heard(house, 1)
        await house.works()
    *_, detail = await house.all(Message)
    assert detail.quote == {"id": f"10001:{numbers[0]}"}
    assert (detail.ticket_no, len(await house.tickets())) == (1, 2)


async def test_a_message_taken_back_through_both_bots_is_marked_once(house: House) -> None:
    first, second = NapCat(10001, TOKEN, [GROUP]), NapCat(10002, TOKEN, [GROUP])
    async with bots(house, first, second):
        ids = {}
        for bot in (first, second):
            event = bot.said(ZHANG, text(REPORT))
            ids[bot.uin] = event["message_id"]
            await bot.tell(event)
        await heard(house, 2)
        await house.works()
        for bot in (second, first):
            await bot.tell(
                bot.event(
                    post_type="notice", notice_type="group_recall", group_id=GROUP, user_id=ZHANG,
                    operator_id=ZHANG, message_id=ids[bot.uin],
                )
            )  # fmt: skip
        await heard(house, 2)
        await house.works()
    (message,) = await house.all(Message)
    assert message.recalled_at is not None


async def test_an_event_as_http_post_is_answered_with_204(house: House) -> None:
    bot = NapCat(10001, TOKEN, [GROUP])
    image = {"type": "image", "data": {"file": "A.jpg", "url": "https://qq.invalid/A?k=1"}}
    async with httpx.AsyncClient() as http:
        event = bot.said(ZHANG, [*text(REPORT), image])
        for _ in range(2):  # it sends again
            answer = await bot.posts(http, f"http://{house.url}", event)
            assert (answer.status_code, answer.content) == (204, b"")
        forged = await NapCat(10001, "guessed", [GROUP]).posts(http, f"http://{house.url}", event)
        assert forged.status_code == 403
    await heard(house, 2)
    await house.works()
    (message,) = await house.all(Message)
    assert message.text == REPORT
    (medium,) = await house.all(Medium)
    assert (medium.kind, medium.source) == ("image", {"url": "https://qq.invalid/A?k=1"})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer "}, 401),  # as NapCat says it without a token
        ({"Authorization": "Bearer guessed"}, 403),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        ({"X-Self-ID": "me"}, 400),
        ({"x-client-role": "Admin"}, 400),
    ],
)
async def test_who_may_not_connect_is_told(
    house: House, headers: dict[str, str], status: int
) -> None:
    bot = NapCat(10001, TOKEN, [GROUP])
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with bot.connected(f"ws://{house.url}", **headers):
            pass
    assert refused.value.response.status_code == status
    assert TOKEN.encode() not in refused.value.response.body
    assert not house.channel.lines


BAD = [
    "", "{", "null", "[]", "7", '"x"', "{}", '{"post_type": 1}', '{"post_type": "message"}',
    '{"post_type": "message", "self_id": 10001, "message_type": "group", "message": {}}',
    '{"post_type": "message", "self_id": 666, "message_type": "group"}',
    '{"echo": "1", "retcode": "x"}', '{"echo": []}', "[" * 100_000, "\x00",
    '{"post_type": "\\ud800"}', '{"self_id": 1e999, "post_type": "notice"}', "9" * 5000,
]  # fmt: skip


async def test_a_bad_frame_never_ends_the_loop(house: House) -> None:
    bot = NapCat(10001, TOKEN, [GROUP])
    async with bots(house, bot):
        for number, frame in enumerate(BAD):
            await bot.tell(frame)
            await bot.tell(bot.said(ZHANG + number, text(f"第 {number} 句")))
        await heard(house, len(BAD))
    assert await house.app.streams.lag() == len(BAD)


async def test_what_is_of_no_use_is_kept_as_it_came(house: House) -> None:
    bot = NapCat(10001, TOKEN, [GROUP])
    async with bots(house, bot):
        await bot.tell(bot.said(ZHANG, text("在吗"), message_type="private", group_id=None))
        await bot.tell(bot.said(ZHANG, text("路灯坏了"), group=30003))  # nobody set it up
        await bot.tell(bot.beat())
        await bot.tell(bot.said(ZHANG, text(REPORT)))
        await heard(house, 1)
    kept = await house.all(Unplaced)
    assert [(row.why, row.address) for row in kept] == [("kind", ""), ("group", "30003")]
    assert "在吗" in kept[0].payload


# --- what leaves ------------------------------------------------------------------------------


async def test_without_a_bot_a_post_waits_and_leaves_when_one_is_there(house: House) -> None:
    bot, elsewhere = NapCat(10001, TOKEN, [GROUP]), NapCat(10002, TOKEN, [777])
    async with httpx.AsyncClient() as http:
        await bot.posts(http, f"http://{house.url}", bot.said(ZHANG, text(REPORT)))
    await house.works()
    (post,) = await house.all(Post)
    assert (post.status, post.tries) == ("waiting", 0)
    async with bots(house, elsewhere):
        await house.works()
        (post,) = await house.all(Post)
        assert (post.status, post.tries) == ("waiting", 0)
        assert "没有连接着的机器人在这个群里" in post.error
        async with bots(house, bot), asyncio.timeout(10):
            while not bot.sent():
                await house.sender.step()
                await asyncio.sleep(0.05)
    assert not elsewhere.sent()


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (failed(1400, "json解析失败"), "failed", "1400"),
        (failed(1403, "token"), "waiting", "令牌"),
        (failed(1404, "不支持的Api"), "failed", "不支持发群消息"),
        (failed(1200, "Timeout: NTEvent serviceAndMethod:…/sendMsg"), "unknown", "不知是否送达"),
        (failed(1200, 'EventChecker Failed: {"result":120,"errMsg":""}'), "waiting", "禁言"),
        (failed(1200, 'EventChecker Failed: {"result":110,"errMsg":""}'), "failed", "不在这个群里"),
        (failed(100, "SEND_MSG_API_ERROR"), "waiting", "返回码 100"),
        ({"status": "async", "retcode": 1, "data": None}, "sent", ""),
    ],
)
async def test_what_the_bot_answers_decides(
    house: House, answer: dict[str, Any], status: str, words: str
) -> None:
    bot = NapCat(10001, TOKEN, [GROUP], answers={"send_group_msg": lambda _: answer})
    async with bots(house, bot):
        await bot.tell(bot.said(ZHANG, text(REPORT)))
        await heard(house, 1)
        await house.works()
    (post,) = await house.all(Post)
    assert post.status == status
    assert words in (post.error or "")
    async with house.app.database.transaction() as session:
        carrier = await carriers.one(session, "g1", "onebot")
    assert carrier is not None
    assert bool(carrier.blocked) == ("不在这个群里" in words)


async def test_a_bot_that_goes_while_it_is_asked_leaves_the_outcome_unknown(house: House) -> None:
    bot = NapCat(10001, TOKEN, [GROUP], answers={"send_group_msg": lambda _: None})
    async with bots(house, bot):
        await bot.tell(bot.said(ZHANG, text(REPORT)))
        await heard(house, 1)
        sending = asyncio.create_task(house.works())
        while not bot.sent():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await sending
    (post,) = await house.all(Post)
    assert post.status == "unknown"
    async with bots(house, again := NapCat(10001, TOKEN, [GROUP])):
        await house.works()
        assert not again.sent()


# --- how it is --------------------------------------------------------------------------------


async def test_who_is_connected_is_told(house: House, until: Until) -> None:
    (listener,) = [one for one in house.app.listeners() if one.channel.name == "onebot"]
    running = asyncio.create_task(listener.run())

    async def told() -> str:
        return (await house.app.streams.noted()).get("onebot", "")

    async def says(*words: str) -> None:
        async def so() -> bool:
            found = await told()
            return all(word in found for word in words)

        await until(so)

    try:
        await says('"down"', "没有机器人连接")
        bot = NapCat(10001, TOKEN, [GROUP])
        async with bots(house, bot):
            await says('"ok"', "机器人 10001 已连接(自 ")
            await bot.tell(bot.beat(online=False))
            await says('"warn"', "QQ 账号不在线")
            await bot.tell(bot.beat())
            await says('"ok"')
        await says('"down"', "机器人 10001 已断开(自 ")
        assert TOKEN not in await told()
    finally:
        running.cancel()
