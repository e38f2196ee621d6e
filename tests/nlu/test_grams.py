"""Short runs of characters as numbers."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.grams import (
    BITS,
    END,
    GAP,
    LARGEST,
    LONGEST,
    START,
    Alphabet,
    Keys,
    bare,
    of_run,
    of_texts,
    one_file,
    packed,
    runs,
    text_of,
)
from nlu.text import fold

#: Every code point, the lone halves of surrogates too.
ANY = st.text(st.characters(exclude_categories=()))
#: What is read: any text, folded; some of it looks alike.
FOLDED = st.one_of(ANY, st.text(st.sampled_from("路灯坏 。😀𠮷\ud800e"))).map(fold)
NUMBERS = st.lists(st.integers(0, LARGEST - 1), min_size=1, max_size=LONGEST)


def everything(texts: Sequence[str]) -> Alphabet:
    """All characters that stand in these texts, the marks of their ends, and what digits are."""
    return Alphabet({START, END, "0", *"".join(texts)})


def by_text(alphabet: Alphabet, texts: Sequence[str]) -> list[Counter[int]]:
    found, owners = of_texts(alphabet, texts)
    counted: list[Counter[int]] = [Counter() for _ in texts]
    for run, owner in zip(found.tolist(), owners.tolist(), strict=True):
        counted[owner][run] += 1
    return counted


def test_characters_are_numbered_from_one_in_their_order() -> None:
    assert Alphabet("cab").numbers("abc").tolist() == [1, 2, 3]
    assert Alphabet("abba").characters == "ab"


@pytest.mark.parametrize("unknown", ["d", "路", "😀", "\ud800", "\U0010ffff", GAP])
def test_an_unknown_character_is_nought(unknown: str) -> None:
    assert Alphabet("abc").numbers(f"a{unknown}c").tolist() == [1, 0, 3]


def test_an_alphabet_of_nothing_knows_nothing() -> None:
    assert Alphabet("").numbers("路灯").tolist() == [0, 0]
    assert Alphabet("路灯").numbers("").tolist() == []


def test_an_alphabet_has_room_for_so_many_characters_and_no_more() -> None:
    most = [chr(0x10000 + at) for at in range(LARGEST - 1)]
    assert Alphabet(most).numbers(most[-1]).tolist() == [LARGEST - 1]
    with pytest.raises(ValueError, match=str(LARGEST - 1)):
        Alphabet([*most, "a"])


@given(st.integers(1, LARGEST - 1), NUMBERS)
def test_nothing_is_lost_in_packing(kind: int, numbers: list[int]) -> None:
    (key,) = packed(kind, *(np.array([number], np.uint64) for number in numbers)).tolist()
    places = range(LONGEST + 1)
    unpacked = [key >> BITS * place & (LARGEST - 1) for place in places]
    assert unpacked == [*numbers, *[0] * (LONGEST - len(numbers)), kind]


def test_nothing_is_found_in_an_empty_table() -> None:
    places, there = Keys(np.zeros(0, np.uint64)).find(np.array([0, 7], np.uint64))
    assert (places.tolist(), there.tolist()) == ([0, 0], [False, False])


@given(st.sets(st.integers(0, 60), min_size=1), st.lists(st.integers(0, 70)))
def test_a_number_is_found_where_it_stands_or_not(known: set[int], wanted: list[int]) -> None:
    table = Keys(np.array(sorted(known), np.uint64))
    assert len(table) == len(known)
    places, there = table.find(np.array(wanted, np.uint64))
    assert there.tolist() == [number in known for number in wanted]
    assert table.keys[places[there]].tolist() == [number for number in wanted if number in known]


def test_the_greatest_numbers_are_told_apart() -> None:
    edge = 2**64 - 1
    places, there = Keys(np.array([5, edge - 1], np.uint64)).find(np.array([edge], np.uint64))
    assert there.tolist() == [False]
    assert places.tolist() == [1]


def test_runs_have_one_to_three_characters_and_marks_at_the_ends() -> None:
    assert list(runs("路灯")) == [
        START, "路", "灯", END, f"{START}路", "路灯", f"灯{END}", f"{START}路灯", f"路灯{END}",
    ]  # fmt: skip
    assert list(runs("")) == [START, END, START + END]


def test_full_stops_and_spaces_around_a_text_say_nothing() -> None:
    assert list(runs(" 。路灯。坏了。 ")) == list(runs("路灯。坏了"))
    assert bare("。 。") == ""


def test_which_digits_a_number_has_says_nothing() -> None:
    assert list(runs("电话13812345678")) == list(runs("电话15900000001")) == list(runs("电话000"))
    assert list(runs("3号楼")) == list(runs("8号楼"))
    assert list(runs("3号楼")) != list(runs("12号楼"))


@given(st.lists(FOLDED, max_size=5))
def test_runs_of_many_texts_are_those_of_each(texts: list[str]) -> None:
    alphabet = everything(texts)
    assert by_text(alphabet, texts) == [
        Counter(of_run(alphabet, run) for run in runs(text)) for text in texts
    ]


@given(st.lists(FOLDED, max_size=5))
def test_runs_with_an_unknown_character_are_left_out(texts: list[str]) -> None:
    known = {START, END, *"路坏😀e"}
    alphabet = Alphabet(known)
    assert by_text(alphabet, texts) == [
        Counter(of_run(alphabet, run) for run in runs(text) if known.issuperset(run))
        for text in texts
    ]


def test_runs_never_reach_into_the_next_text() -> None:
    found, owners = of_texts(everything(["甲乙"]), ["甲", "", "乙"])
    across = of_run(everything(["甲乙"]), END + START)
    assert across not in found.tolist()
    assert Counter(owners.tolist()) == {0: 6, 1: 3, 2: 6}


def test_of_no_texts_there_are_no_runs() -> None:
    found, owners = of_texts(everything([]), [])
    assert (found.tolist(), owners.tolist()) == ([], [])


@given(st.text(st.sampled_from("路灯坏了😀𠮷"), min_size=1, max_size=3), st.data())
def test_different_runs_are_different_numbers(run: str, data: st.DataObject) -> None:
    other = data.draw(st.text(st.sampled_from("路灯坏了😀𠮷"), min_size=1, max_size=3))
    alphabet = Alphabet("路灯坏了😀𠮷")
    assert (of_run(alphabet, run) == of_run(alphabet, other)) == (run == other)


@given(ANY)
def test_a_text_comes_back_of_its_code_points(text: str) -> None:
    assert text_of(one_file({"alphabet": text})["alphabet"]) == text


def test_numbers_go_into_a_file_as_they_are() -> None:
    counts = np.arange(3, dtype=np.uint16)
    kept = one_file({"counts": counts, "smooth": 0.05, "scale": (4.0, 0.5)})
    assert kept["counts"] is counts
    assert float(kept["smooth"]) == 0.05
    assert kept["scale"].tolist() == [4.0, 0.5]
