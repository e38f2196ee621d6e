"""Customer groups: the groups and members as the platform has them, and its callback."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.channels.base import Hint, Later, Received, Rejected, Request
from bot.channels.wecom import Envelope
from bot.channels.wecom_customer_group import channel as made
from bot.channels.wecom_customer_group.customer_group import CustomerGroup
from bot.channels.wecom_customer_group.sheet import Sheet
from bot.inbox import Inbox
from bot.settings import Settings, Wrong
from bot.streams import Streams
from storage import carriers, chats, people
from storage.database import Database
from storage.models import Carrier
from tests.bot.channels.fakes.customer_contact import (
    GET,
    LIST,
    Chat,
    CustomerContact,
    person,
    refused,
)
from tests.bot.channels.fakes.wecom_api import CORP, SECRET, served
from tests.fixtures.cast import START, Town

pytestmark = pytest.mark.embedded

NAME = "wecom_customer_group"
TOKEN, KEY = "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
ZHANG = person("wmZhang", "小张", "立方新能源-张三")
CHEN = person("chenqi", "陈七", staff=True)


@pytest.fixture
def contact() -> Iterator[CustomerContact]:
    """The platform, with one group."""
    chat = Chat("制造名城-天元区-1群", "chenqi", [CHEN, ZHANG])
    with served(CustomerContact(chats={"wrOne": chat})) as running:
        assert isinstance(running, CustomerContact)
        yield running


@pytest.fixture
def on(contact: CustomerContact) -> Settings:
    """The settings of an installation."""
    return Settings(wecom_corp_id=CORP, wecom_secret=SecretStr(SECRET), wecom_api=contact.url)


@pytest_asyncio.fixture
async def channel(on: Settings, streams: Streams) -> AsyncIterator[CustomerGroup]:
    """The channel as it is usually set."""
    found = CustomerGroup(on, Sheet(), streams)
    yield found
    await found.close()


@pytest.fixture
def door(town: Town, streams: Streams) -> Inbox:
    """The real one, on the simulated clock."""
    return Inbox(town.database, streams, town.clock)


async def sets_up(database: Database, address: str = "wrOne", group: str = "g1") -> None:
    async with database.transaction() as session:
        await carriers.put(session, group, NAME, address)


async def carrier(database: Database, address: str = "wrOne") -> Carrier:
    async with database.transaction() as session:
        found = await chats.carrier(session, NAME, address)
        assert found is not None
        return found


async def strangers(database: Database) -> list[tuple[str, int]]:
    async with database.transaction() as session:
        return [(one.address, one.many) for one in await carriers.strangers(session)]


def change(address: str = "wrOne", **fields: Any) -> dict[str, Any]:
    return {"Event": "change_external_chat", "ChatId": address, "ChangeType": "update", **fields}


# --- the list, and what nobody set up ----------------------------------------------------------


async def test_a_group_that_nobody_set_up_is_shown_once(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    for _ in range(3):
        await channel.groups.listed(door)
    assert await strangers(door.database) == [("wrOne", 1)]
    assert len(contact.asked(GET)) == 1
    async with door.database.transaction() as session:
        (kept,) = await carriers.kept_of(session, NAME, "wrOne")
    assert "制造名城-天元区-1群" in kept.payload


async def test_one_that_people_gave_up_is_not_shown_again(
    channel: CustomerGroup, door: Inbox
) -> None:
    await channel.groups.listed(door)
    async with door.database.transaction() as session:
        await carriers.dismiss(session, NAME, "wrOne")
    await channel.groups.listed(door)
    assert await strangers(door.database) == []


async def test_the_list_has_pages(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    contact.chats |= {f"wr{n:03}": Chat(f"群{n}", "chenqi", []) for n in range(25)}
    contact.page = 10
    await channel.groups.listed(door)
    assert len(await strangers(door.database)) == 26
    assert [call.body.get("cursor") for call in contact.asked(LIST)] == [None, "10", "20"]


async def test_owners_are_asked_for_a_hundred_at_a_time(
    on: Settings, streams: Streams, door: Inbox, contact: CustomerContact
) -> None:
    several = CustomerGroup(on, Sheet(owners=tuple(f"o{n}" for n in range(250))), streams)
    contact.chats["wrTwo"] = Chat("二群", "o249", [])
    await several.groups.listed(door)
    await several.close()
    asked = [call.body["owner_filter"]["userid_list"] for call in contact.asked(LIST)]
    assert [len(owners) for owners in asked] == [100, 100, 50]
    assert await strangers(door.database) == [("wrTwo", 1)]


@pytest.mark.parametrize("cursor", ["same", None])
async def test_a_list_without_an_end_is_left(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact, cursor: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("bot.channels.wecom_customer_group.asking.PAGES", 20)
    contact.answers[LIST] = [
        {**refused(0), "group_chat_list": [{"chat_id": "wrOne"}], "next_cursor": cursor or str(n)}
        for n in range(10_000)
    ]
    with pytest.raises(Later, match="翻不到尽头"):
        await channel.groups.listed(door)
    assert len(contact.asked(LIST)) == (2 if cursor else 20)


async def test_more_than_a_thousand_people_need_owners(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    contact.answers[LIST] = [81017]
    with pytest.raises(Later, match="MINGCHENG_WECOM_CUSTOMER_GROUP_OWNERS"):
        await channel.groups.listed(door)


# --- a group that is set up ---------------------------------------------------------------------


async def test_its_owner_and_members_become_known(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    await sets_up(door.database)
    await channel.groups.unseen(door)
    about = (await carrier(door.database)).about
    assert (about["name"], about["owner"]) == ("制造名城-天元区-1群", "chenqi")
    assert (about["members"], about["outside"]) == (2, 1)
    async with door.database.transaction() as session:
        zhang = await people.find(session, "wecom", "wmZhang")
        chen = await people.find(session, "wecom", "chenqi")
    assert zhang is not None
    assert chen is not None
    assert (zhang.name, zhang.role, zhang.enterprise) == ("立方新能源-张三", "member", "立方新能源")
    assert (chen.name, chen.enterprise) == ("陈七", None)
    await channel.groups.unseen(door)
    assert len(contact.asked(GET)) == 1


async def test_somebody_known_by_an_id_alone_gets_a_name(
    channel: CustomerGroup, door: Inbox
) -> None:
    async with door.database.transaction() as session:
        await people.meet(session, "wecom", "wmZhang", "wmZhang")
        named = await people.meet(session, "wecom", "chenqi", "陈科长")
        named.role = "coordinator"
    await sets_up(door.database)
    await channel.groups.unseen(door)
    async with door.database.transaction() as session:
        zhang = await people.find(session, "wecom", "wmZhang")
        chen = await people.find(session, "wecom", "chenqi")
    assert zhang is not None
    assert zhang.name == "立方新能源-张三"
    assert chen is not None
    assert (chen.name, chen.role) == ("陈科长", "coordinator")


async def test_what_was_kept_of_a_group_is_nothing_when_it_is_set_up(
    channel: CustomerGroup, door: Inbox, town: Town
) -> None:
    await channel.groups.listed(door)
    await sets_up(door.database)
    async with door.database.transaction() as session:
        kept = await carriers.placed(session, NAME, "wrOne")
    from bot.channels.base import Incoming

    for one in kept:
        await town.hears(Incoming.from_json(one.payload), None)
    assert await town.posts() == []
    await channel.groups.unseen(door)
    async with door.database.transaction() as session:
        assert await chats.names(session, f"{NAME}:stranger:") == set()


@pytest.mark.parametrize(
    ("code", "blocked", "fault"),
    [
        (49008, "客户群已经解散", None),
        (40050, "企业微信里没有这个客户群:请检查登记的群编号", None),
        (90509, "这个群不是本企业的客户群", None),
        (60021, None, "可见范围"),
        (60011, None, "可见范围"),
        (84061, None, "群主不在这个客户群里"),
        (77777, None, "错误码 77777"),
    ],
)
async def test_a_group_that_is_not_told(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact, code: int, blocked: str | None,
    fault: str | None,
) -> None:  # fmt: skip
    await sets_up(door.database)
    contact.answers[GET] = [code]
    await channel.groups.unseen(door)
    found = await carrier(door.database)
    assert found.blocked == blocked
    assert (fault or "") in found.about.get("fault", "")
    assert ("fault" in found.about) == (fault is not None)
    await channel.groups.unseen(door)
    assert len(contact.asked(GET)) == 1, "it is not asked for again and again"
    if fault:
        await channel.groups.listed(door)
        await channel.groups.unseen(door)
        assert (await carrier(door.database)).about["fault"] is None


@pytest.mark.parametrize("code", [48002, 45009, 84074, 40001])
async def test_a_fault_of_the_app_stops_the_round(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact, code: int
) -> None:
    await sets_up(door.database)
    contact.answers[GET] = [code]
    with pytest.raises(Later):
        await channel.groups.unseen(door)
    assert "fault" not in (await carrier(door.database)).about


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"group_chat": None},
        {"group_chat": []},
        {"group_chat": {"name": 7, "owner": ["x"], "member_list": "all", "member_version": 3}},
        {"group_chat": {"member_list": [None, 1, {}, {"userid": 5}, {"userid": "a\x00b"},
                                        {"userid": "x" * 5000, "name": {"a": 1}, "type": "2"}]}},
        {"group_chat": {"name": "\ud800", "member_list": [{"userid": "\ud800", "type": True}]}},
    ],
)  # fmt: skip
async def test_hostile_answers_do_no_harm(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact, answer: dict[str, Any]
) -> None:
    await sets_up(door.database)
    contact.answers[GET] = [{**refused(0), **answer}]
    await channel.groups.unseen(door)
    about = (await carrier(door.database)).about
    assert about.get("fault") or about["member_version"]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["group_chat", "member_list", "userid", "name", "type", "owner",
                         "member_version", "group_nickname"]), inner, max_size=6),
    max_leaves=20,
))  # fmt: skip
def test_whatever_is_told_of_a_group_can_be_read(value: Any) -> None:
    from bot.channels.wecom_customer_group import groups
    from bot.channels.wecom_customer_group.asking import inner

    found = value if isinstance(value, dict) else {"group_chat": value}
    json.dumps(groups._about(inner(found, "group_chat"), START)).encode()


# --- changes ------------------------------------------------------------------------------------


async def known(channel: CustomerGroup, door: Inbox) -> None:
    await sets_up(door.database)
    await channel.groups.unseen(door)


async def test_who_joins_becomes_known(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    await known(channel, door)
    chat = contact.chats["wrOne"]
    before = chat.token
    chat.members.append(person("wmLi", "李四", "中车-李四"))
    chat.version += 1
    joined = change(UpdateDetail="add_member", LastMemVer=before, CurMemVer=chat.token)
    await channel.groups.changed(door, joined)
    await channel.groups.unseen(door)
    async with door.database.transaction() as session:
        assert await people.find(session, "wecom", "wmLi") is not None
    await channel.groups.changed(door, joined)
    await channel.groups.unseen(door)
    assert len(contact.asked(GET)) == 2, "the same event twice costs nothing"


async def test_who_leaves_costs_no_question(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    await known(channel, door)
    before = contact.chats["wrOne"].token
    left = change(UpdateDetail="del_member", LastMemVer=before, CurMemVer="next", MemChangeCnt="1")
    await channel.groups.changed(door, left)
    await channel.groups.unseen(door)
    about = (await carrier(door.database)).about
    assert (about["member_version"], about["members"]) == ("next", 1)
    assert len(contact.asked(GET)) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"UpdateDetail": "del_member", "LastMemVer": "another", "CurMemVer": "later"},
        {"UpdateDetail": "add_member", "LastMemVer": "another", "CurMemVer": "later"},
        {"UpdateDetail": "change_owner"},
        {"UpdateDetail": "change_name"},
        {"UpdateDetail": "something new"},
        {"UpdateDetail": ["x"], "LastMemVer": 3},
        {},
    ],
)
async def test_after_a_gap_the_group_is_looked_at(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact, fields: dict[str, Any]
) -> None:
    await known(channel, door)
    contact.chats["wrOne"].owner, contact.chats["wrOne"].version = "liba", 9
    await channel.groups.changed(door, change(**fields))
    await channel.groups.unseen(door)
    about = (await carrier(door.database)).about
    assert (about["owner"], about["member_version"]) == ("liba", contact.chats["wrOne"].token)


async def test_twenty_changes_of_a_group_cost_one_question(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    await known(channel, door)
    for n in range(20):
        await channel.groups.changed(
            door, change(UpdateDetail="add_member", LastMemVer=f"v{n}", CurMemVer=f"v{n + 1}")
        )
    await channel.groups.changed(door, change(UpdateDetail="change_notice"))
    await channel.groups.unseen(door)
    assert len(contact.asked(GET)) == 2


async def test_a_new_group_is_shown_and_a_dismissed_one_is_not(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    await channel.groups.changed(door, change(ChangeType="create"))
    await channel.groups.unseen(door)
    assert await strangers(door.database) == [("wrOne", 1)]
    for detail in ("add_member", "change_name"):
        await channel.groups.changed(door, change(UpdateDetail=detail))
        await channel.groups.unseen(door)
    assert len(contact.asked(GET)) == 1
    await channel.groups.changed(door, change(ChangeType="dismiss"))
    assert await strangers(door.database) == []


async def test_nothing_is_sent_to_a_dismissed_group(channel: CustomerGroup, door: Inbox) -> None:
    await known(channel, door)
    await channel.groups.changed(door, change(ChangeType="dismiss"))
    assert (await carrier(door.database)).blocked == "客户群已经解散"


async def test_a_lost_dismissal_is_found_by_the_list(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    await known(channel, door)
    del contact.chats["wrOne"]
    contact.gone.add("wrOne")
    await channel.groups.listed(door)
    assert (await carrier(door.database)).blocked == "客户群已经解散"


async def test_an_event_without_a_group_is_nothing(channel: CustomerGroup, door: Inbox) -> None:
    for about in ({}, {"ChatId": 7}, {"ChatId": ""}, {"ChatId": {"a": 1}, "ChangeType": "dismiss"}):
        await channel.groups.changed(door, about)
    assert channel.groups.called == set()


# --- the callback -------------------------------------------------------------------------------


XML = (
    "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>"
    "<CreateTime>1403610513</CreateTime><MsgType><![CDATA[event]]></MsgType>"
    "<Event><![CDATA[{event}]]></Event><ChatId><![CDATA[wrOne]]></ChatId>"
    "<ChangeType><![CDATA[update]]></ChangeType><UpdateDetail><![CDATA[add_member]]></UpdateDetail>"
    "<MemChangeList><Item>Jack</Item><Item>Rose</Item></MemChangeList>"
    "<LastMemVer>9c3f97c2</LastMemVer><CurMemVer>71217227</CurMemVer></xml>"
)


@pytest.fixture
def called(on: Settings, streams: Streams) -> CustomerGroup:
    """A channel with a callback of its own."""
    return CustomerGroup(on, Sheet(token=SecretStr(TOKEN), aes_key=SecretStr(KEY)), streams)


def request(text: str, *, echo: bool = False) -> Request:
    parts = Envelope(TOKEN, KEY, CORP).sealed(text, "n0nce", START)
    query = {
        "msg_signature": parts["msgsignature"], "timestamp": str(parts["timestamp"]),
        "nonce": "n0nce",
    }  # fmt: skip
    if echo:
        return Request(headers={}, query={**query, "echostr": parts["encrypt"]}, body=b"")
    body = f"<xml><ToUserName>x</ToUserName><Encrypt>{parts['encrypt']}</Encrypt></xml>"
    return Request(headers={}, query=query, body=body.encode())


def test_a_change_becomes_a_hint(called: CustomerGroup) -> None:
    received = called.receive(request(XML.format(corp=CORP, event="change_external_chat")), START)
    (hint,) = received.hints
    assert hint.name == "change_external_chat"
    assert hint.about["ChatId"] == "wrOne"
    assert (hint.about["LastMemVer"], hint.about["CurMemVer"]) == ("9c3f97c2", "71217227")
    assert received.answer is not None
    assert received.answer.status == 200


def test_other_events_are_acknowledged(called: CustomerGroup) -> None:
    received = called.receive(request(XML.format(corp=CORP, event="change_contact")), START)
    assert received.hints == []
    assert received.answer is not None


def test_the_platform_asks_whether_the_address_is_ours(called: CustomerGroup) -> None:
    assert called.verify(request("8312904", echo=True), START).body == b"8312904"


def test_a_late_request_is_refused(called: CustomerGroup) -> None:
    late = request(XML.format(corp=CORP, event="change_external_chat"))
    with pytest.raises(Rejected) as rejected:
        called.receive(late, START + timedelta(minutes=6))
    assert rejected.value.status == 401


def test_without_a_token_there_is_no_callback(channel: CustomerGroup) -> None:
    assert not channel.callback
    with pytest.raises(Rejected):
        channel.receive(request("<xml/>"), START)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode), st.booleans())
def test_nothing_but_rejected_comes_out(called: CustomerGroup, junk: bytes, sealed: bool) -> None:
    whole = request(junk.decode("utf-8", "replace")) if sealed else request("x")
    asked = whole if sealed else Request(headers={}, query=whole.query, body=junk)
    try:
        received = called.receive(asked, START)
    except Rejected as rejected:
        assert rejected.status in {400, 401}  # noqa: PT017  # what may come out
    else:
        assert received.hints == []


# --- settings, and the loop ---------------------------------------------------------------------


def test_the_settings_have_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINGCHENG_WECOM_CUSTOMER_GROUP_OWNERS", "zhang, li,zhang wang")
    assert Sheet.of(NAME).owners == ("zhang", "li", "wang")
    monkeypatch.setenv("MINGCHENG_WECOM_CUSTOMER_GROUP_TOKEN", TOKEN)
    with pytest.raises(Wrong, match="AES_KEY"):
        Sheet.of(NAME)


async def test_it_is_off_where_nothing_is_set(streams: Streams, door: Inbox) -> None:
    off = made(Settings(), streams)
    health = off.by_settings()
    assert health is not None
    assert health.state == "off"
    await asyncio.wait_for(off.run(door), 5)
    await off.close()


@pytest.mark.parametrize(("given", "kept"), [(" wrOne ", "wrOne"), ("residents", "residents")])
def test_an_address_is_kept_as_it_is_copied(given: str, kept: str) -> None:
    assert CustomerGroup.address(given) == kept


@pytest.mark.parametrize("given", ["制造名城-1群", "wr One", ""])
def test_a_name_is_no_address(given: str) -> None:
    with pytest.raises(ValueError, match="wr"):
        CustomerGroup.address(given)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await true():  # noqa: ASYNC110  # another process changes it
            await asyncio.sleep(0.02)


async def test_the_loop_hears_of_a_change_and_tells_how_it_is(
    on: Settings, streams: Streams, door: Inbox, contact: CustomerContact,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("bot.channels.wecom_customer_group.customer_group.SETTLES", 0.0)
    await sets_up(door.database)
    two = [CustomerGroup(on, Sheet(), streams) for _ in range(2)]
    loops = [asyncio.create_task(each.run(door)) for each in two]

    async def looked() -> bool:
        return "owner" in (await carrier(door.database)).about

    async def told() -> bool:
        return '"state": "ok"' in (await streams.noted()).get(NAME, "")

    async def handed() -> bool:
        await door.take(two[0], Received(hints=[Hint("change_external_chat", change())]))
        return bool((await carrier(door.database)).about["owner"] == "liba")

    try:
        await until(looked)
        await until(told)
        assert len(contact.asked(LIST)) == 1, "one of the two works"
        contact.chats["wrOne"].owner = "liba"
        await until(handed)
        assert await streams.client.get(f"mingcheng:held:{NAME}") in {t.holder for t in two}
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        for each in two:
            await each.close()
    assert await streams.client.get(f"mingcheng:held:{NAME}") is None


async def test_a_fault_is_told_in_words_and_the_rest_goes_on(
    channel: CustomerGroup, door: Inbox, contact: CustomerContact
) -> None:
    await sets_up(door.database)
    contact.answers[LIST] = [48002]
    parts = channel._parts()
    for part in parts:
        await part.turn(door)
    health = await channel._health(door, parts)
    assert health.state == "warn"
    assert health.words.startswith("查群列表:应用不能调用客户联系接口")
    assert SECRET not in health.words
    assert (await carrier(door.database)).about["owner"] == "chenqi"
