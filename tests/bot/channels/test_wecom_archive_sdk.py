"""The binding: a compiled library with the SDK's symbols, real RSA and real AES."""

import json
import subprocess
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.base import Later, Permanent
from bot.channels.wecom_archive import ArchiveSettings, WecomArchive
from bot.channels.wecom_archive.keys import Keys, Locked, unlock
from bot.channels.wecom_archive.sdk import CODES, ERRORS, Fault, Sdk
from bot.streams import Streams
from tests.bot.channels.fakes.archive import CORP, SECRET, Vault, library, pem, sealed
from tests.bot.channels.test_wecom_archive import TEXT

MB = 1 << 20


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, 1)


def record(vault: Vault, seq: int = 1) -> dict[str, Any]:
    """A record as it is pulled."""
    page = json.loads(vault.sdk().chat(seq - 1, 1))
    (found,) = page["chatdata"]
    return dict(found)


# --- the session ------------------------------------------------------------------------------


def test_it_is_opened_once_and_given_back(vault: Vault) -> None:
    sdk = vault.sdk(proxy="http://10.0.0.1:8081", proxy_login="user:word")
    vault.says(TEXT)
    assert b"encrypt_chat_msg" in sdk.chat(0, 1000)
    assert sdk.chat(1, 1000).endswith(b'"chatdata":[]}')
    sdk.close()
    assert vault.calls() == [
        f"init|{CORP}|{SECRET}",
        "chat 0 1000|http://10.0.0.1:8081|user:word",
        "chat 1 1000|http://10.0.0.1:8081|user:word",
        "destroy||",
    ]
    assert vault.alive() == 0


def test_closed_it_opens_again(vault: Vault) -> None:
    sdk = vault.sdk()
    sdk.close()
    for _ in range(2):
        sdk.chat(0, 1)
        sdk.close()
    assert len(vault.calls("init")) == 2
    assert vault.alive() == 0


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_a_sentence(vault: Vault, code: int) -> None:
    vault.tells("chat.rc", code)
    sdk = vault.sdk()
    with pytest.raises(Fault) as raised:
        sdk.chat(0, 1)
    assert raised.value.code == code
    assert CODES[code] in str(raised.value)
    assert SECRET not in str(raised.value)
    sdk.close()
    assert vault.alive() == 0


def test_all_codes_of_the_document_have_one() -> None:
    assert set(CODES) == set(range(10000, 10012))
    assert {301042, 301048, 301052, 301053, 301058} <= set(ERRORS)


def test_an_unknown_code_is_told_by_its_number(vault: Vault) -> None:
    vault.tells("init.rc", 4711)
    with pytest.raises(Fault, match="4711"):
        vault.sdk().chat(0, 1)
    assert vault.alive() == 0


# --- without it -------------------------------------------------------------------------------


def test_a_library_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"MINGCHENG_WECOM_ARCHIVE_LIBRARY"):
        Sdk(tmp_path / "gone.so", CORP, SECRET).chat(0, 1)


def test_what_is_no_library_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.so").write_text("no library")
    with pytest.raises(Fault, match="x86 或 ARM"):
        Sdk(tmp_path / "text.so", CORP, SECRET).chat(0, 1)


def test_a_library_that_is_another_one_is_told(tmp_path: Path) -> None:
    library()  # a compiler is there
    (tmp_path / "other.c").write_text("int NewSdk(void) { return 0; }")
    made = tmp_path / "other.so"
    subprocess.run(["cc", "-shared", "-fPIC", str(tmp_path / "other.c"), "-o", made], check=True)
    with pytest.raises(Fault, match="没有 Init"):
        Sdk(made, CORP, SECRET).chat(0, 1)


# --- opening ----------------------------------------------------------------------------------


@pytest.mark.parametrize("long", [0, 1, 15, 16, 17, 1000, 50_000])
def test_a_message_of_any_length_is_opened(vault: Vault, long: int) -> None:
    text = {**TEXT, "text": {"content": "灯" * long}}
    vault.says(text)
    assert json.loads(unlock(record(vault), Keys(vault.keys), vault.sdk())) == text


def test_old_messages_need_old_keys(vault: Vault) -> None:
    vault.has_key(2)
    vault.says(TEXT, version=1)
    vault.says(TEXT, version=2)
    keys = Keys(vault.keys)
    assert [unlock(record(vault, seq), keys, vault.sdk()) != "" for seq in (1, 2)] == [True, True]


def test_a_key_that_is_missing_is_named(vault: Vault) -> None:
    vault.says(TEXT, version=3)
    with pytest.raises(Locked, match=r"版本 3 的私钥:请放入 3\.pem"):
        unlock(record(vault), Keys(vault.keys), vault.sdk())


def test_a_wrong_key_raises_nothing_at_rsa_and_is_noticed(vault: Vault) -> None:
    vault.has_key(1, of=2)
    keys, sdk = Keys(vault.keys), vault.sdk()
    for _ in range(5):
        vault.says(TEXT)
        with pytest.raises(Locked, match=r"1\.pem 解不开"):
            unlock(record(vault, vault.seq), keys, sdk)


def test_what_opens_to_no_message_is_noticed(vault: Vault) -> None:
    for raw in (b"no json", b"[]", b"7", b"\xff\xfe", b"[" * 100_000, b""):
        vault.says(raw)
        with pytest.raises(Locked, match="解不开"):
            unlock(record(vault, vault.seq), Keys(vault.keys), vault.sdk())


BROKEN: list[tuple[dict[str, str], str]] = [
    ({"encrypt_random_key": "not base64!"}, "解不开"),
    ({"encrypt_random_key": ""}, "解不开"),
    ({"encrypt_random_key": "QUFB"}, "解不开"),
    ({"encrypt_chat_msg": ""}, "解不开"),
    ({"encrypt_chat_msg": "%%%"}, "解不开"),
    ({"encrypt_chat_msg": sealed(b"{}", "0" * 32)}, "解不开"),
]


