"""Which parser reads: the one that is named, or what can be had instead; the parse says which."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot import rasa as rasa_of_machine
from bot.app import App
from bot.embedded.folders import Folders
from bot.embedded.process import Died
from bot.learning import serving
from bot.models import promote
from bot.parsing import Twins, alone, local
from bot.settings import Settings
from nlu import training
from nlu.keywords import Keywords
from nlu.rasa_http import Rasa
from tests.bot.wire import Wire
from tests.fixtures.cast import REPORT
from tests.nlu.handmade import compiled

ANSWER = b'{"intent": {"name": "chitchat", "confidence": 0.9}, "entities": []}'


async def read(url: str, keywords: Keywords) -> tuple[str, str]:
    """Which of them read a report, and who it says that it is."""
    rasa = Rasa(url, "")
    twins = Twins(rasa, keywords)
    (parse,) = await twins.parse([REPORT])
    await rasa.close()
    return parse.parser, twins.name


async def test_while_rasa_is_there_it_reads(wire: Wire, keywords: Keywords) -> None:
    wire.answer = ANSWER
    assert await read(wire.url, keywords) == ("rasa", "rasa")


async def test_while_rasa_is_away_the_keywords_read(keywords: Keywords) -> None:
    assert await read("http://127.0.0.1:1", keywords) == ("keywords", "keywords")


async def test_a_rasa_without_a_model_is_away(wire: Wire, keywords: Keywords) -> None:
    wire.status = 409
    assert await read(wire.url, keywords) == ("keywords", "keywords")


async def test_when_rasa_is_back_it_reads_again(wire: Wire, keywords: Keywords) -> None:
    rasa, wire.status, wire.answer = Rasa(wire.url, ""), 503, ANSWER
    twins, readers = Twins(rasa, keywords), []
    for status in (503, 200):
        wire.status = status
        readers += [parse.parser for parse in await twins.parse([REPORT])]
    await rasa.close()
    assert (readers, twins.name) == (["keywords", "rasa"], "rasa")


# --- which one is named -------------------------------------------------------------------------


def settings(folder: Path, **given: Any) -> Settings:
    return Settings(data=folder, **given)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A data folder with a promoted model."""
    folder = tmp_path / "models"
    folder.mkdir()
    compiled().save(folder / "f1.npz")
    promote(folder / "f1.npz", folder)
    return tmp_path


@pytest.mark.parametrize("nlu", ["compiled", "rasa"])
async def test_the_compiled_model_reads_in_process(model: Path, nlu: str) -> None:
    parser = local(settings(model, nlu=nlu))
    assert parser.name == "compiled"
    assert await parser.parse([REPORT]) == compiled().read([REPORT])


def test_the_keywords_read_where_they_are_asked_to(model: Path) -> None:
    assert local(settings(model, nlu="keywords")).name == "keywords"


def test_without_a_model_the_keywords_read_and_it_is_told(model: Path) -> None:
    (model / "models" / "f1.npz").unlink()
    with capture_logs() as logged:
        assert local(settings(model)).name == "keywords"
    assert [(line["event"], line["log_level"]) for line in logged] == [
        ("no model, keywords read", "error")
    ]


def test_a_part_that_reads_nothing_loads_no_model(model: Path) -> None:
    (model / "models" / "f1.npz").write_bytes(b"nonsense")
    app = App(settings(model, database_url="postgresql+psycopg:///x", redis_url="redis://x"))
    with capture_logs() as logged:
        app.sender()
        app.scheduler()
    assert logged == []


class Server:
    """In Rasa's place: runs already, or not."""

    def __init__(self, url: str, *, runs: bool, ends: BaseException | None = None) -> None:
        self.url, self.runs, self.ends, self.told = url, runs, ends, list[str]()

    def running(self) -> bool:
        return self.runs

    async def start(self, say: object) -> None:
        self.told.append("started")
        if self.ends is not None:
            raise self.ends

    async def stop(self) -> None:
        self.told.append("stopped")


def instead(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    """Rasa's environment is there, a model is trained, and this serves it."""

    async def train(folders: Folders, *_: object) -> Path:
        return folders.data / "models" / "x.tar.gz"

    monkeypatch.setattr(training, "installed", lambda: True)
    monkeypatch.setattr(rasa_of_machine, "train", train)
    monkeypatch.setattr(rasa_of_machine, "server", lambda *_: (server, server.url, "token"))


async def alone_with(data: Path, **given: Any) -> tuple[str, list[str]]:
    """Who reads a report with nothing else running, and what is said."""
    said: list[str] = []
    async with alone(settings(data, **given), lambda _done, _whole: None, said.append) as parser:
        (parse,) = await parser.parse([REPORT])
    return parse.parser, said


@pytest.mark.parametrize("nlu", ["compiled", "keywords"])
async def test_alone_what_is_named_reads_and_nothing_is_started(
    model: Path, nlu: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(rasa_of_machine, "train")
    assert await alone_with(model, nlu=nlu) == (nlu, [])
    assert [path.name for path in model.iterdir()] == ["models"]


async def test_alone_without_its_environment_another_reads_for_rasa(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "installed", lambda: False)
    parser, said = await alone_with(model, nlu="rasa")
    assert parser == "compiled"
    assert "没有 Rasa 环境" in said[0]


@pytest.mark.parametrize("runs", [False, True])
async def test_alone_rasa_is_started_and_ended_unless_it_ran(
    model: Path, wire: Wire, monkeypatch: pytest.MonkeyPatch, runs: bool
) -> None:
    server, wire.answer = Server(wire.url, runs=runs), ANSWER
    instead(monkeypatch, server)
    assert (await alone_with(model, nlu="rasa"))[0] == "rasa"
    assert server.told == (["started"] if runs else ["started", "stopped"])


@pytest.mark.parametrize("ends", [Died("no"), asyncio.CancelledError()])
async def test_rasa_that_does_not_come_up_or_is_not_waited_for_is_ended(
    model: Path, monkeypatch: pytest.MonkeyPatch, ends: BaseException
) -> None:
    server = Server("http://127.0.0.1:1", runs=False, ends=ends)
    instead(monkeypatch, server)
    with pytest.raises(type(ends)):
        await alone_with(model, nlu="rasa")
    with pytest.raises(type(ends)):
        async with serving(Folders.at(model), model / "x.tar.gz"):
            pass
    assert server.told == ["started", "stopped"] * 2
