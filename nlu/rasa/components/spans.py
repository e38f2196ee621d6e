"""The last word on entities: see `nlu.spans`."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from nlu.crf import Guess
from nlu.spans import settle
from nlu.text import Span
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class Spans(GraphComponent):
    """Adds what is certain by its looks, and trims and sorts what was found before."""

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
            guesses = [
                Guess(
                    Span(found["entity"], int(found["start"]), int(found["end"])),
                    float(found.get("confidence_entity") or 0.0),
                )
                for found in message.get(ENTITIES) or []
            ]
            found = [entity(text, guess) for guess in settle(text, guesses)]
            message.set(ENTITIES, found, add_to_output=True)
        return messages


def entity(text: Text, guess: Guess) -> Dict[Text, Any]:
    """A span as Rasa writes it."""
    span, confidence = guess
    return {
        "entity": span.entity,
        "start": span.start,
        "end": span.end,
        "value": text[span.start : span.end],
        "confidence_entity": confidence,
        "extractor": Spans.__name__,  # `rasa test` asks for it
    }
