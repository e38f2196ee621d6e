"""Keys that are missing, answers that are faults, and lag: told, and the archive is read on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.channels.wecom_archive.pulling import BACKOFF, LOOK
from bot.streams import Streams
from nlu.keywords import Keywords
from tests.bot.channels.fakes.archive import Vault
from tests.bot.channels.test_wecom_archive import TEXT
from tests.bot.channels.wecom_archive_reader import Reader, reading, text
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, 1)


@pytest_asyncio.fixture
async def reader(
    town: Town, streams: Streams, vault: Vault, keywords: Keywords
) -> AsyncIterator[Reader]:
    async with reading(town, streams, vault, keywords) as made:
        yield made


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
