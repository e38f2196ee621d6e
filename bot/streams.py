"""Streams, leases and wake-up calls: the one module that speaks the Redis protocol.

What is appended is on disk before it is acknowledged (append-only file, fsync always).
"""

import contextlib
import secrets
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import redis.asyncio as redis
from redis import exceptions

PARTITIONS = 16
#: A lease that is not renewed ends after this many seconds, and another worker goes on.
LEASE = 10
#: A worker that is not seen for so many seconds does not share any more.
SEEN = 15

GROUP = "workers"
#: Entries belong to the partition, not to the process: whoever leases it finds what is unfinished.
CONSUMER = "lease"
WORKERS = "mingcheng:workers"
WAKE = "mingcheng:wake"

#: Take or keep a lease: ours already, or nobody's.
_TAKE = """
local holder = redis.call('get', KEYS[1])
if holder == false or holder == ARGV[1] then
    redis.call('set', KEYS[1], ARGV[1], 'ex', ARGV[2])
    return 1
end
return 0
"""
_RELEASE = (
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
)
#: Take one turn, or say in how many milliseconds there is one: the turns of the longest window
#: stand in one sorted set, by when they were taken. Arguments: a name for the turn, then pairs of
#: most and milliseconds. The server's clock is the one that all processes share.
_TURN = """
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local longest, wait = 0, 0
for i = 2, #ARGV, 2 do
    local most, span = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
    longest = math.max(longest, span)
    local taken = redis.call('zcount', KEYS[1], '(' .. (now - span), '+inf')
    if taken >= most then
        local first = redis.call('zrange', KEYS[1], -most, -most, 'withscores')
        wait = math.max(wait, first[2] + span - now)
    end
end
if wait > 0 then return wait end
redis.call('zremrangebyscore', KEYS[1], '-inf', now - longest)
redis.call('zadd', KEYS[1], now, ARGV[1])
redis.call('pexpire', KEYS[1], longest)
return 0
"""
NOTES = "mingcheng:channels"


class Away(Exception):
    """The streams can't be reached now."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What lies in a partition; `tries` counts how often it was handed out before."""

    partition: int
    id: str
    payload: str
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Queue:
    """A partition as it stands; `begun` of what waits was handed out and is not finished."""

    partition: int
    waits: int
    begun: int
    holder: str | None


