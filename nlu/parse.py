"""What a message says: the parse, and the contract of all parsers."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

INTENTS = (
    "report_issue", "report_misconduct", "consult", "add_detail", "ask_progress", "urge",
    "confirm_resolved", "dispute_result", "withdraw", "accept_task", "report_progress",
    "report_done", "transfer", "request_extension", "ask_stats", "ask_help", "praise",
    "announce", "spam", "chitchat",
)  # fmt: skip
CATEGORIES = (
    "land", "construction", "utilities", "finance", "labor", "subsidy", "tax", "permit",
    "enforcement", "arrears", "traffic", "environment", "safety", "market", "facilities",
    "service", "other",
)  # fmt: skip
ENTITIES = (
    "enterprise", "project", "district", "address", "unit", "person", "phone", "time",
    "duration", "amount", "ticket_no",
)  # fmt: skip
#: Only these speak of something that has a category.
CATEGORISED = ("report_issue", "consult")


class ParserAway(Exception):
    """The parser can't be reached now; the message says why."""


@dataclass(frozen=True, slots=True)
class Label:
    """A name out of a fixed list, and how sure the parser is: 0 to 1."""

    name: str
    confidence: float

    def as_json(self) -> dict[str, Any]:
        """As the schema writes it."""
        return {"name": self.name, "confidence": self.confidence}


@dataclass(frozen=True, slots=True)
class Entity:
    """A span of the text; `start` and `end` count code points of the text as it came in."""

    entity: str
    start: int
    end: int
    value: str
    confidence: float

    def as_json(self) -> dict[str, Any]:
        """As the schema writes it."""
        return {
            "entity": self.entity,
            "start": self.start,
            "end": self.end,
            "value": self.value,
            "confidence": self.confidence,
        }


@dataclass(frozen=True, slots=True)
class Parse:
    """One message, read without knowing who sent it."""

    text: str
    intent: Label
    category: Label | None = None
    entities: tuple[Entity, ...] = ()
    parser: str = ""
    parts: "tuple[Parse, ...]" = ()  # where it is several reports: each of them; see nlu/several.py

    def as_json(self) -> dict[str, Any]:
        """As the schema writes it, and which parser it was."""
        return {
            "text": self.text,
            "intent": self.intent.as_json(),
            "category": self.category.as_json() if self.category else None,
            "entities": [entity.as_json() for entity in self.entities],
            "parser": self.parser,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """A parse that came from outside; ValueError says what does not fit the schema."""
        _known(data, {"text", "intent", "category", "entities", "parser"}, "parse")
        text = data.get("text")
        if not isinstance(text, str):
            raise ValueError("text must be a string")
        entities = data.get("entities") or []
        if not isinstance(entities, list):
            raise ValueError("entities must be a list")
        category = data.get("category")
        return cls(
            text=text,
            intent=_label(data.get("intent"), "intent", INTENTS),
            category=None if category is None else _label(category, "category", CATEGORIES),
            entities=_entities(entities, text),
            parser=str(data.get("parser") or ""),
        )


def silent(text: str, parser: str) -> Parse:
    """The parse of a text in which there is nothing to read: nobody is sure of it."""
    return Parse(text, Label("chitchat", 0.0), parser=parser)


class Parser(Protocol):
    """Reads texts. All parsers are twins: the same answers to the same contract."""

    @property
    def name(self) -> str:
        """Which parser it is; a parse says which one it came from."""

    async def parse(self, texts: Sequence[str]) -> list[Parse]:
        """One parse a text, in their order; ParserAway when it can't be reached."""


def _label(data: object, what: str, names: Sequence[str]) -> Label:
    if not isinstance(data, Mapping):
        raise ValueError(f"{what} must be an object with name and confidence")
    _known(data, {"name", "confidence"}, what)
    if data.get("name") not in names:
        raise ValueError(f"{what}: unknown name {data.get('name')!r}")
    return Label(data["name"], _confidence(data, what))


def _confidence(data: Mapping[str, Any], what: str) -> float:
    value = data.get("confidence")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{what}: confidence must be a number from 0 to 1")
    return float(value)


def _entities(rows: Sequence[object], text: str) -> tuple[Entity, ...]:
    found = sorted((_entity(row, text) for row in rows), key=lambda entity: entity.start)
    for before, after in itertools.pairwise(found):
        if after.start < before.end:
            raise ValueError(f"entities overlap at {after.start}")
    return tuple(found)


def _entity(row: object, text: str) -> Entity:
    if not isinstance(row, Mapping):
        raise ValueError("an entity must be an object")
    _known(row, {"entity", "start", "end", "value", "confidence"}, "entity")
    if row.get("entity") not in ENTITIES:
        raise ValueError(f"entity: unknown name {row.get('entity')!r}")
    start, end = row.get("start"), row.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
        raise ValueError("entity: start and end must lie within the text")
    if row.get("value") != text[start:end]:
        raise ValueError(f"entity: value must be {text[start:end]!r}")
    sure = _confidence(row, "entity") if "confidence" in row else 1.0
    return Entity(row["entity"], start, end, text[start:end], sure)


def _known(data: Mapping[str, Any], keys: set[str], what: str) -> None:
    if extra := sorted(set(data) - keys):
        raise ValueError(f"{what}: unknown key {extra[0]!r}")
