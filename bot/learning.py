"""A new compiled model: trained by Rasa, compiled, asked and judged; promoted by nobody yet."""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from actions.policy import Policy
from bot import rasa
from bot.embedded.folders import Folders
from bot.embedded.process import Say
from nlu import evaluate, training
from nlu.compiled import Compiled
from nlu.compiler import compile_
from nlu.examples import Example, Examples
from nlu.parity import Parity
from nlu.parse import Parse
from nlu.rasa_http import Rasa

#: Messages that are never trained on, written by other hands.
DEV = training.PROJECT.parent / "dev"
#: How many answers of Rasa's a compiled model keeps, to be compared with wherever it reads.
ANSWERS = 500
#: How many texts Rasa is asked at once.
BATCH = 64


async def learn(folders: Folders, config: Path, progress: rasa.Progress, say: Say) -> Path:
    """The compiled model of the present data: the one that is there, else a new one.

    Died when the training fails; Unfit when the pipeline can't be compiled.
    """
    archive = await rasa.train(folders, config, progress)
    fingerprint = archive.name.removesuffix(".tar.gz")  # the data may have changed since
    path = archive.with_name(f"{fingerprint}.npz")
    if path.exists():
        _judge_again(path)
        return path
    say("正在编译,并与 Rasa 的回答核对(约一分钟)…")
    model = compile_(archive, fingerprint)
    texts, made = sample(), Parity()
    answers = await asked(folders, archive, texts)
    for answer, parse in zip(answers, model.read(texts), strict=True):
        made.add(answer, parse)
    say(f"与 Rasa 核对:{made.messages} 条,不同 {len(made.differences)} 处")
    kept = [answer.as_json() for answer in answers]
    model.about = replace(model.about, answers=kept, figures=judged(model))
    model.save(path)
    return path


def _judge_again(path: Path) -> None:
    """The development set may have changed since the model was judged."""
    model = Compiled.load(path)
    figures = judged(model)
    if figures != model.about.figures:
        model.about = replace(model.about, figures=figures)
        model.save(path)


def sample() -> list[str]:
    """Messages of our own: half of those that are never trained on, half of those that are."""
    half = ANSWERS // 2
    return [
        example.text
        for folder in (DEV, training.PROJECT / "data")
        for example in _spread(Examples.read(folder).sentences, half)
    ]


def _spread(examples: Sequence[Example], many: int) -> Sequence[Example]:
    return [examples[at * len(examples) // many] for at in range(many)]


async def asked(folders: Folders, archive: Path, texts: Sequence[str]) -> list[Parse]:
    """What Rasa itself answers with a model of its own."""
    found: list[Parse] = []
    async with serving(folders, archive) as stock:
        for first in range(0, len(texts), BATCH):
            found += await stock.parse(texts[first : first + BATCH])
    return found


@contextlib.asynccontextmanager
async def serving(folders: Folders, archive: Path) -> AsyncIterator[Rasa]:
    """A Rasa server apart from the one that may be serving; it ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        server, url, token = rasa.server(folders, archive, Path(folder))
        client = Rasa(url, token)
        try:
            await server.start(lambda _: None)
            yield client
        finally:
            await client.close()
            await server.stop()


def judged(model: Compiled) -> dict[str, float]:
    """The figures of a model on the development set, by name; shares from 0 to 1."""
    examples = Examples.read(DEV).sentences
    parses = model.read([example.text for example in examples])
    pairs = list(zip(examples, parses, strict=True))
    figures = evaluate.score(pairs, Policy().confidence_threshold).figures()
    return {name: round(value, 4) for name, value in figures.items()}
