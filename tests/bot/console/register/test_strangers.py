"""Groups that wrote before anybody set them up: listed, set up, and handled once."""

import asyncio
import re
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import text

from bot import inbox
from bot.channels.base import Incoming, Media, Received
from bot.streams import Away
from storage import carriers
from storage.models import Group, Medium, Message, Poisoned, Unplaced
from tests.bot.console.conftest import MASKED, PHONE, Console
from tests.bot.console.register.sent import carried, hidden, lines, rows, saved, send
from tests.fixtures.cast import REPORT, Town

pytestmark = pytest.mark.embedded

MARKUP = "<script>alert(1)</script>"
KEY = "693a91f6-0000-4bc4-97a0-0ec2aaaa3f2a"
OTHER = "693a91f6-0000-4bc4-97a0-0ec2bbbb9c1d"
HOOK = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"
STRANGER = "731002233"
SANDBOX = {"reads": "sandbox", "answers": "sandbox", "pushes": "sandbox"}
WEBHOOK = {**SANDBOX, "pushes": "wecom_webhook"}


def said(number: int, **more: Any) -> Incoming:
    """Something that was said in a QQ group which nobody set up."""
    given = {
        "kind": "message", "channel": "onebot", "group": STRANGER, "id": f"q{number}",
        "sender": "100200", "name": f"宏远机械-周海{PHONE}", "text": f"{REPORT}{number}",
        "people": "onebot",
    }  # fmt: skip
    return Incoming(**{**given, **more})


async def hears(console: Console, *messages: Incoming) -> list[Incoming]:
    """A platform delivers these."""
    channel = console.app.channels["onebot"]
    return await console.app.inbox.take(channel, Received(messages=messages))


async def kept(console: Console, many: int = 3) -> None:
    """So many messages came, the second one with a picture."""
    now = console.app.now()
    picture = Media("p1", "灯.jpg", source={"url": "https://example.com/secret-address"})
    for number in range(1, many + 1):
        images = (picture,) if number == 2 else ()
        assert await hears(console, said(number, at=now, images=images)) == []


NEW = "/register/groups/new?" + urlencode({"channel": "onebot", "address": STRANGER})


async def registers(browser: httpx.AsyncClient, **more: str) -> httpx.Response:
    """The form for the strange group, as it is shown, sent with a name."""
    page = (await browser.get(NEW)).text
    shown = dict(re.findall(r'<input id="f-\w+" name="(\w+)" value="([^"]*)"', page))
    chosen = re.findall(
        r'<select id="f-\w+" name="(\w+)"[^>]*>(?:(?!</select>).)*?value="(\w*)" selected', page,
        re.DOTALL,
    )  # fmt: skip
    given = {**shown, **dict(chosen), "name": "QQ群", "district": "荷塘区", **more}
    seal, saw = hidden(page, "seal"), hidden(page, "saw")
    return await browser.post("/register/groups/new", data={"seal": seal, "saw": saw, **given})


async def works(console: Console) -> None:
    """A worker does all that lies there."""
    worker = console.app.worker()
    while await worker.step():
        pass
    await console.app.streams.leave(worker.name, worker.leased)


async def test_a_strange_group_is_listed_and_counted_without_what_was_said(
    console: Console, town: Town
) -> None:
    await kept(console)
    for who in ("c1", "a1"):
        browser = await console.visitor(who)
        page = (await browser.get("/register/groups")).text
        assert STRANGER in page
        assert "3 条" in page
        assert REPORT not in page
        assert "secret-address" not in page
        assert ("登记这个群" in page) == (who == "a1")
        assert "1</span> 个没登记的群" in (await browser.get("/")).text
    assert "没登记的群" not in (await (await console.visitor("l1")).get("/")).text


async def test_its_form_is_filled_as_its_channel_can_and_tells_who_spoke(
    console: Console, town: Town
) -> None:
    await kept(console)
    page = (await (await console.visitor("a1")).get(NEW)).text
    assert page.count('<option value="onebot" selected>') == 3
    assert re.search(rf'name="at_onebot" value="{STRANGER}"', page)
    assert f"宏远机械-周海{MASKED}" in page
    assert REPORT not in page


