"""The trained model without Rasa: one file of numbers, read in this process."""

import json
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from nlu.crf import Crf, Guess
from nlu.decision import Decider, part
from nlu.parse import Entity, Label, Parse, silent
from nlu.spans import settle
from nlu.text import told

NAME = "compiled"
#: What ships with the program; belongs to the training data beside it.
SHIPPED = Path(__file__).parent / "model.npz"
#: How the file is laid out: another program's file is refused.
FORMAT = 2
#: Arrays of the parts are named `entities.keys`, and so on.
PARTS = ("decider", "entities")
#: What comes of a file that is another one, cut short or damaged.
BROKEN = (
    OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip


class Unfit(Exception):
    """A file that is no compiled model of this program; the message says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class About:
    """Where a compiled model comes from.

    Args:
        fingerprint: of what it was trained with: `nlu.training.fingerprint`.
        rasa: the version of Rasa that trained it.
        figures: those of its evaluation on the development set, by name.
        answers: what Rasa itself answered with this model: parses as JSON.

    """

    fingerprint: str
    rasa: str
    figures: dict[str, float] = field(default_factory=dict)
    answers: list[dict[str, Any]] = field(default_factory=list)
    format: int = FORMAT


class Compiled:
    """Reads as Rasa does with the same model, without it."""

    name = NAME

    def __init__(self, decider: Decider, entities: Crf, about: About) -> None:
        """Of the parts of a pipeline."""
        self.decider, self.entities, self.about = decider, entities, about

    @classmethod
    def load(cls, path: Path) -> Self:
        """A model from its file. Unfit where that is none."""
        try:
            # opened here: numpy forgets a file that it can't read
            with path.open("rb") as opened, np.load(opened) as file:
                arrays = dict(file)
            about = About(**json.loads(arrays.pop("about").tobytes()))
            if about.format != FORMAT:
                raise Unfit(f"{path} 是另一版程序编译的,请重新运行 ./mingcheng train")
            decider, entities = (part(arrays, name) for name in PARTS)
            made = cls(Decider.of(decider), Crf.of(entities), about)
        except BROKEN as error:
            raise Unfit(f"{path} 不是编译好的模型:{error}") from error
        return made

    def save(self, path: Path) -> None:
        """Into a file, whole or not at all."""
        parts = zip(PARTS, (self.decider.arrays(), self.entities.arrays()), strict=True)
        arrays = {f"{name}.{key}": array for name, part in parts for key, array in part.items()}
        about = json.dumps(asdict(self.about), ensure_ascii=False, sort_keys=True)
        fresh = path.with_name(f".{path.name}.fresh")
        with fresh.open("wb") as file:
            # allow_pickle is off: a model file holds numbers, and runs nothing when it is opened
            np.savez_compressed(
                file, allow_pickle=False, about=np.frombuffer(about.encode(), np.uint8), **arrays
            )
        fresh.replace(path)

    async def parse(self, texts: Sequence[str]) -> list[Parse]:
        """One parse a text, in their order; never away."""
        return self.read(texts)

    def read(self, texts: Sequence[str]) -> list[Parse]:
        """One parse a text, in their order. Many at once are read faster than one by one."""
        sent = [told(text) for text in texts]
        full = [at for at, (words, _) in enumerate(sent) if words]
        words = [sent[at][0] for at in full]
        parses = [silent(text, self.name) for text in texts]
        if words:
            decisions, named = self.decider.decide(words), self.entities.read(words)
            for at, decision, guesses in zip(full, decisions, named, strict=True):
                category = decision.category and Label(
                    decision.category, decision.category_confidence
                )
                parses[at] = Parse(
                    texts[at], Label(decision.intent, decision.confidence), category or None,
                    _entities(texts[at], *sent[at], guesses), self.name,
                )  # fmt: skip
        return parses


def _entities(text: str, words: str, shift: int, guesses: Iterable[Guess]) -> tuple[Entity, ...]:
    return tuple(
        Entity(
            span.entity, start := span.start + shift, end := span.end + shift,
            text[start:end], confidence,
        )
        for span, confidence in settle(words, guesses)
    )  # fmt: skip
