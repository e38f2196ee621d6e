"""What a report is about."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import pytest
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.category import CategoryClassifier, category

EXAMPLES = {
    "路灯坏了": "traffic",
    "马路上有个坑": "traffic",
    "路面破损": "traffic",
    "厂里停电了": "utilities",
    "自来水没有压力": "utilities",
    "电压不稳": "utilities",
    "早上好": None,
}


def example(text: str, about: Optional[str]) -> Message:
    metadata = {"metadata": {"intent": {"category": about}}} if about else {}
    return Message({TEXT: text, "intent": "report_issue" if about else "chitchat", **metadata})


def trained(
    storage: ModelStorage, context: ExecutionContext, examples: List[Message], name: str = "a"
) -> CategoryClassifier:
    config, resource = CategoryClassifier.get_default_config(), Resource(name)
    made = CategoryClassifier.create(config, storage, resource, context)
    made.train(TrainingData(examples))
    return CategoryClassifier.load(config, storage, resource, context)


@pytest.fixture
def classifier(storage: ModelStorage, context: ExecutionContext) -> CategoryClassifier:
    """Trained on a handful of examples, and loaded again."""
    return trained(storage, context, [example(*pair) for pair in EXAMPLES.items()])


def about(classifier: CategoryClassifier, text: str, intent: Optional[str]) -> Any:
    message = Message({TEXT: text, "intent": {"name": intent, "confidence": 1.0}})
    classifier.process([message])
    found: Dict[str, Any] = message.as_dict(only_output_properties=True)
    return found.get("category")


@pytest.mark.parametrize("text", [text for text, name in EXAMPLES.items() if name])
def test_what_it_learnt_it_knows(classifier: CategoryClassifier, text: str) -> None:
    found = about(classifier, text, "report_issue")
    assert found["name"] == EXAMPLES[text]
    assert 0.5 < found["confidence"] <= 1.0


@pytest.mark.parametrize("intent", ["consult", "report_issue"])
def test_reports_and_questions_have_a_category(classifier: CategoryClassifier, intent: str) -> None:
    assert about(classifier, "路灯不亮", intent)["name"] == "traffic"


@pytest.mark.parametrize("intent", ["chitchat", "report_misconduct", "urge", None])
def test_nothing_else_has_one(classifier: CategoryClassifier, intent: Optional[str]) -> None:
    assert about(classifier, "路灯坏了", intent) is None


@pytest.mark.parametrize("text", ["", "  "])
def test_of_nothing_there_is_no_category(classifier: CategoryClassifier, text: str) -> None:
    assert about(classifier, text, "report_issue") is None


@pytest.mark.parametrize("categories", [[], ["traffic"]])
def test_where_there_is_no_choice_there_is_no_category(
    storage: ModelStorage, context: ExecutionContext, categories: List[str]
) -> None:
    known = trained(storage, context, [example("路灯坏了", name) for name in categories])
    assert about(known, "路灯坏了", "report_issue") is None


def test_the_same_examples_give_the_same_model(
    storage: ModelStorage, context: ExecutionContext
) -> None:
    examples = [example(*pair) for pair in EXAMPLES.items()]
    shares = [
        about(trained(storage, context, examples, name), "路边没有电", "consult") for name in "ab"
    ]
    assert shares[0] == shares[1]


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ({"intent": {"category": "traffic"}}, "traffic"),
        ({"intent": {"colour": "red"}}, None),
        ({"intent": "traffic"}, None),
        ({"example": {"category": "traffic"}}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_category_of_an_example_stands_in_its_metadata(
    metadata: Any, name: Optional[str]
) -> None:
    assert category(Message({TEXT: "路灯坏了", "metadata": metadata})) == name
