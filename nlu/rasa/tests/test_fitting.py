"""How a message's intent and category are learnt: as scikit-learn itself would say it."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

import numpy as np
import pytest
from nlu.decision import OPENING, Decider
from nlu.grams import LONGEST, runs
from nlu.linear import Linear
from scipy.special import logsumexp
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from components.fitting import (
    DEFAULTS,
    NETS,
    SCALE,
    UNITS,
    calibrated,
    cuts,
    fit,
    fit_decider,
    learn,
    often,
)
from tests.examples import some

INTENTS = ("chitchat", "consult", "report_issue", "urge")
#: Of few categories: of each there must be some in each part.
ABOUT = (None, "environment", "subsidy", "traffic", "utilities")
TAUGHT = [example for intent in INTENTS for example in some(intent, 60, ABOUT)]
TEXTS = [example.text for example in TAUGHT]
LABELS = [example.intent for example in TAUGHT]
#: Some that were learnt, and some of other intents, with characters that never were.
ASKED = [*TEXTS[::4], *(example.text for example in some("spam", 30)), "", "😀", "好" * 500]
CONFIG: Dict[str, Any] = {**DEFAULTS, "folds": 3}


def arrays(model: Linear | Decider) -> Dict[str, List[Any]]:
    return {name: array.tolist() for name, array in model.arrays().items()}


def machine(config: Dict[str, Any], labels: Sequence[str], texts: Sequence[str]) -> Tuple[Any, Any]:
    """What scikit-learn's own support vectors say, and the weights of all runs of a text, added."""
    weigher = TfidfVectorizer(
        analyzer=lambda text: [run for run in runs(text) if len(run) <= config["longest"]],
        sublinear_tf=True,
        min_df=config["rare"],
    )
    taught = weigher.fit_transform(TEXTS)
    learnt = LinearSVC(C=config["C"], random_state=config["random_seed"]).fit(taught, labels)
    asked = weigher.transform(texts)
    return learnt.decision_function(asked), np.asarray(asked.sum(axis=1))


@pytest.mark.parametrize("changes", [{}, {"longest": 3, "rare": 2}, {"C": 0.2, "longest": 1}])
def test_support_is_that_of_the_support_vectors(changes: Dict[str, Any]) -> None:
    config = {**CONFIG, **changes}
    model = learn(TEXTS, LABELS, config)
    support, _ = model.scores(ASKED)
    expected, whole = machine(config, LABELS, ASKED)
    # a weight is kept as a whole number of steps: half a step off at most
    assert (np.abs(support - expected) <= whole * model.step / 2 + 1e-5).all()
    assert np.abs(support - expected).mean() < 0.01 * np.abs(expected).max()
    assert model.labels == INTENTS


def test_of_the_longest_runs_those_are_known_that_stand_in_enough_texts() -> None:
    texts = ["路灯坏了", "路灯坏了三天", "停电三天"]
    all_, known = often(texts, 1), often(texts, 2)
    assert known < all_
    assert {run for run in all_ - known if len(run) < LONGEST} == set()
    assert {"路灯坏", "灯坏了"} <= known
    assert {"停电三", "坏了三"} <= all_ - known
    assert "停电" in known


@pytest.mark.parametrize("least", [1, 3])
def test_what_is_not_known_counts_for_no_label(least: int) -> None:
    model = learn(TEXTS, LABELS, {**CONFIG, "known": least})
    known = often(TEXTS, least)
    assert len(model.keys) == len(known)
    assert model.counts.sum() == sum(len(known.intersection(runs(text))) for text in TEXTS)


def test_of_two_labels_one_speaks_against_the_other() -> None:
    either = ["opens" if label in OPENING else "other" for label in LABELS]
    model = learn(TEXTS, either, CONFIG)
    support, _ = model.scores(ASKED)
    expected, whole = machine(CONFIG, either, ASKED)
    assert model.labels == ("opens", "other")
    assert (np.abs(support[:, 1] - expected) <= whole[:, 0] * model.step[1] / 2 + 1e-5).all()
    assert support[:, 0] == pytest.approx(-support[:, 1], abs=1e-5)


@pytest.mark.parametrize("smooth", [0.05, 1.0])
def test_bayes_is_that_of_bayes(smooth: float) -> None:
    model = learn(TEXTS, LABELS, {**CONFIG, "smooth": smooth})
    _, bayes = model.scores(ASKED)
    counter = CountVectorizer(analyzer=runs, binary=True)
    counts = counter.fit_transform(TEXTS)
    judge = MultinomialNB(alpha=smooth, fit_prior=False).fit(counts, LABELS)
    expected = judge.predict_log_proba(counter.transform(ASKED))
    apart = bayes - expected
    assert apart - apart[:, :1] == pytest.approx(np.zeros_like(apart), abs=0.01)