class Streams:
    """One connection pool to the streams."""

    def __init__(self, url: str) -> None:
        """Connect lazily to `url` (redis:// or unix://)."""
        self.client: redis.Redis = redis.Redis.from_url(
            url, decode_responses=True, health_check_interval=30
        )
        self.known: set[int] = set()
        self.quiet = 15.0  # after so many seconds without a hint, that there was none is told

    @contextlib.contextmanager
    def reached(self) -> Iterator[None]:
        """Away for whatever the server could not do: also where its disk or memory is full."""
        try:
            yield
        except (exceptions.RedisError, OSError) as error:
            self.known.clear()  # whoever answers next may have another memory
            raise Away(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Give the connections back."""
        await self.client.aclose()

    async def ping(self) -> None:
        """Away when nobody answers."""
        with self.reached():
            await self.client.ping()

    async def append(self, group: str, payload: str) -> None:
        """Put a message into the partition of its group; back when it is on disk."""
        with self.reached():
            await self.client.xadd(_stream(partition(group)), {"payload": payload})

    async def lag(self) -> int:
        """How many entries wait, over all partitions."""
        with self.reached():
            return sum([await self.client.xlen(_stream(number)) for number in range(PARTITIONS)])

    async def queues(self) -> list[Queue]:
        """Every partition: what waits, what is being worked on, and who has it."""
        with self.reached():
            pipe = self.client.pipeline(transaction=False)
            for number in range(PARTITIONS):
                pipe.xlen(_stream(number))
                pipe.xpending(_stream(number), GROUP)
                pipe.get(_lease(number))
            found = await pipe.execute(raise_on_error=False)
        rows = [found[start : start + 3] for start in range(0, len(found), 3)]
        return [
            Queue(number, _count(waits), _count(begun), holder if isinstance(holder, str) else None)
            for number, (waits, begun, holder) in enumerate(rows)
        ]

    async def workers(self) -> list[tuple[str, float]]:
        """Who works, and when they were last seen, in seconds of the epoch."""
        with self.reached():
            found: Any = await self.client.zrange(WORKERS, 0, -1, withscores=True)
        return [(str(name), float(at)) for name, at in found]

    async def about(self) -> dict[str, Any]:
        """What the server says of itself: version, memory."""
        with self.reached():
            found: Any = await self.client.info()
        return dict(found)

    # --- sharing ------------------------------------------------------------------------------

    async def share(self, worker: str, now: float) -> int:
        """Report this worker as alive; returns how many partitions are its fair share."""
        with self.reached():
            await self.client.zadd(WORKERS, {worker: now})
            await self.client.zremrangebyscore(WORKERS, "-inf", now - SEEN)
            workers = max(1, int(await self.client.zcard(WORKERS)))
        return -(-PARTITIONS // workers)

    async def leave(self, worker: str, leased: Iterable[int]) -> None:
        """Give all leases back at once."""
        with self.reached():
            await self.client.zrem(WORKERS, worker)
            for number in leased:
                await self.release(worker, number)

    async def lease(self, worker: str, number: int) -> bool:
        """Take a partition, or keep it; False when another worker has it."""
        with self.reached():
            taken: Any = await _result(
                self.client.eval(_TAKE, 1, _lease(number), worker, str(LEASE))
            )
        return bool(taken)

    async def release(self, worker: str, number: int) -> None:
        """Give a partition back, where it is still ours."""
        with self.reached():
            await _result(self.client.eval(_RELEASE, 1, _lease(number), worker))

    # --- reading ------------------------------------------------------------------------------

    async def unfinished(self, number: int, most: int) -> list[Entry]:
        """What was handed out in a partition and never finished, in order."""
        await self._prepare((number,))
        with self.reached():
            found = await self.client.xpending_range(
                _stream(number), GROUP, "-", "+", most, CONSUMER
            )
            tries = {row["message_id"]: int(row["times_delivered"]) for row in found}
            if not tries:
                return []
            rows: Any = await self.client.xreadgroup(
                GROUP, CONSUMER, {_stream(number): "0"}, count=most
            )
        return [
            Entry(entry.partition, entry.id, entry.payload, tries.get(entry.id, 0))
            for entry in _entries(rows)
        ]

    async def fresh(self, numbers: Sequence[int], most: int, wait: int) -> list[Entry]:
        """New entries of several partitions, at most `most` of each; waits `wait` milliseconds."""
        await self._prepare(numbers)
        with self.reached():
            rows: Any = await self.client.xreadgroup(
                GROUP, CONSUMER, {_stream(n): ">" for n in numbers}, count=most, block=wait
            )
        return _entries(rows)

    async def done(self, entry: Entry) -> None:
        """An entry is finished: acknowledged, and gone."""
        with self.reached():
            pipe = self.client.pipeline(transaction=True)
            pipe.xack(_stream(entry.partition), GROUP, entry.id)
            pipe.xdel(_stream(entry.partition), entry.id)
            await pipe.execute()

    async def _prepare(self, numbers: Sequence[int]) -> None:
        for number in set(numbers) - self.known:
            with (
                self.reached(),
                contextlib.suppress(exceptions.ResponseError),
            ):  # it is there already
                await self.client.xgroup_create(_stream(number), GROUP, id="0", mkstream=True)
            self.known.add(number)

    # --- what channels share ------------------------------------------------------------------

    async def wait(self, key: str, windows: Sequence[tuple[int, float]]) -> float:
        """Take one turn of `key`, at most so many in so many seconds each.

        Returns 0, or after how many seconds it may be tried again; then no turn was taken.
        """
        pairs = [str(int(part)) for most, span in windows for part in (most, span * 1000)]
        with self.reached():
            found: Any = await _result(
                self.client.eval(_TURN, 1, f"mingcheng:turns:{key}", secrets.token_hex(8), *pairs)
            )
        return int(found) / 1000

    async def hold(self, name: str, holder: str, seconds: float) -> bool:
        """Take or keep a lease; False while another one holds it."""
        with self.reached():
            taken: Any = await _result(
                self.client.eval(_TAKE, 1, _held(name), holder, str(int(seconds)))
            )
        return bool(taken)

    async def drop(self, name: str, holder: str) -> None:
        """Give a lease back, where it is still ours."""
        with self.reached():
            await _result(self.client.eval(_RELEASE, 1, _held(name), holder))

    async def keep(self, key: str, value: str, seconds: float) -> None:
        """Keep a value for so long."""
        with self.reached():
            await self.client.set(f"mingcheng:kept:{key}", value, px=int(seconds * 1000))

    async def kept(self, key: str) -> str | None:
        """What is kept, or None."""
        with self.reached():
            found: Any = await self.client.get(f"mingcheng:kept:{key}")
        return found if isinstance(found, str) else None

    async def forget(self, key: str) -> None:
        """Keep it no longer."""
        with self.reached():
            await self.client.delete(f"mingcheng:kept:{key}")

    async def hint(self, name: str, about: str) -> None:
        """Something changed on a platform; who is not listening now looks later by itself."""
        with contextlib.suppress(Away), self.reached():
            await self.client.publish(f"mingcheng:hint:{name}", about)

    async def hints(self, name: str) -> AsyncIterator[str]:
        """Hints of this name as they come (JSON); an empty text first, and when none came."""
        async for about in self._subscribed(f"mingcheng:hint:{name}", silence=True):
            yield about

    async def note(self, channel: str, text: str) -> None:
        """How a channel is, as the process that runs it says."""
        with self.reached():
            await _result(self.client.hset(NOTES, channel, text))

    async def noted(self) -> dict[str, str]:
        """How the channels are, by name."""
        with self.reached():
            found: Any = await _result(self.client.hgetall(NOTES))
        return dict(found)

    # --- waking -------------------------------------------------------------------------------

    async def wake(self, group: str) -> None:
        """Something was said in a group: senders and open windows look again.

        Who misses the call finds it at the next look, so that nobody waits for it to arrive.
        """
        with contextlib.suppress(Away), self.reached():
            await self.client.publish(WAKE, group)
            await self.client.publish(_live(group), "said")

    async def calls(self) -> AsyncIterator[str]:
        """Wake-up calls as they come, each with its group."""
        async for group in self._subscribed(WAKE):
            yield group

    async def live(self, group: str) -> AsyncIterator[str]:
        """A call each time that something is said in this group; one at once, to begin with."""
        async for call in self._subscribed(_live(group)):
            yield call

    async def _subscribed(self, channel: str, *, silence: bool = False) -> AsyncIterator[str]:
        """What is published; an empty text first, and with `silence` also when nothing was."""
        async with self.client.pubsub() as pubsub:
            with self.reached():
                await pubsub.subscribe(channel)
            while True:
                with self.reached():
                    call = await pubsub.get_message(timeout=self.quiet)
                if call is not None:
                    yield str(call["data"]) if call["type"] == "message" else ""
                elif silence:
                    yield ""


def partition(group: str) -> int:
    """The partition of a group: the same in every process, for ever."""
    return zlib.crc32(group.encode()) % PARTITIONS


def _stream(number: int) -> str:
    return f"mingcheng:in:{number}"


def _lease(number: int) -> str:
    return f"mingcheng:lease:{number}"


def _held(name: str) -> str:
    return f"mingcheng:held:{name}"


def _live(group: str) -> str:
    return f"mingcheng:live:{group}"


def _entries(rows: Any) -> list[Entry]:
    found = rows.items() if isinstance(rows, dict) else rows or []
    entries = []
    for stream, batch in found:
        number = int(stream.rsplit(":", 1)[1])
        for id_, fields in _flat(batch):
            entries.append(Entry(number, id_, fields.get("payload", "") if fields else ""))
    return entries


def _count(answer: Any) -> int:
    """A number, of a partition that nobody has written to yet none."""
    found = answer.get("pending") if isinstance(answer, dict) else answer
    return found if isinstance(found, int) else 0


def _flat(batch: Any) -> Any:
    """RESP3 wraps a stream's entries once more."""
    return batch[0] if len(batch) == 1 and batch[0] and isinstance(batch[0], list) else batch


async def _result(answer: Any) -> Any:
    """The client types its scripts as perhaps asynchronous; ours always are."""
    return await answer
