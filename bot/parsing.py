"""Which parser reads: the compiled model, or Rasa with its keyword twin while Rasa is away."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

import structlog

from bot import rasa
from bot.embedded.folders import Folders
from bot.models import InUse
from bot.settings import Settings
from nlu import training
from nlu.addressed import Addressed
from nlu.compiled import Unfit
from nlu.keywords import Keywords
from nlu.letters import Letters
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


def as_told(parser: Parser) -> Parser:
    """Read without the name that a message calls, and a letter by its head as well."""
    return Addressed(Letters(parser))


def local(settings: Settings) -> Parser:
    """The parser that reads in this process: the compiled model, else the keywords."""
    if settings.nlu != "keywords":
        try:
            return InUse(settings.data / "models")
        except Unfit as unfit:
            log.error("no model, keywords read", error=str(unfit))
    return Keywords.load(training.PROJECT / "data")


@contextlib.asynccontextmanager
async def alone(
    settings: Settings, progress: rasa.Progress, say: Callable[[str], None]
) -> AsyncIterator[Parser]:
    """The parser that the settings name, for a command that needs nothing running.

    Rasa is trained and started where it is not; what this started, it ends.
    """
    if settings.nlu != "rasa" or not training.installed():
        if settings.nlu == "rasa":
            say("没有 Rasa 环境,改用别的方式识别。详见 ./mingcheng doctor")
        yield as_told(local(settings))
        return
    folders = Folders.at(settings.data)
    model = await rasa.train(folders, training.PROJECT / settings.rasa_config, progress)
    server, url, token = rasa.server(folders, model)
    mine = not server.running()
    say("正在载入 Rasa 模型(约半分钟)…")
    parser = Rasa(url, token)
    try:
        await server.start(lambda _: None)
        yield as_told(parser)
    finally:
        await parser.close()
        if mine:
            await server.stop()
