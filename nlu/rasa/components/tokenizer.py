"""Characters as tokens: Chinese has no spaces, and what reads here reads characters."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from nlu.text import fold
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class Characters(Tokenizer):
    """Folds the text (`nlu.text.fold`), for all components after it, and cuts it into characters.

    Of the tokens only Rasa's own checks and `rasa test` make use.
    """

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
        """The characters of one attribute; white space is none."""
        text = message.get(attribute)
        return [Token(char, at) for at, char in enumerate(text) if not char.isspace()]


def _fold(message: Message) -> None:
    text = message.get(TEXT)
    if text:
        message.set(TEXT, fold(text), add_to_output=True)
