"""Which model reads: the one that ships, until one is promoted; taken while the service runs."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot import models
from bot.models import PROMOTED, InUse, promote, used
from nlu.compiled import SHIPPED, Unfit
from tests.fixtures.cast import REPORT
from tests.nlu.handmade import compiled


def model(path: Path, fingerprint: str) -> Path:
    """A small model by that name."""
    made = compiled()
    made.about = replace(made.about, fingerprint=fingerprint)
    made.save(path)
    return path


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What ships, in this test."""
    (tmp_path / "program").mkdir()
    path = model(tmp_path / "program" / "model.npz", "shipped")
    monkeypatch.setattr(models, "SHIPPED", path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of models, without any."""
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def who(reading: InUse) -> str:
    return reading.model.about.fingerprint


def test_without_a_promotion_the_model_that_ships_reads(tmp_path: Path) -> None:
    assert used(tmp_path) == used(tmp_path / "nowhere") == SHIPPED


def test_a_promoted_model_reads(folder: Path) -> None:
    promote(model(folder / "new.npz", "new"), folder)
    assert used(folder) == folder / "new.npz"
    assert who(InUse(folder)) == "new"


def half(good: bytes) -> bytes:
    return good[: len(good) // 2]


def changed(good: bytes) -> bytes:
    return good[:200] + bytes(byte ^ 255 for byte in good[200:1200]) + good[1200:]


@pytest.mark.parametrize("spoil", [lambda _: b"", lambda _: b"nonsense", half, changed, None])
def test_what_is_no_model_is_not_promoted(
    folder: Path, spoil: Callable[[bytes], bytes] | None
) -> None:
    good = model(folder / "good.npz", "good")
    promote(good, folder)
    if spoil is not None:
        (folder / "bad.npz").write_bytes(spoil(good.read_bytes()))
    with pytest.raises(Unfit, match=r"bad\.npz"):
        promote(folder / "bad.npz", folder)
    assert used(folder) == folder / "good.npz"


async def test_it_reads_as_the_model_does(folder: Path, shipped: Path) -> None:
    texts = [REPORT, "", "大家早上好", "科长收了红包"]
    assert await InUse(folder).parse(texts) == compiled().read(texts)


async def test_a_promoted_model_is_taken_between_two_batches(folder: Path, shipped: Path) -> None:
    reading = InUse(folder)
    assert await reading.parse([REPORT]) == compiled().read([REPORT])
    assert who(reading) == "shipped"
    promote(model(folder / "new.npz", "new"), folder)
    with capture_logs() as logged:
        assert await reading.parse([REPORT]) == compiled().read([REPORT])
    assert who(reading) == "new"
    assert [line["event"] for line in logged] == ["model taken"]
    with capture_logs() as logged:
        await reading.parse([REPORT])
    assert logged == []


async def test_it_is_taken_without_losing_a_batch(folder: Path, shipped: Path) -> None:
    reading = InUse(folder)
    model(folder / "new.npz", "new")
    texts = [f"{REPORT}{n}" for n in range(200)]

    async def batch(first: int) -> list[str]:
        await asyncio.sleep(first / 2000)
        if first == 100:
            promote(folder / "new.npz", folder)
        return [parse.text for parse in await reading.parse(texts[first : first + 5])]

    read = await asyncio.gather(*(batch(first) for first in range(0, 200, 5)))
    assert list(itertools.chain(*read)) == texts
    await reading.parse([REPORT])
    assert who(reading) == "new"


async def test_a_promotion_is_taken_back_by_another(folder: Path, shipped: Path) -> None:
    reading = InUse(folder)
    for name in ("one", "two", "one"):
        promote(model(folder / f"{name}.npz", name), folder)
        await reading.parse([REPORT])
        assert who(reading) == name
    (folder / PROMOTED).unlink()
    await reading.parse([REPORT])
    assert who(reading) == "shipped"


@pytest.mark.parametrize("name", ["broken.npz", "gone.npz", "", "../model.npz"])
async def test_a_broken_one_is_told_and_the_old_one_reads_on(
    folder: Path, shipped: Path, name: str
) -> None:
    reading = InUse(folder)
    (folder / "broken.npz").write_bytes(b"nonsense")
    (folder / PROMOTED).write_text(f"{name}\n", "utf-8")
    with capture_logs() as logged:
        assert await reading.parse([REPORT]) == compiled().read([REPORT])
        assert await reading.parse([REPORT]) == compiled().read([REPORT])
    assert who(reading) == "shipped"
    assert [(line["event"], line["log_level"]) for line in logged] == [
        ("model not taken", "error")
    ]  # told once
    promote(model(folder / "good.npz", "good"), folder)
    await reading.parse([REPORT])
    assert who(reading) == "good"


@pytest.mark.parametrize("name", ["broken.npz", "gone.npz"])
def test_a_start_on_a_broken_one_is_refused_with_its_name(
    folder: Path, shipped: Path, name: str
) -> None:
    (folder / "broken.npz").write_bytes(b"nonsense")
    (folder / PROMOTED).write_text(f"{name}\n", "utf-8")
    with pytest.raises(Unfit, match=name):
        InUse(folder)
