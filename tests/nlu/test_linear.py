"""A linear reader: both opinions reckoned by hand, and by the model."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.grams import runs
from nlu.linear import MOST, Linear, shares
from nlu.text import fold
from tests.nlu.handmade import INTENTS, SCALE, SMOOTH, Learnt, learnt

LEARNT = learnt(INTENTS)
MODEL = LEARNT.model()
SEEN = [text for texts in INTENTS.values() for text in texts]
NEAR = st.text(st.sampled_from("".join(SEEN) + "哇。 😀a"), max_size=30).map(fold)
#: None of their characters was ever seen.
STRANGE = ["zzz", "😀", "𠮷𠮷"]
CLOSE = 1e-4


def bayes_by_hand(known: Learnt, text: str) -> list[float]:
    """How likely such runs are in texts of a label, each run once; logarithms."""
    sums = [0.0] * len(known.labels)
    for run in set(runs(text)) & set(known.counts):
        for at in range(len(sums)):
            mass = sum(counts[at] + SMOOTH for counts in known.counts.values())
            sums[at] += math.log((known.counts[run][at] + SMOOTH) / mass)
    return sums


def support_by_hand(known: Learnt, text: str) -> list[float]:
    """Weights of the common runs by how telling they are here (tf-idf, its length made 1)."""
    times = Counter(run for run in runs(text) if run in known.idf)
    telling = {run: (1 + math.log(many)) * known.idf[run] for run, many in times.items()}
    norm = math.sqrt(sum(value * value for value in telling.values()))
    return [
        known.intercept[at]
        + sum(
            known.weights[run][at] * known.steps[at] * value / norm
            for run, value in telling.items()
        )
        for at in range(len(known.labels))
    ]


@given(st.one_of(st.sampled_from([*SEEN, *STRANGE, ""]), NEAR))
def test_both_opinions_are_as_reckoned_by_hand(text: str) -> None:
    support, bayes = MODEL.scores([text])
    assert support[0].tolist() == pytest.approx(support_by_hand(LEARNT, text), abs=CLOSE)
    assert bayes[0].tolist() == pytest.approx(bayes_by_hand(LEARNT, text), rel=1e-5, abs=CLOSE)


def test_both_opinions_are_added_by_their_scale() -> None:
    support, bayes = MODEL.scores(SEEN)
    assert MODEL.together(support, bayes) == pytest.approx(SCALE[0] * support + SCALE[1] * bayes)


@pytest.mark.parametrize("label", list(INTENTS))
def test_the_texts_of_a_label_are_known_again(label: str) -> None:
    found = MODEL.shares(INTENTS[label]).argmax(axis=1)
    assert {MODEL.labels[at] for at in found} == {label}


@given(st.lists(st.one_of(st.sampled_from([*SEEN, *STRANGE]), NEAR), min_size=1, max_size=6))
def test_many_texts_are_read_as_one_by_one(texts: list[str]) -> None:
    alone = zip(*(MODEL.scores([text]) for text in texts), strict=True)
    for together, one in zip(MODEL.scores(texts), alone, strict=True):
        assert together == pytest.approx(np.concatenate(one), abs=CLOSE)


@given(st.lists(NEAR, min_size=1, max_size=6))
def test_shares_are_one_in_all(texts: list[str]) -> None:
    found = MODEL.shares(texts)
    assert found.shape == (len(texts), len(MODEL.labels))
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert found.min() >= 0


@pytest.mark.parametrize("far", [1e4, -1e4])
def test_far_scores_are_shares_too(far: float) -> None:
    found = shares(np.array([[far, 0, 0]], np.float32))
    assert found.tolist() == [[1, 0, 0] if far > 0 else [0, 0.5, 0.5]]


def test_in_a_text_without_any_known_run_nothing_is_found_but_the_intercept() -> None:
    inner = "路灯"
    known = learnt({"one": [inner], "two": ["坏了"]})
    bare = Learnt(
        known.labels, {inner: known.counts[inner]}, {inner: 1.0}, {inner: [1, -1]},
        known.steps, known.intercept,
    )  # fmt: skip
    support, bayes = bare.model().scores(["", "zzz", "灯路", inner])
    assert support[:3] == pytest.approx(np.array([known.intercept] * 3))
    assert bayes[:3].tolist() == [[0, 0]] * 3
    assert support[3].tolist() != pytest.approx(known.intercept)


def test_of_no_texts_there_are_no_scores() -> None:
    support, bayes = MODEL.scores([])
    assert support.shape == bayes.shape == (0, len(MODEL.labels))


def test_a_very_long_text_has_finite_scores() -> None:
    support, bayes = MODEL.scores(["路灯坏了" * 1000])
    assert np.isfinite(support).all()
    assert np.isfinite(bayes).all()


def test_as_often_as_can_be_counted_a_run_may_be_seen() -> None:
    counts = {"路": [MOST, 1], "灯": [0, 3]}
    frequent = Learnt(("one", "two"), counts, {"路": 1.0}, {"路": [1, 1]}, [1, 1], [0, 0])
    _, bayes = frequent.model().scores(["路"])
    assert bayes[0].tolist() == pytest.approx(bayes_by_hand(frequent, "路"), abs=CLOSE)


def test_it_comes_back_of_its_arrays() -> None:
    again = Linear.of(MODEL.arrays())
    assert again.labels == MODEL.labels
    assert again.scale == SCALE
    for one, other in zip(MODEL.scores(SEEN), again.scores(SEEN), strict=True):
        assert one.tolist() == other.tolist()
    assert {name: array.tolist() for name, array in again.arrays().items()} == {
        name: array.tolist() for name, array in MODEL.arrays().items()
    }
