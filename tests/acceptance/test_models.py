"""A running service takes a promoted model, and loses no message over it."""

import asyncio
from dataclasses import replace

import pytest

from bot.models import promote
from nlu.compiled import SHIPPED, Compiled
from tests.acceptance.conftest import CITY, House, once_each, run, talk
from tests.fixtures.program import Program

pytestmark = pytest.mark.processes


@pytest.fixture
def house_of(program: Program) -> House:
    """A house of the test's own; the model that ships reads."""
    made = House(program)
    made.opens()
    loaded = run("city", "load", str(CITY), "--data", str(program.data))
    assert loaded.returncode == 0, loaded.stderr
    return made


async def test_a_promoted_model_is_taken_without_losing_a_message(house_of: House) -> None:
    bridge, data = house_of.bridge, house_of.program.data
    model = Compiled.load(SHIPPED)
    model.about = replace(model.about, fingerprint="another")
    model.save(data / "models" / "another.npz")

    sent = talk(50, "before")
    await bridge.insists(*sent)
    command = ("nlu", "promote", "another", "--data", str(data))
    promoting = asyncio.create_task(asyncio.to_thread(run, *command))
    batch = 0
    while not promoting.done():
        meanwhile = talk(10, f"while{batch}x")
        await bridge.insists(*meanwhile)
        sent, batch = sent + meanwhile, batch + 1
    assert promoting.result().returncode == 0, promoting.result().stderr
    after = talk(50, "after")
    await bridge.insists(*after)
    await once_each(house_of.database_url, sent + after)
    assert "model taken" in house_of.program.waits_for("another.npz")
    assert "parser away" not in house_of.program.printed()


async def test_a_broken_model_is_told_and_the_old_one_reads_on(house_of: House) -> None:
    folder = house_of.program.data / "models"
    Compiled.load(SHIPPED).save(folder / "bad.npz")
    promote(folder / "bad.npz", folder)
    (folder / "bad.npz").write_bytes(b"nonsense")
    sent = talk(20, "broken")
    await house_of.bridge.insists(*sent)
    await once_each(house_of.database_url, sent)
    assert "model not taken" in house_of.program.printed()


def test_a_start_needs_neither_rasa_nor_a_training(program: Program) -> None:
    printed = House(program).opens() and program.printed()
    assert "Rasa" not in printed
    assert "训练" not in printed
    assert set(program.children()) == {"postgres", "valkey"}
