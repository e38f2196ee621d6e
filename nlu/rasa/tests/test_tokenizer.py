"""Words: jieba's, and the names of the lookup tables as words of their own."""

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

from components.tokenizer import ChineseTokenizer

LOOKUPS = [{"name": "unit", "elements": ["株洲市自规局", "ＡＢ局", " 供电公司 ", "局"]}]


@pytest.fixture
def tokenizer(
    storage: ModelStorage, resource: Resource, context: ExecutionContext
) -> ChineseTokenizer:
    """A trained one."""
    config = ChineseTokenizer.get_default_config()
    made = ChineseTokenizer.create(config, storage, resource, context)
    made.train(TrainingData(lookup_tables=LOOKUPS))
    return made


def words(tokenizer: ChineseTokenizer, text: str) -> List[str]:
    message = Message({TEXT: text})
    tokenizer.process([message])
    return [token.text for token in message.get(TOKENS_NAMES[TEXT])]


def test_names_of_lookup_tables_are_words(tokenizer: ChineseTokenizer) -> None:
    assert words(tokenizer, "请株洲市自规局看看") == ["请", "株洲市自规局", "看看"]
    assert "ab局" in words(tokenizer, "请AB局看看")
    assert "供电公司" in words(tokenizer, "供电公司来了")


def test_a_model_does_not_change_the_words_of_another(
    tokenizer: ChineseTokenizer, storage: ModelStorage, context: ExecutionContext
) -> None:
    config = ChineseTokenizer.get_default_config()
    bare = ChineseTokenizer.create(config, storage, Resource("bare"), context)
    assert "株洲市自规局" not in words(bare, "请株洲市自规局看看")


@pytest.mark.parametrize(
    "text", ["栗雨工业园 新马路28号,坏了一周。", "#1024 进度?", "😀𠮷野家 13812345678", "ok 好的"]
)
def test_every_word_stands_where_it_says(tokenizer: ChineseTokenizer, text: str) -> None:
    message = Message({TEXT: text})
    tokenizer.process([message])
    tokens = message.get(TOKENS_NAMES[TEXT])
    assert [text[token.start : token.end] for token in tokens] == [token.text for token in tokens]
    assert "".join(token.text for token in tokens) == text.replace(" ", "")


def test_a_message_is_folded_for_all_that_come_after(tokenizer: ChineseTokenizer) -> None:
    message = Message({TEXT: "＃１０２４　ＯＫ，工業園"})
    tokenizer.process([message])
    assert message.get(TEXT) == "#1024 ok,工业园"
    assert message.as_dict(only_output_properties=True)[TEXT] == "#1024 ok,工业园"


def test_examples_are_folded_and_cut_alike(tokenizer: ChineseTokenizer) -> None:
    text = "Ａ栋,請株洲市自规局看看"
    data = TrainingData([Message.build(text, "urge")])
    (example,) = tokenizer.process_training_data(data).training_examples
    cut = [token.text for token in example.get(TOKENS_NAMES[TEXT])]
    assert cut == words(tokenizer, text)


def test_intents_stay_whole(tokenizer: ChineseTokenizer) -> None:
    data = TrainingData([Message.build("路灯坏了", "report_issue")])
    (example,) = tokenizer.process_training_data(data).training_examples
    assert [token.text for token in example.get(TOKENS_NAMES["intent"])] == ["report_issue"]


def test_what_was_learnt_is_kept(
    tokenizer: ChineseTokenizer,
    storage: ModelStorage,
    resource: Resource,
    context: ExecutionContext,
) -> None:
    config = ChineseTokenizer.get_default_config()
    loaded = ChineseTokenizer.load(config, storage, resource, context)
    text = "请株洲市自规局和供电公司看看"
    assert words(loaded, text) == words(tokenizer, text)


@pytest.mark.parametrize("text", ["", " "])
def test_of_nothing_there_is_no_word(tokenizer: ChineseTokenizer, text: str) -> None:
    message = Message({TEXT: text})
    tokenizer.process([message])
    assert not message.get(TOKENS_NAMES[TEXT])


def test_it_speaks_chinese_alone() -> None:
    assert ChineseTokenizer.supported_languages() == ["zh"]
