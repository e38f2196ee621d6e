"""What is known for a moment only: half a sign-in, a code that was used, failures without account.

Kept beside the streams, as the browsers are: whatever it is, all processes know it.
"""

import hashlib
import json
import secrets
from typing import Any

from bot.streams import Streams


class Moments:
    """Things that are forgotten by themselves. Away where nobody can tell."""

    def __init__(self, streams: Streams) -> None:
        """Kept on this server."""
        self.streams = streams

    async def leave(self, what: str, told: dict[str, Any], seconds: int) -> str:
        """Keep something for so long; the token that it is asked for with."""
        token = secrets.token_urlsafe(32)
        await self.put(what, token, told, seconds)
        return token

    async def put(self, what: str, of: str, told: dict[str, Any], seconds: int) -> None:
        """Keep something for so long, to be asked for by what it is of."""
        with self.streams.reached():
            await self.streams.client.set(_key(what, of), json.dumps(told), ex=seconds)

    async def look(self, what: str, token: str) -> dict[str, Any] | None:
        """What was left under this token; it stays."""
        with self.streams.reached():
            told = await self.streams.client.get(_key(what, token))
        return _read(told)

    async def take(self, what: str, token: str) -> dict[str, Any] | None:
        """What was left under this token; nobody else gets it."""
        with self.streams.reached():
            told = await self.streams.client.getdel(_key(what, token))
        return _read(told)

    async def once(self, what: str, of: str, seconds: int) -> bool:
        """Whether this is the first time within so many seconds."""
        with self.streams.reached():
            return bool(await self.streams.client.set(_key(what, of), "1", nx=True, ex=seconds))

    async def count(self, what: str, of: str, seconds: int) -> int:
        """How often it was by now, this time included; forgotten after so many seconds."""
        key = _key(what, of)
        with self.streams.reached():
            async with self.streams.client.pipeline(transaction=True) as pipe:
                pipe.incr(key)
                pipe.expire(key, seconds, nx=True)
                found = await pipe.execute()
        return int(found[0])

    async def counted(self, what: str, of: str) -> tuple[int, int]:
        """How often it was, and in how many seconds that is forgotten."""
        key = _key(what, of)
        with self.streams.reached():
            async with self.streams.client.pipeline(transaction=True) as pipe:
                pipe.get(key)
                pipe.ttl(key)
                many, seconds = await pipe.execute()
        return int(many or 0), max(0, int(seconds))


def _read(told: str | bytes | None) -> dict[str, Any] | None:
    found = json.loads(told) if told else None
    return found if isinstance(found, dict) else None


def _key(what: str, of: str) -> str:
    """Tokens and logins stand in no key as they are."""
    return f"mingcheng:moment:{what}:{hashlib.sha256(of.encode('utf-8', 'replace')).hexdigest()}"
