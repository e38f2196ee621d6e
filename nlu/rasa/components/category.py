"""What a report or a question is about: character n-grams and a linear model."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Text

import joblib
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

CATEGORY = "category"
#: Only these intents speak of something that has a category.
INTENTS = ("report_issue", "consult")
FILE = "category.joblib"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CategoryClassifier(GraphComponent):
    """Trained on the `metadata: {category: …}` of the examples; stands after the classifier of
    intents and adds `category: {name, confidence}` to the parse, or null.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Longest n-gram, and how freely the model follows the examples."""
        return {"max_ngram": 3, "C": 30.0, "random_seed": 2109}

    def __init__(
        self,
        config: Dict[Text, Any],
        storage: ModelStorage,
        resource: Resource,
        model: Optional[Pipeline],
    ) -> None:
        """Predict with this model; without one there is no category."""
        self._config, self._storage, self._resource = config, storage, resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CategoryClassifier:
        """A new one, before training."""
        return cls(config, model_storage, resource, None)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples that have a category."""
        known = [
            (example.get(TEXT), category(example))
            for example in training_data.training_examples
            if category(example)
        ]
        if len({name for _, name in known}) > 1:
            self._model = make_pipeline(
                TfidfVectorizer(
                    analyzer="char",
                    ngram_range=(1, int(self._config["max_ngram"])),
                    sublinear_tf=True,
                ),
                LogisticRegression(
                    C=float(self._config["C"]),
                    max_iter=1000,
                    random_state=int(self._config["random_seed"]),
                ),
            )
            self._model.fit([text for text, _ in known], [name for _, name in known])
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._model, folder / FILE)
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CategoryClassifier:
        """A trained one."""
        with model_storage.read_from(resource) as folder:
            model = joblib.load(folder / FILE)
        return cls(config, model_storage, resource, model)

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the category to each message."""
        for message in messages:
            intent = (message.get(INTENT) or {}).get(INTENT_NAME_KEY)
            found = self._predict(message.get(TEXT) or "") if intent in INTENTS else None
            message.set(CATEGORY, found, add_to_output=True)
        return messages

    def _predict(self, text: Text) -> Optional[Dict[Text, Any]]:
        if self._model is None or not text.strip():
            return None
        shares = self._model.predict_proba([text])[0]
        best = int(shares.argmax())
        return {"name": str(self._model.classes_[best]), "confidence": float(shares[best])}


def category(example: Message) -> Optional[Text]:
    """The category that an example of the training data names."""
    metadata = (example.get("metadata") or {}).get("intent") or {}
    name = metadata.get("category") if isinstance(metadata, dict) else None
    return str(name) if name else None
