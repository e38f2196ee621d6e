"""What does not leave for a group, and why: its channel is stopped, a post waits or failed."""

from datetime import timedelta

import pytest

from storage import posts
from storage.models import Carrier, Post
from tests.bot.console.conftest import PHONE, Console
from tests.bot.console.register.group_routes import MARKUP, STRANGER, blocks, routed, told
from tests.bot.console.register.sent import hidden, lines, rows, send
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded


# --- stopped ------------------------------------------------------------------------------------


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


# --- how a group is -----------------------------------------------------------------------------


async def test_a_group_tells_how_it_is(console: Console, town: Town) -> None:
    await town.says("zhang", "大家好", "chitchat")
    browser = await console.visitor("c1")
    assert "4月3日09:00" in (await browser.get("/register/groups/g1")).text
    assert "还没有推送" in (await browser.get("/register/groups/g1")).text


@pytest.mark.parametrize(
    ("status", "error", "advice"),
    [
        ("failed", "没有设置 MINGCHENG_WEBHOOK_URL", "请在服务器上设置 MINGCHENG_WEBHOOK_URL"),
        ("failed", "HTTP 403", "对方拒收(HTTP 403)"),
        ("unknown", "ReadTimeout", "为免重复,不会自动再发"),
        ("waiting", "HTTP 503", "4月3日09:00自动重试"),
        ("failed", MARKUP, "请核对通道设置"),
    ],
)
async def test_a_group_that_ails_says_why_and_what_to_do(
    console: Console, town: Town, status: str, error: str, advice: str
) -> None:
    async with console.app.database.transaction() as session:
        session.add(
            Post(group_id="bridge", text=f"请联系{PHONE}{MARKUP}", why="reply", at=town.now,
                 next_at=town.now, status=status, error=error, tries=1)
        )  # fmt: skip
    page = (await (await console.visitor("a1")).get("/register/groups/bridge")).text
    assert advice in page
    assert MARKUP not in page
    assert PHONE not in page
    index = (await (await console.visitor("a1")).get("/register/groups?state=ails")).text
    assert index.count('href="/register/groups/') == 2  # 新建, and the group that ails
    assert {"failed": "没有发出", "unknown": "不知是否送达", "waiting": "重试中"}[status] in index
