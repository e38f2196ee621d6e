"""What a message names: learnt with CRFsuite, read without it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import pycrfsuite
import pytest
from nlu.crf import Crf, clues
from nlu.grams import text_of
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.entities import FILE, EntityExtractor, fit
from tests.examples import some

CONFIG: Dict[str, Any] = {**EntityExtractor.get_default_config(), "iterations": 40}
PLACES = ("新马路", "炎帝大道", "珠江路", "泰山西路", "长江北路", "黄河南路")
DISTRICTS = ("天元区", "荷塘区", "芦淞区", "石峰区")
SENTENCES = [
    (text, example.spans)
    for intent in ("report_issue", "urge", "ask_progress", "chitchat")
    for example in some(intent, 60)
    for text in [example.text]
]
ASKED = [example.text for intent in ("consult", "transfer") for example in some(intent, 25)]
#: A weight is kept in 16 bits: up to one part in 2,000 off, and sixteen of them are added.
CLOSE = 0.01


def example(district: str, place: str) -> Message:
    text = f"{district}{place}的路灯坏了"
    marked = [
        {"entity": "address", "start": len(district), "end": len(district + place)},
        {"entity": "district", "start": 0, "end": len(district)},
    ]
    return Message({TEXT: text, "intent": "report_issue", ENTITIES: marked})


def data(*more: Message) -> TrainingData:
    known = [example(district, place) for district in DISTRICTS for place in PLACES]
    return TrainingData([*known, Message({TEXT: "大家早上好", "intent": "chitchat"}), *more])


@pytest.fixture(scope="module")
def crfsuite(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A model of ours, and CRFsuite's own of which it was made."""
    folder = tmp_path_factory.mktemp("crf")
    with pytest.MonkeyPatch.context() as patch:
        kept = contextlib.nullcontext(str(folder))
        patch.setattr("tempfile.TemporaryDirectory", lambda: kept)
        model = fit(SENTENCES, CONFIG)
    tagger = pycrfsuite.Tagger()
    tagger.open(str(folder / "crf"))
    yield model, tagger
    tagger.close()


def marginals(model: Crf, tagger: Any, text: str) -> Any:
    columns = ([str(key) for key in column] for column in clues(model.alphabet, [text]))
    tagger.set([list(row) for row in zip(*columns, strict=True)])
    return np.array([[tagger.marginal(tag, at) for tag in model.tags] for at in range(len(text))])


@pytest.mark.parametrize("texts", [ASKED, [text for text, _ in SENTENCES[::5]], ["😀z?", "路"]])
def test_chances_are_those_of_crfsuite(crfsuite: Any, texts: List[str]) -> None:
    model, tagger = crfsuite
    assert set(tagger.labels()) == set(model.tags)
    furthest = 0.0
    for text, chances in zip(texts, model.chances(texts), strict=True):
        expected = marginals(model, tagger, text)
        furthest = max(furthest, np.abs(chances - expected).max())
        clear = np.sort(expected, axis=1)[:, -2:] @ [-1, 1] > 2 * CLOSE
        assert (chances.argmax(axis=1) == expected.argmax(axis=1))[clear].all()
    assert furthest < CLOSE


def test_weights_are_kept_but_for_their_last_digits(crfsuite: Any) -> None:
    model, tagger = crfsuite
    learnt = tagger.info()
    place = {str(key): at for at, key in enumerate(model.keys.keys)}
    assert len(place) == len({key for key, _ in learnt.state_features})
    for (key, tag), weight in learnt.state_features.items():
        assert model.weights[place[key], model.tags.index(tag)] == pytest.approx(
            weight, rel=1e-3, abs=1e-5
        )
    assert np.count_nonzero(model.weights) <= len(learnt.state_features)
    for (first, second), weight in learnt.transitions.items():
        one, other = model.tags.index(first), model.tags.index(second)
        assert model.follows[one, other] == pytest.approx(weight)
    assert np.count_nonzero(model.follows) == len(learnt.transitions)


def test_the_same_sentences_give_the_same_model() -> None:
    one, other = (fit(SENTENCES[:40], CONFIG).arrays() for _ in range(2))
    assert {name: array.tolist() for name, array in one.items()} == {
        name: array.tolist() for name, array in other.items()
    }


