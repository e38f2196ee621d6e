"""How the channels are: what the processes that run them told last, or that none does."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from bot.channels.base import Channel, Health
from bot.streams import Away, Streams

#: What was told longer ago counts no more: told it is at least every minute.
FRESH = timedelta(minutes=2)

State = Literal["ok", "warn", "down", "off"]
STATES: Collection[str] = get_args(State)
#: Worst first.
ORDER = ("down", "warn", "ok", "off")


@dataclass(frozen=True, slots=True)
class Condition:
    """How a channel is. `silent`: it should be run, and nobody runs it; then there are no words.

    One that is off by its settings was not told at any time; one that its loop calls off has only
    nothing to do yet.
    """

    channel: Channel
    state: State
    words: str = ""
    at: datetime | None = None  # when that was told
    silent: bool = False

    @property
    def unset(self) -> bool:
        """Whether it is not set up."""
        return self.state == "off" and self.at is None


async def conditions(
    channels: Mapping[str, Channel], streams: Streams, now: datetime
) -> dict[str, Condition]:
    """Of each channel by its name; what can't be asked for now counts as not told."""
    try:
        noted = await streams.noted()
    except Away:
        noted = {}
    return {
        name: condition(channel, noted.get(name, ""), now) for name, channel in channels.items()
    }


def condition(channel: Channel, noted: str, now: datetime) -> Condition:
    """Of one channel, with what was noted of it last."""
    told, at = _told(noted)
    settled = channel.by_settings()
    if settled is not None and settled.state == "off":
        return Condition(channel, "off", settled.words)
    if told is not None and at is not None and now - at <= FRESH:
        return Condition(channel, told.state, told.words, at)
    if settled is not None:
        return Condition(channel, settled.state, settled.words)
    # one that is not set up says so once, and has nothing to run
    if told is not None and told.state == "off":
        return Condition(channel, "off", told.words, at)
    if _runs(channel):
        return Condition(channel, "down", at=at, silent=True)
    return Condition(channel, "ok")


def _runs(channel: Channel) -> bool:
    """Whether somebody must run it, or stay connected to it."""
    return channel.served or type(channel).run is not Channel.run


def _told(noted: str) -> tuple[Health | None, datetime | None]:
    """What a note says, and when that was; None for what is none."""
    try:
        found = json.loads(noted)
        at = datetime.fromisoformat(found["at"])
        if found["state"] not in STATES or at.tzinfo is None:
            return None, None
        return Health(found["state"], str(found["words"])), at
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, None
