"""What a message names: a linear chain over its characters; see `nlu.crf`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Text

import numpy as np
import pycrfsuite
from nlu.crf import Crf, clues, tagged
from nlu.grams import END, START, Alphabet, Keys
from nlu.text import Span, fold
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.names import Sentence, with_others

FILE = "entities.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class EntityExtractor(GraphComponent):
    """Learns the marked spans of the examples; with no example that names anything, finds none."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """How little a clue may tell (c1, c2), how long one looks for the best weights, whether
        sentences are said again with other names; of how many examples it takes one.
        """
        return {
            "c1": 0.1, "c2": 0.02, "iterations": 80, "other_names": True, "every": 1,
            "random_seed": 2109,
        }  # fmt: skip

    def __init__(
        self,
        config: Dict[Text, Any],
        storage: ModelStorage,
        resource: Resource,
        model: Optional[Crf],
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
    ) -> EntityExtractor:
        """A new one, before training."""
        return cls(config, model_storage, resource, None)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples and from the lookup tables."""
        taken = training_data.nlu_examples[:: int(self._config["every"])]
        sentences = [(example.get(TEXT), _spans(example)) for example in taken]
        if self._config["other_names"]:
            lookups = {
                table["name"]: [fold(name.strip()) for name in table["elements"]]
                for table in training_data.lookup_tables
                if isinstance(table["elements"], list)
            }
            sentences = with_others(sentences, lookups, int(self._config["random_seed"]))
        if any(spans for _, spans in sentences):
            self._model = fit(sentences, self._config)
        with self._storage.write_to(self._resource) as folder:
            if self._model is not None:
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
    ) -> EntityExtractor:
        """A trained one."""
        with model_storage.read_from(resource) as folder:
            path = folder / FILE
            model = Crf.of(np.load(path)) if path.exists() else None
        return cls(config, model_storage, resource, model)

    def process(self, messages: List[Message]) -> List[Message]:
        """Add what each message names to its entities."""
        for message in messages:
            text = message.get(TEXT) or ""
            (found,) = self._model.read([text]) if self._model else [[]]
            entities = [
                {
                    "entity": guess.span.entity,
                    "start": guess.span.start,
                    "end": guess.span.end,
                    "value": text[guess.span.start : guess.span.end],
                    "confidence_entity": guess.confidence,
                    "extractor": type(self).__name__,
                }
                for guess in found
            ]
            message.set(ENTITIES, (message.get(ENTITIES) or []) + entities, add_to_output=True)
        return messages


def fit(sentences: List[Sentence], config: Dict[Text, Any]) -> Crf:
    """Learn spans of folded texts with CRFsuite; of its model only the weights are kept."""
    alphabet = Alphabet({START, END, "0", *(char for text, _ in sentences for char in text)})
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params(
        {
            "c1": float(config["c1"]), "c2": float(config["c2"]),
            "max_iterations": int(config["iterations"]), "feature.possible_transitions": False,
        }
    )  # fmt: skip
    for text, spans in sentences:
        if text:
            columns = ([str(key) for key in column] for column in clues(alphabet, [text]))
            rows = zip(*columns, strict=True)
            trainer.append([list(row) for row in rows], tagged(len(text), spans))
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "crf")
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        tagger.open(path)
        learnt = tagger.info()
        tagger.close()
    return _kept(alphabet, list(learnt.labels), learnt.state_features, learnt.transitions)


def _kept(alphabet: Alphabet, tags: List[Text], states: Any, transitions: Any) -> Crf:
    keys = np.unique(np.array([int(key) for key, _ in states], np.uint64))
    place = {str(key): at for at, key in enumerate(keys)}
    weights = np.zeros((len(keys), len(tags)), np.float16)
    for (key, tag), weight in states.items():
        weights[place[key], tags.index(tag)] = weight
    follows = np.zeros((len(tags), len(tags)), np.float32)
    for (first, second), weight in transitions.items():
        follows[tags.index(first), tags.index(second)] = weight
    return Crf(tags=tags, alphabet=alphabet, keys=Keys(keys), weights=weights, follows=follows)


def _spans(example: Message) -> List[Span]:
    found = [
        Span(entity["entity"], int(entity["start"]), int(entity["end"]))
        for entity in example.get(ENTITIES) or []
    ]
    return sorted(found, key=lambda span: span.start)
