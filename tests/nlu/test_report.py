"""A report of parses made by hand, and its lines."""

import pytest

from nlu.judged import judge
from nlu.parse import INTENTS
from nlu.report import Rates, speed
from nlu.report_text import CUT, MOST, cut, lines
from nlu.text import Span
from tests.nlu.made import PLACE, build, pair


def test_the_hard_ones_are_judged_apart() -> None:
    scores = build([pair("urge", "urge"), pair("urge", "spam", hard=True)]).scores
    assert {part: (of.messages, of.intent_accuracy) for part, of in scores.items()} == {
        "whole": (2, 0.5), "hard": (1, 0.0), "rest": (1, 1.0),
    }  # fmt: skip


def test_rates_of_each_intent_in_the_order_of_the_schema() -> None:
    pairs = [pair("urge", "urge"), pair("urge", "consult"), pair("spam", "urge")]
    found = build(pairs).intents
    assert found == (Rates("consult", 0, 1, 0), Rates("urge", 2, 2, 1), Rates("spam", 1, 0, 0))
    assert (found[1].precision, found[1].recall, found[1].f1) == (0.5, 0.5, 0.5)
    assert (found[0].recall, found[2].precision, found[2].f1) == (0.0, 0.0, 0.0)


def test_categories_are_rated_where_there_is_one() -> None:
    pairs = [
        pair("report_issue", "report_issue", category=("land", "tax")),
        pair("chitchat", "report_issue", category=(None, "tax")),
    ]
    assert build(pairs).categories == (Rates("land", 1, 0, 0), Rates("tax", 0, 1, 0))


def test_entities_are_rated_by_their_kind() -> None:
    unit = Span("unit", 0, 3)
    pairs = [pair("urge", "urge", spans=(PLACE,), found=(unit, PLACE)), pair("urge", "urge",
             spans=(PLACE,))]  # fmt: skip
    assert build(pairs).entities == (Rates("address", 2, 1, 1), Rates("unit", 0, 1, 0))


def test_the_confusion_has_a_row_and_a_column_of_each_intent_that_occurs() -> None:
    pairs = [pair("urge", "spam"), pair("urge", "spam"), pair("urge", "urge")]
    assert build(pairs).confusion == {
        "urge": {"urge": 1, "spam": 2},
        "spam": {"urge": 0, "spam": 0},
    }


@pytest.mark.parametrize(
    ("meant", "said", "sure", "fault"),
    [
        ("report_issue", "report_issue", 0.59, "missed"),
        ("report_misconduct", "chitchat", 0.9, "missed"),
        ("report_issue", "consult", 0.9, "intent"),
        ("chitchat", "consult", 0.9, "false"),
        ("chitchat", "consult", 0.59, "intent"),
        ("consult", "chitchat", 0.9, "intent"),
        ("urge", "urge", 0.1, ""),
    ],
)
def test_the_gravest_fault_counts(meant: str, said: str, sure: float, fault: str) -> None:
    assert judge(pair(meant, said, sure, spans=(PLACE,), found=(PLACE,)), 0.6).fault == fault


def test_a_wrong_detail_is_a_fault_and_is_told() -> None:
    judged = judge(pair("urge", "urge", spans=(PLACE,), found=(Span("unit", 0, 3),)), 0.6)
    assert judged.fault == "detail"
    assert judged.right == {"intent": True, "entities": False}
    assert (judged.missed, judged.extra) == ([("address", "新马路")], [("unit", "天元区")])
    assert judge(pair("consult", "consult", category=("land", None)), 0.6).fault == "detail"


def test_the_surest_mistakes_come_first() -> None:
    pairs = [pair("urge", "spam", sure) for sure in (0.2, 0.9, 0.4)]
    faulty = build(pairs).faulty("intent")
    assert [one.pair[1].intent.confidence for one in faulty] == [0.9, 0.4, 0.2]


def test_speed_is_of_one_message_after_the_other() -> None:
    found = speed([0.001] * 98 + [0.1, 0.802], 7)
    assert (found.per_second, found.p50, found.p99) == pytest.approx((100.0, 1.0, 100.0))
    assert speed([], None).per_second == 0.0


def test_the_lines_of_a_report() -> None:
    pairs = [pair("report_issue", "chitchat", 0.98, text="灯" * 99)]
    pairs += [pair("chitchat", "report_issue", text=f"第{n}句") for n in range(MOST + 1)]
    printed = list(lines(build(pairs)))
    assert "missed                  1.000    0.000    1.000" in printed
    assert f"0.98  report_issue      > chitchat           {'灯' * (CUT - 1)}…" in printed
    assert "wrong intents, the surest first: 22, 20 shown" in printed
    assert "missed reports: 1" in printed
    assert sum(line.startswith("0.90") for line in printed) == MOST + MOST - 1
    assert "  21  chitchat taken for report_issue" in printed
    assert "100 messages a second, one after the other; p50 9.0 ms, p99 20.0 ms" in printed
    assert not any("model file" in line for line in printed)


def test_all_tables_fit_into_120_columns() -> None:
    pairs = [pair(name, name, text="句") for name in INTENTS] * 120
    assert max(len(line) for line in lines(build(pairs))) <= 120


def test_no_message_makes_no_report_fail() -> None:
    assert f"{'messages':20}{0:9}{0:9}{0:9}" in list(lines(build([])))


def test_a_text_is_cut_to_one_line() -> None:
    assert cut("一\n 二") == "一 二"
    assert (cut("灯" * CUT), len(cut("灯" * (CUT + 1)))) == ("灯" * CUT, CUT)
