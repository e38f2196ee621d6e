"""Chinese words: jieba's, with the names of the lookup tables as words of their own."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Text

import jieba
from nlu.text import fold
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

FILE = "words.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class ChineseTokenizer(Tokenizer):
    """Folds the text (`nlu.text.fold`), for all components after it, and cuts it into words."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """What every tokenizer of Rasa's is asked for: intents are names, and stay whole."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    @staticmethod
    def supported_languages() -> List[Text]:
        """Chinese alone."""
        return ["zh"]

    @staticmethod
    def required_packages() -> List[Text]:
        """What cuts the words."""
        return ["jieba"]

    def __init__(
        self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource, words: List[Text]
    ) -> None:
        """Cut with these words beside jieba's own."""
        super().__init__(config)
        self._storage, self._resource, self._words = storage, resource, words
        self._jieba = _cutter(words)

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ChineseTokenizer:
        """A new one, before training."""
        return cls(config, model_storage, resource, [])

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the names of the lookup tables."""
        names = {
            fold(name.strip())
            for table in training_data.lookup_tables
            if isinstance(table["elements"], list)
            for name in table["elements"]
        }
        self._words = sorted(name for name in names if len(name) > 1)
        self._jieba = _cutter(self._words)
        with self._storage.write_to(self._resource) as folder:
            (folder / FILE).write_text(json.dumps(self._words, ensure_ascii=False), "utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ChineseTokenizer:
        """A trained one."""
        with model_storage.read_from(resource) as folder:
            words = json.loads((folder / FILE).read_text("utf-8"))
        return cls(config, model_storage, resource, words)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Fold and cut the examples."""
        for example in training_data.training_examples:
            _fold(example)
        return super().process_training_data(training_data)

    def process(self, messages: List[Message]) -> List[Message]:
        """Fold and cut messages."""
        for message in messages:
            _fold(message)
        cut: List[Message] = super().process(messages)
        return cut

    def tokenize(self, message: Message, attribute: Text) -> List[Token]:
        """The words of one attribute; white space is none."""
        text = message.get(attribute)
        return [Token(word, start) for word, start, _ in self._jieba.tokenize(text) if word.strip()]


def _fold(message: Message) -> None:
    text = message.get(TEXT)
    if text:
        message.set(TEXT, fold(text), add_to_output=True)


def _cutter(words: List[Text]) -> jieba.Tokenizer:
    cutter = jieba.Tokenizer()
    for word in words:
        cutter.add_word(word)
    return cutter
