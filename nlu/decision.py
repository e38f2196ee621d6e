"""What a message does and what it is about; and whether a ticket is to be opened.

The last is decided first, for it matters most: a report that nobody sees is the worst that can
happen, and a ticket out of small talk the next worst. Besides how likely the intents are, it weighs
how much more the rare words speak for a report, how clearly the text is about something that
tickets are about, and how long it is.

The confidence of an intent that opens a ticket says how good it is to open one, of whatever kind:
at `ENOUGH` the harm of opening one for nothing is that of leaving it unseen, which for a report
weighs more by as much as `leaning` says; a question can be asked again. The confidence of any other
intent is how likely it is this one.
Trained by `nlu/rasa/components/fitting.py`. Written for Python 3.10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlu.linear import Floats, Linear, shares

#: What opens a ticket when a member says it.
OPENING = frozenset({"report_issue", "report_misconduct", "consult"})
#: Of these, what is answered rather than mended.
QUESTION = "consult"
#: What has a category.
CATEGORISED = frozenset({"report_issue", "consult"})
#: How near to 0 and 1 a share is taken for its logarithm.
EDGE = 1e-5
#: From this confidence on a ticket is to be opened; rules, section 5 (`confidence_threshold`).
ENOUGH = 0.6


class Decision(NamedTuple):
    """An intent and a category, or None, and how sure each is: 0 to 1."""

    intent: str
    confidence: float
    category: str | None
    category_confidence: float


class Decider:
    """Decides on folded texts.

    Args:
        intents: what a message does.
        categories: what it is about.
        hidden: (signs + 1) × units: how each of the `signs` stirs each unit, and last a constant.
        weights: what each unit says when it is stirred, and last a constant.
        leaning: how much more an unseen report weighs than a ticket for nothing, as a logarithm.

    """

    def __init__(
        self,
        intents: Linear,
        categories: Linear,
        hidden: Floats,
        weights: Floats,
        leaning: float,
    ) -> None:
        """Of what was learnt."""
        self.intents, self.categories = intents, categories
        self.hidden, self.weights, self.leaning = hidden, weights, leaning
        self._opening = np.array([label in OPENING for label in intents.labels])
        opening = [label for label in intents.labels if label in OPENING]
        self._question = opening.index(QUESTION) if QUESTION in opening else -1

    def decide(self, texts: Sequence[str]) -> list[Decision]:
        """One decision a text."""
        return [decision for decision, _ in self.ranked(texts)]

    def ranked(self, texts: Sequence[str]) -> list[tuple[Decision, Floats]]:
        """The decisions, and how likely each intent is then."""
        support, bayes = self.intents.scores(texts)
        scores = self.intents.together(support, bayes)
        about, about_bayes = self.categories.scores(texts)
        logit = self.logits(signs(self._opening, scores, bayes, about, texts))
        within = shares(scores[:, self._opening])
        asks = within.argmax(axis=1) == self._question
        likely = _share(logit)
        good = _share(logit + np.where(asks, np.float32(0), np.float32(self.leaning)))
        categories = shares(self.categories.together(about, about_bayes))
        # within those that open a ticket, and within those that do not
        whole = np.zeros_like(scores)
        whole[:, self._opening] = within * likely[:, None]
        whole[:, ~self._opening] = shares(scores[:, ~self._opening]) * (1 - likely)[:, None]
        found = []
        for row, enough, category in zip(whole, good, categories, strict=True):
            opens = enough >= ENOUGH
            best = int(np.where(self._opening == opens, row, -1).argmax())
            intent = self.intents.labels[best]
            most = int(category.argmax())
            named = self.categories.labels[most] if intent in CATEGORISED else None
            sure = float(enough if opens else row[best])
            found.append((Decision(intent, sure, named, float(category[most])), row))
        return found

    def logits(self, told: Floats) -> Floats:
        """How likely it is that a ticket is to be opened, as logits, by the signs of each text."""
        stirred = np.maximum(told @ self.hidden[:-1] + self.hidden[-1], np.float32(0))
        logits: Floats = stirred @ self.weights[:-1] + self.weights[-1]
        return logits

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as arrays, for a file."""
        parts = (("intents", self.intents), ("categories", self.categories))
        named = {
            f"{name}.{key}": array for name, part in parts for key, array in part.arrays().items()
        }
        own = {"hidden": self.hidden, "weights": self.weights, "leaning": np.array(self.leaning)}
        return {**own, **named}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Decider:
        """Again, of its `arrays`."""
        return cls(
            Linear.of(part(arrays, "intents")), Linear.of(part(arrays, "categories")),
            arrays["hidden"], arrays["weights"], float(arrays["leaning"]),
        )  # fmt: skip


def _share(logits: Floats) -> Floats:
    share: Floats = np.float32(1) / (np.float32(1) + np.exp(-logits))
    return share


def signs(
    opening: NDArray[np.bool_], scores: Floats, bayes: Floats, about: Floats, texts: Sequence[str]
) -> Floats:
    """What tells whether a ticket is to be opened: texts × signs.

    Args:
        opening: which of the intents open one.
        scores: of the intents, both opinions together.
        bayes: of the intents, what the rare runs say alone.
        about: of the categories, what the support vectors say.
        texts: the folded texts.

    """
    share = np.clip(shares(scores)[:, opening].sum(axis=1), EDGE, 1 - EDGE)
    length = np.array([len(text) for text in texts], np.float32)
    rare = bayes[:, opening].max(axis=1) - bayes[:, ~opening].max(axis=1)
    told: Floats = np.stack(
        [
            np.log(share / (1 - share)), rare / np.sqrt(length + 5), about.max(axis=1),
            np.log(length + 1),
        ],
        axis=1,
    ).astype(np.float32)  # fmt: skip
    return told


def part(arrays: Mapping[str, NDArray[Any]], name: str) -> dict[str, NDArray[Any]]:
    """The arrays of one part, by their own names."""
    start = f"{name}."
    return {key.removeprefix(start): arrays[key] for key in arrays if key.startswith(start)}
