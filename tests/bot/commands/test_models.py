"""`train` and `nlu promote|parity|serve` as processes, with the small model and a real Rasa."""

import json
import re
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import learning
from bot.commands import models
from bot.commands.talk import Failed, show
from bot.models import PROMOTED
from nlu import training
from nlu.compiled import SHIPPED, Compiled
from nlu.examples import Examples
from nlu.parity import Parity, fuzzed
from nlu.parse import Parse
from nlu.rasa_http import Rasa
from tests.acceptance.test_up import of_house
from tests.fixtures.cast import REPORT
from tests.fixtures.program import Program
from tests.nlu.handmade import compiled

pytestmark = pytest.mark.processes

FUZZ = 200


def runs(program: Program, *arguments: str, **environment: str) -> tuple[int, str]:
    """Exit status, and what was printed; the parser is the compiled model."""
    program.clear()
    program.start(*arguments, **{"NLU": "compiled", **environment})
    return program.ends(600), program.printed()


@pytest.fixture(scope="module")
def trained(small_model: Path) -> Iterator[Program]:
    """A program whose `train` has made a compiled model of Rasa's small one."""
    with tempfile.TemporaryDirectory(prefix="mingcheng-test-") as folder:
        program = Program(Path(folder) / "data", small_model)
        status, printed = runs(program, "train")
        assert status == 0, printed
        assert "./mingcheng nlu promote" in printed
        yield program
        program.close()


@pytest.fixture(scope="module")
def candidate(trained: Program, small_model: Path) -> Path:
    """What it made."""
    return small_model_of(trained, small_model)


def small_model_of(program: Program, small_model: Path) -> Path:
    return program.data / "models" / small_model.name.replace(".tar.gz", ".npz")


# --- train --------------------------------------------------------------------------------------


def test_training_makes_a_candidate_that_nobody_uses_yet(trained: Program, candidate: Path) -> None:
    about = Compiled.load(candidate).about
    assert about.fingerprint == candidate.stem
    assert (len(about.answers), about.rasa[:2]) == (500, "3.")
    assert about.figures["messages"] == len(Examples.read(learning.DEV).sentences)
    assert not (trained.data / "models" / PROMOTED).exists()


def test_it_says_what_rasa_said_of_our_own_messages(candidate: Path) -> None:
    model, made = Compiled.load(candidate), Parity()
    answers = [Parse.from_json(answer) for answer in model.about.answers]
    for one, other in zip(answers, model.read([answer.text for answer in answers]), strict=True):
        made.add(one, other)
    assert (made.messages, made.differences) == (500, [])


def test_training_again_takes_what_is_there(trained: Program, candidate: Path) -> None:
    before = candidate.stat()
    status, printed = runs(trained, "train")
    assert (status, candidate.stat()) == (0, before)
    assert str(candidate) in printed


