"""The compiled model: kept in one file, refused when it is none, and read in place."""

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest

from bot import learning
from nlu.compiled import FORMAT, NAME, SHIPPED, Compiled, Unfit
from nlu.parity import CLOSE, Parity
from nlu.parse import Parse, silent
from nlu.text import LONGEST
from nlu.training import PROJECT, fingerprint
from tests.fixtures.missing import missing
from tests.nlu.handmade import compiled

MODEL = compiled()
TEXT = "天元区新马路的路灯坏了,电话13812345678"
TEXTS = [
    "", TEXT, "/", "请问怎么办理许可证", " \u3000/\u200b", "大家早上好", "zzz", "路灯坏了" * 1500,
    "\u3000\n天元区新马路停水", "荷塘區,新馬路上停水😀", "#1024",
]  # fmt: skip
LARGEST = 8_000_000
#: So many of Rasa's own answers a model that ships brings at least.
ANSWERS = 400


def spans(parse: Parse) -> list[tuple[str, int, int, str]]:
    return [(found.entity, found.start, found.end, found.value) for found in parse.entities]


def kept(folder: Path, model: Compiled = MODEL) -> Path:
    path = folder / "model.npz"
    model.save(path)
    return path


def changed(path: Path, **arrays: Any) -> Path:
    """The same file with other arrays in it."""
    with np.load(path) as file:
        found = {**file, **arrays}
    np.savez_compressed(path, **found)
    return path


def about(**changes: Any) -> Any:
    found = json.dumps({"fingerprint": "f1", "rasa": "3.6.21", **changes})
    return np.frombuffer(found.encode(), np.uint8)


# --- the file -----------------------------------------------------------------------------------


def test_a_model_comes_back_of_its_file(tmp_path: Path) -> None:
    again = Compiled.load(kept(tmp_path))
    assert again.about == MODEL.about
    assert again.read(TEXTS) == MODEL.read(TEXTS)
    for one, other in ((MODEL.decider, again.decider), (MODEL.entities, again.entities)):
        assert {name: array.tolist() for name, array in one.arrays().items()} == {
            name: array.tolist() for name, array in other.arrays().items()
        }


def test_saving_takes_the_place_of_the_last_file_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = kept(tmp_path)
    other = Compiled(MODEL.decider, MODEL.entities, replace(MODEL.about, fingerprint="f2"))
    assert kept(tmp_path, other) == path
    assert Compiled.load(path).about.fingerprint == "f2"
    assert list(tmp_path.iterdir()) == [path]


def test_a_model_that_could_not_be_saved_leaves_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = kept(tmp_path)

    def full(file: BinaryIO, **_: object) -> None:
        file.write(b"PK")
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space left"):
        kept(tmp_path)
    assert Compiled.load(path).about == MODEL.about


def test_what_it_says_of_itself_comes_back(tmp_path: Path) -> None:
    answers = [parse.as_json() for parse in MODEL.read(TEXTS)]
    told = replace(MODEL.about, answers=answers, figures={"意图": 0.5})
    assert (
        Compiled.load(kept(tmp_path, Compiled(MODEL.decider, MODEL.entities, told))).about == told
    )


@pytest.mark.parametrize(
    "content",
    [
        b"", b"garbage", b"PK\x03\x04", "路灯坏了".encode(), pickle.dumps({"about": 1}),
        b"\x93NUMPY\x01\x00", b"\0" * 1000,
    ],
)  # fmt: skip
def test_another_file_is_no_model(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.npz"
    path.write_bytes(content)
    with pytest.raises(Unfit, match=r"other\.npz 不是编译好的模型"):
        Compiled.load(path)


def test_a_table_of_numbers_is_no_model(tmp_path: Path) -> None:
    np.save(tmp_path / "other.npy", np.zeros(3))
    with pytest.raises(Unfit):
        Compiled.load(tmp_path / "other.npy")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.6, 0.9, 0.999])
