"""A parse that comes from outside is what the schema says, or is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.parse import CATEGORIES, ENTITIES, INTENTS, Entity, Label, Parse

TEXT = "天元区栗雨工业园的路灯坏了一周"
GOOD: dict[str, Any] = {
    "text": TEXT,
    "intent": {"name": "report_issue", "confidence": 0.998},
    "category": {"name": "traffic", "confidence": 0.97},
    "entities": [
        {"entity": "district", "start": 0, "end": 3, "value": "天元区", "confidence": 0.99}
    ],
}
DISTRICT: dict[str, Any] = GOOD["entities"][0]

SHARES = st.floats(0, 1)


@st.composite
def parses(draw: st.DrawFn) -> Parse:
    """Any parse that fits the schema."""
    text = draw(st.text(min_size=1))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    entities = tuple(
        Entity(draw(st.sampled_from(ENTITIES)), start, end, text[start:end], draw(SHARES))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    )
    category = draw(st.none() | st.builds(Label, st.sampled_from(CATEGORIES), SHARES))
    intent = Label(draw(st.sampled_from(INTENTS)), draw(SHARES))
    return Parse(text, intent, category, entities, draw(st.sampled_from(("", "rasa", "keywords"))))


@given(parses())
def test_what_is_written_is_read_back(parse: Parse) -> None:
    assert Parse.from_json(parse.as_json()) == parse


def test_the_example_of_the_schema_is_read() -> None:
    parse = Parse.from_json(GOOD)
    assert (parse.intent, parse.category) == (Label("report_issue", 0.998), Label("traffic", 0.97))
    assert parse.entities == (Entity("district", 0, 3, "天元区", 0.99),)
    assert {**parse.as_json(), "parser": ""} == {**GOOD, "parser": ""}


def test_category_and_entities_may_be_absent() -> None:
    parse = Parse.from_json({"text": "收到", "intent": {"name": "chitchat", "confidence": 1}})
    assert (parse.category, parse.entities) == (None, ())
    assert Parse.from_json({**GOOD, "category": None, "entities": None}).category is None


def test_an_entity_may_come_without_its_confidence() -> None:
    bare = {key: DISTRICT[key] for key in DISTRICT if key != "confidence"}
    assert Parse.from_json({**GOOD, "entities": [bare]}).entities[0].confidence == 1.0


def test_entities_are_put_in_the_order_of_the_text() -> None:
    lamp = {"entity": "duration", "start": 13, "end": 15, "value": "一周"}
    parse = Parse.from_json({**GOOD, "entities": [lamp, DISTRICT]})
    assert [entity.entity for entity in parse.entities] == ["district", "duration"]


def test_places_count_code_points() -> None:
    text = "😀𠮷野家"
    row = {"entity": "enterprise", "start": 1, "end": 4, "value": "𠮷野家"}
    parse = Parse.from_json({**GOOD, "text": text, "entities": [row]})
    assert parse.entities[0].value == "𠮷野家"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": None}, "text must be a string"),
        ({"text": 7}, "text must be a string"),
        ({"colour": "red"}, "parse: unknown key 'colour'"),
        ({"intent": None}, "intent must be an object"),
        ({"intent": "report_issue"}, "intent must be an object"),
        ({"intent": {"name": "sing", "confidence": 1}}, "intent: unknown name 'sing'"),
        ({"intent": {"name": ["report_issue"], "confidence": 1}}, "intent: unknown name"),
        ({"intent": {"confidence": 1}}, "intent: unknown name None"),
        ({"intent": {"name": "urge"}}, "intent: confidence must be a number"),
        ({"intent": {"name": "urge", "confidence": 1.01}}, "confidence must be a number"),
        ({"intent": {"name": "urge", "confidence": -0.01}}, "confidence must be a number"),
        ({"intent": {"name": "urge", "confidence": True}}, "confidence must be a number"),
        ({"intent": {"name": "urge", "confidence": "1"}}, "confidence must be a number"),
        ({"intent": {"name": "urge", "confidence": float("nan")}}, "confidence must be a number"),
        ({"intent": {"name": "urge", "confidence": 1, "rank": 2}}, "intent: unknown key 'rank'"),
        ({"category": "traffic"}, "category must be an object"),
        ({"category": {"name": "roads", "confidence": 1}}, "category: unknown name 'roads'"),
        ({"entities": {"entity": "district"}}, "entities must be a list"),
        ({"entities": ["district"]}, "an entity must be an object"),
        ({"entities": [DISTRICT, DISTRICT]}, "entities overlap at 0"),
        (
            {"entities": [DISTRICT, {**DISTRICT, "start": 2, "value": "区"}]},
            "entities overlap at 2",
        ),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Parse.from_json({**GOOD, **change})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"entity": "colour"}, "entity: unknown name 'colour'"),
        ({"entity": None}, "entity: unknown name None"),
        ({"start": None}, "start and end must lie within the text"),
        ({"start": 0.0}, "start and end must lie within the text"),
        ({"start": False}, "start and end must lie within the text"),
        ({"start": -1}, "start and end must lie within the text"),
        ({"start": 3}, "start and end must lie within the text"),
        ({"end": 0}, "start and end must lie within the text"),
        ({"end": len(TEXT) + 1}, "start and end must lie within the text"),
        ({"value": "天元"}, "value must be '天元区'"),
        ({"value": None}, "value must be '天元区'"),
        ({"confidence": 2}, "entity: confidence must be a number"),
        ({"confidence": None}, "entity: confidence must be a number"),
        ({"group": "g1"}, "entity: unknown key 'group'"),
    ],
)
def test_an_entity_that_does_not_fit_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Parse.from_json({**GOOD, "entities": [{**DISTRICT, **change}]})
