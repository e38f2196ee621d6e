"""A coverage-guided fuzzer over one channel: what it reaches in our code leads it further.

    .venv/bin/python -m tests.bot.channels.fuzz CHANNEL FOLDER [-max_total_time=60]

Only where atheris is there; a finding is printed with its input, and ends it with an error.
"""

import os
import sys
from pathlib import Path

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["bot.channels"]):
    import bot.channels
    from tests.bot.channels import hostile

    bot.channels.kinds()

from bot.channels.base import Channel, Request


def tried(channel: Channel, data: bytes) -> None:
    """One input: the first byte says who sends it and how, the rest what."""
    kind, body = data[0] if data else 0, data[1:]
    if kind % 4 == 0:
        _stranger(channel, body)
    elif kind % 4 == 1 and channel.name in hostile.BLOCKS:
        hostile.met(channel, hostile.BLOCKS[channel.name](body))
        hostile.asked(channel, hostile.BLOCKS[channel.name](body))
    else:
        hostile.met(channel, hostile.DRESSED[channel.name](body))


def _stranger(channel: Channel, data: bytes) -> None:
    """Header, query and body of somebody who knows nothing."""
    given = atheris.FuzzedDataProvider(data)
    headers = {name: given.ConsumeUnicodeNoSurrogates(30) for name in hostile.NAMES}
    query = {name: given.ConsumeUnicodeNoSurrogates(30) for name in hostile.ASKED}
    request = Request(headers=headers, query=query, body=given.ConsumeBytes(300))
    hostile.met(channel, request)
    hostile.asked(channel, request)


def main(name: str, corpus: str, *more: str) -> None:
    """Fuzz this channel; the corpus grows in a folder, what follows is for the fuzzer."""
    os.environ.update(hostile.SET)
    channel = hostile.made()[name]
    for number, body in enumerate(hostile.RIGHT[name]):
        if hostile.met(channel, hostile.DRESSED[name](body)) is None:
            sys.exit(f"a right body was refused: {body!r}")
        Path(corpus, str(number)).write_bytes(b"\x02" + body)
    atheris.Setup([sys.argv[0], *more, corpus], lambda data: tried(channel, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
