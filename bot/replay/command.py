"""`mingcheng replay`: the servers and the parser that it needs, started and ended by it."""

import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from pathlib import Path

from bot import city as cities
from bot import parsing
from bot.documents import Invalid
from bot.embedded.servers import start
from bot.replay import export
from bot.replay.lines import Line, MessageLine, read
from bot.replay.run import Recorded, parse, run, summary
from bot.settings import Settings
from nlu.parse import Parser
from nlu.several import Several
from storage import migrate
from storage.database import Database

Show = Callable[[str], Callable[[int, int], None]]
Say = Callable[[str], None]


async def replay(
    events: Path,
    city_file: Path,
    out: Path,
    *,
    until: str | None,
    settings: Settings,
    show: Show,
    say: Say,
) -> None:
    """Replay a file into the folder `out`. Invalid before anything is done."""
    began = time.monotonic()
    city = cities.read(city_file)
    lines = read(
        events,
        start=cities.start(city),
        groups={group.id for group in city.groups},
        people={member.id for member in city.members},
    )
    end = _until(until, lines, cities.start(city))
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Invalid(0, f"--out {out} 不能用:{error.strerror}") from error
    with tempfile.TemporaryDirectory(prefix="mingcheng-replay-") as folder:
        scratch = Path(folder)
        scratch.chmod(0o711)  # PostgreSQL, as another user, goes through it
        running = await start(scratch / "data", say, durable=False)
        database = Database(running.servers.database_url, lasting=True)
        try:
            migrate.upgrade(running.servers.database_url)
            async with _parser(lines, settings, show, say) as parser:
                parses = await parse(lines, parser, _told(show))
            await run(database, Recorded(city, lines, parses), end, _told(show))
            async with database.transaction() as session:
                await export.write(session, out, end)
            came = await summary(database)
        finally:
            await database.close()
            await running.stop()
    say(
        f"{came.messages} 条消息,开单 {came.opened},办结 {came.resolved},销号 {came.closed}"
        f"(其中到期自动 {came.silent}),用时 {time.monotonic() - began:.0f} 秒。结果在 {out}"
    )


def _told(show: Show) -> Callable[[str, int, int], None]:
    bars: dict[str, Callable[[int, int], None]] = {}

    def told(stage: str, done: int, whole: int) -> None:
        bars.setdefault(stage, show(stage))(done, whole)

    return told


def _until(until: str | None, lines: Sequence[Line], start: datetime) -> datetime:
    if until is None:
        return lines[-1].at if lines else start
    try:
        end = datetime.fromisoformat(until)
    except ValueError as error:
        raise Invalid(0, f"--until {until} 不是一个时刻") from error
    if end.tzinfo is None:
        raise Invalid(0, "--until 要带时区,例如 2023-04-30T18:00:00+08:00")
    return end


@contextlib.asynccontextmanager
async def _parser(
    lines: Sequence[Line], settings: Settings, show: Show, say: Say
) -> AsyncIterator[Parser | None]:
    """The parser that the lines need: none where each message brings its parse."""
    if all(line.parse is not None for line in lines if isinstance(line, MessageLine)):
        yield None
        return
    async with parsing.alone(settings, show("训练模型"), say) as parser:
        yield Several(parser)
