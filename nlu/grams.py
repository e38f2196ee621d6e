"""Short runs of characters as numbers, for many texts at once.

Written for Python 3.10 and numpy alone: Rasa's components import it in their own interpreter.
A run is packed into one 64-bit number: its kind, and up to three characters of an alphabet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]
Places = NDArray[np.intp]

#: Bits of a character; so many characters an alphabet may have, the unknown one included.
BITS = 16
LARGEST = 1 << BITS
LONGEST = 3
#: Numbers of so many digits and more are alike.
MANY = 3
DIGITS = re.compile("[0-9]+")
#: What a text begins and ends with. No folded text contains them.
START, END = "\ue000", "\ue001"
#: What stands between two texts; it is in no alphabet.
GAP = "\0"


class Alphabet:
    """The characters that are known; all others are 0, which no known run contains."""

    def __init__(self, characters: Iterable[str]) -> None:
        """Of these characters, each once."""
        self.characters = "".join(sorted(set(characters)))
        if len(self.characters) >= LARGEST:
            raise ValueError(f"more than {LARGEST - 1} different characters")
        self._index = np.zeros(0x110000, np.uint16)
        self._index[points(self.characters)] = np.arange(1, len(self.characters) + 1)

    def numbers(self, text: str) -> Numbers:
        """The characters of a text as numbers."""
        numbers: Numbers = self._index[points(text)].astype(np.uint64)
        return numbers


def points(text: str) -> NDArray[np.uint32]:
    """The code points of a text; lone surrogates too."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def packed(kind: int, *columns: Numbers) -> Numbers:
    """One number for each row of the columns; `kind` tells runs of different sorts apart."""
    key = np.full(len(columns[0]), kind << (BITS * LONGEST), np.uint64)
    for place, column in enumerate(columns):
        key |= column << np.uint64(BITS * place)
    return key


class Keys:
    """A sorted table of packed runs, and where each stands in it."""

    def __init__(self, keys: Numbers) -> None:
        """Of these numbers, sorted and each once."""
        self.keys = keys

    def __len__(self) -> int:
        """How many there are."""
        return len(self.keys)

    def find(self, wanted: Numbers) -> tuple[Places, NDArray[np.bool_]]:
        """For each number its place, and whether it is there at all."""
        if not len(self.keys):
            return np.zeros(len(wanted), np.intp), np.zeros(len(wanted), np.bool_)
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return places, self.keys[places] == wanted


def runs(text: str) -> Iterator[str]:
    """The runs of one to three characters of a folded text, with marks at its ends."""
    marked = f"{START}{bare(text)}{END}"
    for length in range(1, LONGEST + 1):
        for start in range(len(marked) - length + 1):
            yield marked[start : start + length]


def bare(text: str) -> str:
    """A text without the spaces and full stops around it, and its numbers by their length alone.

    Which digits a telephone number has says nothing of what is told with it.
    """
    return DIGITS.sub(_zeros, text.strip(" 。"))


def _zeros(number: re.Match[str]) -> str:
    return "0" * min(len(number[0]), MANY)


def of_texts(alphabet: Alphabet, texts: Sequence[str]) -> tuple[Numbers, Places]:
    """The packed `runs` of many texts, and of which text each is."""
    marked = [f"{START}{bare(text)}{END}{GAP}" for text in texts]
    numbers = alphabet.numbers("".join(marked))
    owner = np.repeat(np.arange(len(texts)), [len(text) for text in marked])
    found, owners = [], []
    for length in range(1, LONGEST + 1):
        stop = len(numbers) - length + 1
        columns = [numbers[start : start + stop] for start in range(length)]
        whole = np.logical_and.reduce([column > 0 for column in columns])
        found.append(packed(length, *(column[whole] for column in columns)))
        owners.append(owner[:stop][whole])
    return np.concatenate(found), np.concatenate(owners)


def of_run(alphabet: Alphabet, run: str) -> int:
    """One run, packed."""
    return int(packed(len(run), *np.split(alphabet.numbers(run), len(run)))[0])


def one_file(parts: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Plain values as arrays, so that a table of arrays can hold them: texts as code points."""
    return {
        name: points(value) if isinstance(value, str) else np.asarray(value)
        for name, value in parts.items()
    }


def text_of(array: NDArray[Any]) -> str:
    """A text again, of its code points."""
    return array.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
