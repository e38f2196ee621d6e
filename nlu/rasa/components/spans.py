"""The last word on entities: what is certain by its looks, and no overlap."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from nlu.text import Span, exact, without_overlap
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

#: Only by their looks: a model that guesses at digits is of no use.
BY_LOOKS = ("phone", "ticket_no")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class Spans(GraphComponent):
    """Adds phones and ticket numbers, and trims and sorts what the model found."""

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Spans:
        """There is nothing to set."""
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Settle the entities of each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            found = message.get(ENTITIES) or []
            message.set(ENTITIES, settle(text, found), add_to_output=True)
        return messages


def settle(text: Text, found: List[Dict[Text, Any]]) -> List[Dict[Text, Any]]:
    """The entities of a folded text: certain ones first, then the model's, surest first."""
    sure = {Span(*span): 1.0 for span in exact(text)}
    guessed = {}
    for entity in found:
        span = _trimmed(text, entity)
        if entity["entity"] not in BY_LOOKS and span.start < span.end:
            guessed[span] = float(entity.get("confidence_entity") or 0.0)
    ranked = [*sure, *sorted(guessed, key=lambda span: (-guessed[span], span.start))]
    shares = {**guessed, **sure}
    return [
        {
            "entity": span.entity,
            "start": span.start,
            "end": span.end,
            "value": text[span.start : span.end],
            "confidence_entity": shares[span],
            "extractor": Spans.__name__,  # `rasa test` asks for it
        }
        for span in without_overlap(ranked)
    ]


def _trimmed(text: Text, entity: Dict[Text, Any]) -> Span:
    """Without punctuation and white space at both ends, which no span has."""
    start, end = int(entity["start"]), int(entity["end"])
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not (text[end - 1].isalnum() or _closes(text[start:end])):
        end -= 1
    return Span(str(entity["entity"]), start, end)


def _closes(words: Text) -> bool:
    """Whether the bracket at the end was opened within: 湖南某某(株洲)."""
    return words.endswith(")") and words.count("(") >= words.count(")")