def test_without_rasa_there_is_no_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "installed", lambda: False)
    for command in (models.train, lambda data: models.parity(None, 0, data)):
        with pytest.raises(Failed, match="没有 Rasa 环境"):
            command(tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", [("train",), ("nlu", "parity"), ("nlu", "promote")])
def test_a_pipeline_that_is_not_there_is_a_sentence(
    program: Program, command: tuple[str, ...]
) -> None:
    status, printed = runs(program, *command, RASA_CONFIG="nothing.yml")
    assert (status, "nothing.yml,请核对 RASA_CONFIG" in printed) == (1, True)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_training_that_is_asked_to_end_ends_all_that_it_started(
    program: Program, small_model: Path, how: signal.Signals
) -> None:
    program.start("train", NLU="compiled")  # the archive is not there: it trains one
    while not of_house(program.data):
        assert program.process is not None
        assert program.process.poll() is None
        time.sleep(0.1)
    program.signals(how)
    assert program.ends() == 1
    assert ("中断了" in program.printed(), "Traceback" in program.printed()) == (True, False)
    assert of_house(program.data) == []
    assert list((program.data / "models").iterdir()) == []


# --- promote ------------------------------------------------------------------------------------


def parsed(program: Program) -> Parse:
    """The street lamp, as `parse --file` reads it."""
    file = program.data.parent / "texts.jsonl"
    file.write_text(json.dumps({"id": 1, "text": REPORT}), encoding="utf-8")
    status, printed = runs(program, "parse", "--file", str(file))
    assert status == 0, printed
    row = json.loads(next(line for line in printed.splitlines() if line.startswith("{")))
    del row["id"]
    return Parse.from_json(row)


def same(one: Parse, other: Parse) -> bool:
    made = Parity()
    made.add(one, other)
    return made.differences == []


def test_what_is_promoted_reads_from_then_on(trained: Program, candidate: Path) -> None:
    shipped, small = (Compiled.load(path).read([REPORT])[0] for path in (SHIPPED, candidate))
    assert not same(shipped, small)
    assert same(parsed(trained), shipped)
    status, printed = runs(trained, "nlu", "promote")
    assert (status, f"已启用 {candidate.stem}" in printed) == (0, True)
    assert "intent_accuracy" in printed
    assert same(parsed(trained), small)


def test_a_model_that_nobody_made_is_not_promoted(program: Program) -> None:
    for name in (("nothing",), ()):
        status, printed = runs(program, "nlu", "promote", *name)
        assert (status, "请先运行 ./mingcheng train" in printed) == (1, True)
        assert "Traceback" not in printed
    assert not (program.data / "models" / PROMOTED).exists()


def test_a_broken_model_is_not_promoted(program: Program) -> None:
    folder = program.data / "models"
    folder.mkdir(parents=True)
    (folder / "broken.npz").write_bytes(b"nonsense")
    status, printed = runs(program, "nlu", "promote", "broken")
    assert (status, "broken.npz 不是编译好的模型" in printed) == (1, True)
    assert not (folder / PROMOTED).exists()


# --- parity -------------------------------------------------------------------------------------


def test_the_compiled_model_says_what_rasa_says(trained: Program, tmp_path: Path) -> None:
    lines, table = tmp_path / "texts.jsonl", tmp_path / "texts.csv"
    lines.write_text('{"text": "路灯坏了"}\n{"title": "停电", "body": "两天"}\n', encoding="utf-8")
    table.write_text("\ufefflabel,text\nx,大家早上好\n", encoding="utf-8")
    given = ("--texts", str(lines), "--texts", str(table))
    status, printed = runs(trained, "nlu", "parity", "--fuzz", str(FUZZ), *given)
    dev = [example.text for example in Examples.read(learning.DEV).sentences]
    many = len(dev) + 3 + len(list(fuzzed(dev, FUZZ, 1)))
    assert f"{many} 条,不同 0 处" in printed
    assert status == 0


@pytest.mark.parametrize("content", ["nonsense\n", "[7]\n", None])
def test_texts_that_are_none_are_told_before_anything_is_done(
    trained: Program, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "texts.jsonl"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    status, printed = runs(trained, "nlu", "parity", "--texts", str(file))
    assert (status, f"读不了 {file}" in printed) == (2, True)


def test_a_difference_is_shown_whatever_stands_in_the_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made, text = Parity(), "路灯\ud83d坏了"
    made.add(*compiled().read([text, "大家早上好"]))
    show(models._told(made))
    assert "不同" in capsys.readouterr().out


# --- serve --------------------------------------------------------------------------------------


async def test_a_service_answers_our_client_until_it_is_asked_to_end(program: Program) -> None:
    program.start("nlu", "serve", "--port", "0", RASA_TOKEN="a token of the test")
    found = re.search(r"http://\S+?(?=\()", program.waits_for("识别服务"))
    assert found is not None
    rasa = Rasa(found[0], "a token of the test")
    (parse,) = await rasa.parse([REPORT])
    await rasa.close()
    assert same(parse, Compiled.load(SHIPPED).read([REPORT])[0])
    program.signals(signal.SIGINT)
    assert program.ends() in (0, 130)
    assert "Traceback" not in program.printed()


def test_others_may_ask_only_with_a_token(program: Program) -> None:
    for host in ("0.0.0.0", "::", "nlu.example"):
        status, printed = runs(program, "nlu", "serve", "--host", host)
        assert (status, "请先设置 RASA_TOKEN" in printed) == (1, True)


def test_a_port_that_is_taken_is_a_sentence(program: Program) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        status, printed = runs(program, "nlu", "serve", "--port", str(taken.getsockname()[1]))
    assert (status, "打不开" in printed, "Traceback" in printed) == (1, True, False)
