"""Ways into the groups and out: one module a channel, found by its name."""

import importlib
import pkgutil
from collections.abc import Callable

from bot.channels.base import Channel, Powers, Shared
from bot.settings import Settings


def channels(settings: Settings, shared: Shared) -> dict[str, Channel]:
    """All channels by name: whatever module here has a function `channel`."""
    made: list[Channel] = [make(settings, shared) for make in map(_maker, _modules()) if make]
    return {channel.name: channel for channel in made}


def kinds() -> dict[str, type[Channel]]:
    """All channels by name, also those that are not set up."""
    for module in _modules():
        importlib.import_module(module)
    ours = [one for one in Channel.__subclasses__() if one.__module__.startswith(f"{__name__}.")]
    return {channel.name: channel for channel in ours}


def powers() -> dict[str, Powers]:
    """What each channel can do, by name."""
    return {name: channel.powers for name, channel in kinds().items()}


def _modules() -> list[str]:
    return [f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__)]


def _maker(module: str) -> Callable[[Settings, Shared], Channel] | None:
    found: Callable[[Settings, Shared], Channel] | None = getattr(
        importlib.import_module(module), "channel", None
    )
    return found
