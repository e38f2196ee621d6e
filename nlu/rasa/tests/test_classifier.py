"""What a message does and what it is about, in Rasa's pipeline."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import pytest
from nlu.decision import CATEGORISED, ENOUGH, OPENING
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.classifier import CATEGORY, MessageClassifier, category
from tests.examples import some

INTENTS = ("chitchat", "consult", "report_issue", "report_misconduct", "urge")
CONFIG: Dict[str, Any] = {**MessageClassifier.get_default_config(), "folds": 2}
#: Of few categories: of each there must be some in each part.
ABOUT = (None, "environment", "subsidy", "traffic", "utilities")
EXAMPLES = [example for intent in INTENTS for example in some(intent, 60, ABOUT)]
RANKING = "intent_ranking"


def message(text: str, intent: str, about: Optional[str]) -> Message:
    """An example as Rasa reads it out of a file."""
    metadata = {"intent": {"category": about}} if about else None
    return Message({TEXT: text, INTENT: intent, **({"metadata": metadata} if metadata else {})})


@pytest.fixture(scope="module")
def data() -> TrainingData:
    examples = [message(one.text, one.intent, one.category) for one in EXAMPLES]
    return TrainingData([*examples, Message({TEXT: "a response", "action": "utter"})])


def loaded(
    data: TrainingData,
    storage: ModelStorage,
    resource: Resource,
    context: ExecutionContext,
    **options: Any,
) -> MessageClassifier:
    """Trained, kept, and loaded again."""
    config = {**CONFIG, **options}
    made = MessageClassifier.create(config, storage, resource, context)
    assert made.train(data) == resource
    return MessageClassifier.load(config, storage, resource, context)


@pytest.fixture
def classifier(
    data: TrainingData, storage: ModelStorage, resource: Resource, context: ExecutionContext
) -> MessageClassifier:
    return loaded(data, storage, resource, context)


def parsed(classifier: MessageClassifier, *texts: str) -> List[Dict[str, Any]]:
    messages = [Message({TEXT: text}) for text in texts]
    assert classifier.process(messages) == messages
    return [one.as_dict(only_output_properties=True) for one in messages]


def test_a_message_gets_its_intent_and_all_others_and_its_category(
    classifier: MessageClassifier,
) -> None:
    found = parsed(classifier, *(example.text for example in EXAMPLES))
    right = [one[INTENT]["name"] == e.intent for one, e in zip(found, EXAMPLES, strict=True)]
    assert sum(right) > 0.95 * len(right)
    for one in found:
        ranking = one[RANKING]
        assert sorted(row["name"] for row in ranking) == list(INTENTS)
        assert ranking[0] == one[INTENT]
        others = [row["confidence"] for row in ranking[1:]]
        assert others == sorted(others, reverse=True)
        assert all(type(row["confidence"]) is float for row in ranking)
        assert all(0 <= row["confidence"] <= 1 for row in ranking)


def test_only_what_is_reported_or_asked_has_a_category(classifier: MessageClassifier) -> None:
    found = parsed(classifier, *(example.text for example in EXAMPLES))
    known = {example.category for example in EXAMPLES if example.category}
    with_one = [one for one in found if CATEGORY in one]
    assert {one[INTENT]["name"] for one in with_one} == CATEGORISED
    # what is None Rasa leaves out of its answer
    assert {one[INTENT]["name"] for one in found if CATEGORY not in one} == (
        set(INTENTS) - CATEGORISED
    )
    for one in with_one:
        assert one[CATEGORY]["name"] in known
        assert 0 < one[CATEGORY]["confidence"] <= 1


def test_intents_that_open_a_ticket_are_sure_enough(classifier: MessageClassifier) -> None:
    for one in parsed(classifier, *(example.text for example in EXAMPLES)):
        sure, rest = one[INTENT]["confidence"], one[RANKING][1:]
        if one[INTENT]["name"] in OPENING:
            # without a leaning it is as likely as the others are not
            others = sum(row["confidence"] for row in rest if row["name"] not in OPENING)
            assert sure == pytest.approx(1 - others, abs=1e-5)
            assert sure >= ENOUGH
        else:
            assert sure + sum(row["confidence"] for row in rest) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("text", ["", " ", "   "])
def test_of_spaces_nothing_is_said(classifier: MessageClassifier, text: str) -> None:
    (found,) = parsed(classifier, text)
    assert not found.keys() & {INTENT, RANKING, CATEGORY}


def test_a_message_without_a_text_gets_nothing(classifier: MessageClassifier) -> None:
    bare = Message({})
    assert classifier.process([bare]) == [bare]
    assert bare.as_dict(only_output_properties=True) == {}


def test_untrained_it_says_nothing(
    storage: ModelStorage, resource: Resource, context: ExecutionContext
) -> None:
    (found,) = parsed(MessageClassifier.create(CONFIG, storage, resource, context), "路灯坏了")
    assert not found.keys() & {INTENT, RANKING, CATEGORY}


def test_the_same_seed_gives_the_same_answers(
    data: TrainingData, storage: ModelStorage, context: ExecutionContext
) -> None:
    texts = [example.text for example in some("spam", 20)]
    one, other = (
        parsed(loaded(data, storage, Resource(name), context), *texts) for name in ("one", "other")
    )
    assert one == other


def test_of_so_many_examples_one_is_learnt(
    data: TrainingData, storage: ModelStorage, context: ExecutionContext
) -> None:
    texts = [example.text for example in some("spam", 20)]
    half = TrainingData(data.training_examples[::2])
    few = loaded(data, storage, Resource("few"), context, every=2)
    assert parsed(few, *texts) == parsed(loaded(half, storage, Resource("half"), context), *texts)
    assert parsed(few, *texts) != parsed(loaded(data, storage, Resource("all"), context), *texts)


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ({"intent": {"category": "land"}}, "land"),
        ({"intent": {"category": ""}}, None),
        ({"intent": {"hard": True}}, None),
        ({"intent": "land"}, None),
        ({"intent": None}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_category_of_an_example_is_that_of_its_section(
    metadata: Optional[Dict[str, Any]], name: Optional[str]
) -> None:
    assert category(Message({TEXT: "路灯坏了", "metadata": metadata})) == name
