"""The tables. One class a table; the names are those of the glossary in ARCHITECTURE.md."""

from storage.models.base import FOREVER, Instant
from storage.models.city import Article, Carrier, Day, District, Group, Member, Route, Setting, Unit
from storage.models.console import Account, Change, Delivery, Follow, Hook, Key, View
from storage.models.talk import (
    Blob,
    Cursor,
    Double,
    Medium,
    Message,
    Notice,
    Poisoned,
    Post,
    Question,
    Recorded,
    Unplaced,
)
from storage.models.tickets import Event, Intake, Letter, Link, Reminder, State, Ticket
from storage.models.work import Digest, Due, Head, Review

__all__ = [
    "FOREVER",
    "Account",
    "Article",
    "Blob",
    "Carrier",
    "Change",
    "Cursor",
    "Day",
    "Delivery",
    "Digest",
    "District",
    "Double",
    "Due",
    "Event",
    "Follow",
    "Group",
    "Head",
    "Hook",
    "Instant",
    "Intake",
    "Key",
    "Letter",
    "Link",
    "Medium",
    "Member",
    "Message",
    "Notice",
    "Poisoned",
    "Post",
    "Question",
    "Recorded",
    "Reminder",
    "Review",
    "Route",
    "Setting",
    "State",
    "Ticket",
    "Unit",
    "Unplaced",
    "View",
]  # fmt: skip
