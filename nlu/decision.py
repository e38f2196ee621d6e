"""What a message does and what it is about; and whether a ticket is to be opened.

The last is decided first, for it matters most: a report that nobody sees is the worst that can
happen, and a ticket out of small talk the next worst. Besides how likely the intents are, it weighs
how much more the rare words speak for a report, how clearly the text is about something that
tickets are about, and how long it is. The confidence of an intent that opens a ticket is how sure
it is that one is to be opened, of whatever kind; of any other intent, that it is this one.
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
#: What has a category.
CATEGORISED = frozenset({"report_issue", "consult"})
#: How near to 0 and 1 a share is taken for its logarithm.
EDGE = 1e-5
#: From this on a ticket is to be opened.
HALF = 0.5


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
        weights: of each of the `signs`, and last a constant.

    """

    def __init__(self, intents: Linear, categories: Linear, weights: Floats) -> None:
        """Of what was learnt."""
        self.intents, self.categories, self.weights = intents, categories, weights
        self._opening = np.array([label in OPENING for label in intents.labels])

    def decide(self, texts: Sequence[str]) -> list[Decision]:
        """One decision a text."""
        return [decision for decision, _ in self.ranked(texts)]

    def ranked(self, texts: Sequence[str]) -> list[tuple[Decision, Floats]]:
        """The decisions, and how likely each intent is then."""
        support, bayes = self.intents.scores(texts)
        scores = self.intents.together(support, bayes)
        about, about_bayes = self.categories.scores(texts)
        open_ = self.opens(signs(self._opening, scores, bayes, about, texts))
        categories = shares(self.categories.together(about, about_bayes))
        # within those that open a ticket, and within those that do not
        whole = np.zeros_like(scores)
        for part, share in ((self._opening, open_), (~self._opening, 1 - open_)):
            whole[:, part] = shares(scores[:, part]) * share[:, None]
        found = []
        for row, share, category in zip(whole, open_, categories, strict=True):
            part = self._opening if share >= HALF else ~self._opening
            best = int(np.where(part, row, -1).argmax())
            intent = self.intents.labels[best]
            sure = float(share if share >= HALF else row[best])
            most = int(category.argmax())
            named = self.categories.labels[most] if intent in CATEGORISED else None
            found.append((Decision(intent, sure, named, float(category[most])), row))
        return found

    def opens(self, told: Floats) -> Floats:
        """How likely it is that a ticket is to be opened, by the signs of each text."""
        open_: Floats = 1 / (1 + np.exp(-(told @ self.weights[:-1] + self.weights[-1])))
        return open_

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as arrays, for a file."""
        parts = (("intents", self.intents), ("categories", self.categories))
        named = {
            f"{name}.{key}": array for name, part in parts for key, array in part.arrays().items()
        }
        return {"weights": self.weights, **named}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Decider:
        """Again, of its `arrays`."""
        return cls(
            Linear.of(part(arrays, "intents")), Linear.of(part(arrays, "categories")),
            arrays["weights"],
        )  # fmt: skip


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