async def test_set_up_it_is_handled_once_and_in_order(console: Console, town: Town) -> None:
    await kept(console)
    browser = await console.visitor("a1")
    answer = await registers(browser)
    assert answer.headers["location"] == f"/register/groups/{STRANGER}?saved=1&placed=3"
    assert "登记前存下的 3 条话" in (await browser.get(answer.headers["location"])).text
    await works(console)
    messages = await rows(console, Message, Message.group_id == STRANGER)
    assert [one.external_id for one in sorted(messages, key=lambda one: one.said or 0)] == [
        "q1", "q2", "q3",
    ]  # fmt: skip
    (medium,) = await rows(console, Medium)
    assert (medium.group_id, medium.external_id, medium.channel) == (STRANGER, "q2", "onebot")
    assert await rows(console, Unplaced) == []
    assert "来了消息、还没登记的群" not in (await browser.get("/register/groups")).text
    assert [one.id for one in await hears(console, said(4, at=console.app.now()))] == ["q4"]
    await saved(browser, STRANGER, reads="onebot", at_onebot=STRANGER)
    await works(console)
    assert len(await rows(console, Message, Message.group_id == STRANGER)) == 4


async def test_many_are_handled_in_several_goes(
    console: Console, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carriers.placed, "__defaults__", (2,))
    await kept(console, 5)
    answer = await registers(await console.visitor("a1"))
    assert answer.headers["location"].endswith("&placed=5")


async def test_an_address_in_the_form_of_a_known_group_places_them_too(
    console: Console, town: Town
) -> None:
    await kept(console)
    answer = await saved(await console.visitor("a1"), **SANDBOX, at_onebot=STRANGER)
    assert answer.headers["location"] == "/register/groups/g1?saved=1&placed=3"
    await works(console)
    assert len(await rows(console, Message, Message.group_id == "g1")) == 3


