"""Events of OneBot v11: what their fields are, and what they mean to us."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.channels.base import Hint, Incoming, Quoted, Raw, Received, Rejected, Words, clean
from bot.channels.onebot import said
from bot.channels.onebot.said import Said

NAME = "onebot"
#: A hint of this name tells how a bot is.
BOTS = "onebot"
NUMBER = re.compile(r"[0-9]{1,20}")
#: Messages come at once; an instant further off is a fault of a clock.
NEAR = timedelta(days=1)
#: Notices that change nothing here, and are too many to be kept.
IDLE = frozenset(
    {
        "group_admin", "group_ban", "group_card", "group_decrease", "group_increase", "group_title",
        "group_msg_emoji_like", "essence", "notify", "friend_add", "friend_recall", "input_status",
        "profile_like", "bot_offline", "online_file_receive", "online_file_send", "flash_file",
    }
)  # fmt: skip


def _digits(value: Any) -> Any:
    """Numbers of people, groups and messages: as numbers or as text, for us text."""
    if isinstance(value, bool) or not isinstance(value, int | str | None):
        raise ValueError("must be a number")
    return "" if value is None else str(value)


Number = Annotated[Words, BeforeValidator(_digits), Field(max_length=64)]


class _Loose(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Sender(_Loose):
    """How the group shows who speaks."""

    card: Words | None = None
    nickname: Words | None = None


class Anonymous(_Loose):
    """Who speaks without a name: all of them share one number, and have each their own here."""

    id: Number = ""
    name: Words | None = None


class Status(_Loose):
    """How the account of a bot is."""

    online: bool | None = None
    good: bool | None = None


class Event(_Loose):
    """An event; which of the fields are there depends on what it is."""

    post_type: Words
    time: float | None = None
    self_id: Number
    message_type: Words = ""
    notice_type: Words = ""
    meta_event_type: Words = ""
    sub_type: Words | None = None
    message_id: Number = ""
    group_id: Number = ""
    user_id: Number = ""
    message: str | list[Any] | None = None
    raw_message: str | None = None
    sender: Sender | None = None
    anonymous: Anonymous | None = None
    status: Status | None = None

    def at(self, now: datetime) -> datetime:
        """When it was; now where that can't be."""
        try:
            at = datetime.fromtimestamp(self.time or 0, UTC)
        except (OverflowError, OSError, ValueError):
            return now
        return at if abs(at - now) < NEAR else now

    def said(self, ours: frozenset[str]) -> Said:
        """What its message says."""
        message = self.raw_message or "" if self.message is None else self.message
        return said.read(said.segments(message), ours)

    @property
    def key(self) -> str:
        """What the message is called here: every bot calls it otherwise."""
        return f"{self.self_id}:{self.message_id}"


def means(event: Event, payload: str, ours: frozenset[str], now: datetime) -> Received:
    """What an event brings. Rejected(400) where a field is missing.

    `ours` are the numbers of our bots: what they say themselves brings nothing.
    """
    if event.post_type == "message":
        return _message(event, payload, ours, now)
    if event.post_type == "notice":
        return _notice(event, payload, now)
    if event.post_type == "meta_event":
        return Received(hints=_hints(event))
    if event.post_type in ("message_sent", "request"):
        return Received()
    return Received(raw=[_raw(event, payload)])


def own(event: Event, ours: frozenset[str]) -> bool:
    """Whether one of our bots said it."""
    if event.post_type == "message_sent":
        return True
    return event.post_type == "message" and event.user_id in ours and event.anonymous is None


def _message(event: Event, payload: str, ours: frozenset[str], now: datetime) -> Received:
    if own(event, ours):
        return Received()
    if event.message_type != "group" or event.sub_type == "notice":
        return Received(raw=[_raw(event, payload)])
    _needed(event, "group_id", "message_id", "user_id")
    heard = event.said(ours)
    if not heard.text and not heard.media and not heard.at & ours:
        return Received(raw=[_raw(event, payload)])
    sender, name = _who(event)
    incoming = Incoming(
        kind="message", channel=NAME, group=event.group_id, id=event.key, at=event.at(now),
        sender=sender, name=name, text=heard.text, images=heard.media,
        quote=f"{event.self_id}:{heard.reply}"[:200] if heard.reply else None,
        mentions_bot=bool(heard.at & ours), people=NAME, via=f"{NAME}:{event.self_id}",
    )  # fmt: skip
    return Received(messages=[incoming])


def _notice(event: Event, payload: str, now: datetime) -> Received:
    if event.notice_type == "group_recall":
        _needed(event, "group_id", "message_id")
        taken = Incoming(
            kind="recall", channel=NAME, group=event.group_id, id=event.key, at=event.at(now),
            people=NAME, via=f"{NAME}:{event.self_id}",
        )  # fmt: skip
        return Received(messages=[taken])
    if event.notice_type in IDLE:
        return Received()
    return Received(raw=[_raw(event, payload)])


def _who(event: Event) -> tuple[str, str]:
    """Number and name of who speaks."""
    if event.anonymous is not None:
        name = event.anonymous.name or "匿名"
        return f"anonymous:{event.anonymous.id or name}"[:200], name
    sender = event.sender or Sender()
    return event.user_id, (sender.card or sender.nickname or event.user_id)[:200]


def _needed(event: Event, *fields: str) -> None:
    for field in fields:
        if not getattr(event, field):
            raise Rejected(400, f"{field}: needed")


def _raw(event: Event, payload: str) -> Raw:
    return Raw(event.group_id, clean(payload), id=event.key if event.message_id else "")


def _hints(event: Event) -> Sequence[Hint]:
    """How a bot says that it is, with each beat of its heart."""
    if event.meta_event_type == "lifecycle" and event.sub_type == "disable":
        return [Hint(BOTS, {"bot": event.self_id, "online": False})]
    status = event.status or Status()
    well = status.online is not False and status.good is not False
    return [Hint(BOTS, {"bot": event.self_id, "online": well})]


def quoting(received: Received, known: Callable[[str], str | Quoted]) -> Received:
    """The same, with what `known` says about what is quoted."""
    messages = [
        replace(one, quote=known(one.quote)) if isinstance(one.quote, str) else one
        for one in received.messages
    ]
    return replace(received, messages=messages)
