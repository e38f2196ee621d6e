"""Small models made by hand: what they know stands in plain tables too, to be reckoned with.

They are counted, not trained: a run or a clue speaks for a label as often as it was seen with it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlu.compiled import About, Compiled
from nlu.crf import Crf, clues, tagged
from nlu.decision import Decider
from nlu.grams import END, START, Alphabet, Keys, of_run, runs
from nlu.linear import Linear
from nlu.text import Span

INTENTS = {
    "report_issue": ("路灯坏了一周没人修", "厂里又停电了,请尽快修好"),
    "report_misconduct": ("科长收了红包才办事", "举报科长吃拿卡要"),
    "consult": ("请问怎么办理许可证", "请问补贴怎么申请"),
    "urge": ("请尽快办", "怎么还没人来,催一下"),
    "chitchat": ("大家早上好", "哈哈哈好的", "谢谢大家"),
}
CATEGORIES = {
    "utilities": ("厂里又停电了", "停水一天了"),
    "facilities": ("路灯坏了一周没人修", "井盖坏了"),
    "permit": ("请问怎么办理许可证", "许可证到期了"),
}
#: A sentence, and what it names.
NAMED = (
    ("天元区新马路的路灯坏了", (Span("district", 0, 3), Span("address", 3, 6))),
    ("我们在荷塘区,新马路上停水", (Span("district", 3, 6), Span("address", 7, 10))),
    ("请问许可证怎么办,电话", ()),
    ("大家早上好", ()),
)
SMOOTH = 0.05
STEP = 0.01
SCALE = (2.0, 0.1)


@dataclass(frozen=True)
class Learnt:
    """What a `Linear` knows, by runs and labels.

    Args:
        labels: in their order.
        counts: in how many texts of each label a run was seen.
        idf: of the common runs.
        weights: of the common runs, for each label, in steps.
        steps: of each label.
        intercept: of each label.

    """

    labels: tuple[str, ...]
    counts: dict[str, list[int]]
    idf: dict[str, float]
    weights: dict[str, list[int]]
    steps: list[float]
    intercept: list[float]

    def model(self) -> Linear:
        """As it reads."""
        alphabet = Alphabet("".join(self.counts))
        known = sorted(self.counts, key=lambda run: of_run(alphabet, run))
        common = list(self.idf)
        rows = {run: row for row, run in enumerate(common)}
        return Linear(
            labels=self.labels,
            alphabet=alphabet,
            keys=Keys(np.array([of_run(alphabet, run) for run in known], np.uint64)),
            counts=np.array([self.counts[run] for run in known], np.uint16),
            row=np.array([rows.get(run, len(common)) for run in known], np.int32),
            idf=np.array([self.idf[run] for run in common], np.float32),
            weights=np.array([self.weights[run] for run in common], np.int8),
            step=np.array(self.steps, np.float32),
            intercept=np.array(self.intercept, np.float32),
            smooth=SMOOTH,
            scale=SCALE,
        )


def learnt(texts: Mapping[str, Sequence[str]]) -> Learnt:
    """By label the texts that it was seen in; runs of one or two characters are common."""
    labels = tuple(sorted(texts))
    counts: dict[str, list[int]] = {}
    for at, label in enumerate(labels):
        for text in texts[label]:
            for run in sorted(set(runs(text))):
                counts.setdefault(run, [0] * len(labels))[at] += 1
    common = [run for run in counts if len(run) < 3]
    return Learnt(
        labels, counts,
        idf={run: 1 + 1 / sum(counts[run]) for run in common},
        weights={run: [_weight(seen, counts[run]) for seen in counts[run]] for run in common},
        steps=[STEP + at / 1000 for at in range(len(labels))],
        intercept=[at / 10 - 0.2 for at in range(len(labels))],
    )  # fmt: skip


def _weight(seen: int, counts: Sequence[int]) -> int:
    return round(254 * seen / sum(counts)) - 127


def decider(*weights: float, leaning: float = 0.0) -> Decider:
    """Decides by these weights of the signs and this constant; else by the intents alone."""
    plain = np.array(weights or (1, 0, 0, 0, 0), np.float32)
    return Decider(
        learnt(INTENTS).model(), learnt(CATEGORIES).model(),
        # a sum, of two units: one says what is above nothing, the other what is below
        np.stack([plain, -plain], axis=1), np.array([1, -1, 0], np.float32), leaning,
    )  # fmt: skip


def crf() -> Crf:
    """Finds districts and addresses where they stand as in NAMED."""
    tags = ["O", "B-district", "I-district", "B-address", "I-address"]
    alphabet = Alphabet({START, END, "0", *"".join(text for text, _ in NAMED)})
    counts: dict[int, Counter[str]] = {}
    for clue, tag in _seen(alphabet):
        counts.setdefault(clue, Counter())[tag] += 1
    keys = sorted(counts)
    weights = [[counts[key][tag] / counts[key].total() for tag in tags] for key in keys]
    follows = np.zeros((len(tags), len(tags)), np.float32)
    follows[0, [2, 4]] = -4
    return Crf(
        tags=tags, alphabet=alphabet, keys=Keys(np.array(keys, np.uint64)),
        weights=np.array(weights, np.float16), follows=follows,
    )  # fmt: skip


def _seen(alphabet: Alphabet) -> Iterator[tuple[int, str]]:
    for text, spans in NAMED:
        for column in clues(alphabet, [text]):
            yield from zip(column.tolist(), tagged(len(text), spans), strict=True)


def compiled() -> Compiled:
    """All parts together."""
    return Compiled(decider(), crf(), About("f1", "3.6.21", {"intent": 0.9}, [{"text": "好"}]))
