"""How well a measure of likeness tells the same report from another.

    python -m bench.similar

The stories in tests/actions/stories are our own text: 200 for choosing, 40 for judging. Each gives
four labelled pairs: both tellings (the same), either with what is mistaken for it, and with one of
the next story. Besides, all reports of a half are compared with all, as if they were one group.
"""

import itertools
import math
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from actions import similar

STORIES = Path(__file__).parents[1] / "tests" / "actions" / "stories"
HALVES = ("choosing", "judging")


class Told(NamedTuple):
    """A report, and who tells it."""

    text: str
    owner: str
    category: str


class Pair(NamedTuple):
    """Two reports, and whether they are of the same problem."""

    one: Told
    other: Told
    same: bool


class Figures(NamedTuple):
    """What a threshold makes of some pairs."""

    links: int
    right: int
    same: int

    @property
    def precision(self) -> float:
        """The share of the links that are right."""
        return self.right / self.links if self.links else 1.0

    @property
    def recall(self) -> float:
        """The share of what is the same that is linked."""
        return self.right / self.same

    def __str__(self) -> str:
        """As it is printed."""
        return (
            f"precision {self.precision:.3f} ({self.right}/{self.links})  "
            f"recall {self.recall:.3f} ({self.right}/{self.same})"
        )


Measure = Callable[[Told, Told], float]
Story = tuple[list[Told], list[Told]]


@cache
def stories(half: str) -> list[Story]:
    """Of each story, what tells it and what is mistaken for it."""
    found = yaml.safe_load((STORIES / f"{half}.yaml").read_text(encoding="utf-8"))
    return [
        (
            [_told(said, number, story["category"]) for said in story["same"]],
            [_told(said, number, story["category"]) for said in story["other"]],
        )
        for number, story in enumerate(found)
    ]


def _told(said: dict[str, str], number: int, category: str) -> Told:
    ((owner, text),) = said.items()
    return Told(text, f"{number}{owner}", category)


def labelled(half: str) -> Iterator[Pair]:
    """The labelled pairs of a half."""
    told = stories(half)
    for (same, others), (following, _) in zip(told, told[1:] + told[:1], strict=True):
        yield Pair(same[0], same[1], same=True)
        for one, other in zip(same, others, strict=True):
            yield Pair(one, other, same=False)
        yield Pair(same[0], following[1], same=False)


def everything(half: str) -> Iterator[Pair]:
    """All reports of a half with all."""
    told = [
        (report, number, report in same)
        for number, (same, others) in enumerate(stories(half))
        for report in same + others
    ]
    for (one, first, tells), (other, second, too) in itertools.combinations(told, 2):
        if tells or too or first != second:  # whether two mistakes are the same, nobody has said
            yield Pair(one, other, first == second and tells and too)


def judge(scored: list[tuple[float, bool]], threshold: float) -> Figures:
    """What a threshold makes of scores, each with whether it is of the same."""
    linked = [same for score, same in scored if score >= threshold]
    return Figures(len(linked), sum(linked), sum(same for _, same in scored))


def score(measure: Measure, pairs: Iterator[Pair]) -> list[tuple[float, bool]]:
    """Each pair's score, with whether it is of the same."""
    return [(measure(pair.one, pair.other), pair.same) for pair in pairs]


def reaching(scored: list[tuple[float, bool]], right: int) -> float:
    """The threshold from which so many are linked rightly."""
    return sorted((value for value, same in scored if same), reverse=True)[right - 1]


# --- measures ---------------------------------------------------------------------------------


def ours(one: Told, other: Told) -> float:
    """The one that is used."""
    return similar.alike(
        one.text,
        other.text,
        one_owner=one.owner == other.owner,
        affair=bool(similar.AFFAIRS & {one.category, other.category}),
    )


@cache
def _grams(text: str, size: int) -> Counter[str]:
    plain = "".join(filter(str.isalnum, text))
    return Counter(plain[start : start + size] for start in range(len(plain) - size + 1))


def dice(size: int) -> Measure:
    """The share of common n-grams."""

    def measure(one: Told, other: Told) -> float:
        a, b = _grams(one.text, size), _grams(other.text, size)
        return 2 * (a & b).total() / (a.total() + b.total())

    return measure


def containment(one: Told, other: Told) -> float:
    """How much of the shorter one's bigrams stand in the longer one."""
    a, b = _grams(one.text, 2), _grams(other.text, 2)
    return (a & b).total() / min(a.total(), b.total())


@cache
def _rarity() -> dict[str, float]:
    texts = [report.text for same, others in stories("choosing") for report in same + others]
    known = Counter(gram for text in texts for gram in {*_grams(text, 1), *_grams(text, 2)})
    return {gram: math.log(1 + len(texts) / number) for gram, number in known.items()}


def cosine(one: Told, other: Told) -> float:
    """The cosine of characters and bigrams, rare ones weighing more."""
    rarity, most = _rarity(), max(_rarity().values())
    a, b = ({gram: rarity.get(gram, most) for size in (1, 2) for gram in _grams(told.text, size)}
            for told in (one, other))  # fmt: skip
    common = sum(weight**2 for gram, weight in a.items() if gram in b)
    return common / math.sqrt(sum(w**2 for w in a.values()) * sum(w**2 for w in b.values()))


@cache
def _hashes(text: str) -> list[int]:
    grams = [gram.encode() for gram in _grams(text, 2)]
    return [min(zlib.crc32(gram, seed * 7919) for gram in grams) for seed in range(64)]


def minhash(one: Told, other: Told) -> float:
    """The share of 64 equal least hashes of bigrams."""
    pairs = zip(_hashes(one.text), _hashes(other.text), strict=True)
    return sum(a == b for a, b in pairs) / 64


OTHERS: dict[str, Measure] = {
    "characters, Dice": dice(1),
    "bigrams, Dice": dice(2),
    "trigrams, Dice": dice(3),
    "bigrams, containment": containment,
    "bigrams, MinHash": minhash,
    "cosine by rarity": cosine,
}


def main() -> None:
    """Print all figures."""
    print(f"places, troubles, characters (the one used): from {similar.THRESHOLD}")
    for half in HALVES:
        began = time.perf_counter()
        scored = score(ours, everything(half))
        spent = (time.perf_counter() - began) / len(scored) * 1e6
        print(
            f"  {half:8}  labelled pairs  {judge(score(ours, labelled(half)), similar.THRESHOLD)}"
        )
        print(
            f"  {half:8}  all with all    {judge(scored, similar.THRESHOLD)}  {spent:.0f} µs a pair"
        )
    right = judge(score(ours, labelled("choosing")), similar.THRESHOLD).right
    print("others, from where they link as many of the choosing half rightly: precision there")
    for name, measure in OTHERS.items():
        scored = score(measure, labelled("choosing"))
        at = reaching(scored, right)
        print(f"  {name:20}  from {at:.2f}: {judge(scored, at).precision:.3f}")


if __name__ == "__main__":
    main()
