"""Customer groups: the groups and members as the platform has them."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.base import Later
from bot.channels.wecom_customer_group.customer_group import CustomerGroup
from bot.channels.wecom_customer_group.sheet import Sheet
from bot.inbox import Inbox
from bot.settings import Settings
from bot.streams import Streams
from storage import carriers, chats, people
from tests.bot.channels.customer_groups.kept import (
    NAME,
    carrier,
    sets_up,
    strangers,
)
from tests.bot.channels.fakes.customer_contact import GET, LIST, Chat, CustomerContact, refused
from tests.fixtures.cast import START, Town

pytestmark = pytest.mark.embedded


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
