"""The last word on what a text names: what is certain by its looks, what was learnt, no overlap.

Written for Python 3.10.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from nlu.crf import Guess
from nlu.text import Span, exact, without_overlap

#: What a span of these kinds looks like: a guess that does not is none.
LOOKS = {"phone": re.compile(r"\d[\d-]{3,}\d"), "ticket_no": re.compile(r"\d{1,9}")}


def settle(text: str, guesses: Iterable[Guess]) -> list[Guess]:
    """The spans of a folded text in their order: certain ones first, then the surest guesses."""
    shares: dict[Span, float] = {}
    for guess in guesses:
        span = trimmed(text, guess.span)
        words = text[span.start : span.end]
        if words and (span.entity not in LOOKS or LOOKS[span.entity].fullmatch(words)):
            shares[span] = guess.confidence
    ranked = sorted(shares, key=lambda span: (-shares[span], span.start))
    certain = exact(text)
    shares.update((span, 1.0) for span in certain)
    return [Guess(span, shares[span]) for span in without_overlap([*certain, *ranked])]


def trimmed(text: str, span: Span) -> Span:
    """Without punctuation and white space at both ends, which no span has."""
    start, end = span.start, span.end
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not (text[end - 1].isalnum() or _closes(text[start:end])):
        end -= 1
    return Span(span.entity, start, end)


def _closes(words: str) -> bool:
    """Whether the bracket at the end was opened within: 湖南某某(株洲)."""
    return words.endswith(")") and words.count("(") >= words.count(")")
