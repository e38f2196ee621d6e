"""Characters as tokens, of a folded text."""

from __future__ import annotations

from typing import List

import pytest
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.tokenizer import Characters


@pytest.fixture
def tokenizer(storage: ModelStorage, resource: Resource, context: ExecutionContext) -> Characters:
    """As a pipeline has it."""
    config = Characters.get_default_config()
    made: Characters = Characters.create(config, storage, resource, context)
    return made


def words(tokenizer: Characters, text: str) -> List[str]:
    message = Message({TEXT: text})
    tokenizer.process([message])
    return [token.text for token in message.get(TOKENS_NAMES[TEXT])]


@pytest.mark.parametrize(
    "text", ["栗雨工业园 新马路28号,坏了一周。", "#1024 进度?", "😀𠮷野家 13812345678", "ok 好的"]
)
def test_every_character_stands_where_it_says(tokenizer: Characters, text: str) -> None:
    message = Message({TEXT: text})
    tokenizer.process([message])
    tokens = message.get(TOKENS_NAMES[TEXT])
    assert [text[token.start : token.end] for token in tokens] == [token.text for token in tokens]
    assert "".join(token.text for token in tokens) == text.replace(" ", "")


def test_a_message_is_folded_for_all_that_come_after(tokenizer: Characters) -> None:
    message = Message({TEXT: "＃１０２４　ＯＫ，工業園"})
    tokenizer.process([message])
    assert message.get(TEXT) == "#1024 ok,工业园"
    assert message.as_dict(only_output_properties=True)[TEXT] == "#1024 ok,工业园"


def test_examples_are_folded_and_cut_alike(tokenizer: Characters) -> None:
    text = "Ａ栋,請株洲市自规局看看"
    data = TrainingData([Message.build(text, "urge")])
    (example,) = tokenizer.process_training_data(data).training_examples
    cut = [token.text for token in example.get(TOKENS_NAMES[TEXT])]
    assert cut == words(tokenizer, text)


@pytest.mark.parametrize("text", ["", " "])
def test_of_nothing_there_is_no_token(tokenizer: Characters, text: str) -> None:
    message = Message({TEXT: text})
    tokenizer.process([message])
    assert not message.get(TOKENS_NAMES[TEXT])


def test_it_speaks_chinese_alone() -> None:
    assert Characters.supported_languages() == ["zh"]