def trained(
    training_data: TrainingData, storage: ModelStorage, context: ExecutionContext, **options: Any
) -> EntityExtractor:
    """Trained, kept, and loaded again."""
    config, resource = {**CONFIG, **options}, Resource("entities")
    made = EntityExtractor.create(config, storage, resource, context)
    assert made.train(training_data) == resource
    return EntityExtractor.load(config, storage, resource, context)


def found(extractor: EntityExtractor, text: str) -> List[Dict[str, Any]]:
    message = Message({TEXT: text})
    extractor.process([message])
    rows: List[Dict[str, Any]] = message.as_dict(only_output_properties=True)[ENTITIES]
    return rows


def test_spans_of_an_unseen_sentence_are_found(
    storage: ModelStorage, context: ExecutionContext
) -> None:
    rows = found(trained(data(), storage, context), "渌口区湘江路的路灯坏了")
    assert [(row["entity"], row["start"], row["end"], row["value"]) for row in rows] == [
        ("district", 0, 3, "渌口区"),
        ("address", 3, 6, "湘江路"),
    ]
    assert {row["extractor"] for row in rows} == {"EntityExtractor"}
    assert all(0.5 < row["confidence_entity"] <= 1 for row in rows)


def test_what_others_found_stays(storage: ModelStorage, context: ExecutionContext) -> None:
    before = {"entity": "phone", "start": 0, "end": 3}
    message = Message({TEXT: "天元区新马路的路灯坏了", ENTITIES: [before]})
    bare = Message({})
    trained(data(), storage, context).process([message, bare])
    assert [row["entity"] for row in message.get(ENTITIES)] == ["phone", "district", "address"]
    assert bare.get(ENTITIES) == []


def test_with_no_marked_span_none_is_found(
    storage: ModelStorage, context: ExecutionContext, tmp_path: Path
) -> None:
    talk = [Message({TEXT: text, "intent": "chitchat"}) for text in ("大家早上好", "好的", "")]
    extractor = trained(TrainingData(talk), storage, context)
    assert found(extractor, "天元区新马路的路灯坏了") == []
    assert not list(tmp_path.rglob(FILE))


@pytest.mark.parametrize("other_names", [True, False])
def test_the_same_seed_gives_the_same_model(
    storage: ModelStorage, context: ExecutionContext, other_names: bool
) -> None:
    text = "渌口区湘江路的路灯坏了,炎帝大道也是"
    one, other = (
        found(trained(data(), storage, context, other_names=other_names), text) for _ in range(2)
    )
    assert one == other
    assert one


def learnt(extractor: EntityExtractor) -> Dict[str, Any]:
    assert extractor._model is not None
    return {name: array.tolist() for name, array in extractor._model.arrays().items()}


@pytest.mark.parametrize("option", [{"c1": 1.0}, {"c2": 1.0}, {"iterations": 2}, {"every": 2}])
def test_each_option_changes_what_is_learnt(
    storage: ModelStorage, context: ExecutionContext, option: Dict[str, Any]
) -> None:
    assert learnt(trained(data(), storage, context)) != learnt(
        trained(data(), storage, context, **option)
    )


def test_of_so_many_examples_one_is_learnt(
    storage: ModelStorage, context: ExecutionContext
) -> None:
    half = TrainingData(data().training_examples[::2])
    assert learnt(trained(data(), storage, context, every=2)) == learnt(
        trained(half, storage, context)
    )


def test_lookup_tables_give_other_names(storage: ModelStorage, context: ExecutionContext) -> None:
    known = data()
    known.lookup_tables = [
        {"name": "address", "elements": [" 湘水灣 "] * 9},
        {"name": "district", "elements": "䶮霳.txt"},
    ]
    with_names = learnt(trained(known, storage, context))
    # folded, and without white space; what is in a file of its own is not read here
    assert set("湘水湾") <= set(text_of(np.array(with_names["alphabet"])))
    assert not set("灣 䶮霳") & set(text_of(np.array(with_names["alphabet"])))
    without = learnt(trained(known, storage, context, other_names=False))
    assert not set("湘水湾") & set(text_of(np.array(without["alphabet"])))
