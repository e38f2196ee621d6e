"""Whether two parsers say the same, and texts that try them hard."""

from dataclasses import replace
from typing import Any

import pytest

from nlu.parity import CLOSE, LONGEST, Parity, fuzzed
from nlu.parse import Entity, Label, Parse

TEXT = "天元区新马路的路灯坏了一周"
PARSE = Parse(
    TEXT, Label("report_issue", 0.9), Label("facilities", 0.8),
    (Entity("district", 0, 3, "天元区", 0.7), Entity("address", 3, 6, "新马路", 0.6)), "rasa",
)  # fmt: skip
TEXTS = ["路灯坏了一周没人修", "请问怎么办", "好"]


def compared(other: Parse) -> Parity:
    made = Parity()
    made.add(PARSE, other)
    return made


def moved(**changes: Any) -> Parse:
    """The same, but for its first entity."""
    first, *rest = PARSE.entities
    return replace(PARSE, entities=(replace(first, **changes), *rest))


def test_the_same_said_by_another_is_no_difference() -> None:
    made = compared(replace(PARSE, parser="compiled"))
    assert made == Parity(1, [], 0.0)


@pytest.mark.parametrize(
    ("other", "what", "one", "two"),
    [
        (replace(PARSE, intent=Label("urge", 0.9)), "intent", "report_issue", "urge"),
        (replace(PARSE, category=Label("land", 0.8)), "category", "facilities", "land"),
        (replace(PARSE, category=None), "category", "facilities", None),
        (moved(entity="unit"), "entities", ("district", 0, 3), ("unit", 0, 3)),
        (moved(start=1), "entities", ("district", 0, 3), ("district", 1, 3)),
        (moved(end=2), "entities", ("district", 0, 3), ("district", 0, 2)),
    ],
)
def test_each_kind_of_difference_is_found(
    other: Parse, what: str, one: object, two: object
) -> None:
    made = compared(other)
    ((text, named, first, second),) = made.differences
    assert (text, named) == (TEXT, what)
    if isinstance(first, list) and isinstance(second, list):
        first, second = first[0], second[0]
    assert (first, second) == (one, two)
    assert made.furthest == 0


def test_an_entity_more_or_less_is_a_difference() -> None:
    made = compared(replace(PARSE, entities=PARSE.entities[:1]))
    assert [what for _, what, _, _ in made.differences] == ["entities"]
    made = compared(replace(PARSE, entities=()))
    assert made.differences[0][3] == []


@pytest.mark.parametrize("by", [3 * CLOSE, -3 * CLOSE])
@pytest.mark.parametrize("what", ["intent", "category", "entity"])
def test_confidences_may_not_differ_much(what: str, by: float) -> None:
    other = {
        "intent": replace(PARSE, intent=Label("report_issue", 0.9 + by)),
        "category": replace(PARSE, category=Label("facilities", 0.8 + by)),
        "entity": moved(confidence=0.7 + by),
    }[what]
    made = compared(other)
    ((_, named, one, two),) = made.differences
    assert named == "confidence"
    assert one != two
    assert made.furthest == pytest.approx(3 * CLOSE)


def test_confidences_may_differ_a_little() -> None:
    made = compared(replace(PARSE, intent=Label("report_issue", 0.9 + CLOSE / 2)))
    assert made.differences == []
    assert made.furthest == pytest.approx(CLOSE / 2)


def test_all_differences_of_all_messages_are_kept() -> None:
    made = Parity()
    made.add(PARSE, replace(PARSE, intent=Label("urge", 0.5), category=None))
    made.add(PARSE, PARSE)
    made.add(PARSE, moved(confidence=0.1))
    assert made.messages == 3
    assert [what for _, what, _, _ in made.differences] == [
        "intent", "category", "confidence", "confidence",
    ]  # fmt: skip
    assert made.furthest == pytest.approx(0.6)


def test_the_same_seed_makes_the_same_texts() -> None:
    first = list(fuzzed(TEXTS, 100, seed=1))
    assert first == list(fuzzed(TEXTS, 100, seed=1))
    assert first != list(fuzzed(TEXTS, 100, seed=2))


def test_the_empty_and_the_longest_text_are_there_and_none_longer() -> None:
    found = list(fuzzed(["长" * 2 * LONGEST, *TEXTS], 300, seed=1))
    assert "" in found
    assert max(map(len, found)) == LONGEST
    assert {" ", "/", "。"} <= set(found)


def test_so_many_texts_are_made_as_were_asked_for_and_most_are_new() -> None:
    always = list(fuzzed(TEXTS, 0, seed=1))
    found = list(fuzzed(TEXTS, 300, seed=1))
    assert found[: len(always)] == always
    made = found[len(always) :]
    assert len(made) == 300
    assert len(set(made) - set(TEXTS)) > 200
    assert any(char in "".join(made) for char in "\ud800😀\u3000")
