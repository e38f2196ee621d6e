"""Expressions of time in running words: `nlu.times` reads one that stands alone."""

from datetime import datetime

from nlu.times import When, when

#: No expression is longer: 2023年8月1日上午到2023年8月15日下午.
LONGEST = 24


def at(words: str, start: int, now: datetime, *, ahead: bool = False) -> tuple[str, When] | None:
    """The longest expression that begins at `start`, as written, and what it means; or None."""
    if words[start : start + 1].isspace():
        return None
    for end in range(min(len(words), start + LONGEST), start + 1, -1):
        if found := when(words[start:end], now, ahead=ahead):
            return words[start:end].rstrip(" 的"), found
    return None


def anywhere(words: str, now: datetime) -> tuple[str, When] | None:
    """The longest expression of a period in the words, the first of equals; or None.

    An instant is no period.
    """
    found = [one for start in range(len(words)) if (one := at(words, start, now))]
    periods = [one for one in found if not one[1].exact]
    return max(periods, key=lambda one: len(one[0]), default=None)
