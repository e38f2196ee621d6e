"""The tables. One class a table; the names are those of the glossary in ARCHITECTURE.md."""

from storage.models.base import FOREVER, Instant
from storage.models.city import Article, Day, District, Group, Member, Route, Setting, Unit
from storage.models.console import Account, Change, Delivery, Follow, Hook, Key, View
from storage.models.talk import Message, Notice, Poisoned, Post, Question
from storage.models.tickets import Event, Intake, Letter, Link, Reminder, State, Ticket
from storage.models.work import Digest, Due, Head, Review

__all__ = [
    "FOREVER",
    "Account",
    "Article",
    "Change",
    "Day",
    "Delivery",
    "Digest",
    "District",
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
    "Member",
    "Message",
    "Notice",
    "Poisoned",
    "Post",
    "Question",
    "Reminder",
    "Review",
    "Route",
    "Setting",
    "State",
    "Ticket",
    "Unit",
    "View",
]  # fmt: skip
