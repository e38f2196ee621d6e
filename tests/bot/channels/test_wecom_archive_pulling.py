"""The archive from the library to the ticket: kept, handed over once, and never stopped."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlmodel import col, select

from bot.channels.base import Channel, Health, Incoming, Received
from bot.channels.wecom_archive import ArchiveSettings, WecomArchive
from bot.channels.wecom_archive.pulling import BACKOFF, LOOK, Puller
from bot.inbox import Inbox
from bot.streams import Away, Streams
from bot.worker import Worker
from nlu.keywords import Keywords
from storage import archive as kept
from storage import carriers, messages, people
from storage.database import Database
from storage.models import Medium, Message, Recorded, Unplaced
from tests.bot.channels.fakes.archive import CORP, SECRET, Vault, library
from tests.bot.channels.test_wecom_archive import FILE, OUTSIDER, ROBOT, ROOM, TEXT, said
from tests.bot.conftest import Until
from tests.fixtures.cast import REPORT, START, Town

pytestmark = pytest.mark.embedded


class Reader:
    """The channel, a door, and the town behind it."""

    def __init__(self, town: Town, streams: Streams, vault: Vault, keywords: Keywords) -> None:
        self.town, self.streams, self.vault, self.keywords = town, streams, vault, keywords
        self.database = town.database
        self.channel = self.another()
        self.door = Inbox(self.database, streams, town.clock)
        self.puller = self.pulls()

    def another(self) -> WecomArchive:
        ours = ArchiveSettings(
            library=library(), corp_id=CORP, secret=SecretStr(SECRET), keys=self.vault.keys
        )  # fmt: skip
        return WecomArchive(ours, self.streams)

    def pulls(self) -> Puller:
        """A reader that has just been started."""
        channel = self.channel
        return Puller(channel, self.streams, channel._reading, channel.keys, bot="名城助手")

    async def turn(self, times: int = 1) -> float:
        for _ in range(times):
            rest = await self.puller.turn(self.door)
        return rest

    async def works(self) -> None:
        """All that was handed over is done."""
        worker = Worker("a", self.database, self.streams, self.keywords, self.town.clock)
        while await self.streams.lag():
            await worker.step()
        await self.streams.leave("a", worker.leased)

    async def reads(self) -> None:
        await self.turn()
        await self.works()

    async def rows(self) -> list[tuple[int, str]]:
        found: Sequence[Recorded] = await self.all(select(Recorded).order_by(col(Recorded.seq)))
        return [(row.seq, row.status) for row in found]

    async def reasons(self) -> list[str | None]:
        found: Sequence[Recorded] = await self.all(select(Recorded).order_by(col(Recorded.seq)))
        return [row.error for row in found]

    async def texts(self) -> list[str]:
        found: Sequence[Message] = await self.all(select(Message).order_by(col(Message.said)))
        return [row.text for row in found]

    async def all(self, query: Any) -> Sequence[Any]:
        async with self.database.transaction() as session:
            found: Sequence[Any] = (await session.exec(query)).all()
            return found

    async def seq(self) -> int:
        async with self.database.transaction() as session:
            return (await kept.cursor(session))[0]

    async def health(self) -> Health:
        async with self.database.transaction() as session:
            parked, first = await kept.parked(session)
        return self.puller.watch.health(self.town.now, parked, first)


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
    async with town.database.transaction() as session:
        await carriers.put(session, "g1", "wecom_archive", ROOM)
    made = Reader(town, streams, vault, keywords)
    yield made
    await made.channel.close()
    assert vault.alive() == 0


def text(words: str, id_: str, **more: Any) -> dict[str, Any]:
    return {**TEXT, "msgid": id_, "text": {"content": words}} | more


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


# --- keys -------------------------------------------------------------------------------------


async def test_what_can_t_be_opened_is_set_aside_and_the_rest_goes_on(
    reader: Reader, vault: Vault
) -> None:
    vault.says(text("第一句", "m1"))
    vault.says(text("锁着", "m2"), version=2)
    vault.says(b"no json")
    vault.says(text("第二句", "m3"), encrypt_random_key="bad")
    vault.says(text("第三句", "m4"))
    await reader.reads()
    assert await reader.texts() == ["第一句", "第三句"]
    assert [status for _, status in await reader.rows()] == [
        "handed", "parked", "parked", "parked", "handed",
    ]  # fmt: skip
    assert await reader.seq() == 5
    health = await reader.health()
    assert (health.state, "有 3 条记录搁置" in health.words) == ("warn", True)
    assert "2.pem" in health.words


async def test_with_its_key_it_is_opened_and_handed_over(reader: Reader, vault: Vault) -> None:
    vault.says(text("锁着", "m2"), version=2)
    await reader.reads()
    vault.has_key(2)
    await reader.turn(2)
    await reader.works()
    assert (await reader.rows(), await reader.texts()) == ([(1, "handed")], ["锁着"])
    assert (await reader.health()).state == "ok"


async def test_a_wrong_key_is_told_and_the_right_one_opens(reader: Reader, vault: Vault) -> None:
    vault.has_key(2, of=1)
    vault.says(text("锁着", "m2"), version=2)
    await reader.reads()
    assert await reader.reasons() == ["用 2.pem 解不开:它与公钥版本 2 不是一对"]
    vault.has_key(2)
    await reader.turn()
    await reader.turn()
    await reader.works()
    assert await reader.texts() == ["锁着"]


async def test_only_what_the_new_keys_may_open_is_tried(reader: Reader, vault: Vault) -> None:
    vault.says(text("甲", "m2"), version=2)
    vault.says(text("乙", "m3"), version=3)
    await reader.turn(2)
    vault.has_key(3)
    await reader.turn(3)
    assert await reader.rows() == [(1, "parked"), (2, "handed")]


# --- what the archive answers -----------------------------------------------------------------


async def test_failures_are_told_with_longer_and_longer_waits(reader: Reader, vault: Vault) -> None:
    vault.tells("chat.rc", 10001)
    assert [await reader.turn() for _ in range(6)] == [*BACKOFF, BACKOFF[-1]]
    health = await reader.health()
    assert (health.state, "10001" in health.words) == ("warn", True)
    assert "超过就永远丢失" in health.words
    reader.town.later(minutes=11)
    await reader.turn()
    health = await reader.health()
    assert (health.state, "已有 11 分钟没有读到记录" in health.words) == ("down", True)
    vault.tells("chat.rc", None)
    await reader.turn()
    assert (await reader.health()).state == "ok"
    assert len(vault.calls("init")) == 8  # each try with a new session


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ('{"errcode":301042,"errmsg":"x"}', "可信 IP"),
        ('{"errcode":301052}', "续费"),
        ('{"errcode":301053}', "没有开启"),
        ('{"errcode":4711,"errmsg":"secret words"}', "4711"),
        ("no json", "看不懂"),
        ("[]", "看不懂"),
        ('{"errcode":0,"chatdata":[{"msgid":"m"}]}', "看不懂"),
        ('{"errcode":0,"chatdata":[{"seq":-1}]}', "看不懂"),
        ('{"errcode":0,"chatdata":[{"seq":9223372036854775808}]}', "看不懂"),
        (b"\xff", "看不懂"),
    ],
)
async def test_a_fault_in_the_answer_is_told(
    reader: Reader, vault: Vault, answer: str | bytes, words: str
) -> None:
    vault.tells("chat.json", answer)
    await reader.turn()
    told = (await reader.health()).words
    assert words in told
    assert "secret words" not in told
    assert await reader.seq() == 0


async def test_where_too_much_came_less_is_asked_for(reader: Reader, vault: Vault) -> None:
    vault.tells("chat.json", '{"errcode":301058}')
    await reader.turn(2)
    vault.tells("chat.json", None)
    await reader.turn(3)
    asked = [call.split("|")[0].split()[-1] for call in vault.calls("chat")]
    assert asked == ["1000", "500", "250", "500", "1000"]


async def test_records_that_were_not_asked_for_change_nothing(reader: Reader, vault: Vault) -> None:
    vault.says(text("第一句", "m1"))
    await reader.turn()
    vault.tells("chat.json", '{"errcode":0,"chatdata":[{"seq":1},{"seq":0}]}')
    assert await reader.turn() == LOOK
    assert (await reader.seq(), len(await reader.rows())) == (1, 1)


# --- lag --------------------------------------------------------------------------------------


async def test_what_comes_late_is_told(reader: Reader, vault: Vault) -> None:
    vault.says(TEXT)
    reader.town.later(hours=3)
    await reader.turn()
    health = await reader.health()
    assert (health.state, "读到的是 3 小时前的记录" in health.words) == ("warn", True)
    reader.town.later(minutes=11)
    await reader.turn()
    assert (await reader.health()).state == "ok"


async def test_what_comes_in_time_is_not(reader: Reader, vault: Vault) -> None:
    vault.says(TEXT)
    reader.town.later(minutes=59)
    await reader.turn()
    assert (await reader.health()).state == "ok"


async def test_who_starts_after_a_week_tells_what_is_lost(reader: Reader, vault: Vault) -> None:
    await reader.turn()
    reader.town.later(days=7)
    reader.puller = reader.pulls()
    await reader.turn()
    health = await reader.health()
    assert health.state == "warn"
    assert "4 月 3 日 到 4 月 10 日" in health.words
    assert "已经丢失" in health.words


async def test_who_fails_from_the_start_tells_since_when_nothing_was_read(
    reader: Reader, vault: Vault
) -> None:
    await reader.turn()
    reader.town.later(hours=5)
    reader.puller = reader.pulls()
    vault.tells("chat.rc", 10009)
    await reader.turn()
    health = await reader.health()
    assert (health.state, "已有 5 小时没有读到" in health.words) == ("down", True)


# --- the loop ---------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def runs(*channels: WecomArchive, door: Inbox) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(channel.run(door)) for channel in channels]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for channel in channels:
            await channel.close()


async def test_it_reads_on_by_itself_and_tells_how_it_is(
    reader: Reader, vault: Vault, until: Until
) -> None:
    async def handed() -> bool:
        return await reader.rows() == [(1, "handed"), (2, "handed")]

    async def told() -> bool:
        return '"state": "ok"' in (await reader.streams.noted()).get("wecom_archive", "")

    async with runs(reader.channel, door=reader.door):
        await until(told)
        vault.says(text("第一句", "m1"))
        vault.says(text("第二句", "m2"))
        await until(handed)


async def test_of_two_processes_one_reads(reader: Reader, vault: Vault, until: Until) -> None:
    other = reader.another()

    async def asked() -> bool:
        return len(vault.calls("chat")) > 0

    async def free() -> bool:
        return await reader.streams.hold("wecom_archive", "next", 5)

    async with runs(other, door=reader.door):
        await until(asked)
        async with runs(reader.channel, door=reader.door):
            await asyncio.sleep(0)
            assert len(vault.calls("init")) == 1
    await until(free)  # given back at the end


async def test_a_hint_makes_it_look_at_once(reader: Reader, vault: Vault, until: Until) -> None:
    wake = asyncio.Event()
    listening = asyncio.create_task(reader.channel._listen(wake))

    async def hinted() -> bool:
        await reader.streams.hint("msgaudit_notify", "{}")
        return wake.is_set()

    await until(hinted)
    began = asyncio.get_running_loop().time()
    await reader.channel._rest(reader.door, reader.puller, wake, 600)
    assert asyncio.get_running_loop().time() - began < 10
    listening.cancel()


async def test_after_a_failure_a_hint_hurries_nobody(reader: Reader, vault: Vault) -> None:
    wake = asyncio.Event()
    wake.set()
    reader.puller.watch.failed(START, "网络")
    await reader.channel._rest(reader.door, reader.puller, wake, 0.01)
    assert wake.is_set()


async def test_not_set_up_it_says_so_and_ends(database: Database, streams: Streams) -> None:
    door = Inbox(database, streams, lambda: START)
    await WecomArchive(ArchiveSettings(), streams).run(door)
    told = (await streams.noted())["wecom_archive"]
    assert '"state": "off"' in told
    assert "MINGCHENG_WECOM_ARCHIVE_LIBRARY" in told


async def test_without_its_library_it_says_so_and_tries_on(
    reader: Reader, tmp_path: Path, until: Until
) -> None:
    ours = reader.channel.settings.model_copy(update={"library": tmp_path / "gone.so"})

    async def told() -> bool:
        return "找不到 SDK 文件" in (await reader.streams.noted()).get("wecom_archive", "")

    async with runs(WecomArchive(ours, reader.streams), door=reader.door):
        await until(told)
