"""企业微信应用: whom its cards reach, and what it says when they can reach nobody.

The platform is our own reading of its documents: tests/bot/channels/fakes/wecom_api.py.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlmodel import col, select

from bot import web
from bot.app import App
from bot.channels.base import Later, Permanent, Told
from bot.channels.wecom import Api
from bot.channels.wecom_app import WecomApp
from bot.sender import Sender
from bot.settings import Settings
from bot.streams import Streams
from nlu.keywords import Keywords
from storage.database import Database
from storage.models import Member, Notice
from tests.bot.channels.fakes.wecom_api import AGENT, CORP, SECRET, Tencent, served
from tests.bot.channels.wecom_app_made import DEAF, SITE
from tests.fixtures.cast import START


@pytest.fixture
def tencent() -> Iterator[Tencent]:
    with served(Tencent()) as serving:
        yield serving


@pytest_asyncio.fixture
async def telling(streams: Streams, tencent: Tencent) -> AsyncIterator[WecomApp]:
    api = Api(streams, tencent.url, CORP, SECRET, 5.0)
    api.line.pauses = (0.0, 0.0, 0.0)
    made = WecomApp(api, AGENT, None, SITE)
    yield made
    await made.close()


def told(text: str = "工单 #12 已交办给您", to: str = "li.si", **more: Any) -> Told:
    said: dict[str, Any] = {"id": "notice-7", "level": "new", "ticket_no": 12, "at": START, **more}
    return Told(to=to, text=text, **said)


SEND = "/cgi-bin/message/send"


@pytest.mark.embedded
async def test_an_officer_gets_a_card_that_leads_to_the_ticket(
    telling: WecomApp, tencent: Tencent
) -> None:
    sent = await telling.tell(told(), START)
    assert tencent.said == [
        {
            "touser": "li.si", "agentid": AGENT, "enable_duplicate_check": 1,
            "duplicate_check_interval": 14400, "msgtype": "textcard",
            "textcard": {
                "title": "工单 #12",
                "description": '<div class="gray">4月3日09:00</div>'
                '<div class="normal">工单 #12 已交办给您</div>',
                "url": f"{SITE}/signin/with/wecom?next=/tickets/12", "btntxt": "查看工单",
            },
        }
    ]  # fmt: skip
    assert sent.receipt == {"msgid": ["msg-2"]}


@pytest.mark.embedded
async def test_a_card_s_link_signs_in_and_goes_on(
    database_url: str, redis_url: str, keywords: Keywords
) -> None:
    settings = Settings(
        database_url=database_url, redis_url=redis_url, nlu="keywords", public_url=SITE,
        wecom_corp_id=CORP, wecom_agent_id=str(AGENT), wecom_secret=SecretStr(SECRET),
    )  # fmt: skip
    app = App(settings, keywords)
    transport = httpx.ASGITransport(app=web.create(app))
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as http:
        inside = {"User-Agent": "Mozilla/5.0 wxwork/4.1.36"}
        answer = await http.get("/signin/with/wecom?next=/tickets/12", headers=inside)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("https://open.weixin.qq.com/connect/oauth2")
    await app.close()


@pytest.mark.embedded
async def test_what_is_long_is_sent_as_texts_that_fit(telling: WecomApp, tencent: Tencent) -> None:
    text = "栗雨工业园新马路的路灯坏了一周,晚上很黑。" * 60
    await telling.tell(told(text), START)
    contents = [one["text"]["content"] for one in tencent.said]
    assert len(contents) == 2
    assert all(len(one.encode()) <= 2048 for one in contents)
    link = f'\n<a href="{SITE}/signin/with/wecom?next=/tickets/12">查看工单 #12</a>'
    assert "".join(contents) == f"4月3日09:00\n{text}{link}"


@pytest.mark.embedded
@pytest.mark.parametrize(("site", "ticket_no"), [("", 12), (SITE, None)])
async def test_where_there_is_nothing_to_open_it_is_a_text(
    streams: Streams, tencent: Tencent, site: str, ticket_no: int | None
) -> None:
    app = WecomApp(Api(streams, tencent.url, CORP, SECRET), AGENT, None, site)
    await app.tell(told("明日放假", ticket_no=ticket_no), START)
    (said,) = tencent.said
    assert said["text"] == {"content": "4月3日09:00\n明日放假"}
    await app.close()


@pytest.mark.embedded
async def test_no_tag_of_anybody_s_acts_in_a_card(telling: WecomApp, tencent: Tencent) -> None:
    await telling.tell(told('<a href="http://evil.example">点我</a>'), START)
    description = tencent.said[0]["textcard"]["description"]
    assert "<a" not in description
    assert "‹a href" in description


@pytest.mark.embedded
@pytest.mark.parametrize("to", ["@all", "li.si|zhang", "", "张三", "x" * 65, "li si"])
async def test_never_are_all_told_or_several(telling: WecomApp, tencent: Tencent, to: str) -> None:
    with pytest.raises(Permanent, match="账号"):
        await telling.tell(told(to=to), START)
    assert tencent.calls == []


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"errcode": 81013, "errmsg": "user & party & tag all invalid"}, "可见范围"),
        ({"errcode": 0, "errmsg": "ok", "invaliduser": "li.si", "msgid": "m"}, "可见范围"),
        ({"errcode": 0, "errmsg": "ok", "invaliduser": "LI.SI|x"}, "可见范围"),
        ({"errcode": 0, "errmsg": "ok", "unlicenseduser": "li.si"}, "许可"),
        ({"errcode": 81013, "invaliduser": "", "unlicenseduser": "li.si"}, "许可"),
    ],
)
async def test_who_was_not_reached_stands_also_in_what_looks_well(
    telling: WecomApp, tencent: Tencent, answer: dict[str, Any], words: str
) -> None:
    tencent.answers[SEND] = [answer]
    with pytest.raises(Permanent, match=words):
        await telling.tell(told(), START)


@pytest.mark.embedded
async def test_a_stranger_is_not_reached(telling: WecomApp, tencent: Tencent) -> None:
    with pytest.raises(Permanent, match="可见范围"):
        await telling.tell(told(to="nobody"), START)


@pytest.mark.embedded
async def test_a_second_try_of_the_same_is_dropped_there(
    telling: WecomApp, tencent: Tencent
) -> None:
    tencent.answers[SEND] = ["done"]
    with pytest.raises(Later):
        await telling.tell(told(), START)
    await telling.tell(told(), START)
    await telling.tell(told(at=START + timedelta(minutes=5)), START)  # told anew
    assert len(tencent.said) == 2


@pytest.mark.embedded
async def test_a_member_gets_fewer_than_are_dropped_in_silence(
    telling: WecomApp, tencent: Tencent
) -> None:
    for n in range(28):
        await telling.tell(told(f"第{n}条"), START)
    with pytest.raises(Later, match="太多") as raised:
        await telling.tell(told("第29条"), START)
    assert raised.value.after is not None
    await telling.tell(told(to="zhang"), START)
    assert len(tencent.said) == 29


@pytest.mark.embedded
async def test_notices_reach_who_is_known_there_and_their_end_is_kept(
    telling: WecomApp, tencent: Tencent, database: Database, streams: Streams
) -> None:
    async with database.transaction() as session:
        people = [
            Member(channel="wecom", external_id=who, name=who, role="handler")
            for who in ("li.si", "gone")
        ]
        session.add_all(people)
        await session.flush()
        for who in people:
            session.add(
                Notice(
                    member_id=who.id or 0,
                    level="new",
                    text="工单 #1 已交办给您",
                    at=START,
                    not_before=START,
                    status="waiting",
                    next_at=START,
                )
            )
    sender = Sender(database, streams, {telling.name: telling}, lambda: START)
    while await sender.tell():
        pass
    async with database.transaction() as session:
        rows = (await session.exec(select(Notice).order_by(col(Notice.id)))).all()
    assert [(row.status, "可见范围" in (row.error or "")) for row in rows] == [
        ("sent", False), ("failed", True),
    ]  # fmt: skip
    assert [one["touser"] for one in tencent.said] == ["li.si"]


async def test_without_an_app_nobody_is_told() -> None:
    with pytest.raises(Permanent, match="MINGCHENG_WECOM_CORP_ID"):
        await DEAF.tell(told(), START)


# --- how it is --------------------------------------------------------------------------------


@pytest.mark.embedded
async def test_it_says_how_it_is(telling: WecomApp, tencent: Tencent, streams: Streams) -> None:
    assert (await telling.health()).state == "ok"
    tencent.answers["/cgi-bin/getcallbackip"] = [60020]
    health = await telling.health()
    assert (health.state, "203.0.113.7" in health.words) == ("down", True)
    silent = WecomApp(telling.api, AGENT, None, "")
    assert (await silent.health()).state == "warn"
    assert (await DEAF.health()).state == "warn"
    assert (await WecomApp(None, 0, None, SITE).health()).state == "off"


@pytest.mark.embedded
async def test_a_wrong_secret_is_said_without_it(streams: Streams, tencent: Tencent) -> None:
    app = WecomApp(Api(streams, tencent.url, CORP, "wrong-secret"), AGENT, None, SITE)
    health = await app.health()
    assert (health.state, "Secret 不对" in health.words) == ("down", True)
    assert "wrong-secret" not in health.words
    await app.close()
