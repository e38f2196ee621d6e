"""How channels call a group: typed, checked, masked where it is a secret, changed."""

import pytest

from actions.names import name
from bot.console.register.addresses import FIELDS, mask
from storage.models import Carrier, Group
from tests.bot.console.conftest import Console
from tests.bot.console.register.group_routes import MARKUP, STRANGER, blocks
from tests.bot.console.register.sent import carried, lines, rows, saved, send
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded

KEY = "693a91f6-0000-4bc4-97a0-0ec2aaaa3f2a"
OTHER = "693a91f6-0000-4bc4-97a0-0ec2bbbb9c1d"
HOOK = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"

SANDBOX = {"reads": "sandbox", "answers": "sandbox", "pushes": "sandbox"}
WEBHOOK = {**SANDBOX, "pushes": "wecom_webhook"}


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
