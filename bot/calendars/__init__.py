"""The next year's days off, as people get them: the notice as text, JSON, or a calendar file."""

from pathlib import Path

from actions.announced import Announcement
from bot import documents
from bot.calendars import data, ical, notice

__all__ = ["parse", "read"]


def read(path: Path) -> Announcement:
    """The notice in a file; Invalid names the first line that is wrong, and why."""
    return parse(documents.contents(path))


def parse(content: bytes) -> Announcement:
    """The notice in these bytes; what they are shows in how they begin."""
    text = documents.text(content)
    if text.lstrip().startswith(("{", "[")):
        return data.read(text)
    if "BEGIN:VCALENDAR" in text[:1000].upper():
        return ical.read(text)
    return notice.read(text)
