"""The training data: read here once for the keyword twin, the checks and the content hash."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nlu.text import Span

MARKED = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence that somebody wrote, and what it is."""

    text: str
    intent: str
    category: str | None
    spans: tuple[Span, ...]
    #: What its section calls so: dialect, irony, slips of the pen; judged apart.
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Examples:
    """All sentences, and the lookup tables by what they name."""

    sentences: tuple[Example, ...]
    lookups: dict[str, tuple[str, ...]]

    @classmethod
    def read(cls, folder: Path) -> "Examples":
        """All files under a Rasa project's `data` folder, in the order of their names."""
        sentences: list[Example] = []
        lookups: dict[str, tuple[str, ...]] = {}
        for section in _sections(folder):
            lines = _lines(section.get("examples") or "")
            if "lookup" in section:
                lookups[section["lookup"]] = lookups.get(section["lookup"], ()) + tuple(lines)
            elif "intent" in section:
                metadata = section.get("metadata") or {}
                labels = metadata.get("category"), metadata.get("hard") is True
                sentences += [_example(line, section["intent"], *labels) for line in lines]
        return cls(tuple(sentences), lookups)


def _sections(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.yml")):
        with path.open("rb") as file:
            yield from yaml.load(file, Loader=_Loader).get("nlu", ())  # noqa: S506  # a safe one


def _lines(block: str) -> list[str]:
    return [line.removeprefix("-").strip() for line in block.splitlines() if line.strip()]


def _example(line: str, intent: str, category: str | None, hard: bool) -> Example:
    text, spans, last = "", [], 0
    for match in MARKED.finditer(line):
        text += line[last : match.start()]
        spans.append(Span(match[2], len(text), len(text) + len(match[1])))
        text += match[1]
        last = match.end()
    return Example(text + line[last:], intent, category, tuple(spans), hard)


def written(examples: Iterable[Example]) -> Iterator[str]:
    """The lines of a file of training data, as Rasa and `Examples.read` take it."""
    by_label: dict[tuple[str, str | None], list[Example]] = {}
    for example in examples:
        by_label.setdefault((example.intent, example.category), []).append(example)
    yield 'version: "3.1"'
    yield "nlu:"
    for (intent, category), found in by_label.items():
        yield f"- intent: {intent}"
        if category:
            yield f"  metadata: {{category: {category}}}"
        yield "  examples: |"
        yield from (f"    - {_marked(example)}" for example in found)


def _marked(example: Example) -> str:
    """A sentence on one line, its spans marked; brackets of its own are kept from looking so."""
    pieces, last = [], 0
    for span in sorted(example.spans, key=lambda span: span.start):
        words = example.text[span.start : span.end].translate(SQUARE)
        pieces += [_apart(example.text[last : span.start]), f"[{words}]({span.entity})"]
        last = span.end
    whole = "".join([*pieces, _apart(example.text[last:])])
    return " ".join("".join(char if char.isprintable() else " " for char in whole).split())


def _apart(text: str) -> str:
    return text.replace("][", "] [").replace("](", "] (")


#: Inside a span a bracket would end it.
SQUARE = str.maketrans("[]", "【】")

#: The C reader is ten times as fast, and not everywhere there.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
