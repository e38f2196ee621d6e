"""A linear chain over characters: where in a text something is named, and what.

Each character gets a tag: O, or B- and I- with the kind of a span that begins or goes on there.
What speaks for a tag are the characters around and of what sort they are; what speaks for a pair
of tags is how they follow each other. A character's tag is the likeliest one over all ways to tag
the text (forward and backward). Trained by `nlu/rasa/components/entities.py`; this is how it
reads, in Rasa and without it. Written for Python 3.10.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlu.grams import BITS, END, LONGEST, START, Alphabet, Keys, Numbers, one_file, text_of
from nlu.text import Span

Floats = NDArray[np.float32]

#: How far around a character one looks.
AROUND = 2
NUMERALS = "一二三四五六七八九十百千万亿两半几零〇"
#: Sorts of characters: none (outside of the text), digit, numeral, Chinese, letter, other.
NONE, DIGIT, NUMERAL, HAN, LETTER, OTHER = range(6)
SORT_BITS = 3
OUTSIDE = "O"
#: Where a run of each length begins, seen from the character: of three, only those that it is
#: part of.
RUNS = [
    (length, first)
    for length in range(1, LONGEST + 1)
    for first in range(-AROUND, AROUND + 2 - length if length < LONGEST else 1)
]
#: How far to both sides one looks at the sorts of the characters.
REACHES = (0, 1, AROUND)
_LENGTH = np.array([[length - 1] for length, _ in RUNS])
_FIRST = np.array([[first] for _, first in RUNS])
_KIND = np.arange(1, len(RUNS) + 1, dtype=np.uint64)[:, None] << np.uint64(BITS * LONGEST)
#: So many characters at once, so that a long text takes no more memory than a short one.
PIECE = 4096
#: The logarithm of what chances may grow or shrink by before they are made 1 in all again; two of
#: them are multiplied, and a number of 32 bits reaches to 88.
LEEWAY = 40


class Guess(NamedTuple):
    """A span and how sure it is, from 0 to 1."""

    span: Span
    confidence: float


def clues(alphabet: Alphabet, texts: Sequence[str]) -> Numbers:
    """What speaks for a tag at each character of folded texts, one text behind the other.

    Clues × characters, packed; clues of different rows are never alike.
    """
    apart = [START * AROUND + text + END * AROUND for text in texts]
    whole = "".join(apart)
    numbers = alphabet.numbers("".join("0" if char.isdigit() else char for char in whole))
    ends = np.cumsum([len(text) for text in apart])
    inside = np.ones(len(whole), np.bool_)
    for step in range(AROUND):
        inside[ends - 1 - step] = False
        inside[ends - [len(text) for text in apart] + step] = False
    places = np.flatnonzero(inside)

    found = np.empty((len(RUNS) + len(REACHES) + 1, len(places)), np.uint64)
    found[0] = 0  # how likely a tag is anyway
    # runs of one, two and three characters, packed, by where they begin
    numbers = np.pad(numbers, (0, LONGEST - 1))
    one, two, three = (
        numbers[at : at + len(whole)] << np.uint64(BITS * at) for at in range(LONGEST)
    )
    beginning = np.stack([one, one | two, one | two | three])
    found[1 : len(RUNS) + 1] = beginning[_LENGTH, places + _FIRST] | _KIND
    sorts = np.fromiter(map(sort, whole), np.uint64, len(whole))
    for at, reach in enumerate(REACHES, len(RUNS) + 1):
        pattern = np.full(len(places), at << (BITS * LONGEST), np.uint64)
        for offset in range(-reach, reach + 1):
            pattern |= sorts[places + offset] << np.uint64(SORT_BITS * (reach - offset))
        found[at] = pattern
    return found


@cache
def sort(char: str) -> int:
    """The sort of a character; the marks around a text are none."""
    if char in (START, END):
        return NONE
    if char.isdigit():
        return DIGIT
    if char in NUMERALS:
        return NUMERAL
    if "一" <= char <= "鿿":
        return HAN
    return LETTER if char.isascii() and char.isalpha() else OTHER


class Crf:
    """Spans of texts.

    Args:
        tags: O, and B- and I- of each kind.
        alphabet: the characters that tell anything.
        keys: the clues that tell anything, packed.
        weights: clues × tags, how much each speaks for each.
        follows: tags × tags, how much speaks for the second after the first.

    """

    def __init__(
        self,
        *,
        tags: Sequence[str],
        alphabet: Alphabet,
        keys: Keys,
        weights: NDArray[np.float16],
        follows: NDArray[np.float32],
    ) -> None:
        """Of what was learnt."""
        self.tags, self.alphabet, self.keys = tuple(tags), alphabet, keys
        self.weights, self.follows = weights, follows
        self._weights = np.concatenate(
            [weights.astype(np.float32), np.zeros((1, len(tags)), np.float32)]
        )
        self._ways = np.exp(np.stack([follows, follows.T]))
        # no step makes a row of chances greater or smaller than by this
        steepest = float(np.abs(follows).max()) + np.log(len(tags))
        self._apart = max(1, int(LEEWAY // steepest))
        self._outside = self.tags.index(OUTSIDE)

    def read(self, texts: Sequence[str]) -> list[list[Guess]]:
        """The spans of folded texts, in order; none of them overlap."""
        return [list(self._spans(chances)) for chances in self.chances(texts)]

    def chances(self, texts: Sequence[str]) -> list[Floats]:
        """How likely each tag is at each character: for each text, characters × tags."""
        lengths = np.array([len(text) for text in texts], np.intp)
        most = int(lengths.max(initial=0))
        if not most:
            return [np.zeros((0, len(self.tags)), np.float32) for _ in texts]
        # place by place, the longest text first: at each place those that go on are the first ones
        order = np.argsort(-lengths, kind="stable")
        row = np.empty_like(order)
        row[order] = np.arange(len(texts))
        owner = np.repeat(row, lengths)
        place = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        strength = np.zeros((2, most, len(texts), len(self.tags)), np.float32)
        # once as it is read, and once from its end
        back = np.repeat(lengths, lengths) - 1 - place
        strength[0, place, owner] = strength[1, back, owner] = self._strength(texts)
        going = len(texts) - np.searchsorted(np.sort(lengths), np.arange(most), side="right")
        before, until = self._passed(strength, going)
        whole = before[place, owner] * until[back, owner]
        whole /= whole.sum(axis=1, keepdims=True)
        return np.split(whole, np.cumsum(lengths)[:-1])

    def _strength(self, texts: Sequence[str]) -> Floats:
        """How much speaks for each tag at each character, as factors; the greatest is 1."""
        columns = clues(self.alphabet, texts)
        whole = np.empty((columns.shape[1], len(self.tags)), np.float32)
        for start in range(0, len(whole), PIECE):
            piece = columns[:, start : start + PIECE]
            places, there = self.keys.find(piece)
            places[~there] = len(self.keys)
            self._weights[places].sum(axis=0, out=whole[start : start + PIECE])
        factors: Floats = np.exp(whole - whole.max(axis=1, keepdims=True))
        return factors

    def _passed(self, strength: Floats, going: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """How likely each tag is by what stands before it, and by itself and what follows.

        Both ways are gone at once; the second from the ends of the texts.
        """
        before = np.ones_like(strength)
        until = strength
        for place in range(1, len(strength[0])):
            many = going[place]
            row = until[:, place - 1, :many] @ self._ways
            if place % self._apart == 0:
                row /= row.sum(axis=2, keepdims=True)
            before[:, place, :many] = row
            until[:, place, :many] *= row
        return before[0], until[1]

    def _spans(self, chances: Floats) -> Iterator[Guess]:
        best = chances.argmax(axis=1)
        named = np.flatnonzero(best != self._outside).tolist()
        tags = {at: self.tags[best[at]] for at in named}
        end = 0
        for start in named:
            if start < end:
                continue
            kind, end = tags[start][2:], start + 1
            while tags.get(end) == f"I-{kind}":
                end += 1
            sure = chances[np.arange(start, end), best[start:end]].min()
            yield Guess(Span(kind, start, end), float(sure))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as arrays, for a file."""
        return one_file(
            {
                "tags": "\n".join(self.tags), "alphabet": self.alphabet.characters,
                "keys": self.keys.keys, "weights": self.weights, "follows": self.follows,
            }
        )  # fmt: skip

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Crf:
        """Again, of its `arrays`."""
        return cls(
            tags=text_of(arrays["tags"]).split("\n"),
            alphabet=Alphabet(text_of(arrays["alphabet"])),
            keys=Keys(arrays["keys"]), weights=arrays["weights"], follows=arrays["follows"],
        )  # fmt: skip


def tagged(length: int, spans: Sequence[Span]) -> list[str]:
    """The tags of a text of this length with these spans."""
    tags = [OUTSIDE] * length
    for span in spans:
        tags[span.start] = f"B-{span.entity}"
        tags[span.start + 1 : span.end] = [f"I-{span.entity}"] * (span.end - span.start - 1)
    return tags
