"""Which parser reads: Rasa, and its keyword twin while Rasa is away."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

import structlog

from bot import rasa
from bot.embedded import Folders
from bot.settings import Settings
from nlu import training
from nlu.keywords import Keywords
from nlu.parse import Parse, Parser, ParserAway
from nlu.rasa_http import Rasa

log = structlog.get_logger()


class Twins:
    """Reads with the first, with the second while the first is away; the parse says which."""

    def __init__(self, first: Parser, second: Parser) -> None:
        """`second` must never be away."""
        self.first, self.second = first, second
        self.name = first.name

    async def parse(self, texts: Sequence[str]) -> list[Parse]:
        """One parse a text, by whichever is there."""
        try:
            parses = await self.first.parse(texts)
        except ParserAway as away:
            if self.name != self.second.name:
                log.warning("parser away", parser=self.first.name, error=str(away))
            self.name = self.second.name
            return await self.second.parse(texts)
        self.name = self.first.name
        return parses


@contextlib.asynccontextmanager
async def alone(
    settings: Settings, progress: rasa.Progress, say: Callable[[str], None]
) -> AsyncIterator[Parser]:
    """The parser that the settings name, for a command that needs nothing running.

    Rasa is trained and started where it is not; what this started, it ends.
    """
    if settings.nlu != "rasa" or not training.installed():
        say("用关键词规则识别")
        yield Keywords.load(training.PROJECT / "data")
        return
    folders = Folders.at(settings.data)
    model = await rasa.train(folders, training.PROJECT / settings.rasa_config, progress)
    server, url, token = rasa.server(folders, model)
    mine = not server.running()
    say("正在载入 Rasa 模型(约半分钟)…")
    await server.start(lambda _: None)
    parser = Rasa(url, token)
    try:
        yield parser
    finally:
        await parser.close()
        if mine:
            await server.stop()
