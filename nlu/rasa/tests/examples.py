"""Some of our own training sentences, folded as the tokenizer folds them."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import List, NamedTuple, Optional, Text, Tuple

import yaml
from nlu.text import Span, fold

DATA = Path(__file__).parents[1] / "data" / "nlu"
MARKED = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")


class Example(NamedTuple):
    """A sentence that somebody wrote, and what it is."""

    text: Text
    intent: Text
    category: Optional[Text]
    spans: List[Span]


@lru_cache(maxsize=None)
def some(
    intent: Text, many: int, about: Optional[Tuple[Optional[Text], ...]] = None
) -> Tuple[Example, ...]:
    """So many sentences of an intent, out of all of its sections, or of those about this."""
    found = []
    for section in yaml.safe_load((DATA / f"{intent}.yml").read_text("utf-8"))["nlu"]:
        category = (section.get("metadata") or {}).get("category")
        if about and category not in about:
            continue
        for line in section["examples"].splitlines():
            text, spans = _unmarked(line[1:].strip())
            found.append(Example(fold(text), intent, category, spans))
    return tuple(found[:: max(len(found) // many, 1)][:many])


def _unmarked(line: Text) -> Tuple[Text, List[Span]]:
    text, spans, last = "", [], 0
    for match in MARKED.finditer(line):
        text += line[last : match.start()]
        spans.append(Span(match[2], len(text), len(text) + len(match[1])))
        text += match[1]
        last = match.end()
    return text + line[last:], spans
