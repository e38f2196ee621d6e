"""A linear reader of short Chinese texts: two opinions on the same runs of characters.

One is a linear classifier on weighed runs (tf-idf, support vectors), which tells alike labels
apart; the other counts in how many texts of a label a run was seen (naive Bayes), which knows the
rare runs. Their sum is calibrated: shares say how often such an answer is right. Trained by
`nlu/rasa/components/fitting.py`; this is how it reads, in Rasa and without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.grams import Alphabet, Keys, of_texts, one_file, text_of

Floats = NDArray[np.float32]

#: A run seen in more texts than this counts as seen in so many.
MOST = 65_535


class Linear:
    """Labels of texts.

    Args:
        labels: what may be answered.
        alphabet: the characters of the known runs.
        keys: the known runs, packed.
        counts: runs × labels, in how many texts of the label each was seen.
        row: for each run its row in `weights`; rare runs share the last one, which is empty.
        idf: for each row of `weights`, how telling the run is.
        weights: rows × labels, as whole numbers of `step`.
        step: for each label the size of a weight of 1.
        intercept: for each label what is added.
        smooth: what an unseen run counts.
        scale: what both opinions are multiplied by, before they are added and become shares.

    """

    def __init__(
        self,
        *,
        labels: Sequence[str],
        alphabet: Alphabet,
        keys: Keys,
        counts: NDArray[np.uint16],
        row: NDArray[np.int32],
        idf: Floats,
        weights: NDArray[np.int8],
        step: Floats,
        intercept: Floats,
        smooth: float,
        scale: tuple[float, float],
    ) -> None:
        """Of what was learnt."""
        self.labels, self.alphabet, self.keys = tuple(labels), alphabet, keys
        self.counts, self.row, self.idf, self.weights = counts, row, idf, weights
        self.step, self.intercept, self.smooth, self.scale = step, intercept, smooth, scale
        # Bayes: what a run seen so often adds over an unseen one, and what an unseen one takes away
        self._seen = np.log1p(np.arange(MOST + 1) / smooth).astype(np.float32)
        mass = counts.sum(axis=0, dtype=np.float64) + smooth * max(len(keys), 1)
        self._unseen = np.log(smooth / mass).astype(np.float32)

    def scores(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Both opinions on folded texts, uncalibrated: texts × labels."""
        known, owner = self._known(texts)
        # each run once a text, with how often it stands there
        size = max(len(self.keys), 1)
        pairs, times = np.unique(owner * size + known, return_counts=True)
        owner, known = pairs // size, pairs % size
        many = len(texts)
        bayes = _summed(self._seen[self.counts[known]], owner, many)
        bayes += np.bincount(owner, minlength=many)[:, None].astype(np.float32) * self._unseen
        rows = self.row[known]
        common = rows < len(self.idf)
        rows, of, times = rows[common], owner[common], times[common]
        value = (1 + np.log(times.astype(np.float32))) * self.idf[rows]
        norm = np.sqrt(np.bincount(of, value * value, minlength=many)).astype(np.float32)
        value /= norm[of]
        steps = _summed(self.weights[rows] * value[:, None], of, many)
        support = steps * self.step + self.intercept
        return support, bayes

    def together(self, support: Floats, bayes: Floats) -> Floats:
        """Both opinions as one score, calibrated: logarithms of shares, but for a constant."""
        scores: Floats = np.float32(self.scale[0]) * support + np.float32(self.scale[1]) * bayes
        return scores

    def shares(self, texts: Sequence[str]) -> Floats:
        """How likely each label is, for folded texts: texts × labels, each row 1 in all."""
        return shares(self.together(*self.scores(texts)))

    def _known(self, texts: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        found, owner = of_texts(self.alphabet, texts)
        places, there = self.keys.find(found)
        return places[there], owner[there]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as arrays, for a file."""
        return one_file(
            {
                "labels": "\n".join(self.labels), "alphabet": self.alphabet.characters,
                "keys": self.keys.keys, "counts": self.counts, "row": self.row, "idf": self.idf,
                "weights": self.weights, "step": self.step, "intercept": self.intercept,
                "smooth": self.smooth, "scale": self.scale,
            }
        )  # fmt: skip

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Linear:
        """Again, of its `arrays`."""
        first, second = arrays["scale"]
        return cls(
            labels=text_of(arrays["labels"]).split("\n"),
            alphabet=Alphabet(text_of(arrays["alphabet"])),
            keys=Keys(arrays["keys"]), counts=arrays["counts"], row=arrays["row"],
            idf=arrays["idf"], weights=arrays["weights"], step=arrays["step"],
            intercept=arrays["intercept"], smooth=float(arrays["smooth"]),
            scale=(float(first), float(second)),
        )  # fmt: skip


def shares(logits: Floats) -> Floats:
    """Softmax by rows."""
    raised: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
    whole: Floats = raised / raised.sum(axis=1, keepdims=True)
    return whole


def _summed(rows: Floats, owner: NDArray[np.intp], many: int) -> Floats:
    """The rows of each owner added up; `owner` is sorted."""
    out = np.zeros((many, rows.shape[1]), np.float32)
    if len(owner):
        starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
        out[owner[starts]] = np.add.reduceat(rows, starts, axis=0)
    return out
