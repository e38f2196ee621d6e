"""Pictures and files that are sent to a 智能机器人: fetched and opened."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Later, Permanent
from bot.channels.wecom_bot import media
from tests.bot.channels.fakes.wecom_bot_files import TOLD, keeping, sealed
from tests.bot.channels.wecom_bot_frames import AES, TOKEN, bot

# --- pictures and files -----------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 15, 16, 31, 32, 33, 1000, 100_000])
async def test_a_file_is_fetched_and_opened(length: int) -> None:
    with keeping() as files:
        source = files.keeps(b"x" * length)
        assert await bot(url="ws://127.0.0.1").fetch(source, 100_000) == b"x" * length


async def test_by_callbacks_the_key_is_that_of_the_callback() -> None:
    channel = bot(token=TOKEN, aes_key=AES, url="ws://127.0.0.1")
    with keeping() as files:
        source = files.keeps(b"x")
        assert await channel.fetch({"url": source["url"]}, 10) == b"x"


async def test_what_is_too_large_is_not_fetched() -> None:
    with keeping() as files:
        source = files.keeps(b"x" * 101)
        with pytest.raises(Permanent, match="超过"):
            await bot(url="ws://127.0.0.1").fetch(source, 100)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(403, Permanent), (404, Permanent), (302, Permanent), (429, Later), (500, Later),
     (503, Later), (None, Later)],
)  # fmt: skip
async def test_what_passes_is_told_from_what_does_not(
    status: int | None, outcome: type[Exception]
) -> None:
    with keeping() as files:
        source = files.keeps(b"x")
        files.status = status
        with pytest.raises(outcome) as fault:
            await bot(url="ws://127.0.0.1").fetch(source, 100)
    assert "of-the-address" not in str(fault.value)


@pytest.mark.parametrize(
    "source",
    [{}, {"url": "http://127.0.0.1/1", "aeskey": TOLD}, {"url": 7, "aeskey": TOLD},
     {"url": "file:///etc/passwd", "aeskey": TOLD}, {"url": "https://files.example/1"}],
)  # fmt: skip
async def test_what_is_no_address_with_a_key_is_never_fetched(source: dict[str, Any]) -> None:
    with pytest.raises(Permanent):
        await bot(bot_id="b", secret="s").fetch(source, 100)


@given(st.binary(max_size=200), st.text(max_size=60) | st.just(TOLD))
def test_nothing_but_a_fault_comes_of_any_bytes(content: bytes, key: str) -> None:
    with contextlib.suppress(Permanent):
        assert len(media.decrypted(content, key)) < len(content)


@given(st.binary(max_size=200))
def test_what_is_sealed_is_opened(content: bytes) -> None:
    assert media.decrypted(sealed(content), TOLD) == content
