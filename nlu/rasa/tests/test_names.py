"""More examples of names: other names in sentences that people wrote."""

from __future__ import annotations

import itertools
import random
from typing import List

import pytest
from nlu.text import Span

from components.names import SHARES, SURNAMES, TIMES, Names, Sentence, with_others
from tests.examples import some

REAL = [
    (example.text, example.spans)
    for intent in ("report_issue", "urge", "transfer", "chitchat")
    for example in some(intent, 60)
]
LOOKUPS = {"district": ["天元区", "荷塘区", "芦淞区"], "address": ["新马路", "栗雨工业园"]}
PERSON: Sentence = (
    "请王科长今天到鑫达机械来",
    [Span("person", 1, 4), Span("time", 4, 6), Span("enterprise", 7, 11)],
)
DATED: Sentence = (
    "路灯坏了三天,今天赔300元",
    [Span("duration", 4, 6), Span("time", 7, 9), Span("amount", 10, 14)],
)


def words(sentence: Sentence) -> List[str]:
    text, spans = sentence
    return [text[span.start : span.end] for span in spans]


def between(sentence: Sentence) -> List[str]:
    """The pieces that no span has."""
    text, spans = sentence
    edges = [0, *(edge for span in spans for edge in (span.start, span.end)), len(text)]
    return [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]


def nameless(sentence: Sentence) -> List[str]:
    """The words of spans that are no names: times, amounts and so on."""
    text, spans = sentence
    return [text[span.start : span.end] for span in spans if span.entity not in SHARES]


def again(sentences: List[Sentence]) -> List[Sentence]:
    """Of which sentence each of the new ones is made."""
    return [
        sentence
        for sentence in sentences
        for _ in range(max((TIMES.get(span.entity, 0) for span in sentence[1]), default=0))
    ]


@pytest.mark.parametrize("seed", range(5))
def test_only_names_are_changed_and_spans_still_fit(seed: int) -> None:
    made = with_others(REAL, LOOKUPS, seed)
    new, old = made[len(REAL) :], again(REAL)
    assert len(new) == len(old) > 100
    for sentence, origin in zip(new, old, strict=True):
        assert between(sentence) == between(origin)
        assert [span.entity for span in sentence[1]] == [span.entity for span in origin[1]]
        assert all(words(sentence))
        assert nameless(sentence) == nameless(origin)
        edges = [edge for span in sentence[1] for edge in (span.start, span.end)]
        assert all(before <= after for before, after in itertools.pairwise(edges))
    changed = sum(words(one) != words(other) for one, other in zip(new, old, strict=True))
    assert changed > len(new) / 2


def test_originals_come_first_as_they_are() -> None:
    before = [(text, list(spans)) for text, spans in REAL]
    made = with_others(REAL, LOOKUPS, 1)
    assert made[: len(REAL)] == before
    assert before == REAL


def test_the_same_seed_makes_the_same_sentences() -> None:
    assert with_others(REAL, LOOKUPS, 1) == with_others(REAL, LOOKUPS, 1)
    assert with_others(REAL, LOOKUPS, 1) != with_others(REAL, LOOKUPS, 2)


@pytest.mark.parametrize("sentences", [[DATED], [("大家早上好", [])], []])
def test_sentences_that_name_nobody_are_not_said_again(sentences: List[Sentence]) -> None:
    assert with_others(sentences, LOOKUPS, 1) == sentences


def test_times_and_amounts_stay_where_names_change() -> None:
    told = with_others([PERSON], LOOKUPS, 1)
    assert len(told) == 1 + TIMES["person"]
    assert {words(sentence)[1] for sentence in told} == {"今天"}
    persons = [words(with_others([PERSON], LOOKUPS, seed)[1])[0] for seed in range(40)]
    assert len(set(persons)) > 5
    assert "王科长" in persons  # some stay


def test_each_kind_gets_names_of_its_kind() -> None:
    names = Names([PERSON, ("#77的事", [Span("ticket_no", 1, 3)])], LOOKUPS)
    chance = random.Random(1)
    for _ in range(50):
        assert names.other("district", chance) in LOOKUPS["district"]
        assert names.other("ticket_no", chance).isdecimal()
        person = names.other("person", chance)
        assert person[0] in SURNAMES or person[0] in "小老"
        assert 2 <= len(person) <= 3
        assert names.other("enterprise", chance).endswith("机械")


def test_titles_and_ends_of_firms_are_those_of_the_training_data() -> None:
    names = Names([PERSON], {"enterprise": ["株洲湘火炬火花塞有限公司"], "person": ["老王头子来"]})
    assert names.titles == ["科长"]
    assert names.ends == ["机械"]
    assert names.known["enterprise"] == ["鑫达机械", "株洲湘火炬火花塞有限公司"]
