"""What is kept of an evaluation, and how two of them compare."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from nlu.compare import compare, saved
from nlu.evaluate import Pair
from nlu.report import Speed
from nlu.text import Span
from tests.nlu.made import PLACE, build, pair

RIGHT = pair("urge", "urge", text="快一点")
WRONG = pair("urge", "spam", text="快一点")
LAND = pair("report_issue", "report_issue", text="征地", category=("land", "land"))
TAX = pair("report_issue", "report_issue", text="征地", category=("land", "tax"))


def compared(before: Sequence[Pair], after: Sequence[Pair]) -> dict[str, list[str]]:
    """The lines under each heading, by the heading."""
    found: dict[str, list[str]] = {}
    last = ""
    for line in compare(saved(build(before)), build(after)):
        if line.startswith("  "):
            found[last].append(line.strip())
        else:
            last = line
            found[last] = []
    return found


def test_no_text_is_kept_but_what_was_right_of_it() -> None:
    kept = saved(build([RIGHT, TAX]))
    assert sorted(kept.messages.values()) == ["category entities intent", "entities intent"]
    assert all(len(id_) == 12 for id_ in kept.messages)
    assert "征地" not in json.dumps(asdict(kept), ensure_ascii=False)
    assert (kept.parser, kept.fingerprint, kept.threshold) == ("keywords", "f1", 0.6)


def test_the_same_evaluation_is_kept_the_same_way() -> None:
    one, other = saved(build([RIGHT, TAX])), saved(build([TAX, RIGHT]))
    assert json.dumps(asdict(one)) == json.dumps(asdict(other))


def test_figures_are_rounded_and_named_by_their_part() -> None:
    thirds = [RIGHT, pair("urge", "spam", text="一"), pair("spam", "urge", text="二", hard=True)]
    kept = saved(build(thirds, speed=Speed(3.14159, 1, 2, 99)))
    assert kept.figures["whole.intent_accuracy"] == 0.3333
    assert kept.figures["hard.intent_accuracy"] == 0.0
    assert kept.figures["intents.urge.recall"] == 0.5
    assert kept.figures["reliability.0.9.messages"] == 3
    assert (kept.figures["speed.per_second"], kept.figures["speed.model_bytes"]) == (3.1416, 99)
    assert kept.confusion == {"urge": {"urge": 1, "spam": 1}, "spam": {"urge": 1}}


def test_a_figure_that_fell_is_worse() -> None:
    found = compared([RIGHT], [WRONG])
    (line,) = [line for line in found["worse: 7"] if line.startswith("whole.intent_accuracy")]
    assert line.split() == ["whole.intent_accuracy", "1.0", "→", "0.0", "-1.0"]
    assert found["better: 0"] == []


def test_fewer_missed_is_better() -> None:
    missed = pair("report_issue", "report_issue", 0.3)
    found = compared([missed], [pair("report_issue", "report_issue", 0.7)])
    assert [line.split()[0] for line in found["better: 2"]] == ["whole.missed", "rest.missed"]
    assert found["worse: 0"] == []


def test_the_same_twice_has_no_difference() -> None:
    assert not any(compared([RIGHT, TAX], [TAX, RIGHT]).values())


def test_messages_that_turned_are_named() -> None:
    found = compared([RIGHT, TAX], [WRONG, LAND])
    (line,) = found["intent right before, wrong now: 1"]
    assert line.endswith("0.90  urge              > spam               快一点")
    (line,) = found["category wrong before, right now: 1"]
    assert line.endswith("征地  [land > land]")
    assert found["intent wrong before, right now: 0"] == []
    assert found["category right before, wrong now: 0"] == []


def test_entities_that_turned_are_told() -> None:
    good = pair("urge", "urge", spans=(PLACE,), found=(PLACE,))
    bad = pair("urge", "urge", spans=(PLACE,), found=(Span("unit", 0, 3),))
    (line,) = compared([good], [bad])["entities right before, wrong now: 1"]
    assert line.endswith("[-address 新马路, +unit 天元区]")
    assert len(compared([bad], [good])["entities wrong before, right now: 1"]) == 1


def test_what_is_new_is_counted_and_not_compared() -> None:
    found = compared([RIGHT], [WRONG, TAX])
    assert "1 messages in both, 1 new, 0 gone" in found
    assert found["category right before, wrong now: 0"] == []
    assert "1 messages in both, 0 new, 1 gone" in compared([RIGHT, TAX], [RIGHT])
