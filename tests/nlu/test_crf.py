"""A linear chain over characters: all ways to tag a text, reckoned by hand and by the model."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.crf import AROUND, Crf, Floats, clues, sort, tagged
from nlu.grams import END, START, Alphabet, Keys
from nlu.text import LONGEST, Span, fold
from tests.nlu.handmade import NAMED, crf

KINDS = ("unit", "time")
TAGS = ("O", *(f"{step}-{kind}" for kind in KINDS for step in "BI"))
CHARS = "路灯3五a, 坏"
#: Some of it the alphabet knows, some not.
TEXT = st.one_of(st.text(st.sampled_from(CHARS), max_size=12), st.text(max_size=12)).map(fold)
ALPHABET = Alphabet({START, END, "0", *CHARS})
CLUES = 16
CLOSE = 1e-5


def rows(*texts: str) -> list[list[int]]:
    """The clues of all characters: a list a sort of clue."""
    return [column.tolist() for column in clues(ALPHABET, texts)]


def table(text: str) -> list[tuple[int, ...]]:
    """The clues of each character of a text."""
    return list(zip(*rows(text), strict=True))


def made(tags: Sequence[str] = TAGS[:3], seed: int = 1, strength: float = 1.0) -> Crf:
    """By chance: clues of some short texts, with some weights or other."""
    chance = np.random.default_rng(seed)
    known = rows("路灯3坏", "路灯,五a", "灯灯路", "3五3 ")
    keys = np.unique(np.array(sorted({key for row in known for key in row}), np.uint64))
    return Crf(
        tags=tags, alphabet=ALPHABET, keys=Keys(keys),
        weights=chance.normal(0, strength, (len(keys), len(tags))).astype(np.float16),
        follows=chance.normal(0, 1, (len(tags), len(tags))).astype(np.float32),
    )  # fmt: skip


def by_hand(model: Crf, text: str) -> list[list[float]]:
    """How likely each tag is at each character, over all ways to tag the text."""
    place = {key: at for at, key in enumerate(model.keys.keys.tolist())}
    speaks = [
        sum((model.weights[place[key]].astype(float) for key in found if key in place), np.zeros(1))
        + np.zeros(len(model.tags))
        for found in table(text)
    ]
    sums = np.zeros((len(text), len(model.tags)))
    for way in itertools.product(range(len(model.tags)), repeat=len(text)):
        score = sum(speaks[at][tag] for at, tag in enumerate(way))
        score += sum(float(model.follows[pair]) for pair in itertools.pairwise(way))
        for at, tag in enumerate(way):
            sums[at, tag] += math.exp(score)
    whole: list[list[float]] = (sums / sums.sum(axis=1, keepdims=True)).tolist()
    return whole


def found(tags: Sequence[str]) -> list[Span]:
    """The spans that a model finds which is sure of these tags."""
    model = made(TAGS)
    sure = np.zeros((len(tags), len(TAGS)), np.float32)
    sure[np.arange(len(tags)), [TAGS.index(tag) for tag in tags]] = 1
    return [guess.span for guess in model._spans(sure)]


def test_each_sort_of_clue_has_a_row_of_its_own() -> None:
    found = rows("路灯3坏五a, 路路路路路")
    assert len(found) == CLUES
    assert {len(row) for row in found} == {len("路灯3坏五a, 路路路路路")}


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_clues_of_different_rows_are_never_alike(texts: list[str]) -> None:
    found = [set(row) for row in rows(*texts)]
    assert len(set().union(*found)) == sum(map(len, found))


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_clues_of_many_texts_are_those_of_each_one_behind_the_other(texts: list[str]) -> None:
    apart = zip(*map(rows, texts), strict=True)
    assert rows(*texts) == [[clue for row in same for clue in row] for same in apart]


def test_of_nothing_there_are_no_clues() -> None:
    assert rows("") == rows("", "") == [[]] * CLUES


def test_the_ends_of_a_text_are_seen_from_near_and_not_from_afar() -> None:
    found = table("路" * 9)
    inner, near = found[AROUND:-AROUND], [*found[:AROUND], *found[-AROUND:]]
    assert len(set(inner)) == 1
    assert len({*near, inner[0]}) == 2 * AROUND + 1


@given(st.lists(st.sampled_from(CHARS), min_size=9, max_size=9), st.integers(0, 8), st.data())
def test_a_character_tells_of_those_near_it_alone(
    chars: list[str], place: int, data: st.DataObject
) -> None:
    before = table("".join(chars))
    chars[place] = data.draw(st.sampled_from(CHARS.replace(chars[place], "")))
    after = table("".join(chars))
    changed = [at for at in range(len(chars)) if before[at] != after[at]]
    assert changed == [at for at in range(len(chars)) if abs(at - place) <= AROUND]


def test_digits_are_all_alike_and_other_characters_are_not() -> None:
    assert table("路31灯") == table("路87灯")
    assert table("路五灯") != table("路六灯")


def test_unknown_characters_of_one_sort_are_all_alike() -> None:
    assert table("路鑫灯") == table("路淼灯")


@pytest.mark.parametrize("place", range(9))
def test_the_sort_of_an_unknown_character_is_seen_from_near(place: int) -> None:
    chars = ["路"] * 9
    before, after = (table("".join([*chars[:place], new, *chars[place + 1 :]])) for new in "鑫é")
    changed = [at for at in range(9) if before[at] != after[at]]
    assert changed == [at for at in range(9) if abs(at - place) <= AROUND]


@pytest.mark.parametrize(
    ("alike", "which"),
    [
        (START + END, 0), ("0９²٣", 1), ("一十百亿两半几零〇", 2), ("路鿿", 3), ("azZ", 4),
        ("é,。 😀л", 5),
    ],
)  # fmt: skip
def test_each_character_is_of_one_sort(alike: str, which: int) -> None:
    assert {sort(char) for char in alike} == {which}


@pytest.mark.parametrize("text", ["路", "路灯", "路灯3", "灯路3坏", "3五,a", "哇哇哇", "灯灯灯灯"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_chances_are_those_over_all_ways_to_tag_a_text(text: str, seed: int) -> None:
    model = made(seed=seed)
    (chances,) = model.chances([text])
    assert chances == pytest.approx(np.array(by_hand(model, text)), abs=CLOSE)


@given(st.lists(st.one_of(TEXT, st.just("")), min_size=1, max_size=5))
def test_texts_of_different_lengths_are_read_as_one_by_one(texts: list[str]) -> None:
    model = made(TAGS)
    together = model.chances(texts)
    assert [len(chances) for chances in together] == [len(text) for text in texts]
    for text, chances in zip(texts, together, strict=True):
        (alone,) = model.chances([text])
        assert chances == pytest.approx(alone, abs=CLOSE)
        assert chances.sum(axis=1) == pytest.approx(1, abs=CLOSE)


@pytest.mark.parametrize("texts", [[], [""], ["", ""]])
def test_in_texts_of_nothing_nothing_is_found(texts: list[str]) -> None:
    model = made(TAGS)
    assert [chances.shape for chances in model.chances(texts)] == [(0, len(TAGS))] * len(texts)
    assert model.read(texts) == [[] for _ in texts]


@pytest.mark.parametrize("strength", [1, 20])
@pytest.mark.parametrize("text", ["路灯3坏" * (LONGEST // 4), "哇" * LONGEST])
def test_of_a_very_long_text_all_chances_are_finite(text: str, strength: float) -> None:
    (chances,) = made(TAGS, strength=strength).chances([text])
    assert chances.shape == (LONGEST, len(TAGS))
    assert chances.sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert chances.min() >= 0


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("O O O", []),
        ("", []),
        ("B-unit", [Span("unit", 0, 1)]),
        ("O B-unit I-unit O", [Span("unit", 1, 3)]),
        ("O I-unit I-unit O", [Span("unit", 1, 3)]),
        ("I-unit O I-unit", [Span("unit", 0, 1), Span("unit", 2, 3)]),
        ("B-unit B-unit", [Span("unit", 0, 1), Span("unit", 1, 2)]),
        ("B-unit I-unit B-unit I-unit", [Span("unit", 0, 2), Span("unit", 2, 4)]),
        ("B-unit I-time I-time", [Span("unit", 0, 1), Span("time", 1, 3)]),
        ("I-unit I-time", [Span("unit", 0, 1), Span("time", 1, 2)]),
        ("B-unit B-time I-time O", [Span("unit", 0, 1), Span("time", 1, 3)]),
        ("B-time I-unit I-time", [Span("time", 0, 1), Span("unit", 1, 2), Span("time", 2, 3)]),
    ],
)
def test_tags_become_spans(tags: str, spans: list[Span]) -> None:
    assert found(tags.split()) == spans


@st.composite
def sides(draw: st.DrawFn) -> tuple[int, list[Span]]:
    """The length of a text and spans in it, in order and apart."""
    length, spans = draw(st.integers(0, 3)), []
    for gap, size, kind in draw(
        st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.sampled_from(KINDS)))
    ):
        spans.append(Span(kind, length, length + size))
        length += size + gap
    return length, spans


@given(sides())
def test_spans_become_tags_and_spans_again(text: tuple[int, list[Span]]) -> None:
    length, spans = text
    tags = tagged(length, spans)
    assert len(tags) == length
    assert found(tags) == spans


def test_a_span_is_as_sure_as_its_least_sure_character() -> None:
    chances = np.full((4, len(TAGS)), 0.01, np.float32)
    said = [("B-unit", 0.9), ("I-unit", 0.4), ("I-unit", 0.8), ("O", 0.7)]
    for at, (tag, sure) in enumerate(said):
        chances[at, TAGS.index(tag)] = sure
    (guess,) = made(TAGS)._spans(chances)
    assert guess.span == Span("unit", 0, 3)
    assert guess.confidence == pytest.approx(0.4)


def test_the_order_of_the_tags_means_nothing() -> None:
    model, text = made(strength=3), "路灯3坏,五a灯路路灯3坏"
    turned = Crf(
        tags=model.tags[::-1], alphabet=ALPHABET, keys=model.keys,
        weights=model.weights[:, ::-1], follows=model.follows[::-1, ::-1],
    )  # fmt: skip
    (one,), (other,) = model.read([text]), turned.read([text])
    assert [guess.span for guess in one] == [guess.span for guess in other]
    assert 0 < len(one) < len(text)


@given(st.lists(TEXT, max_size=4))
def test_spans_that_are_read_stand_in_order_within_the_text_and_apart(texts: list[str]) -> None:
    for text, guesses in zip(texts, made(TAGS, strength=3).read(texts), strict=True):
        ends = [place for guess in guesses for place in guess.span[1:]]
        assert ends == sorted(ends)
        assert all(0 <= guess.span.start < guess.span.end <= len(text) for guess in guesses)
        assert all(0 < guess.confidence <= 1 for guess in guesses)


def test_what_was_counted_is_found() -> None:
    texts = [text for text, _ in NAMED]
    assert [[guess.span for guess in guesses] for guesses in crf().read(texts)] == [
        list(spans) for _, spans in NAMED
    ]


def test_it_comes_back_of_its_arrays() -> None:
    model, text = made(TAGS), "路灯3坏,五a哇"
    again = Crf.of(model.arrays())
    assert again.tags == model.tags
    pair: list[Floats] = model.chances([text]) + again.chances([text])
    assert pair[0].tolist() == pair[1].tolist()
    assert {name: array.tolist() for name, array in again.arrays().items()} == {
        name: array.tolist() for name, array in model.arrays().items()
    }
