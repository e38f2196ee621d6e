"""The last word on what a text names."""

import pytest

from nlu.crf import Guess
from nlu.spans import settle
from nlu.text import Span

TEXT = "天元区新马路的路灯坏了一周,电话13812345678"


def guess(kind: str, start: int, end: int, sure: float = 0.9) -> Guess:
    return Guess(Span(kind, start, end), sure)


def settled(text: str, *guesses: Guess) -> list[tuple[str, str]]:
    found = (found.span for found in settle(text, guesses))
    return [(span.entity, text[span.start : span.end]) for span in found]


def test_phones_and_numbers_are_added() -> None:
    assert settled("#1024的电话13812345678") == [("ticket_no", "1024"), ("phone", "13812345678")]


@pytest.mark.parametrize(
    ("kind", "start", "end", "kept"),
    [
        ("phone", 0, 8, True),
        ("phone", 0, 3, False),
        ("phone", 0, 10, False),
        ("ticket_no", 0, 8, True),
        ("ticket_no", 8, 10, False),
    ],
)
def test_a_guess_at_digits_must_look_like_it(kind: str, start: int, end: int, kept: bool) -> None:
    assert bool(settled("28665000办了", guess(kind, start, end))) == kept


def test_what_is_certain_wins_over_a_surer_guess() -> None:
    assert settled(TEXT, guess("address", 14, 27, 1.0)) == [("phone", "13812345678")]


def test_of_guesses_that_overlap_the_surer_stays() -> None:
    found = settled(TEXT, guess("address", 0, 6, 0.6), guess("district", 0, 3, 0.8))
    assert found[0] == ("district", "天元区")
    assert ("address", "天元区新马路") not in found


def test_entities_come_in_the_order_of_the_text() -> None:
    found = settled(TEXT, guess("duration", 11, 13), guess("district", 0, 3))
    assert found == [("district", "天元区"), ("duration", "一周"), ("phone", "13812345678")]


@pytest.mark.parametrize(
    ("text", "start", "end", "value"),
    [
        (",新马路。", 0, 5, "新马路"),
        (" 新马路 ", 0, 5, "新马路"),
        ("(新马路)", 0, 5, "新马路"),
        ("新马路)", 0, 4, "新马路"),
        ("三桥(东)", 0, 5, "三桥(东)"),
        ("三桥(东),", 0, 6, "三桥(东)"),
        ("新马路", 0, 3, "新马路"),
    ],
)
def test_punctuation_around_a_guess_is_trimmed(text: str, start: int, end: int, value: str) -> None:
    assert settled(text, guess("address", start, end)) == [("address", value)]


def test_a_guess_of_punctuation_alone_is_none() -> None:
    assert settled("坏了,。 急", guess("time", 2, 5)) == []


def test_the_confidence_goes_along() -> None:
    found = settle(TEXT, [guess("district", 0, 3, 0.1)])
    assert [one.confidence for one in found] == [0.1, 1.0]
