"""A channel's own loop, run again whenever it fails."""

import asyncio

import structlog

from bot.channels.base import Channel, Door

log = structlog.get_logger()

#: Waiting times before it is run again, in seconds; the last one is repeated.
BACKOFF = (1, 2, 5, 15, 30)


class Listener:
    """Runs the loop of one channel; one that has none ends at once."""

    def __init__(self, channel: Channel, door: Door) -> None:
        """Run this channel's."""
        self.channel, self.door = channel, door

    async def run(self) -> None:
        """Until cancelled, or until the channel says that there is nothing to do."""
        failures = 0
        while True:
            began = self.door.now()
            try:
                await self.channel.run(self.door)
            except Exception as error:
                # its words may hold an address with a key in it: the type must do
                log.warning("channel failed", channel=self.channel.name, error=type(error).__name__)
            else:
                return
            lasted = (self.door.now() - began).total_seconds()
            failures = 1 if lasted > BACKOFF[-1] else failures + 1
            await asyncio.sleep(BACKOFF[min(failures, len(BACKOFF)) - 1])
