"""A scenario as a file: what happened, as lines of EVENTS.jsonl, and what must come of it.

Times are written short, `04-03 09:12:05` or `04-03 09:12`, of 2023 and in the city's offset.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from bot import city as cities
from bot.replay import export
from bot.replay.lines import Line, read
from bot.replay.run import Recorded, parse, run
from storage.database import Database
from tests.fixtures.servers import CITY

FOLDER = Path(__file__).parent
#: What a message may have beside its words; all else are entities, by the words that they are.
MORE = ("id", "group", "name", "images", "quote", "mentions_bot")
SHORT = re.compile(r"\d\d-\d\d \d\d:\d\d(?::\d\d)?")


def long(moment: str) -> str:
    """`04-03 09:12` as the files write it."""
    whole = moment if moment.count(":") == 2 else f"{moment}:00"
    return f"2023-{whole.replace(' ', 'T')}+08:00"


def short(moment: str | None) -> str | None:
    """An instant of the files as scenarios write it."""
    if moment is None:
        return None
    at = datetime.fromisoformat(moment)
    return f"{at:%m-%d %H:%M:%S}" if at.second else f"{at:%m-%d %H:%M}"


def scenarios() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


class Story:
    """One scenario."""

    def __init__(self, name: str) -> None:
        told = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        self.city: Mapping[str, Any] = told.get("city", {})
        self.rows: Sequence[Mapping[str, Any]] = told["events"]
        self.until: str | None = told.get("until")
        self.expected: Mapping[str, Any] = told["expect"]

    async def replay(self, database: Database, folder: Path) -> "Came":
        """Run it in an empty ledger."""
        base = yaml.safe_load(CITY.read_text(encoding="utf-8"))
        whole = yaml.safe_dump({**base, **self.city}, allow_unicode=True)
        city = cities.parse(whole.encode())
        lines = self._lines(city, folder / "events.jsonl")
        end = datetime.fromisoformat(long(self.until)) if self.until else lines[-1].at
        parses = await parse(lines, None, _silent)
        await run(database, Recorded(city, lines, parses), end, _silent)
        async with database.transaction() as session:
            await export.write(session, folder, end)
        return Came(folder)

    def _lines(self, city: cities.City, path: Path) -> list[Line]:
        names = {member.id: member.name for member in city.members}
        rows = [_line(number, row, names) for number, row in enumerate(self.rows, 1)]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        path.write_text(text, encoding="utf-8")
        return read(
            path,
            start=cities.start(city),
            groups={group.id for group in city.groups},
            people={member.id for member in city.members},
        )


def _silent(_stage: str, _done: int, _whole: int) -> None:
    """Nobody watches."""


def _line(number: int, row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A line of EVENTS.jsonl."""
    rest = dict(row)
    at = long(rest.pop("at"))
    if "recall" in rest:
        return {"type": "recall", "at": at, "id": rest["recall"], "group": rest.get("group", "g1")}
    if "step" in rest:
        of: dict[str, Any] = {key: rest.pop(key) for key in ("by", "step", "ticket") if key in rest}
        return {"type": "step", "at": at, **of, "args": rest}
    who, text, read_as = rest.pop("who"), rest.pop("says", ""), rest.pop("as", "chitchat")
    category, sure = rest.pop("category", None), rest.pop("sure", 0.95)
    more = {key: rest.pop(key) for key in MORE if key in rest}
    more["images"] = [{"id": image} for image in more.get("images", [])]
    return {
        "type": "message", "at": at, "id": f"m{number}", "group": "g1", "sender": who,
        "name": names.get(who, who), "text": text, "quote": None, "mentions_bot": False, **more,
        "parse": {
            "intent": {"name": read_as, "confidence": sure},
            "category": {"name": category, "confidence": 0.9} if category else None,
            "entities": [
                {"entity": kind, "start": text.index(words), "end": text.index(words) + len(words),
                 "value": words}
                for kind, words in sorted(rest.items(), key=lambda span: text.index(span[1]))
            ],
        },
    }  # fmt: skip


