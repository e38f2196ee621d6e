"""What a message does and what it is about; see `nlu.decision`."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Text

import numpy as np
from nlu.decision import Decider
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components import fitting

FILE = "classifier.npz"
CATEGORY = "category"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MessageClassifier(GraphComponent):
    """Learns the intents of the examples and their `metadata: {category: …}`.

    Adds `intent` and `intent_ranking` to the parse, and `category: {name, confidence}` or null.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """How it learns, see `components.fitting`; of how many examples it takes one."""
        return {**fitting.DEFAULTS, "every": 1}

    def __init__(
        self,
        config: Dict[Text, Any],
        storage: ModelStorage,
        resource: Resource,
        model: Optional[Decider],
    ) -> None:
        """Read with this model."""
        self._config, self._storage, self._resource = config, storage, resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MessageClassifier:
        """A new one, before training."""
        return cls(config, model_storage, resource, None)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples."""
        known = [example for example in training_data.nlu_examples if example.get(INTENT)]
        known = known[:: int(self._config["every"])]
        self._model = fitting.fit_decider(
            [example.get(TEXT) for example in known],
            [str(example.get(INTENT)) for example in known],
            [category(example) for example in known],
            self._config,
        )
        with self._storage.write_to(self._resource) as folder:
            np.savez_compressed(folder / FILE, **self._model.arrays())
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> MessageClassifier:
        """A trained one."""
        with model_storage.read_from(resource) as folder:
            model = Decider.of(np.load(folder / FILE))
        return cls(config, model_storage, resource, model)

    def process(self, messages: List[Message]) -> List[Message]:
        """Add what each message does and is about."""
        for message in messages:
            text = message.get(TEXT) or ""
            if self._model is not None and text.strip():
                _add(message, self._model, text)
        return messages


def _add(message: Message, model: Decider, text: Text) -> None:
    ((decision, shares),) = model.ranked([text])
    intent = {INTENT_NAME_KEY: decision.intent, "confidence": decision.confidence}
    pairs = zip(shares.tolist(), model.intents.labels, strict=True)
    others = [
        {INTENT_NAME_KEY: name, "confidence": share}
        for share, name in sorted(pairs, reverse=True)
        if name != decision.intent
    ]
    message.set(INTENT, intent, add_to_output=True)
    message.set("intent_ranking", [intent, *others], add_to_output=True)
    named = decision.category and {
        "name": decision.category, "confidence": decision.category_confidence
    }  # fmt: skip
    message.set(CATEGORY, named, add_to_output=True)


def category(example: Message) -> Optional[Text]:
    """The category that an example of the training data names, or None."""
    metadata = (example.get("metadata") or {}).get("intent") or {}
    name = metadata.get("category") if isinstance(metadata, dict) else None
    return str(name) if name else None
