"""The figures that training is judged by, on parses made by hand."""

import pytest

from bot.learning import DEV
from nlu import training
from nlu.evaluate import confusions, macro_f1, opens, reliability, score
from nlu.examples import Example, Examples
from nlu.parse import INTENTS, Entity, Label, Parse
from nlu.text import Span

TEXT = "天元区新马路的路灯坏了一周"


def example(intent: str, category: str | None = None, *spans: Span) -> Example:
    return Example(TEXT, intent, category, spans)


def parse(intent: str, confidence: float = 0.9, category: str | None = None, *spans: Span) -> Parse:
    entities = tuple(Entity(*span, TEXT[span.start : span.end], 0.9) for span in spans)
    return Parse(
        TEXT, Label(intent, confidence), Label(category, 0.9) if category else None, entities
    )


def test_a_report_that_nobody_is_sure_of_is_missed() -> None:
    pairs = [
        (example("report_issue"), parse("report_issue", 0.59)),
        (example("report_misconduct"), parse("chitchat")),
        (example("report_issue"), parse("report_misconduct")),
        (example("report_issue"), parse("consult")),
    ]
    assert score(pairs, 0.6).missed == 0.5


def test_talk_that_opens_a_ticket_is_false_and_a_consult_is_no_talk() -> None:
    pairs = [
        (example("chitchat"), parse("report_issue")),
        (example("praise"), parse("praise")),
        (example("consult"), parse("report_issue")),
    ]
    assert score(pairs, 0.6).false == 0.5


@pytest.mark.parametrize(
    ("start", "end", "kind", "hit"),
    [
        (3, 6, "address", 1.0),
        (2, 6, "address", 1.0),
        (3, 4, "address", 0.0),  # a third of it
        (0, 6, "address", 1.0),  # twice as long: by half
        (0, 7, "address", 0.0),
        (3, 6, "unit", 0.0),
    ],
)
def test_an_entity_fits_that_overlaps_by_half(start: int, end: int, kind: str, hit: float) -> None:
    pairs = [
        (
            example("report_issue", None, Span("address", 3, 6)),
            parse("report_issue", 0.9, None, Span(kind, start, end)),
        )
    ]
    assert score(pairs, 0.6).entity_f1 == hit


def test_one_span_found_twice_counts_once() -> None:
    twice = (Span("address", 3, 5), Span("address", 5, 6))
    pairs = [
        (
            example("report_issue", None, Span("address", 3, 6)),
            parse("report_issue", 0.9, None, *twice),
        )
    ]
    assert (score(pairs, 0.6).entity_recall, score(pairs, 0.6).entity_precision) == (1.0, 0.5)


def test_categories_count_where_there_is_one() -> None:
    pairs = [
        (example("report_issue", "traffic"), parse("report_issue", 0.9, "traffic")),
        (example("report_issue", "traffic"), parse("chitchat")),
        (example("chitchat"), parse("report_issue", 0.9, "land")),
    ]
    assert score(pairs, 0.6).category_accuracy == 0.5


def test_macro_f1_weighs_each_label_alike() -> None:
    assert macro_f1([("a", "a"), ("a", "a"), ("a", "a"), ("b", "a")]) == pytest.approx(3 / 7)
    assert macro_f1([]) == 0.0


def test_reliability_sorts_by_confidence() -> None:
    pairs = [
        (example("urge"), parse("urge", 1.0)),
        (example("urge"), parse("praise", 0.95)),
        (example("urge"), parse("urge", 0.31)),
    ]
    assert list(reliability(pairs)) == [(0.3, 1, 1.0), (0.9, 2, 0.5)]
    assert confusions(pairs) == [(1, "urge", "praise")]


def test_only_what_is_sure_opens() -> None:
    assert opens(parse("consult", 0.6), 0.6)
    assert not opens(parse("consult", 0.59), 0.6)
    assert not opens(parse("praise", 1.0), 0.6)


def test_the_development_set_was_never_trained_on() -> None:
    trained = {one.text for one in Examples.read(training.PROJECT / "data").sentences}
    kept = Examples.read(DEV).sentences
    assert {one.intent for one in kept} == set(INTENTS)
    assert len(kept) >= 700
    assert not trained & {one.text for one in kept}
