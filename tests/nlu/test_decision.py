"""What a message does and is about; and whether a ticket is to be opened."""

import math

import numpy as np
import pytest

from actions.policy import Policy
from nlu.decision import CATEGORISED, EDGE, ENOUGH, OPENING, Decider, part, signs
from nlu.linear import Floats
from tests.nlu.handmade import CATEGORIES, INTENTS, decider

TEXTS = [text for texts in INTENTS.values() for text in texts]
ALWAYS, NEVER = (0, 0, 0, 0, 3.0), (0, 0, 0, 0, -3.0)
SIGNS = 4
#: The logit of enough.
LEAST = math.log(ENOUGH / (1 - ENOUGH))


def share_of(constant: float) -> float:
    return 1 / (1 + math.exp(-constant))


@pytest.mark.parametrize(("intent", "text"), [(k, v) for k, vs in INTENTS.items() for v in vs])
def test_a_text_does_what_it_does(intent: str, text: str) -> None:
    (found,) = decider().decide([text])
    assert found.intent == intent


@pytest.mark.parametrize("leaning", [0.0, 1.0, -1.0])
@pytest.mark.parametrize("beyond", [-3.0, -0.01, 0.01, 3.0])
def test_from_enough_on_a_ticket_is_to_be_opened(beyond: float, leaning: float) -> None:
    constant = LEAST + beyond - leaning
    kinds = set()
    for found, row in decider(0, 0, 0, 0, constant, leaning=leaning).ranked(TEXTS):
        # a question is not leaned towards, nor away from
        good = constant if asks(row) else constant + leaning
        assert (found.intent in OPENING) == (good >= LEAST)
        sure = share_of(good) if good >= LEAST else row[labels().index(found.intent)]
        assert found.confidence == pytest.approx(float(sure))
        # how likely the intents are does not lean
        assert opening_share(row) == pytest.approx(share_of(constant))
        kinds.add(asks(row))
    assert kinds == {True, False}


def test_what_is_learnt_may_bend() -> None:
    model = decider()
    model.hidden = np.array([[1, 0], [0, 0], [0, 0], [0, 1], [-2, -5]], np.float32)
    model.weights = np.array([3, -1, 0.5], np.float32)
    told = np.array([[1, 9, 9, 4], [4, 0, 0, 7]], np.float32)
    assert model.logits(told).tolist() == [0.5, 3 * 2 - 2 + 0.5]


def asks(row: Floats) -> bool:
    """Whether a question is the likeliest of what opens a ticket."""
    opening = {label: row[at] for at, label in enumerate(labels()) if label in OPENING}
    return max(opening, key=lambda label: opening[label]) == "consult"


def test_enough_is_what_the_rules_call_so() -> None:
    assert Policy().confidence_threshold == ENOUGH


def opening_share(row: Floats) -> float:
    return float(row[[at for at, label in enumerate(labels()) if label in OPENING]].sum())


def labels() -> list[str]:
    return sorted(INTENTS)


def test_of_either_kind_the_likeliest_intent_is_said() -> None:
    likely = decider().intents.shares(TEXTS)
    for weights, kind in ((ALWAYS, OPENING), (NEVER, set(INTENTS) - OPENING)):
        among = [at for at, label in enumerate(labels()) if label in kind]
        best = [labels()[among[at]] for at in likely[:, among].argmax(axis=1)]
        assert [found.intent for found in decider(*weights).decide(TEXTS)] == best


@pytest.mark.parametrize("weights", [ALWAYS, NEVER, (1, 0, 0, 0, 0), (1, 0.2, 0.3, -0.1, 0.5)])
def test_how_likely_each_intent_is_is_one_in_all(weights: tuple[float, ...]) -> None:
    rows = np.array([row for _, row in decider(*weights).ranked(TEXTS)])
    assert rows.shape == (len(TEXTS), len(INTENTS))
    assert rows.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert rows.min() >= 0


def test_only_what_is_reported_or_asked_is_about_something() -> None:
    found = decider().decide(TEXTS)
    assert {one.intent for one in found if one.category} == CATEGORISED
    assert {one.intent for one in found if one.category is None} == set(INTENTS) - CATEGORISED