@pytest.mark.parametrize(("part", "why"), BROKEN)
def test_a_record_that_is_broken_is_locked(vault: Vault, part: dict[str, str], why: str) -> None:
    vault.says(TEXT)
    with pytest.raises(Locked, match=why):
        unlock(record(vault) | part, Keys(vault.keys), vault.sdk())


@pytest.mark.parametrize("content", [b"", b"no key", pem(1)[:200]])
def test_a_file_that_is_no_key_is_named(vault: Vault, content: bytes) -> None:
    (vault.keys / "1.pem").write_bytes(content)
    vault.says(TEXT)
    with pytest.raises(Locked, match=r"1\.pem 不是"):
        unlock(record(vault), Keys(vault.keys), vault.sdk())


def test_only_numbered_files_are_keys(vault: Vault) -> None:
    for name in ("old.pem", "2.txt", "²..pem", "-1.pem"):
        (vault.keys / name).write_bytes(b"")
    assert set(Keys(vault.keys).versions()) == {1}
    assert Keys(vault.keys / "gone").versions() == {}


# --- files ------------------------------------------------------------------------------------


def source(content: bytes, **more: Any) -> dict[str, Any]:
    told = {"sdkfileid": "f1", "md5sum": md5(content).hexdigest(), "size": len(content)}
    return told | more


def channel(vault: Vault, streams: Streams) -> WecomArchive:
    ours = ArchiveSettings(
        library=library(), corp_id=CORP, secret=SecretStr(SECRET), keys=vault.keys
    )  # fmt: skip
    return WecomArchive(ours, streams)


@pytest.mark.embedded
@pytest.mark.parametrize("long", [0, 1, 512 * 1024 - 1, 512 * 1024, 512 * 1024 + 1, 3 * MB + 7])
async def test_a_file_is_fetched_piece_by_piece(vault: Vault, streams: Streams, long: int) -> None:
    content = bytes(number % 251 for number in range(1009)) * (long // 1009 + 1)
    content = content[:long]
    vault.tells("media/f1", content)
    archive = channel(vault, streams)
    assert await archive.fetch(source(content), 20 * MB) == content
    assert len(vault.calls("media")) == max(1, -(-long // (512 * 1024)))
    await archive.close()
    assert vault.alive() == 0


@pytest.mark.embedded
async def test_what_its_hash_does_not_fit_is_fetched_again(vault: Vault, streams: Streams) -> None:
    vault.tells("media/f1", b"other bytes")
    archive = channel(vault, streams)
    with pytest.raises(Later, match="MD5"):
        await archive.fetch(source(b"the bytes"), MB)
    # some come without a hash, and in capitals
    assert await archive.fetch(source(b"", md5sum="", size=None), MB) == b"other bytes"
    loud = md5(b"other bytes").hexdigest().upper()
    assert await archive.fetch(source(b"", md5sum=loud), MB) == b"other bytes"


@pytest.mark.embedded
async def test_a_file_that_is_too_large_is_not_fetched(vault: Vault, streams: Streams) -> None:
    vault.tells("media/f1", b"x" * (2 * MB))
    archive = channel(vault, streams)
    with pytest.raises(Permanent, match="超过 1 MB"):
        await archive.fetch(source(b"", size=2 * MB), MB)
    assert vault.calls("media") == []
    with pytest.raises(Permanent, match="超过 1 MB"):  # it is larger than it says
        await archive.fetch(source(b"", size=7), MB)
    assert len(vault.calls("media")) == 3


@pytest.mark.embedded
async def test_a_file_that_never_ends_is_given_up(vault: Vault, streams: Streams) -> None:
    vault.tells("media/f1", b"x")
    vault.tells("stuck", "")
    with pytest.raises(Later, match="没有把文件传完"):
        await channel(vault, streams).fetch(source(b"x"), MB)


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (10000, Permanent), (10005, Permanent), (10010, Permanent), (10001, Later), (10002, Later),
        (10003, Later), (10009, Later), (10011, Later), (4711, Later),
    ],
)  # fmt: skip
async def test_what_may_come_later_is_told_from_what_never_will(
    vault: Vault, streams: Streams, code: int, outcome: type[Exception]
) -> None:
    vault.tells("media.rc", code)
    with pytest.raises(outcome, match=str(code)):
        await channel(vault, streams).fetch(source(b"x"), MB)


@pytest.mark.embedded
async def test_where_there_is_no_session_no_file_is_given_up(
    vault: Vault, streams: Streams
) -> None:
    vault.tells("media/f1", b"x")
    vault.tells("init.rc", 10000)  # a wrong secret: it can be mended
    archive = channel(vault, streams)
    with pytest.raises(Later, match="10000"):
        await archive.fetch(source(b"x"), MB)
    vault.tells("init.rc", 0)
    assert await archive.fetch(source(b"x"), MB) == b"x"


@pytest.mark.embedded
async def test_after_a_fault_a_file_is_asked_for_in_a_new_session(
    vault: Vault, streams: Streams
) -> None:
    vault.tells("media/f1", b"x")
    vault.tells("media.rc", 10003)
    archive = channel(vault, streams)
    with pytest.raises(Later, match="10003"):
        await archive.fetch(source(b"x"), MB)
    vault.tells("media.rc", 0)
    assert await archive.fetch(source(b"x"), MB) == b"x"
    assert len(vault.calls("init")) == 2


@pytest.mark.embedded
async def test_a_file_that_is_not_there(vault: Vault, streams: Streams) -> None:
    with pytest.raises(Permanent, match="10005"):
        await channel(vault, streams).fetch(source(b"x"), MB)
