"""`mingcheng up` with real groups: what is said there is answered there, and no secret is told."""

import base64
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlmodel import col, select

from storage.models import Carrier, Post, Ticket, Unplaced
from tests.acceptance.conftest import UP, House, address, rows, run, until
from tests.bot.channels.fakes import wecom_api, wecom_bot_server
from tests.bot.channels.fakes.napcat import NapCat
from tests.bot.channels.fakes.wecom_api import ROBOT, Tencent
from tests.bot.channels.fakes.wecom_bot_server import WecomBotServer
from tests.fixtures.cast import REPORT
from tests.fixtures.program import Program

pytestmark = pytest.mark.processes

SEALED = b"<xml><Encrypt>AAAA</Encrypt></xml>"
TOKEN = "made-up-token-of-a-qq-bot"
AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
CITY = f"""
city: 株洲
districts: [{{name: 天元区}}]
units: [{{name: 天元区城管局}}]
routes: [{{category: traffic, district: 天元区, unit: 天元区城管局}}]
groups:
  - {{id: inner, name: 制造名城-内部群, district: 天元区, channel: wecom_bot,
     addresses: {{wecom_bot: wr1}}}}
  - {{id: qq, name: 制造名城-QQ群, district: 天元区, channel: onebot, answers: wecom_webhook,
     pushes: wecom_webhook, addresses: {{onebot: "20001", wecom_webhook: {ROBOT}}}}}
"""


@dataclass
class Real:
    """A program in real groups, and the platforms on their other side."""

    house: House
    tencent: Tencent
    bot: WecomBotServer
    qq: NapCat

    async def tickets(self) -> list[Any]:
        return list(await rows(self.house.database_url, select(Ticket).order_by(col(Ticket.no))))

    async def posts(self, group: str) -> list[Any]:
        asked = select(Post).where(Post.group_id == group).order_by(col(Post.said))
        return list(await rows(self.house.database_url, asked))


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that PostgreSQL, run as another user, can go through."""
    with tempfile.TemporaryDirectory(prefix="mingcheng-test-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest_asyncio.fixture(scope="module")
async def real(place: Path) -> AsyncIterator[Real]:
    """All of it, with everybody connected."""
    program = Program(place / "data", None)
    city = place / "city.yaml"
    city.write_text(CITY, encoding="utf-8")
    with wecom_api.served(Tencent()) as tencent:
        async with wecom_bot_server.serving() as bot:
            program.secrets |= {ROBOT, wecom_bot_server.SECRET, wecom_api.SECRET, TOKEN, AES_KEY}
            program.start(
                *UP, MINGCHENG_WECOM_CORP_ID=wecom_api.CORP, MINGCHENG_WECOM_API=tencent.url,
                MINGCHENG_WECOM_AGENT_ID=str(wecom_api.AGENT),
                MINGCHENG_WECOM_SECRET=wecom_api.SECRET, MINGCHENG_WECOM_APP_TOKEN="madeuptoken",
                MINGCHENG_WECOM_APP_AES_KEY=AES_KEY, MINGCHENG_WECOM_BOT_BOT_ID="bot-1",
                MINGCHENG_WECOM_BOT_SECRET=wecom_bot_server.SECRET,
                MINGCHENG_WECOM_BOT_URL=bot.url, MINGCHENG_ONEBOT_TOKEN=TOKEN,
            )  # fmt: skip
            house = House(program)
            url = address(program)
            loaded = run("city", "load", str(city), "--data", str(program.data))
            assert loaded.returncode == 0, loaded.stderr
            async with NapCat(10001, TOKEN, [20001]).connected(
                f"{url.replace('http', 'ws')}/in/onebot"
            ) as qq:
                await bot.until(lambda: bot.socket is not None, 60)
                yield Real(house, tencent, bot, qq)
            program.close()


async def test_who_mentions_the_bot_is_answered_with_number_unit_and_date(real: Real) -> None:
    await real.bot.says(f"@小助手 {REPORT}", who="zhang")
    answer = await real.bot.came("aibot_respond_msg")
    said = str(answer["body"])
    assert "#1" in said or "1号" in said
    assert "天元区城管局" in said
    (ticket,) = await real.tickets()
    assert (ticket.group_id, ticket.category) == ("inner", "traffic")


async def test_what_is_told_in_qq_is_answered_by_the_group_s_robot(real: Real) -> None:
    await real.qq.tell(real.qq.said(7, [{"type": "text", "data": {"text": f"我们那边{REPORT}"}}]))

    async def answered() -> bool:
        return any("天元区城管局" in str(one) for one in real.tencent.said)

    await until(answered)
    assert [ticket.group_id for ticket in await real.tickets()][-1] == "qq"
    (post,) = await real.posts("qq")
    assert (post.via, post.status) == ("wecom_webhook", "sent")


async def test_an_answer_that_got_lost_is_not_said_twice(real: Real) -> None:
    path = "/cgi-bin/webhook/send"
    real.tencent.answers[path] = ["done"]  # it is said, and nobody hears that it was
    before = len(real.tencent.said)
    await real.qq.tell(real.qq.said(8, "请问高新技术企业认定去哪里办理"))

    async def settled() -> bool:
        return [post.status for post in await real.posts("qq")][1:] == ["unknown"]

    await until(settled)
    assert len(real.tencent.said) == before + 1


async def test_a_robot_that_was_removed_stops_the_group_and_says_so(real: Real) -> None:
    real.tencent.answers["/cgi-bin/webhook/send"] = [93000]
    await real.qq.tell(real.qq.said(9, "我要反映,栗雨工业园北门的污水井冒水三天了"))

    async def blocked() -> bool:
        (carrier,) = await rows(
            real.house.database_url, select(Carrier).where(Carrier.channel == "wecom_webhook")
        )
        return bool(carrier.blocked)

    await until(blocked)
    post = (await real.posts("qq"))[-1]
    assert (post.status, ROBOT in (post.error or "")) == ("failed", False)


async def test_a_group_that_nobody_set_up_waits(real: Real) -> None:
    await real.bot.says(f"@小助手 {REPORT}", chat="wr9")

    async def waits() -> bool:
        kept = await rows(real.house.database_url, select(Unplaced))
        return [(one.channel, one.address) for one in kept] == [("wecom_bot", "wr9")]

    await until(waits)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"wecom_app?msg_signature={'0' * 40}&timestamp=1&nonce=2", SEALED, 401),
        (f"wecom_app?msg_signature={'0' * 40}&timestamp=1&nonce=2", b"\xff\x00", 400),
        ("onebot", b"{}", 401),
        ("wecom_bot", b"{}", 404),
        ("nothing", b"{}", 404),
    ],
)
async def test_what_proves_nothing_is_refused(
    real: Real, path: str, body: bytes, status: int
) -> None:
    async with httpx.AsyncClient(base_url=address(real.house.program)) as client:
        assert (await client.post(f"/in/{path}", content=body)).status_code == status


async def test_health_tells_how_each_channel_is(real: Real) -> None:
    async def told() -> bool:
        async with httpx.AsyncClient(base_url=address(real.house.program)) as client:
            found = (await client.get("/health")).json()["channels"]
        return (found["wecom_bot"], found["onebot"], found["wecom_archive"]) == ("ok", "ok", "off")

    await until(told)


def test_no_secret_stands_in_any_log(real: Real) -> None:
    real.house.program.is_silent()
    planted = real.house.program.data / "logs" / "planted.log"
    planted.write_text(f"POST /cgi-bin/webhook/send?key={ROBOT}")
    with pytest.raises(AssertionError, match="tells 1 secrets"):
        real.house.program.is_silent()
    planted.unlink()
