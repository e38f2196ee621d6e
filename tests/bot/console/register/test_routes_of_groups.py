"""By which channels a group is reached: chosen, addressed, told in words, stopped, found."""

import re
from datetime import timedelta
from typing import Any

import pytest

from actions.names import name
from bot.channels.base import Channel, Door, Health, Powers
from bot.console.register.addresses import FIELDS, mask
from bot.inbox import Inbox
from storage import carriers, posts
from storage.models import Carrier, Group
from tests.bot.console.conftest import Console
from tests.bot.console.register.sent import carried, hidden, lines, rows, saved, send
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded

MARKUP = "<script>alert(1)</script>"
KEY = "693a91f6-0000-4bc4-97a0-0ec2aaaa3f2a"
OTHER = "693a91f6-0000-4bc4-97a0-0ec2bbbb9c1d"
HOOK = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"
STRANGER = "731002233"
SANDBOX = {"reads": "sandbox", "answers": "sandbox", "pushes": "sandbox"}
WEBHOOK = {**SANDBOX, "pushes": "wecom_webhook"}


# --- addresses ----------------------------------------------------------------------------------


async def test_a_key_is_taken_from_what_is_copied_and_shown_and_recorded_as_a_mask(
    console: Console, town: Town
) -> None:
    browser = await console.visitor("a1")
    answer = await saved(browser, **WEBHOOK, at_wecom_webhook=HOOK)
    assert answer.status_code == 303
    assert (await carried(console, "g1"))["wecom_webhook"] == KEY
    page = (await browser.get("/register/groups/g1")).text
    assert 'value="••••3f2a"' in page
    changed = (await browser.get("/register/changes")).text
    everywhere = page + changed + (await browser.get("/system/changes")).text
    assert name("address", "wecom_webhook") in changed
    assert KEY not in everywhere
    assert HOOK not in everywhere
    assert (await lines(console, "group"))[-1][3]["at_wecom_webhook"] == "••••3f2a"


async def test_a_mask_that_is_left_alone_keeps_the_key_and_a_new_key_takes_its_place(
    console: Console, town: Town
) -> None:
    browser = await console.visitor("a1")
    await saved(browser, **WEBHOOK, at_wecom_webhook=KEY)
    await saved(browser, title="二群", **WEBHOOK, at_wecom_webhook="••••3f2a")
    assert (await carried(console, "g1"))["wecom_webhook"] == KEY
    await saved(browser, title="二群", **WEBHOOK, at_wecom_webhook=OTHER)
    assert (await carried(console, "g1"))["wecom_webhook"] == OTHER
    assert (await lines(console, "group"))[-1][2:] == (
        {"at_wecom_webhook": "••••3f2a"}, {"at_wecom_webhook": "••••9c1d"},
    )  # fmt: skip


async def test_a_key_that_took_the_place_of_a_dead_one_is_sent_to_again(
    console: Console, town: Town
) -> None:
    browser = await console.visitor("a1")
    await saved(browser, **WEBHOOK, at_wecom_webhook=KEY)
    await blocks(console)
    await saved(browser, **WEBHOOK, at_wecom_webhook=OTHER)
    (row,) = await rows(console, Carrier, Carrier.channel == "wecom_webhook")
    assert (row.blocked, row.about) == (None, {})


async def test_an_address_that_nothing_uses_can_be_taken_away(console: Console, town: Town) -> None:
    browser = await console.visitor("a1")
    await saved(browser, **SANDBOX, at_onebot=STRANGER)
    assert (await carried(console, "g1"))["onebot"] == STRANGER
    await saved(browser, **SANDBOX)
    assert await carried(console, "g1") == {"sandbox": "g1"}