def test_rare_runs_have_no_weight_and_are_counted() -> None:
    model = learn(TEXTS, LABELS, {**CONFIG, "rare": 2})
    common = len(model.idf)
    assert model.weights.shape == (common, len(INTENTS))
    assert sorted(set(model.row.tolist())) == list(range(common + 1))
    seen = model.counts.sum(axis=1)
    assert (seen[model.row < common] >= 2).all()
    assert (seen == 1).any()


@pytest.mark.parametrize("config", [CONFIG, {**CONFIG, "random_seed": 5}])
def test_the_same_seed_gives_the_same_model(config: Dict[str, Any]) -> None:
    assert arrays(fit(TEXTS, LABELS, config)) == arrays(fit(TEXTS, LABELS, config))


def test_each_text_is_left_out_once() -> None:
    parts = list(cuts(LABELS, CONFIG))
    assert len(parts) == CONFIG["folds"]
    assert sorted(at for _, left in parts for at in left) == list(range(len(LABELS)))
    for taught, left in parts:
        assert sorted(taught + left) == list(range(len(LABELS)))
        assert {LABELS[at] for at in left} == set(INTENTS)


def left_out() -> Tuple[Any, Any]:
    support, bayes = np.zeros((2, len(TEXTS), len(INTENTS)), np.float32)
    for taught, left in cuts(LABELS, CONFIG):
        part = learn([TEXTS[at] for at in taught], [LABELS[at] for at in taught], CONFIG)
        support[left], bayes[left] = part.scores([TEXTS[at] for at in left])
    return support, bayes


def likelihood(scale: Tuple[float, float], support: Any, bayes: Any) -> float:
    scores = scale[0] * support + scale[1] * bayes
    own = scores[np.arange(len(LABELS)), [INTENTS.index(label) for label in LABELS]]
    return float(np.mean(own - logsumexp(scores, axis=1)))


def test_calibrated_the_right_labels_are_likelier() -> None:
    support, bayes = left_out()
    scale = calibrated(support, bayes, INTENTS, LABELS)
    best = likelihood(scale, support, bayes)
    assert best > likelihood(SCALE, support, bayes) + 0.001
    for nearby in ((1.1, 1), (0.9, 1), (1, 1.1), (1, 0.9)):
        beside = scale[0] * nearby[0], scale[1] * nearby[1]
        assert likelihood(beside, support, bayes) <= best
    assert fit(TEXTS, LABELS, CONFIG).scale == pytest.approx(scale)


def test_shares_say_how_often_an_answer_is_right() -> None:
    support, bayes = left_out()
    model = fit(TEXTS, LABELS, CONFIG)
    scores = model.together(support, bayes)
    sure = np.exp(scores - logsumexp(scores, axis=1, keepdims=True)).max(axis=1)
    right = scores.argmax(axis=1) == [INTENTS.index(label) for label in LABELS]
    assert float(sure.mean()) == pytest.approx(float(right.mean()), abs=0.08)


def decider(**changes: Any) -> Decider:
    categories = [example.category for example in TAUGHT]
    return fit_decider(TEXTS, LABELS, categories, {**CONFIG, **changes})


def test_leaning_changes_nothing_that_was_learnt() -> None:
    straight, leaning = decider(), decider(leaning=1.5)
    assert (straight.leaning, leaning.leaning) == (0.0, 1.5)
    one, other = arrays(straight), arrays(leaning)
    assert one.pop("leaning") != other.pop("leaning")
    assert one == other
    texts = [example.text for example in some("spam", 100)]
    opened = [
        [decision.intent in OPENING for decision in model.decide(texts)]
        for model in (straight, leaning)
    ]
    assert sum(opened[0]) < sum(opened[1])


def test_the_same_seed_gives_the_same_decider() -> None:
    assert arrays(decider()) == arrays(decider())


def test_intents_and_categories_are_those_of_the_examples() -> None:
    model = decider()
    about = {example.category for example in TAUGHT if example.category}
    assert model.intents.labels == INTENTS
    assert model.categories.labels == tuple(sorted(about))
    units = NETS * UNITS
    assert model.hidden.shape == (5, units)
    assert model.weights.shape == (units + 1,)
    found = model.decide(TEXTS)
    right = [one.intent == label for one, label in zip(found, LABELS, strict=True)]
    assert np.mean(right) > 0.95
    named = [
        (one.category, example.category)
        for one, example in zip(found, TAUGHT, strict=True)
        if one.category and example.category
    ]
    assert np.mean([one == other for one, other in named]) > 0.9


def test_a_report_among_them_speaks_for_a_ticket() -> None:
    model = decider()
    opens = [one.intent in OPENING for one in model.decide([e.text for e in some("urge", 100)])]
    # of what it was taught about: of so few categories it learns nothing of the others
    reports = [e.text for e in some("report_issue", 100, ABOUT)]
    assert np.mean([one.intent in OPENING for one in model.decide(reports)]) > np.mean(opens) + 0.6