@pytest.mark.parametrize(
    ("text", "category"),
    [("厂里又停电了", "utilities"), ("井盖坏了", "facilities"), ("请问怎么办理许可证", "permit")],
)
def test_the_category_is_the_likeliest_one(text: str, category: str) -> None:
    model = decider(*ALWAYS)
    (found,) = model.decide([text])
    assert found.category == category
    most = model.categories.shares([text])[0, sorted(CATEGORIES).index(category)]
    assert found.category_confidence == pytest.approx(float(most))


def test_texts_are_decided_alike_alone_and_together() -> None:
    model = decider(1, 0.2, 0.3, -0.1, 0.5)
    for text, (together, row) in zip(TEXTS, model.ranked(TEXTS), strict=True):
        ((alone, own),) = model.ranked([text])
        assert (alone.intent, alone.category) == (together.intent, together.category)
        assert alone.confidence == pytest.approx(together.confidence, abs=1e-5)
        assert own == pytest.approx(row, abs=1e-5)


def test_of_no_texts_nothing_is_decided() -> None:
    assert decider().decide([]) == []


def test_the_signs_are_as_reckoned_by_hand() -> None:
    opening = np.array([True, False, True])
    scores = np.array([[0.5, 1.0, -2.0]], np.float32)
    bayes = np.array([[-30.0, -28.0, -24.0]], np.float32)
    about = np.array([[-0.7, 0.4]], np.float32)
    raised = [math.exp(0.5), math.exp(1.0), math.exp(-2.0)]
    odds = (raised[0] + raised[2]) / raised[1]
    assert signs(opening, scores, bayes, about, ["路灯坏了"])[0].tolist() == pytest.approx(
        [math.log(odds), (-24 + 28) / 3, 0.4, math.log(5)], abs=1e-5
    )


def test_no_sign_is_endless() -> None:
    sure = np.array([[900.0, 0.0], [0.0, 900.0]], np.float32)
    nothing = np.zeros((2, 2), np.float32)
    told = signs(np.array([True, False]), sure, nothing, nothing, ["", "路" * 4000])
    assert told.shape == (2, SIGNS)
    edge = math.log((1 - EDGE) / EDGE)
    assert told[:, 0].tolist() == pytest.approx([edge, -edge], abs=0.02)
    assert np.isfinite(told).all()


@pytest.mark.parametrize("sign", range(SIGNS))
def test_each_sign_speaks_as_its_weight_says(sign: int) -> None:
    weights = [0.0] * (SIGNS + 1)
    weights[sign] = 2.0
    told = np.zeros((1, SIGNS), np.float32)
    told[0, sign] = 0.7
    assert decider(*weights).logits(told).tolist() == pytest.approx([1.4])
    weights[-1] = -0.5
    assert decider(*weights).logits(told).tolist() == pytest.approx([0.9])


def test_a_weight_for_the_intents_alone_follows_them() -> None:
    model = decider(1, 0, 0, 0, 0)
    likely = np.array([opening_share(row) for row in model.intents.shares(TEXTS)])
    found = [opening_share(row) for _, row in model.ranked(TEXTS)]
    assert found == pytest.approx(np.clip(likely, EDGE, 1 - EDGE), abs=1e-4)


def test_the_parts_of_a_file_are_told_apart_by_name() -> None:
    one, two = np.zeros(1), np.ones(1)
    arrays = {"entities.keys": one, "entitiesx.keys": two, "decider.intents.keys": two}
    assert part(arrays, "entities") == {"keys": one}
    assert part(part(arrays, "decider"), "intents") == {"keys": two}


def test_it_comes_back_of_its_arrays() -> None:
    model = decider(1, 0.2, 0.3, -0.1, 0.5, leaning=0.7)
    again = Decider.of(model.arrays())
    assert again.leaning == 0.7
    assert again.decide(TEXTS) == model.decide(TEXTS)
    assert {name: array.tolist() for name, array in again.arrays().items()} == {
        name: array.tolist() for name, array in model.arrays().items()
    }
