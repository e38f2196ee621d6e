"""The last word on entities."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

import pytest
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from components.spans import Spans, settle

TEXT_1 = "天元区新马路的路灯坏了一周,电话13812345678"


def guess(kind: str, start: int, end: int, sure: float = 0.9) -> Dict[str, Any]:
    return {"entity": kind, "start": start, "end": end, "confidence_entity": sure}


def settled(text: str, *guesses: Dict[str, Any]) -> List[Tuple[str, str]]:
    return [(row["entity"], row["value"]) for row in settle(text, list(guesses))]


def test_phones_and_numbers_are_added() -> None:
    assert settled("#1024的电话13812345678") == [("ticket_no", "1024"), ("phone", "13812345678")]


def test_the_model_does_not_guess_at_digits() -> None:
    assert settled("门牌28,电话1234", guess("ticket_no", 2, 4), guess("phone", 7, 11)) == []


def test_what_is_certain_wins_over_a_surer_guess() -> None:
    whole = guess("address", 14, 27, 1.0)
    assert settled(TEXT_1, whole) == [("phone", "13812345678")]


def test_of_guesses_that_overlap_the_surer_stays() -> None:
    found = settled(TEXT_1, guess("address", 0, 6, 0.6), guess("district", 0, 3, 0.8))
    assert found[0] == ("district", "天元区")
    assert ("address", "天元区新马路") not in found


def test_entities_come_in_the_order_of_the_text() -> None:
    found = settled(TEXT_1, guess("duration", 11, 13), guess("district", 0, 3))
    assert found == [("district", "天元区"), ("duration", "一周"), ("phone", "13812345678")]


@pytest.mark.parametrize(
    ("text", "start", "end", "value"),
    [
        (",新马路。", 0, 5, "新马路"),
        (" 新马路 ", 0, 5, "新马路"),
        ("(新马路)", 0, 5, "新马路"),
        ("新马路)", 0, 4, "新马路"),
        ("三桥(东)", 0, 5, "三桥(东)"),
        ("三桥(东),", 0, 6, "三桥(东)"),
        ("新马路", 0, 3, "新马路"),
    ],
)
def test_punctuation_around_a_guess_is_trimmed(text: str, start: int, end: int, value: str) -> None:
    assert settled(text, guess("address", start, end)) == [("address", value)]


def test_a_guess_of_punctuation_alone_is_none() -> None:
    assert settled("坏了,。 急", guess("time", 2, 5)) == []


def test_a_guess_without_confidence_is_the_least_sure() -> None:
    unsure = {"entity": "address", "start": 0, "end": 6}
    found = settle(TEXT_1, [unsure, guess("district", 0, 3, 0.1)])
    assert [row["entity"] for row in found] == ["district", "phone"]
    assert [row["confidence_entity"] for row in found] == [0.1, 1.0]


def test_a_message_gets_its_entities(
    storage: ModelStorage, resource: Resource, context: ExecutionContext
) -> None:
    message, bare = Message({TEXT: TEXT_1, ENTITIES: [guess("district", 0, 3)]}), Message({})
    Spans.create({}, storage, resource, context).process([message, bare])
    found = message.as_dict(only_output_properties=True)[ENTITIES]
    assert [(row["entity"], row["start"], row["end"]) for row in found] == [
        ("district", 0, 3),
        ("phone", 16, 27),
    ]
    assert {row["extractor"] for row in found} == {"Spans"}
    assert bare.get(ENTITIES) == []
