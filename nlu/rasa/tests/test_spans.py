"""The last word on entities."""

from __future__ import annotations

from typing import Any, Dict

from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from components.spans import Spans

TEXT_1 = "天元区新马路的路灯坏了一周,电话13812345678"


def guess(kind: str, start: int, end: int, sure: float = 0.9) -> Dict[str, Any]:
    return {"entity": kind, "start": start, "end": end, "confidence_entity": sure}


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


def test_a_guess_without_confidence_is_the_least_sure(
    storage: ModelStorage, resource: Resource, context: ExecutionContext
) -> None:
    unsure = {"entity": "address", "start": 0, "end": 6}
    message = Message({TEXT: TEXT_1, ENTITIES: [unsure, guess("district", 0, 3, 0.1)]})
    Spans.create({}, storage, resource, context).process([message])
    assert [(row["entity"], row["confidence_entity"]) for row in message.get(ENTITIES)] == [
        ("district", 0.1),
        ("phone", 1.0),
    ]