async def test_what_could_not_be_placed_is_listed_and_placed_later_once(
    console: Console, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kept(console)
    accept, tried = inbox.accept, []

    async def fails(streams: Any, incoming: Incoming) -> None:
        tried.append(incoming.id)
        if len(tried) == 2:
            raise Away
        await accept(streams, incoming)

    browser = await console.visitor("a1")
    monkeypatch.setattr(inbox, "accept", fails)
    answer = await registers(browser)
    assert answer.headers["location"] == f"/register/groups/{STRANGER}?saved=1"
    assert len(await rows(console, Unplaced)) == 3
    monkeypatch.undo()
    page = (await browser.get("/register/groups")).text
    assert "已登记,这些还没有办" in page
    path = "/register/groups/strangers/place"
    answer = await send(browser, path, "/register/groups", channel="onebot", address=STRANGER)
    assert answer.status_code == 303
    await works(console)
    found = await rows(console, Message, Message.group_id == STRANGER)
    assert sorted(one.external_id for one in found) == ["q1", "q2", "q3"]
    assert await rows(console, Unplaced) == []


WAITS = text(
    "SELECT count(*) FROM pg_locks JOIN pg_database ON oid = database"
    " WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
)


async def test_what_comes_while_a_group_is_set_up_is_not_left(console: Console, town: Town) -> None:
    async with console.app.database.transaction() as session:
        await carriers.settled(session, "onebot", STRANGER, sets_up=True)
        taking = asyncio.create_task(hears(console, said(1, at=console.app.now())))
        async with asyncio.timeout(30):  # until it stands at the lock
            while not (await (await session.connection()).execute(WAITS)).scalar():  # noqa: ASYNC110
                await asyncio.sleep(0)
        session.add(Group(id="g9", name="QQ群"))
        await session.flush()
        await carriers.put(session, "g9", "onebot", STRANGER)
    assert [one.group for one in await taking] == ["g9"]
    assert await rows(console, Unplaced) == []


async def test_what_can_not_be_read_is_set_aside(console: Console, town: Town) -> None:
    async with console.app.database.transaction() as session:
        for payload in ("no json", '{"kind": "message"}'):
            await carriers.unplaced(
                session, channel="onebot", address=STRANGER, why="group", payload=payload,
                at=console.app.now(),
            )  # fmt: skip
    await kept(console, 1)
    browser = await console.visitor("a1")
    assert STRANGER in (await browser.get("/register/groups")).text
    assert (await registers(browser)).status_code == 303
    assert len(await rows(console, Poisoned)) == 2
    await works(console)
    assert len(await rows(console, Message, Message.group_id == STRANGER)) == 1


async def test_a_group_that_its_platform_introduces_is_shown_by_its_words(
    console: Console, town: Town
) -> None:
    shown = Incoming(
        kind="recall", channel="wecom_customer_group", group="wrABC", id="group",
        at=console.app.now(), name="制造名城客户群", text=f"客户群“制造名城客户群”{MARKUP},64 人",
    )  # fmt: skip
    channel = console.app.channels["wecom_customer_group"]
    await console.app.inbox.take(channel, Received(messages=[shown]))
    browser = await console.visitor("a1")
    page = (await browser.get("/register/groups")).text
    assert "客户群“制造名城客户群”&lt;script&gt;" in page
    assert "还没有话" in page
    query = urlencode({"channel": "wecom_customer_group", "address": "wrABC"})
    page = (await browser.get(f"/register/groups/new?{query}")).text
    assert re.search('name="name" value="制造名城客户群"', page)
    assert page.count('<option value="wecom_customer_group" selected>') == 2  # it reads nothing


async def test_a_strange_group_is_given_up_with_a_reason(console: Console, town: Town) -> None:
    await kept(console)
    browser, path = await console.visitor("a1"), "/register/groups/strangers/dismiss"
    fields = {"channel": "onebot", "address": STRANGER}
    answer = await send(browser, path, "/register/groups", **fields, reason=" \x00")
    assert "要写明理由" in (await browser.get(answer.headers["location"].split("#")[0])).text
    assert len(await rows(console, Unplaced)) == 3
    await send(browser, path, "/register/groups", **fields, reason=f"别市的群{MARKUP}")
    assert await rows(console, Unplaced) == []
    assert [line[2:] for line in await lines(console, "stranger")] == [
        ("3 条", f"别市的群{MARKUP}")
    ]
    record = (await browser.get("/system/changes")).text
    assert "别市的群&lt;script&gt;" in record
    assert REPORT not in record
    gone = await send(browser, path, "/register/groups", **fields, reason="再来")
    assert gone.status_code == 404


async def test_it_may_be_a_group_that_stands_there_already(console: Console, town: Town) -> None:
    await kept(console)
    browser, path = await console.visitor("a1"), "/register/groups/strangers/join"
    fields = {"channel": "onebot", "address": STRANGER, "group": "g1"}
    answer = await send(browser, path, NEW, **fields)
    assert answer.headers["location"] == "/register/groups/g1?saved=1&placed=3"
    assert (await carried(console, "g1"))["onebot"] == STRANGER
    assert (await lines(console, "group"))[-1][3] == {"at_onebot": STRANGER}
    await works(console)
    assert len(await rows(console, Message, Message.group_id == "g1")) == 3
    assert (await send(browser, path, "/register/groups/new", **fields)).status_code == 404


async def test_a_group_that_has_another_address_there_keeps_it(
    console: Console, town: Town
) -> None:
    await kept(console)
    browser = await console.visitor("a1")
    await saved(browser, **SANDBOX, at_onebot="99887766")
    fields = {"channel": "onebot", "address": STRANGER, "group": "g1"}
    answer = await send(browser, "/register/groups/strangers/join", NEW, **fields)
    page = (await browser.get(answer.headers["location"])).text
    assert "已有另一个编号" in page
    assert (await carried(console, "g1"))["onebot"] == "99887766"
    assert len(await rows(console, Unplaced)) == 3


ODD = [
    {"channel": "\x00", "address": "\x00"}, {"channel": "none", "address": MARKUP},
    {"channel": "onebot", "address": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")},
    {"channel": "x" * 60, "address": "x"}, {"channel": "onebot", "address": "x" * 100_000}, {},
]  # fmt: skip


@pytest.mark.parametrize("fields", ODD)
async def test_nothing_odd_makes_it_fall_over(shared: Console, fields: dict[str, str]) -> None:
    browser = await shared.visitor("a1")
    page = await browser.get("/register/groups/new", params={
        key: value[:1000] for key, value in fields.items()
    })  # fmt: skip
    assert page.status_code == 200
    assert MARKUP not in page.text
    for path in ("place", "dismiss", "join"):
        there = f"/register/groups/strangers/{path}"
        answer = await send(browser, there, "/register/groups", **fields, reason="x")
        assert answer.status_code in {303, 400, 404, 422}
