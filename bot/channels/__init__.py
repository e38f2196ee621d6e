"""Ways into the groups and out: one module a channel, found by its name."""

import importlib
import pkgutil

from bot.channels.base import Channel
from bot.settings import Settings


def channels(settings: Settings) -> dict[str, Channel]:
    """All channels by name: whatever module here has a function `channel`."""
    found: dict[str, Channel] = {}
    for module in pkgutil.iter_modules(__path__):
        make = getattr(importlib.import_module(f"{__name__}.{module.name}"), "channel", None)
        if make is not None:
            channel: Channel = make(settings)
            found[channel.name] = channel
    return found
