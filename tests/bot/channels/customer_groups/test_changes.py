"""Customer groups: what changes in them, and the callback that tells of it."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.channels.base import Rejected, Request
from bot.channels.wecom import Envelope
from bot.channels.wecom_customer_group.customer_group import CustomerGroup
from bot.channels.wecom_customer_group.sheet import Sheet
from bot.inbox import Inbox
from bot.settings import Settings
from bot.streams import Streams
from storage import people
from tests.bot.channels.customer_groups.kept import (
    KEY,
    TOKEN,
    carrier,
    change,
    sets_up,
    strangers,
)
from tests.bot.channels.fakes.customer_contact import GET, CustomerContact, person
from tests.bot.channels.fakes.wecom_api import CORP
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded


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