async def test_our_own_channels_call_a_group_as_we_do_unless_told(
    console: Console, town: Town
) -> None:
    browser = await console.visitor("a1")
    routes = {**SANDBOX, "pushes": "webhook"}
    await saved(browser, **routes)
    assert await carried(console, "g1") == {"sandbox": "g1", "webhook": "g1"}
    await saved(browser, **routes, at_webhook="room 1")
    assert (await carried(console, "g1"))["webhook"] == "room 1"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (WEBHOOK, "就要填这个群在它那里的编号"),
        ({**WEBHOOK, "at_wecom_webhook": "••••9c1d"}, "要换就整段重填"),
        ({**WEBHOOK, "at_wecom_webhook": "https://example.com/hook"}, "请粘贴群机器人的 Webhook"),
        ({**SANDBOX, "at_onebot": "十二"}, "QQ 群号是"),
        ({**SANDBOX, "reads": "wecom_webhook"}, "请从清单里选一个"),  # it reads nothing
        ({**SANDBOX, "answers": "wecom_archive"}, "请从清单里选一个"),
        ({**SANDBOX, "pushes": "none\x00"}, "请从清单里选一个"),
        ({**SANDBOX, "at_onebot": "1" * 100_000}, "最多 200 个字"),
        ({**SANDBOX, "at_onebot": MARKUP}, "QQ 群号是"),
    ],
)
async def test_what_can_not_be_is_said_at_its_field(
    console: Console, town: Town, fields: dict[str, str], said: str
) -> None:
    answer = await saved(await console.visitor("a1"), **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert MARKUP not in answer.text
    assert await carried(console, "g1") == {"sandbox": "g1"}


async def test_no_address_is_of_two_groups(console: Console, town: Town) -> None:
    browser = await console.visitor("a1")
    await saved(browser, "g2", **WEBHOOK, at_wecom_webhook=KEY, title="荷塘群")
    answer = await saved(browser, "g1", **WEBHOOK, at_wecom_webhook=HOOK)
    assert answer.status_code == 422
    assert "这个编号已经登记给群“荷塘群”" in answer.text
    assert await carried(console, "g1") == {"sandbox": "g1"}


@pytest.mark.parametrize("identity", ["a/b", "g\x00/1"])
async def test_an_id_that_no_address_can_have_is_refused(shared: Console, identity: str) -> None:
    browser = await shared.visitor("a1")
    answer = await send(browser, "/register/groups/new", name="新", id=identity)
    assert (answer.status_code, "群编号里不能有斜杠" in answer.text) == (422, True)


async def test_a_new_group_without_a_channel_has_none(console: Console, town: Town) -> None:
    await send(await console.visitor("a1"), "/register/groups/new", id="g9", name="新群")
    (row,) = await rows(console, Group, Group.id == "g9")
    assert (row.reads, row.answers, row.pushes) == (None, None, None)
    assert await carried(console, "g9") == {}


async def test_each_channel_that_reaches_groups_has_a_field(shared: Console) -> None:
    assert {one.name for one in FIELDS} >= {
        "at_webhook", "at_wecom_bot", "at_wecom_webhook", "at_wecom_archive",
        "at_wecom_customer_group", "at_onebot",
    }  # fmt: skip
    page = (await (await shared.visitor("a1")).get("/register/groups/new")).text
    assert all(f'name="{one.name}"' in page and one.label in page for one in FIELDS)
    assert all(one.label != one.name.removeprefix("at_") for one in FIELDS)


@pytest.mark.parametrize("short", ["", "abc", "a" * 15])
def test_of_a_short_secret_nothing_is_seen(short: str) -> None:
    assert mask(short) == "••••"


# --- what is possible ---------------------------------------------------------------------------


async def routed(console: Console, **routes: str | None) -> None:
    """Let g1 have these channels, each with an address."""
    async with console.app.database.transaction() as session:
        group = await session.get(Group, "g1")
        assert group is not None
        for way, channel in routes.items():
            setattr(group, way, channel)
            if channel and channel != "sandbox":
                await carriers.put(session, "g1", channel, f"of g1 in {channel}")


async def told(console: Console, channel: str, state: Any, words: str = "已连接") -> None:
    """A channel says how it is."""
    door = Inbox(console.app.database, console.app.streams, console.app.now)
    await door.report(console.app.channels[channel], Health(state, words))


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


# --- stopped ------------------------------------------------------------------------------------


async def blocks(console: Console) -> None:
    """The platform takes nothing more for g1."""
    async with console.app.database.transaction() as session:
        carrier = await carriers.one(session, "g1", "wecom_webhook")
        assert carrier is not None
        await carriers.block(session, carrier, f"机器人不在群里{MARKUP}", console.app.now())


async def test_a_group_that_is_stopped_says_what_to_do_and_goes_on_when_told(
    console: Console, town: Town
) -> None:
    await routed(console, pushes="wecom_webhook")
    await told(console, "wecom_webhook", "ok")
    await blocks(console)
    for who in ("c1", "l1"):
        page = (await (await console.visitor(who)).get("/register/groups/g1")).text
        assert "机器人不在群里&lt;script&gt;" in page
        assert "处理好后请管理员恢复发送" in page
        assert "/unblock" not in page
    browser = await console.visitor("a1")
    assert "停发" in (await browser.get("/register/groups")).text
    assert "停发" in (await browser.get("/groups/g1")).text
    assert "1</span> 个群停发" in (await browser.get("/")).text
    path = "/register/groups/g1"
    answer = await send(browser, f"{path}/unblock", path, channel="wecom_webhook")
    assert answer.status_code == 303
    (row,) = await rows(console, Carrier, Carrier.channel == "wecom_webhook")
    assert (row.blocked, row.blocked_at) == (None, None)
    assert [line[:2] for line in await lines(console, "unblocked")] == [("a1", "g1")]
    assert "停发" not in (await browser.get(path)).text
    assert "恢复发送" in (await browser.get("/system/changes")).text
    assert MARKUP not in (await browser.get("/system/changes")).text


async def test_a_stop_where_nothing_is_sent_is_not_told(console: Console, town: Town) -> None:
    await routed(console, pushes="wecom_webhook")
    await blocks(console)
    await routed(console, pushes="sandbox")
    browser = await console.visitor("a1")
    assert "停发" not in (await browser.get("/register/groups/g1")).text
    assert "个群停发" not in (await browser.get("/")).text


@pytest.mark.parametrize("who", ["zhang", "h1", "c1", "i1", "l1"])
@pytest.mark.parametrize(
    "path", ["g1/unblock", "strangers/place", "strangers/dismiss", "strangers/join"]
)
async def test_nobody_but_administrators_acts(shared: Console, who: str, path: str) -> None:
    browser = await shared.visitor(who)
    seal = hidden((await browser.get("/groups")).text, "seal")
    fields = {"seal": seal, "channel": "onebot", "address": STRANGER, "reason": "x"}
    assert (await browser.post(f"/register/groups/{path}", data=fields)).status_code == 403


@pytest.mark.parametrize("channel", ["", "\x00", "none", "x" * 51, "sandbox"])
async def test_what_is_not_stopped_goes_on_as_it_was(shared: Console, channel: str) -> None:
    browser = await shared.visitor("a1")
    path = "/register/groups/g1"
    answer = await send(browser, f"{path}/unblock", path, channel=channel)
    assert answer.status_code in {303, 400, 422}
    assert await lines(shared, "unblocked") == []
    assert (await send(browser, "/register/groups/none/unblock", path)).status_code == 404


# --- what waits for a tap -----------------------------------------------------------------------


async def post(console: Console, status: str, error: str | None = None) -> None:
    """The bot said something in g1, and that is what came of it."""
    async with console.app.database.transaction() as session:
        made = await posts.say(
            session, group_id="g1", text="周通报", at=console.app.now(), why="digest"
        )
        made.status, made.error, made.tries = status, error, 1
        made.next_at = console.app.now() + timedelta(minutes=5)


async def test_what_waits_for_a_tap_is_counted_and_does_not_ail(
    console: Console, town: Town
) -> None:
    await post(console, "awaiting")
    await post(console, "awaiting")
    browser = await console.visitor("a1")
    assert "等群主确认2条" in (await browser.get("/register/groups")).text
    page = (await browser.get("/register/groups/g1")).text
    assert "2 条,群主点了“发送”才发出" in page
    assert "没有失败" in page
    assert 'role="alert"' not in page
    window = (await browser.get("/groups/g1")).text
    assert "等待群主确认 2 条" in window
    assert window.count("等待群主确认:群主在企业微信里点“发送”后才发到群里") == 2
    assert "2 条等群主确认" in (await browser.get("/system")).text


@pytest.mark.parametrize(
    ("status", "error", "bubble", "ails"),
    [
        ("sending", None, "发送中…", False),
        ("sending", "HTTP 503", "正在重试:HTTP 503", True),
        ("unknown", "没有答复", "不知是否送达:没有答复。为免重复,不会自动再发", True),
        ("failed", "HTTP 403", "没有发出:HTTP 403", True),
        ("waiting", "HTTP 503", "稍后重试:HTTP 503", True),
        ("waiting", None, "发出", False),
    ],
)
async def test_how_a_post_is_stands_under_it(
    console: Console, town: Town, status: str, error: str | None, bubble: str, ails: bool
) -> None:
    await post(console, status, error)
    browser = await console.visitor("c1")
    assert bubble in (await browser.get("/groups/g1")).text
    page = (await browser.get("/register/groups/g1")).text
    assert ('role="alert"' in page) == ails
    found = (await browser.get("/register/groups?state=ails")).text
    assert ('href="/register/groups/g1"' in found) == ails


# --- people -------------------------------------------------------------------------------------


async def test_people_are_known_by_their_platform(shared: Console) -> None:
    page = (await (await shared.visitor("a1")).get("/register/members/new")).text
    offered = re.search(r'<select id="f-channel".*?</select>', page, re.DOTALL)
    assert offered is not None
    assert set(re.findall(r'value="(\w+)"', offered[0])) == {
        "sandbox", "webhook", "wecom", "onebot",
    }  # fmt: skip
