"""The callback of its own, where there is one: changes of customer groups (doc 92130)."""

from typing import Any

import xmltodict

from bot.channels.base import Hint, Rejected

#: The one event that it is for, by callbacks of this channel and of the self-built app.
CHANGE = "change_external_chat"


def sealed(body: bytes) -> str:
    """What is sealed in a request (Rejected)."""
    found = _xml(body).get("Encrypt")
    if not isinstance(found, str):
        raise Rejected(400, "the body must be XML with one Encrypt")
    return found


def hints(text: str) -> list[Hint]:
    """The change that it tells, as a hint; none for what else it may be (Rejected)."""
    fields = _xml(text.encode("utf-8", "replace"))
    if fields.get("MsgType") != "event" or fields.get("Event") != CHANGE:
        return []
    return [Hint(CHANGE, fields)]


def _xml(body: bytes) -> dict[str, Any]:
    try:
        found = xmltodict.parse(body)["xml"]
    except Exception:  # expat, KeyError, TypeError, ValueError, RecursionError: whatever comes
        raise Rejected(400, "it must be XML") from None
    if not isinstance(found, dict):
        raise Rejected(400, "there is nothing in the XML")
    return found
