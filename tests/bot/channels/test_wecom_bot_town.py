"""A 智能机器人 in a group end to end: its wire, real servers, tickets and posts; both its ways."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlmodel import col, select
from structlog.testing import capture_logs
from wechatpy.work.crypto import PrpCrypto, WeChatCrypto

from bot import callbacks
from bot.app import App
from bot.channels.base import Later, Outgoing, Permanent, Sent, Unknown
from bot.channels.wecom_bot import WecomBot, WecomBotSettings, callback
from bot.settings import Settings
from bot.streams import PARTITIONS, Streams
from nlu.keywords import Keywords
from storage import carriers
from storage.models import Group, Medium, Member, Message, Post, Ticket, Unplaced
from tests.bot.channels.fakes.wecom_bot_files import KEY, keeping
from tests.bot.channels.fakes.wecom_bot_server import BOT, SECRET, WecomBotServer, serving
from tests.bot.wire import Wire
from tests.fixtures.cast import REPORT, START

pytestmark = pytest.mark.embedded

TOKEN, AES = "TokenOfTests", base64.b64encode(KEY).decode().rstrip("=")


class House:
    """One process with all its parts, where they are stepped by hand."""

    def __init__(self, app: App) -> None:
        self.app = app

    @property
    def channel(self) -> WecomBot:
        found = self.app.channels["wecom_bot"]
        assert isinstance(found, WecomBot)
        return found

    async def works(self) -> None:
        """All that came is handled, and all that is said leaves."""
        worker, sender = self.app.worker(), self.app.sender()
        while await self.app.streams.lag():
            await worker.step()
        await self.app.streams.leave(worker.name, range(PARTITIONS))
        while await sender.step():
            pass

    async def all(self, table: Any, by: str = "id") -> list[Any]:
        async with self.app.database.transaction() as session:
            return list((await session.exec(select(table).order_by(col(getattr(table, by))))).all())


@asynccontextmanager
async def opened(
    database_url: str, redis_url: str, keywords: Keywords, **more: str
) -> AsyncIterator[House]:
    """A process in whose city the group g1 is wr1 to the bot."""
    given = Settings(database_url=database_url, redis_url=redis_url, nlu="keywords", **more)  # type: ignore[arg-type]
    app = App(given, keywords)
    async with app.database.transaction() as session:
        group = await session.get(Group, "g1")
        assert group is not None
        group.reads = group.answers = group.pushes = "wecom_bot"
        session.add(group)
        await carriers.put(session, "g1", "wecom_bot", "wr1")
    try:
        yield House(app)
    finally:
        await app.close()


@pytest_asyncio.fixture
async def fake() -> AsyncIterator[WecomBotServer]:
    async with serving() as server:
        yield server


@pytest_asyncio.fixture
async def house(
    fake: WecomBotServer, database_url: str, redis_url: str, keywords: Keywords,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[House]:  # fmt: skip
    """The bot is connected."""
    for name, value in {"BOT_ID": BOT, "SECRET": SECRET, "URL": fake.url}.items():
        monkeypatch.setenv(f"MINGCHENG_WECOM_BOT_{name}", value)
    async with opened(database_url, redis_url, keywords) as made:
        task = asyncio.create_task(made.channel.run(made.app.inbox))
        await so(lambda: fake.subscriptions and made.channel.ready())
        yield made
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def so(looks: Callable[[], Any]) -> None:
    """Until it is so, for ten seconds at most."""
    async with asyncio.timeout(10):
        while not looks():  # noqa: ASYNC110  # a process has no event
            await asyncio.sleep(0.01)


async def heard(house: House, many: int = 1) -> None:
    """So many messages wait to be handled."""
    async with asyncio.timeout(10):
        while await house.app.streams.lag() < many:  # noqa: ASYNC110  # a server has no event
            await asyncio.sleep(0.01)


# --- the long connection ----------------------------------------------------------------------


async def test_what_is_said_becomes_a_ticket_with_a_card_whose_buttons_work(
    house: House, fake: WecomBotServer
) -> None:
    req_id = await fake.says(f"@监督助手 {REPORT}")
    await heard(house)
    await house.works()
    (ticket,) = await house.all(Ticket, "no")
    (answer,) = fake.of("aibot_respond_msg")
    assert answer["headers"]["req_id"] == req_id
    card = answer["body"]["template_card"]
    assert card["sub_title_text"].startswith(f"@zhang 已受理 #{ticket.no}")
    (button,) = card["button_list"]
    assert button["text"] == "催办"
    await fake.taps(card, button["key"])
    await heard(house)
    await house.works()
    _, tap = await house.all(Message)
    assert (tap.parser, tap.effect, tap.ticket_no) == ("button", "urge", ticket.no)
    await fake.came("aibot_respond_update_msg")
    assert fake.of("aibot_send_msg")[-1]["body"]["chatid"] == "wr1"
    assert {post.status for post in await house.all(Post)} == {"sent"}


async def test_who_is_known_by_name_is_called_so(house: House, fake: WecomBotServer) -> None:
    async with house.app.database.transaction() as session:
        session.add(Member(channel="wecom", external_id="zhang", name="华锐精密-张三"))
    await fake.says(f"@监督助手 {REPORT}")
    await heard(house)
    await house.works()
    (answer,) = fake.of("aibot_respond_msg")
    assert answer["body"]["template_card"]["sub_title_text"].startswith("@张三 已受理 #1")


async def test_a_quoted_picture_waits_to_be_fetched_and_is(
    house: House, fake: WecomBotServer
) -> None:
    with keeping() as files:
        link = files.keeps(b"\x89PNG")
        quote = {"msgtype": "image", "image": link}
        await fake.says(f"@监督助手 {REPORT}", quote=quote)
        await heard(house)
        (medium,) = await house.all(Medium)
        assert (medium.kind, medium.source) == ("image", link)
        assert await house.channel.fetch(medium.source, 100) == b"\x89PNG"


async def test_what_somebody_said_is_found_by_its_words_where_it_is_quoted(
    house: House, fake: WecomBotServer
) -> None:
    await fake.says(f"@监督助手 {REPORT}")
    await fake.says("@监督助手 厂门口的自来水停了两天")
    quote = {"msgtype": "text", "text": {"content": f"@监督助手 {REPORT}"}}
    await fake.says("@监督助手 到哪一步了", quote=quote)
    await heard(house, 3)
    await house.works()
    *_, asked = await house.all(Message)
    assert (asked.effect, asked.ticket_no) == ("ask", 1)


async def test_a_second_delivery_does_nothing(house: House, fake: WecomBotServer) -> None:
    for _ in range(2):
        await fake.says(f"@监督助手 {REPORT}", msgid="the same")
    await heard(house, 2)
    await house.works()
    assert len(await house.all(Ticket, "no")) == 1
    assert len(fake.of("aibot_respond_msg")) == 1


async def test_what_comes_of_a_group_that_nobody_set_up_waits(
    house: House, fake: WecomBotServer
) -> None:
    await fake.says("@监督助手 路灯坏了", chat="wr-unknown")
    await fake.says("路灯坏了", chat="", chattype="single")
    found: list[Any] = []
    async with asyncio.timeout(10):
        while len(found) < 2:
            found = await house.all(Unplaced)
    assert [(row.why, row.address) for row in found] == [("group", "wr-unknown"), ("kind", "")]


# --- callbacks --------------------------------------------------------------------------------

Posting = Callable[[Mapping[str, Any]], Awaitable[httpx.Response]]


@pytest_asyncio.fixture
async def called(
    wire: Wire, database_url: str, redis_url: str, keywords: Keywords,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[tuple[House, Posting]]:  # fmt: skip
    """A process that takes callbacks, and the platform that calls it."""
    wire.answer = b'{"errcode": 0, "errmsg": "ok"}'
    for name, value in {"TOKEN": TOKEN, "AES_KEY": AES}.items():
        monkeypatch.setenv(f"MINGCHENG_WECOM_BOT_{name}", value)
    async with opened(database_url, redis_url, keywords, wecom_api=wire.url) as house:
        web = FastAPI()
        callbacks.mount(web, house.app)
        transport = httpx.ASGITransport(web)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:

            async def post(body: Mapping[str, Any]) -> httpx.Response:
                stamp = str(int(house.app.now().timestamp()))
                encrypt = PrpCrypto(WeChatCrypto(TOKEN, AES, "").key).encrypt(json.dumps(body), "")
                parts = sorted((TOKEN, stamp, "n", encrypt.decode()))
                signature = hashlib.sha1("".join(parts).encode()).hexdigest()
                asked = {"msg_signature": signature, "timestamp": stamp, "nonce": "n"}
                sealed = {"encrypt": encrypt.decode()}
                return await client.post("/in/wecom_bot", params=asked, json=sealed)

            yield house, post


async def test_a_callback_becomes_a_ticket_and_is_answered_by_its_address(
    called: tuple[House, Posting], wire: Wire
) -> None:
    house, post = called
    body = {
        "msgid": "M1", "aibotid": BOT, "chatid": "wr1", "chattype": "group",
        "from": {"userid": "zhang"}, "msgtype": "text", "text": {"content": f"@助手 {REPORT}"},
        "response_url": f"{wire.url}{callback.PATH}?response_code=hush-hush",
    }  # fmt: skip
    with capture_logs() as logs:
        answer = await post(body)
        assert (answer.status_code, answer.content) == (200, b"")
        await heard(house)
        await house.works()
    (said,) = wire.bodies
    card = json.loads(said)["template_card"]
    assert card["sub_title_text"].startswith("@zhang 已受理 #1")
    assert (await house.all(Post))[0].status == "sent"
    assert "hush-hush" not in str(logs)


def waits(wire: Wire, code: str = "c1") -> Outgoing:
    """An answer to a message that came by a callback."""
    until = (START + timedelta(minutes=59)).isoformat()
    handle = {"response_url": f"{wire.url}{callback.PATH}?response_code={code}", "until": until}
    return Outgoing(
        id="post-7", group="wr1", text="已受理 #12", to=[], about=[12], why="reply", at=START,
        handle=handle,
    )  # fmt: skip


@pytest_asyncio.fixture
async def answering(wire: Wire, streams: Streams) -> AsyncIterator[WecomBot]:
    wire.answer = b'{"errcode": 0, "errmsg": "ok"}'
    given = WecomBotSettings(token=TOKEN, aes_key=AES)  # type: ignore[arg-type]
    channel = WecomBot(given, wire.url, streams)
    yield channel
    await channel.close()


async def test_an_address_answers_once(wire: Wire, answering: WecomBot) -> None:
    assert await answering.send(waits(wire), START) == Sent()
    second = replace(waits(wire), id="post-8")
    with pytest.raises(Permanent, match="只能回答一次"):
        await answering.send(second, START)
    (body,) = wire.bodies
    assert json.loads(body) == {"msgtype": "markdown", "markdown": {"content": "已受理 #12"}}


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (None, b"", Unknown), (500, b"", Unknown), (200, b"what", Unknown), (404, b"", Later),
        (429, b"", Later), (200, b'{"errcode": 45009}', Later),
        (200, b'{"errcode": 40008}', Permanent), (200, b'{"errcode": 86008}', Permanent),
    ],
)  # fmt: skip
async def test_what_came_of_an_answer_is_told(
    wire: Wire, answering: WecomBot, status: int | None, answer: bytes, kind: type[Exception]
) -> None:
    wire.status, wire.answer = status, answer
    with pytest.raises(kind) as fault:
        await answering.send(waits(wire, "hush-hush"), START)
    assert "hush-hush" not in str(fault.value)


async def test_what_did_not_leave_may_be_tried_again(wire: Wire, answering: WecomBot) -> None:
    wire.answer = b'{"errcode": 45009}'
    with pytest.raises(Later):
        await answering.send(waits(wire), START)
    wire.answer = b'{"errcode": 0}'
    assert await answering.send(waits(wire), START) == Sent()
