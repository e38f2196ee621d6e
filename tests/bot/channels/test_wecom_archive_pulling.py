"""The archive from the library to the ticket: kept, and handed over once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlmodel import select

from bot.channels.base import Channel, Incoming, Received
from bot.channels.wecom_archive.pulling import LOOK
from bot.inbox import Inbox
from bot.streams import Away, Streams
from nlu.keywords import Keywords
from storage import messages, people
from storage.models import Medium, Unplaced
from tests.bot.channels.fakes.archive import Vault
from tests.bot.channels.test_wecom_archive import FILE, OUTSIDER, ROBOT, ROOM, TEXT, said
from tests.bot.channels.wecom_archive_reader import Reader, reading, text
from tests.fixtures.cast import REPORT, START, Town

pytestmark = pytest.mark.embedded


class Broken(Inbox):
    """A door that fails, before or after it has taken something."""

    def __init__(self, door: Inbox, error: Exception, *, after: bool, only: str = "") -> None:
        super().__init__(door.database, door.streams, door.now)
        self.error, self.after, self.only = error, after, only

    async def take(self, channel: Channel, received: Received) -> list[Incoming]:
        bad = not self.only or self.only in [one.text for one in received.messages]
        if bad and not self.after:
            raise self.error
        taken = await super().take(channel, received)
        if bad:
            raise self.error
        return taken


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, 1)


@pytest_asyncio.fixture
async def reader(
    town: Town, streams: Streams, vault: Vault, keywords: Keywords
) -> AsyncIterator[Reader]:
    async with reading(town, streams, vault, keywords) as made:
        yield made


# --- from the library to the ticket -----------------------------------------------------------


async def test_a_complaint_becomes_a_ticket(reader: Reader, vault: Vault) -> None:
    vault.says(TEXT)
    await reader.reads()
    ticket = await reader.town.ticket()
    assert ticket.group_id == "g1"
    message = await reader.town.message(TEXT["msgid"])
    assert (message.via, message.text, message.at) == ("wecom_archive", REPORT, START)
    assert await reader.rows() == [(1, "handed")]


async def test_it_is_asked_from_where_it_has_come(reader: Reader, vault: Vault) -> None:
    for number in range(3):
        vault.says(text(f"第{number}句", f"m{number}"))
    assert await reader.turn() == 0  # perhaps there is more
    assert await reader.turn() == LOOK
    vault.says(text("又一句", "m4"))
    await reader.turn()
    asked = [call.split("|")[0] for call in vault.calls("chat")]
    assert asked == ["chat 0 1000", "chat 3 1000", "chat 3 1000"]
    assert await reader.seq() == 4


async def test_all_is_kept_and_what_is_for_a_group_handed_in_its_order(
    reader: Reader, vault: Vault
) -> None:
    vault.says(text("第一句", "m1"))
    vault.says(text("悄悄话", "direct", roomid=""))
    vault.says(said("hologram", {"x": 1}, msgid="new"))
    vault.says(said("agree", {"userid": OUTSIDER}, msgid="agree"))
    vault.says({"msgid": "sw", "action": "switch", "time": 1, "user": "zhang"})
    vault.says(text("已受理", "robot", **{"from": ROBOT}))
    vault.says(text("第二句", "m2"))
    await reader.reads()
    assert await reader.rows() == [(seq, "handed") for seq in range(1, 8)]
    assert await reader.texts() == ["第一句", "第二句"]
    (odd,) = await reader.all(select(Unplaced))
    assert (odd.why, odd.address, "hologram" in odd.payload) == ("kind", ROOM, True)


async def test_of_a_group_that_nobody_set_up_it_waits(reader: Reader, vault: Vault) -> None:
    vault.says(text("有人吗", "m1", roomid="wrOther"))
    await reader.reads()
    (row,) = await reader.all(select(Unplaced))
    assert (row.channel, row.address, row.why) == ("wecom_archive", "wrOther", "group")
    assert await reader.rows() == [(1, "handed")]


async def test_a_file_waits_to_be_fetched(reader: Reader, vault: Vault) -> None:
    vault.says(said("image", {**FILE, "filesize": 7}, msgid="m1"))
    await reader.reads()
    (medium,) = await reader.all(select(Medium))
    assert (medium.channel, medium.kind, medium.status) == ("wecom_archive", "image", "waiting")
    assert medium.source == {**FILE, "size": 7}


async def test_a_recall_marks_what_it_takes_back(reader: Reader, vault: Vault) -> None:
    vault.says(TEXT)
    vault.says(said("revoke", {"pre_msgid": TEXT["msgid"]}, action="recall", msgid="r1"))
    await reader.reads()
    assert (await reader.town.message(TEXT["msgid"])).recalled_at is not None


async def test_a_quote_is_no_second_complaint(reader: Reader, vault: Vault) -> None:
    vault.says(TEXT)
    flat = f"这是一条引用/回复消息：\nzhang\n{REPORT}\n------\n收到"
    vault.says(text(flat, "m2", **{"from": "h1"}))
    await reader.reads()
    assert len(await reader.town.tickets()) == 1
    assert (await reader.town.message("m2")).quote == {"sender": "zhang", "text": REPORT}


async def test_who_is_known_is_called_by_name(reader: Reader, vault: Vault) -> None:
    async with reader.database.transaction() as session:
        await people.meet(session, "wecom", OUTSIDER, "立方新能源-张三")
    vault.says(text("您好", "m1", **{"from": OUTSIDER}))
    vault.says(text("在吗", "m2", **{"from": "li_si"}))
    await reader.reads()
    names = [(await reader.town.message(id_)).name for id_ in ("m1", "m2")]
    assert names == ["立方新能源-张三", "li_si"]


async def test_an_id_that_stands_for_a_name_names_no_enterprise(
    reader: Reader, vault: Vault
) -> None:
    vault.says({**TEXT, "from": OUTSIDER})
    await reader.reads()
    assert "-" in OUTSIDER
    async with reader.database.transaction() as session:
        member = await people.find(session, "wecom", OUTSIDER)
    assert member is not None
    assert (member.name, member.enterprise) == (OUTSIDER, None)
    assert (await reader.town.ticket()).enterprise is None


# --- the same words by another channel --------------------------------------------------------


#: As it stands in the group, whoever hears it.
ADDRESSED = f"@名城助手 {REPORT},请派人来修"


def heard(id_: str = "aibot-1", words: str = ADDRESSED, **more: Any) -> Incoming:
    """The same as the robot hears it, addressed."""
    told: dict[str, Any] = {
        "kind": "message", "channel": "wecom_bot", "group": "g1", "id": id_,
        "at": START + timedelta(seconds=2), "sender": "zhang", "name": "张三", "text": words,
        "people": "wecom", "via": "wecom_bot:bot1", "mentions_bot": True,
    }  # fmt: skip
    return Incoming(**(told | more))


async def test_what_the_robot_has_heard_is_one_ticket_and_the_archive_s_recall_finds_it(
    reader: Reader, vault: Vault
) -> None:
    await reader.streams.append("g1", heard().as_json())
    await reader.works()
    vault.says(text(ADDRESSED, "archive-1"))
    await reader.reads()
    assert len(await reader.town.tickets()) == 1
    assert await reader.texts() == [ADDRESSED]
    vault.says(said("revoke", {"pre_msgid": "archive-1"}, action="recall", msgid="r1"))
    await reader.reads()
    assert (await reader.town.message("aibot-1")).recalled_at is not None


async def test_the_archive_first_and_the_robot_then_is_one_ticket(
    reader: Reader, vault: Vault
) -> None:
    vault.says(text(ADDRESSED, "archive-1"))
    await reader.reads()
    await reader.streams.append("g1", heard().as_json())
    await reader.works()
    assert len(await reader.town.tickets()) == 1
    async with reader.database.transaction() as session:
        found = await messages.find(session, "g1", "aibot-1")
    assert found is not None
    assert found.external_id == "archive-1"


@pytest.mark.parametrize(
    "other",
    [{"sender": "li"}, {"words": f"{REPORT}了"}, {"at": START + timedelta(seconds=61)}],
)
async def test_what_is_not_the_same_is_two(
    reader: Reader, vault: Vault, other: dict[str, Any]
) -> None:
    vault.says(text(ADDRESSED, "archive-1"))
    await reader.reads()
    await reader.streams.append("g1", heard(**other).as_json())
    await reader.works()
    assert len(await reader.texts()) == 2


# --- crashes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [False, True])
async def test_a_crash_before_it_is_marked_hands_it_over_again_and_once(
    reader: Reader, vault: Vault, after: bool
) -> None:
    vault.says(TEXT)
    broken = Broken(reader.door, Away("gone"), after=after)
    with pytest.raises(Away):
        await reader.puller.turn(broken)
    assert (await reader.rows(), await reader.seq()) == ([(1, "waiting")], 1)
    reader.puller = reader.pulls()
    await reader.reads()
    assert await reader.rows() == [(1, "handed")]
    assert [len(await reader.town.tickets()), len(await reader.texts())] == [1, 1]


async def test_while_nothing_can_be_handed_over_it_is_still_pulled(
    reader: Reader, vault: Vault
) -> None:
    broken = Broken(reader.door, Away("gone"), after=False)
    for number in range(3):
        vault.says(text(f"第{number}句", f"m{number}"))
        with pytest.raises(Away):
            await reader.puller.turn(broken)
    assert await reader.rows() == [(1, "waiting"), (2, "waiting"), (3, "waiting")]


async def test_one_that_can_t_be_handed_over_is_set_aside_and_tried_after_a_start(
    reader: Reader, vault: Vault
) -> None:
    for number in range(3):
        vault.says(text(f"第{number}句", f"m{number}"))
    broken = Broken(reader.door, ValueError("odd"), after=False, only="第1句")
    await reader.puller.turn(broken)
    await reader.works()
    assert await reader.rows() == [(1, "handed"), (2, "parked"), (3, "handed")]
    assert "有 1 条记录搁置:这条记录转交不了" in (await reader.health()).words
    reader.puller = reader.pulls()
    await reader.reads()
    assert await reader.texts() == ["第0句", "第2句", "第1句"]


async def test_two_readers_at_once_keep_and_handle_each_record_once(
    reader: Reader, vault: Vault
) -> None:
    for number in range(30):
        vault.says(text(f"第{number}句", f"m{number}"))
    await asyncio.gather(reader.turn(), reader.pulls().turn(reader.door))
    await reader.works()
    assert await reader.texts() == [f"第{number}句" for number in range(30)]
