"""The compiled model that reads: the promoted one of a data folder, else the one that ships."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog

from bot.embedded.folders import keep
from nlu.compiled import NAME, SHIPPED, Compiled
from nlu.parse import Parse

log = structlog.get_logger()

#: Names the promoted model; stands beside the models.
PROMOTED = "promoted"


def used(folder: Path) -> Path:
    """The file of the model that is to read, of a folder of models."""
    try:
        name = (folder / PROMOTED).read_text("utf-8").strip()
    except OSError:
        return SHIPPED
    return folder / name


def promote(model: Path, folder: Path) -> None:
    """Let a model of the folder read from now on: a service that runs takes it by itself."""
    Compiled.load(model)  # Unfit before anybody waits for it
    keep(folder / PROMOTED, f"{model.name}\n")


class InUse:
    """Reads with the model in use. Between two batches it looks whether that is another one now."""

    name = NAME

    def __init__(self, folder: Path) -> None:
        """Of this folder of models. Unfit where there is none that can be read."""
        self.folder = folder
        self._mark = self._marked()
        self.model = Compiled.load(used(folder))

    async def parse(self, texts: Sequence[str]) -> list[Parse]:
        """One parse a text, in their order; never away."""
        mark = self._marked()
        if mark != self._mark:
            self._mark = mark
            await self._take()
        return self.model.read(texts)

    async def _take(self) -> None:
        path = used(self.folder)
        try:
            self.model = await asyncio.to_thread(Compiled.load, path)
        except Exception as error:  # whatever is wrong with a file, messages are read
            log.error("model not taken", model=path.name, error=str(error))
        else:
            log.info("model taken", model=path.name)

    def _marked(self) -> tuple[int, int] | None:
        """Changes when another model is promoted."""
        try:
            found = (self.folder / PROMOTED).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino
