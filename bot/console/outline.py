"""What something that nobody knows is made of, without what it says: for who looks after it.

It may hold words about misconduct, keys, and addresses that open a file: of texts only that they
are there, and how long.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

#: A name of a field or a kind: neither words nor a key.
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,23}")
#: Fields that tell what something is.
KIND = re.compile(
    r"(msg|event|action|post|notice|request|change|sub|message)?_?(type|kind)|action|event|cmd",
    re.IGNORECASE,
)
#: So much of it is shown, and so deep.
MOST, DEEPEST, WIDEST = 600, 5, 20


def outline(payload: str) -> str:
    """The parts of JSON or XML by their names; of anything else only how long it is."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return _tags(payload)[:MOST] or _long(payload)
    return _part("", found, 0)[:MOST]


def _part(name: str, value: Any, depth: int) -> str:
    if isinstance(value, Mapping):
        if depth >= DEEPEST:
            return "{…}"
        pairs = [
            f"{_name(key)}: {_part(key, one, depth + 1)}"
            for key, one in list(value.items())[:WIDEST]
        ]
        return "{" + ", ".join([*pairs, *(["…"] if len(value) > WIDEST else [])]) + "}"
    if isinstance(value, list):
        inner = _part(name, value[0], depth + 1) if value and depth < DEEPEST else ""
        return f"[{inner}] × {len(value)}"
    if isinstance(value, str):
        return value if KIND.fullmatch(name) and PLAIN.fullmatch(value) else _long(value)
    return "0" if isinstance(value, int | float) and not isinstance(value, bool) else _word(value)


def _name(name: str) -> str:
    return name if PLAIN.fullmatch(name) else _long(name)


def _long(text: str) -> str:
    """A text, by how many characters it has."""
    return f'"…{len(text)}"' if text else '""'


def _word(value: bool | None) -> str:
    return "null" if value is None else str(value).lower()


def _tags(payload: str) -> str:
    """Of XML, without reading it: what its elements are called, and what kind it says it is."""
    kinds = re.findall(r"<(MsgType|Event|ChangeType)>(?:<!\[CDATA\[)?([a-z_]{1,24})[\]<]", payload)
    names = dict.fromkeys(re.findall(rf"<({PLAIN.pattern})>", payload))
    known = dict(kinds)
    return " ".join(
        f"{name}={known[name]}" if name in known else name for name in list(names)[:WIDEST]
    )
