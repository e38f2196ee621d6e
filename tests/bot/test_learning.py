"""How a compiled model comes about: what Rasa is asked, what is kept beside it, and its name."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot import learning
from bot import rasa as of_machine
from bot.embedded.folders import Folders
from bot.learning import ANSWERS, DEV, judged, learn, sample
from nlu import training
from nlu.compiled import About, Compiled
from nlu.examples import Examples
from nlu.parse import Parse
from tests.fixtures.rasa import SMALL
from tests.nlu.handmade import compiled


def texts(folder: Path) -> set[str]:
    return {example.text for example in Examples.read(folder).sentences}


def test_half_of_the_sample_is_trained_on_and_half_is_not() -> None:
    asked = sample()
    assert len(asked) == len(set(asked)) == ANSWERS == 500
    dev, data = texts(DEV), texts(training.PROJECT / "data")
    assert sum(text in dev for text in asked) == sum(text in data for text in asked) == 250


def test_every_intent_is_in_the_sample() -> None:
    intents = {
        example.text: example.intent
        for folder in (DEV, training.PROJECT / "data")
        for example in Examples.read(folder).sentences
    }
    asked = Counter(intents[text] for text in sample())
    assert set(asked) == set(intents.values())


def test_a_model_is_judged_on_messages_that_are_never_trained_on() -> None:
    figures = judged(compiled())
    assert figures["messages"] == len(Examples.read(DEV).sentences)
    shares = {name: value for name, value in figures.items() if name != "messages"}
    assert {"intent_accuracy", "missed", "false", "entity_f1"} <= set(shares)
    assert all(0 <= value <= 1 for value in shares.values())


@pytest.fixture
def folders(house: Path) -> Folders:
    return Folders.at(house / "data")


@pytest.fixture
def trained(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Rasa has trained, and answers as the small model does; what is compiled, by its name."""
    made: list[str] = []

    async def train(folders: Folders, config: Path, progress: object) -> Path:
        return folders.data / "models" / "abc.tar.gz"

    def compile_(archive: Path, fingerprint: str) -> Compiled:
        made.append(fingerprint)
        model = compiled()
        model.about = About(fingerprint, "3.6.21")
        return model

    async def asked(folders: Folders, archive: Path, texts: Sequence[str]) -> list[Parse]:
        return [replace(parse, parser="rasa") for parse in compiled().read(texts)]

    monkeypatch.setattr(of_machine, "train", train)
    monkeypatch.setattr(learning, "compile_", compile_)
    monkeypatch.setattr(learning, "asked", asked)
    return made


async def learnt(folders: Folders, said: list[str] | None = None) -> Path:
    return await learn(
        folders,
        SMALL,
        lambda _done, _whole: None,
        said.append if said is not None else lambda _: None,
    )


async def test_a_model_keeps_what_rasa_answered_and_how_it_was_judged(
    folders: Folders, trained: list[str]
) -> None:
    said: list[str] = []
    model = Compiled.load(await learnt(folders, said))
    assert "500 条,不同 0 处" in said[-1]
    assert [answer["text"] for answer in model.about.answers] == sample()
    assert {answer["parser"] for answer in model.about.answers} == {"rasa"}
    assert model.about.figures == judged(compiled())


async def test_a_model_is_named_by_what_it_was_trained_with(
    folders: Folders, trained: list[str]
) -> None:
    path = await learnt(folders)  # by now the data is another one
    assert path == folders.data / "models" / "abc.npz"
    assert Compiled.load(path).about.fingerprint == "abc"


async def test_a_model_that_is_there_is_not_made_again(
    folders: Folders, trained: list[str]
) -> None:
    assert await learnt(folders) == await learnt(folders)
    assert trained == ["abc"]


async def test_half_a_model_is_never_left(
    folders: Folders, trained: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Compiled) -> dict[str, float]:
        raise RuntimeError

    monkeypatch.setattr(learning, "judged", fails)
    with pytest.raises(RuntimeError):
        await learnt(folders)
    assert list((folders.data / "models").iterdir()) == []
