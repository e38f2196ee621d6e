"""The training data keeps to the schema: labels, and where a span begins and ends."""

import re
from collections import Counter

import pytest

from nlu.examples import Example, Examples
from nlu.parse import CATEGORIES, CATEGORISED, ENTITIES, INTENTS
from nlu.text import exact, fold
from nlu.training import PROJECT

DATA = Examples.read(PROJECT / "data")
#: Each span: its kind, its words, and the sentence.
SPANS = [
    (span.entity, example.text[span.start : span.end], example)
    for example in DATA.sentences
    for span in example.spans
]
LEAST = 40

#: What no span of a kind may be; the rules of the schema that words alone decide.
NEVER = {
    "time": r"现在|刚刚|刚才|最近|马上|一会儿?|.*(?:前|左右|起|之后)",
    "duration": r"(?:快|将近|都|近).*",
    "unit": r"物业|园区|窗口|村里|区里|.*(?:通道|系统)",
    "enterprise": r"(?:我们|我|本|贵|该|你们)?(?:公司|司|厂|单位)",
    "project": r"[一二三四]期|(?:该|本|这个)?项目",
    "address": r"路口|旁边|大门口?|门口|附近|厂里|车间|仓库|园区|现场",
    "person": r"@.*|领导|老板|师傅|姓.的|.*们",
    "district": r"(?:我|本|全|各)?[市区县]",
    "phone": r".*[^\d-].*|-.*|.*-",
    "ticket_no": r".*\D.*",
    "amount": r"[^\d一二两三四五六七八九十百千万几好]*",
}


def labelled(intent: str) -> list[Example]:
    return [example for example in DATA.sentences if example.intent == intent]


def frame(example: Example) -> str:
    """The sentence with each span replaced by its kind: what is left of a fill-in."""
    text = example.text
    for span in reversed(example.spans):
        text = f"{text[: span.start]}[{span.entity}]{text[span.end :]}"
    return text


@pytest.mark.parametrize("intent", INTENTS)
def test_every_intent_has_enough_sentences_of_its_own(intent: str) -> None:
    assert len({fold(example.text) for example in labelled(intent)}) >= LEAST


@pytest.mark.parametrize("intent", CATEGORISED)
def test_reports_and_questions_are_about_everything(intent: str) -> None:
    assert {example.category for example in labelled(intent)} == set(CATEGORIES)


def test_labels_are_those_of_the_schema() -> None:
    assert {example.intent for example in DATA.sentences} == set(INTENTS)
    assert {kind for kind, _, _ in SPANS} == set(ENTITIES)
    assert DATA.lookups.keys() < set(ENTITIES)


def test_nothing_else_has_a_category() -> None:
    wrong = [e for e in DATA.sentences if (e.category is None) == (e.intent in CATEGORISED)]
    assert wrong == []


def test_no_sentence_stands_there_twice() -> None:
    times = Counter(fold(example.text).strip() for example in DATA.sentences)
    assert [text for text, count in times.items() if count > 1] == []


def test_no_sentence_is_a_frame_that_was_filled_in_twice() -> None:
    times = Counter(map(frame, DATA.sentences))
    assert [text for text, count in times.items() if count > 1] == []


def test_no_sentence_is_left_with_marks_in_it() -> None:
    wrong = [e.text for e in DATA.sentences if re.search(r"\]\(|[{}]|\w\)\(", e.text)]
    assert wrong == []


def test_spans_are_apart() -> None:
    for example in DATA.sentences:
        ends = [0, *(span.end for span in example.spans)]
        assert all(a <= span.start for a, span in zip(ends, example.spans, strict=False)), example


def test_no_punctuation_and_no_white_space_surrounds_a_span() -> None:
    whole = re.compile(r"\w(?:.*[\w)）])?", re.DOTALL)
    assert [words for _, words, _ in SPANS if not whole.fullmatch(words)] == []


@pytest.mark.parametrize("kind", NEVER)
def test_no_span_is_what_the_schema_rules_out(kind: str) -> None:
    never = re.compile(NEVER[kind])
    assert [words for of, words, _ in SPANS if of == kind and never.fullmatch(words)] == []


def test_numbers_are_marked_whole() -> None:
    def cut(before: str, first: str, last: str, after: str) -> bool:
        return (before.isdigit() and first.isdigit()) or (last.isdigit() and after.isdigit())

    for example in DATA.sentences:
        for span in example.spans:
            padded = f" {example.text} "
            first, last = example.text[span.start], example.text[span.end - 1]
            assert not cut(padded[span.start], first, last, padded[span.end + 1]), example


def test_what_is_certain_by_its_looks_is_marked() -> None:
    for example in DATA.sentences:
        missing = set(exact(fold(example.text))) - set(example.spans)
        assert not missing, example.text


def test_the_same_words_are_never_two_kinds() -> None:
    kinds: dict[str, set[str]] = {}
    for kind, words, _ in SPANS:
        kinds.setdefault(words, set()).add(kind)
    for kind, names in DATA.lookups.items():
        for name in names:
            kinds.setdefault(name, set()).add(kind)
    # a street is a place, and a unit where it acts; a bare number is what stands around it
    either = re.compile(r".*街道|[0-9]+日?")
    several = {words: of for words, of in kinds.items() if len(of) > 1}
    assert {words: of for words, of in several.items() if not either.fullmatch(words)} == {}


@pytest.mark.parametrize("kind", sorted(DATA.lookups))
def test_a_lookup_names_each_thing_once(kind: str) -> None:
    names = [fold(name) for name in DATA.lookups[kind]]
    assert len(names) == len(set(names))
    assert all(len(name) > 1 and name == name.strip() for name in names)
