"""By which channels a group is reached: what they make possible, in words."""

import pytest

from actions.names import name
from bot.channels.base import Channel, Door, Powers
from bot.channels.webhook import Webhook
from storage import carriers
from tests.bot.console.conftest import Console
from tests.bot.console.register.group_routes import routed, told
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded


class Runs(Channel):
    """It must be run, and nobody does."""

    name, title, powers = "runs", "要运行的通道", Powers(pushes="auto")

    async def run(self, door: Door) -> None:
        """Never asked for here."""


POSSIBLE = [
    (("sandbox", "sandbox", "sandbox"),
     ("群里的话都能收到,不用@机器人。", "机器人自动回复。", "机器人自动发出。")),
    (("wecom_bot", "wecom_bot", "wecom_bot"),
     ("群里@机器人的话能收到,其余收不到。", "机器人自动回复。", "机器人自动发出。")),
    (("wecom_archive", "wecom_customer_group", "wecom_customer_group"),
     ("群里的话都能收到,不用@机器人。", "回复要由群主在企业微信里点一下“发送”才发出。",
      "要由群主在企业微信里点一下“发送”才发出。")),
    ((None, None, "wecom_webhook"),
     ("群里的话收不到。", "没有另选通道,和推送一样走", "机器人自动发出。")),
    ((None, None, None),
     ("群里的话收不到。", "机器人不在群里回复", "催办、办结、通报都不发到群里。")),
    (("onebot", "onebot", None),
     ("群里的话都能收到", "机器人自动回复。", "没有另选通道,和回复一样走")),
]  # fmt: skip


@pytest.mark.parametrize(("routes", "sentences"), POSSIBLE)
async def test_what_is_possible_stands_there_in_words(
    console: Console, town: Town, routes: tuple[str | None, ...], sentences: tuple[str, ...]
) -> None:
    await routed(console, **dict(zip(("reads", "answers", "pushes"), routes, strict=True)))
    for who in ("c1", "i1", "l1", "a1"):
        page = (await (await console.visitor(who)).get("/register/groups/g1")).text
        possible = page.partition('id="possible"')[2].partition("</section>")[0]
        assert all(sentence in possible for sentence in sentences)


async def test_in_few_words_it_stands_in_the_list_and_over_the_window(
    console: Console, town: Town
) -> None:
    await routed(console, reads="wecom_bot", answers=None, pushes="wecom_customer_group")
    few = "只收@机器人的话;群主点发送才回复;群主点发送才推送"
    browser = await console.visitor("c1")
    for path in ("/register/groups", "/groups/g1"):
        assert few in (await browser.get(path)).text
    await town.says("zhang", "大家好", "chitchat")
    window = (await (await console.visitor("zhang")).get("/groups/g1")).text
    assert few in window
    assert "通道没接好" not in window  # that is for those who can do something about it


async def test_another_channel_that_brings_what_is_said_is_named(
    console: Console, town: Town
) -> None:
    await routed(console, reads="wecom_bot")
    async with console.app.database.transaction() as session:
        await carriers.put(session, "g1", "webhook", "g1")
    page = (await (await console.visitor("a1")).get("/register/groups/g1")).text
    assert "网页群窗口带来的话也收。" in page
    assert f"{name('channel', 'webhook')}带来" not in page  # it is not set up


@pytest.mark.parametrize(
    ("state", "said", "halts"),
    [
        ("ok", "", False),
        ("warn", "要留意:只连上一个", False),
        ("down", "现在不通。只连上一个", True),
    ],
)
async def test_how_a_channel_is_stands_beside_what_it_can(
    console: Console, town: Town, state: str, said: str, halts: bool
) -> None:
    await routed(console, pushes="wecom_webhook")
    await told(console, "wecom_webhook", state, "只连上一个")
    browser = await console.visitor("c1")
    page = (await browser.get("/register/groups/g1")).text
    assert said in page
    assert ("现在不通" in page) == halts
    assert ("通道没接好" in (await browser.get("/groups/g1")).text) == halts


@pytest.mark.parametrize(
    ("channel", "said"),
    [("webhook", "还没有设置,现在不通。"), ("runs", "没有进程在运行"),
     ("gone", "不存在,请改选")],
)  # fmt: skip
async def test_a_channel_that_does_not_work_is_named(
    console: Console, town: Town, channel: str, said: str
) -> None:
    console.app.channels["runs"] = Runs()
    await routed(console, pushes=channel)
    browser = await console.visitor("c1")
    page = (await browser.get("/register/groups/g1")).text
    assert said in page
    assert "通道没接好" in (await browser.get("/register/groups?state=ails")).text
    assert "通道没接好" in (await browser.get("/groups/g1")).text


async def test_a_channel_without_an_address_of_the_group_is_named(
    console: Console, town: Town
) -> None:
    await routed(console, pushes="webhook")
    async with console.app.database.transaction() as session:
        await carriers.drop(session, "g1", "webhook")
    page = (await (await console.visitor("a1")).get("/register/groups/g1")).text
    assert "没有登记这个群在" in page


@pytest.mark.parametrize(("url", "halts"), [("", True), ("https://bridge.example/in", False)])
async def test_a_bridge_without_an_address_is_named_where_it_is_to_speak(
    console: Console, town: Town, monkeypatch: pytest.MonkeyPatch, url: str, halts: bool
) -> None:
    monkeypatch.setitem(console.app.channels, "webhook", Webhook("secret", url))
    await routed(console, reads="webhook", answers="webhook", pushes="webhook")
    page = (await (await console.visitor("a1")).get("/register/groups/g1")).text
    possible = page.partition('id="possible"')[2].partition("</section>")[0]
    assert "群里的话都能收到" in possible
    assert ("机器人不在群里回复" in possible) == halts
    assert possible.count("现在发不出。能收;要发,还要设置 MINGCHENG_WEBHOOK_URL") == 2 * halts
    listed = (await (await console.visitor("a1")).get("/register/groups")).text
    assert ("通道没接好" in listed) == halts
