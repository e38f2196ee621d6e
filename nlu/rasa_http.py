"""Rasa's HTTP interface as a parser."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx

from nlu.parse import (
    CATEGORIES,
    CATEGORISED,
    ENTITIES,
    INTENTS,
    Entity,
    Label,
    Parse,
    ParserAway,
    silent,
)
from nlu.text import told

#: Rasa reads one message at a time; more requests at once only wait there.
AT_ONCE = 8
#: Seconds for one message of the greatest length, on a busy machine.
TIMEOUT = 30.0
#: Rasa is there, and fails on this one text: it is left to people, as what nobody is sure of.
UNREADABLE = frozenset({400, 500})


class Rasa:
    """A Rasa server; it never sees a text that it would take for a command or shift."""

    name = "rasa"

    def __init__(self, url: str, token: str) -> None:
        """Ask the server at `url`, which wants this token."""
        self._client = httpx.AsyncClient(
            base_url=url, params={"token": token} if token else {}, timeout=TIMEOUT
        )
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def parse(self, texts: Sequence[str]) -> list[Parse]:
        """One parse a text, in their order; ParserAway when one can't be had."""
        return list(await asyncio.gather(*(self._parse(text) for text in texts)))

    async def _parse(self, text: str) -> Parse:
        sent, shift = told(text)
        if not sent:
            return silent(text, self.name)
        try:
            async with self._turns:
                answer = await self._client.post("/model/parse", json={"text": sent})
            if answer.status_code in UNREADABLE:
                return silent(text, self.name)
            answer.raise_for_status()
            data = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ParserAway(f"{type(error).__name__}: {error}") from error
        return read(text, data, shift=shift)


async def ready(url: str, token: str) -> bool:
    """Whether the server at `url` answers, and has its model loaded."""
    try:
        async with httpx.AsyncClient(timeout=2.0) as client:
            answer = await client.get(f"{url}/status", params={"token": token})
            status = answer.json() if answer.status_code == httpx.codes.OK else None
            return isinstance(status, dict) and bool(status.get("model_file"))
    except (httpx.HTTPError, ValueError):
        return False


def read(text: str, data: Any, *, shift: int = 0) -> Parse:
    """Rasa's answer as our parse; ParserAway for one that is none (a server without a model).

    `shift` is how much of the text stands before what Rasa was given.
    """
    try:
        intent = data["intent"]
        if intent["name"] not in INTENTS:
            raise ParserAway(f"Rasa knows an intent {intent['name']!r} that we do not")
        category = data.get("category")
        return Parse(
            text=text,
            intent=Label(intent["name"], float(intent["confidence"])),
            category=Label(category["name"], float(category["confidence"]))
            if category and intent["name"] in CATEGORISED and category["name"] in CATEGORIES
            else None,
            entities=tuple(
                Entity(
                    entity=found["entity"],
                    start=(start := found["start"] + shift),
                    end=(end := found["end"] + shift),
                    value=text[start:end],
                    confidence=float(found.get("confidence_entity") or 0.0),
                )
                for found in data.get("entities", [])
                if found["entity"] in ENTITIES
            ),
            parser="rasa",
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ParserAway(f"Rasa's answer does not fit: {type(error).__name__} {error}") from error