def test_half_a_file_is_no_model(tmp_path: Path, share: float) -> None:
    path = kept(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(Unfit):
        Compiled.load(path)


def test_a_file_that_was_damaged_is_no_model(tmp_path: Path) -> None:
    path = kept(tmp_path)
    whole = path.read_bytes()
    start = whole.index(b"decider.intents.counts.npy") + 60
    path.write_bytes(whole[:start] + bytes(30) + whole[start + 30 :])
    with pytest.raises(Unfit):
        Compiled.load(path)


@pytest.mark.parametrize("where", ["missing.npz", "no/such/folder.npz", "."])
def test_no_file_is_no_model(tmp_path: Path, where: str) -> None:
    with pytest.raises(Unfit, match="不是编译好的模型"):
        Compiled.load(tmp_path / where)


@pytest.mark.parametrize(
    "name", ["about", "decider.weights", "decider.intents.keys", "entities.tags"]
)
def test_a_file_with_a_part_missing_is_no_model(tmp_path: Path, name: str) -> None:
    path = kept(tmp_path)
    with np.load(path) as file:
        found = {key: file[key] for key in file if key != name}
    np.savez_compressed(path, **found)
    with pytest.raises(Unfit, match=name.rpartition(".")[2]):
        Compiled.load(path)


def test_a_file_of_another_format_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = changed(kept(tmp_path), about=about(format=FORMAT + 1))
    with pytest.raises(Unfit, match=r"另一版程序编译的,请重新运行 \./mingcheng train"):
        Compiled.load(path)


@pytest.mark.parametrize(
    "told", [about(colour="red"), np.frombuffer(b"{", np.uint8), np.frombuffer(b"[]", np.uint8)]
)
def test_a_file_that_says_other_things_of_itself_is_no_model(tmp_path: Path, told: Any) -> None:
    path = changed(kept(tmp_path), about=told)
    with pytest.raises(Unfit):
        Compiled.load(path)


class Trap:
    """What runs when it is unpickled."""

    def __init__(self, path: Path) -> None:
        """It leaves this file behind."""
        self.path = path

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        """How it is made again."""
        return Path.touch, (self.path,)


def test_nothing_runs_when_a_file_is_opened(tmp_path: Path) -> None:
    sprung, path = tmp_path / "sprung", kept(tmp_path)
    trap = np.array([Trap(sprung)], object)
    changed(path, **{"entities.tags": trap})
    with pytest.raises(Unfit):
        Compiled.load(path)
    assert not sprung.exists()
    with np.load(path, allow_pickle=True) as file:
        assert file["entities.tags"].shape == (1,)
    assert sprung.exists()  # it would have


# --- reading ------------------------------------------------------------------------------------


def test_a_text_is_read_whole() -> None:
    (parse,) = MODEL.read([TEXT])
    assert parse.intent.name == "report_issue"
    assert parse.category is not None
    assert parse.category.name == "facilities"
    assert (parse.text, parse.parser) == (TEXT, NAME)
    assert spans(parse) == [
        ("district", 0, 3, "天元区"), ("address", 3, 6, "新马路"), ("phone", 14, 25, "13812345678"),
    ]  # fmt: skip
    assert Parse.from_json(parse.as_json()) == parse


@pytest.mark.parametrize("text", ["", "/", " ", "//  /", " \n\u3000/\u200b", "。。/"])
def test_where_there_is_nothing_to_read_nobody_is_sure(text: str) -> None:
    assert MODEL.read([text]) == [silent(text, NAME)]


@pytest.mark.parametrize("before", ["/", " / /", "\u3000\n", "。", "。 /", "\u200b", "／"])
def test_what_stands_in_front_moves_the_spans_and_changes_nothing_else(before: str) -> None:
    (plain,), (parse,) = MODEL.read([TEXT]), MODEL.read([before + TEXT])
    assert (parse.intent, parse.category) == (plain.intent, plain.category)
    shift = len(before)
    assert spans(parse) == [
        (kind, start + shift, end + shift, value) for kind, start, end, value in spans(plain)
    ]
    assert [found.confidence for found in parse.entities] == [
        found.confidence for found in plain.entities
    ]


def test_spans_have_the_words_that_were_written() -> None:
    (parse,) = MODEL.read(["  天元區新馬路的路燈壞了,電話１３８１２３４５６７８"])
    assert spans(parse) == [
        ("district", 2, 5, "天元區"), ("address", 5, 8, "新馬路"),
        ("phone", 16, 27, "１３８１２３４５６７８"),
    ]  # fmt: skip
    (simple,) = MODEL.read([TEXT])
    assert (parse.intent, parse.category) == (simple.intent, simple.category)


def test_of_a_very_long_text_only_so_much_is_read_and_all_is_kept() -> None:
    text = "天元区新马路的路灯坏了," * 400
    assert len(text) > LONGEST
    (parse,) = MODEL.read([text])
    assert parse.text == text
    assert parse.intent.name == "report_issue"
    assert parse.entities[-1].end <= LONGEST
    assert {found.value for found in parse.entities} == {"天元区", "新马路"}
    assert parse.intent == MODEL.read([text[:LONGEST]])[0].intent


def test_texts_are_read_alike_alone_and_together() -> None:
    made = Parity()
    for text, together in zip(TEXTS, MODEL.read(TEXTS), strict=True):
        (alone,) = MODEL.read([text])
        assert together.text == text
        made.add(alone, together)
    assert made.differences == []
    assert made.messages == len(TEXTS)


async def test_it_parses_as_all_parsers_do() -> None:
    assert await MODEL.parse(TEXTS) == MODEL.read(TEXTS)
    assert await MODEL.parse([]) == []
    assert MODEL.name == "compiled"


# --- the model that ships -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> Compiled:
    if not SHIPPED.exists():
        missing("没有 nlu/model.npz", "运行 ./mingcheng train 和 ./mingcheng nlu promote --ship")
    return Compiled.load(SHIPPED)


def test_the_shipped_model_belongs_to_the_training_data(shipped: Compiled) -> None:
    assert shipped.about.fingerprint == fingerprint(PROJECT / "config.yml")


def test_the_shipped_model_is_small(shipped: Compiled) -> None:
    assert SHIPPED.stat().st_size < LARGEST
    assert shipped.about.format == FORMAT


def test_the_shipped_model_reads_as_rasa_itself_did(shipped: Compiled) -> None:
    answers = [Parse.from_json(answer) for answer in shipped.about.answers]
    assert len(answers) >= ANSWERS
    assert {answer.parser for answer in answers} == {"rasa"}
    made = Parity()
    for answer, parse in zip(answers, shipped.read([one.text for one in answers]), strict=True):
        made.add(answer, parse)
    assert made.differences == []
    assert made.furthest <= CLOSE


def test_the_answers_of_rasa_are_to_all_kinds_of_messages(shipped: Compiled) -> None:
    answers = [Parse.from_json(answer) for answer in shipped.about.answers]
    assert len({answer.text for answer in answers}) >= ANSWERS
    assert {answer.intent.name for answer in answers} == set(shipped.decider.intents.labels)


def test_the_figures_of_the_shipped_model_are_its_own(shipped: Compiled) -> None:
    assert shipped.about.figures == learning.judged(shipped)


@pytest.mark.parametrize(
    ("text", "intent", "category"),
    [
        ("天元区栗雨工业园的路灯坏了一周,电话13812345678", "report_issue", "traffic"),
        ("荷塘这边的路灯坏了两天,联系人老李15912340000", "report_issue", "traffic"),
        ("车间又停电了,供电公司电话打不通", "report_issue", "utilities"),
        ("补充一下,我的电话是13812345678", "add_detail", None),
        ("收到,马上安排人去现场", "accept_task", None),
        ("#1024 办到哪一步了", "ask_progress", None),
        ("已经通电了,非常满意", "confirm_resolved", None),
        ("早上好", "chitchat", None),
    ],
)
def test_what_everybody_writes_is_read(
    shipped: Compiled, text: str, intent: str, category: str | None
) -> None:
    (parse,) = shipped.read([text])
    assert (parse.intent.name, parse.category and parse.category.name) == (intent, category)
