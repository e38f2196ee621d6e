"""Browsers that are signed in: kept beside the streams, by the hash of what their cookie holds.

A browser is forgotten when it signs out, when somebody ends it, and when its time is over.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from bot.streams import Streams

#: How long a browser stays signed in.
STAY = timedelta(days=7)

#: Marks of all browsers, by when their time is over.
ALL = "mingcheng:browsers"


@dataclass(frozen=True, slots=True)
class Browser:
    """One browser: who, since when (seconds of the epoch), from where, with what."""

    login: str
    at: float
    address: str
    agent: str
    way: str = "password"  # by which it came in, or a provider's name
    proof: str = ""  # a mark of the password of then: with another one this browser is out


class Sessions:
    """The browsers that are signed in. Away where nobody can tell who is."""

    def __init__(self, streams: Streams) -> None:
        """Kept on this server."""
        self.streams = streams

    async def begin(
        self,
        login: str,
        now: datetime,
        *,
        address: str,
        agent: str,
        way: str = "password",
        proof: str = "",
    ) -> str:
        """Sign a browser in; what its cookie is to hold."""
        token = secrets.token_urlsafe(32)
        mark, until = mark_of(token), (now + STAY).timestamp()
        browser = Browser(login, now.timestamp(), address, agent[:200], way, proof)
        told = json.dumps(asdict(browser))
        with self.streams.reached():
            async with self.streams.client.pipeline(transaction=True) as pipe:
                pipe.set(_key(mark), told, exat=int(until))
                pipe.zadd(ALL, {mark: until})
                pipe.zremrangebyscore(ALL, "-inf", now.timestamp())
                await pipe.execute()
        return token

    async def of(self, token: str) -> Browser | None:
        """The browser that holds this token; None where it is unknown or over."""
        with self.streams.reached():
            told = await self.streams.client.get(_key(mark_of(token)))
        return Browser(**json.loads(told)) if told else None

    async def all(self) -> dict[str, Browser]:
        """Every browser that is signed in, by its mark, the latest first."""
        with self.streams.reached():
            marks = [str(mark) for mark in await self.streams.client.zrange(ALL, 0, -1, desc=True)]
            told = await self.streams.client.mget([_key(mark) for mark in marks]) if marks else []
        pairs = zip(marks, told, strict=True)
        return {mark: Browser(**json.loads(browser)) for mark, browser in pairs if browser}

    async def end(self, marks: Iterable[str]) -> None:
        """Sign these browsers out."""
        gone = list(marks)
        if not gone:
            return
        with self.streams.reached():
            async with self.streams.client.pipeline(transaction=True) as pipe:
                pipe.delete(*map(_key, gone))
                pipe.zrem(ALL, *gone)
                await pipe.execute()

    async def end_of(self, login: str, *, but: str = "") -> None:
        """Sign out every browser of an account, but for the one that holds the token `but`."""
        kept = mark_of(but)
        browsers = await self.all()
        await self.end(m for m, browser in browsers.items() if browser.login == login and m != kept)


def mark_of(token: str) -> str:
    """What names a browser without letting anybody in."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _key(mark: str) -> str:
    return f"mingcheng:browser:{mark}"
