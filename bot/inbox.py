"""The door: what is accepted here is on disk, and will be handled once."""

from bot.channels.base import Incoming
from bot.streams import Streams


async def accept(streams: Streams, incoming: Incoming) -> None:
    """Append to the stream of the group's partition; Away when it can't be kept."""
    await streams.append(incoming.group, incoming.as_json())