class Came:
    """What a scenario came to, as the files have it and as scenarios write it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self, name: str) -> list[dict[str, Any]]:
        text = (self.folder / f"{name}.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def told(self, expected: Mapping[str, Any]) -> dict[str, Any]:
        """As much as is expected, in the same words."""
        return {what: getattr(self, what)(wanted) for what, wanted in expected.items()}

    def tickets(self, wanted: Mapping[int, Mapping[str, Any]]) -> dict[int, Any]:
        """All tickets, each with the fields that are asked for."""
        return {
            row["no"]: {name: _field(row, name) for name in wanted.get(row["no"], {"status": ""})}
            for row in self.rows("tickets")
        }

    def said(self, wanted: Sequence[Any]) -> list[Any]:
        """All that the bot said but digests: when, where, why and of what; words where asked."""
        return list(self._said(wanted, digests=False))

    def tail(self, _wanted: object) -> Any:
        """The last that was said but digests."""
        return self.said([])[-1]

    def lines(self, _wanted: object) -> int:
        """Of how many lines that is."""
        last = [row for row in self.rows("said") if row["why"] != "digest"][-1]
        return len(last["text"].splitlines())

    def digests(self, wanted: Sequence[Any]) -> list[Any]:
        """The digests that were posted."""
        return list(self._said(wanted, digests=True))

    def _said(self, wanted: Sequence[Any], *, digests: bool) -> Iterator[Any]:
        rows = [row for row in self.rows("said") if (row["why"] == "digest") == digests]
        for number, row in enumerate(rows):
            why = [] if digests else [row["why"]]
            about = [f"#{no}" for no in row["about"]]
            line = " ".join([short(row["at"]) or "", row["group"], *why, *about])
            asked = wanted[number] if number < len(wanted) else None
            if isinstance(asked, Mapping):
                (words,) = asked.values()
                yield {line: words if words in row["text"] else row["text"]}
            else:
                yield line

    def notices(self, _wanted: object) -> list[str]:
        """All notices but those of digests."""
        return [
            " ".join([short(row["at"]) or "", row["to"], row["level"], *_number(row["ticket"])])
            for row in self.rows("notices")
            if row["level"] != "digest"
        ]

    def events(self, _wanted: object) -> list[str]:
        """All events: when, of which ticket, by whom, which step, and the status after."""
        return [
            f"{short(row['at'])} #{row['ticket']} {row['by']} {row['step']} {row['to']}"
            for row in self.rows("events")
        ]

    def figures(self, wanted: Mapping[str, Any]) -> Any:
        """The figures that are asked for."""
        return _part(json.loads((self.folder / "figures.json").read_bytes()), wanted)

    def made(self, wanted: Sequence[Mapping[str, Any]]) -> list[Any]:
        """The digests that were made: kind, when, from, to, and the figures asked for."""
        rows = json.loads((self.folder / "figures.json").read_bytes())["digests"]
        return [
            {
                " ".join([row["digest"], *(short(row[of]) or "" for of in ("at", "from", "to"))]):
                _part(row, next(iter(wanted[number].values())) if number < len(wanted) else {})
            }
            for number, row in enumerate(rows)
        ]  # fmt: skip


def _field(row: Mapping[str, Any], name: str) -> Any:
    value = row[name]
    if name == "reminders":
        return [f"{level['level']} {short(level['at'])}" for level in value]
    if isinstance(value, str) and name.endswith(("_at", "_by")):
        return short(value)
    return value


def _number(no: int | None) -> list[str]:
    return [f"#{no}"] if no is not None else []


def _part(whole: Any, wanted: Any) -> Any:
    """As much of nested values as is asked for."""
    if isinstance(wanted, Mapping) and isinstance(whole, Mapping):
        return {key: _part(whole.get(key), inner) for key, inner in wanted.items()}
    return whole
