"""`parse` and `nlu …`: what the bot understands, tried and judged without anything running."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from actions.policy import Policy
from bot import learned, parsing
from bot.commands.shared import Data, bar, run, say, settings, show, with_database
from bot.documents import Invalid
from bot.settings import Settings
from nlu import evaluate, training
from nlu.examples import Examples, written
from nlu.parse import Parse
from storage.database import Database

commands = typer.Typer(help="识别:用开发集评价。", no_args_is_help=True)

#: Messages that are never trained on, written by other hands.
DEV = training.PROJECT.parent / "dev"
#: How many texts are parsed together.
BATCH = 64


class Text(BaseModel):
    """A line of the file: what else stands in it is not looked at."""

    model_config = ConfigDict(strict=True)

    id: str | int
    text: str


_text: TypeAdapter[Text] = TypeAdapter(Text)


def parse(
    file: Annotated[Path, typer.Option("--file", help="JSON 行,每行有 id 和 text")],
    data: Data = None,
) -> None:
    """识别一批文字:JSON 行进,JSON 行出。"""
    wanted = list(_texts(file))
    found: list[Parse] = []
    run(_read(settings(data=data), [text.text for text in wanted], found))
    show(
        json.dumps({"id": text.id, **_row(read)}, ensure_ascii=False)
        for text, read in zip(wanted, found, strict=True)
    )


def _row(read: Parse) -> dict[str, Any]:
    return {key: value for key, value in read.as_json().items() if key != "parser"}


def _texts(file: Path) -> Iterator[Text]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(0, f"打不开 {file}:{error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _text.validate_json(line)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in fault["loc"]) or "整行"
            raise Invalid(number, f"{where}:{fault['msg']}") from error


@commands.command("evaluate")
def evaluate_(data: Data = None) -> None:
    """在开发集上评价:意图、类别、实体,漏报和误开,可信度。"""
    examples = Examples.read(DEV).sentences
    found: list[Parse] = []
    run(_read(settings(data=data), [example.text for example in examples], found))
    pairs = list(zip(examples, found, strict=True))
    show(_report(pairs))


@commands.command("export")
def export(data: Data = None) -> None:
    """把人工判断过的待审消息写成训练样例(YAML);涉纪的不写,电话改成虚构的。"""

    async def read(database: Database, _: datetime) -> None:
        async with database.transaction() as session:
            found = [example async for example in learned.examples(session)]
        show(written(found))
        say(f"{len(found)} 条。核对后放进 nlu/rasa/data/nlu/,再运行 ./mingcheng train")

    with_database(data, read)


def _report(pairs: Sequence[evaluate.Pair]) -> Iterator[str]:
    scores = evaluate.score(pairs, Policy().confidence_threshold)
    for name, value in {**asdict(scores), "entity_f1": scores.entity_f1}.items():
        yield f"{name:20} {value:8.3f}" if isinstance(value, float) else f"{name:20} {value:8}"
    yield ""
    for low, number, share in evaluate.reliability(pairs):
        yield f"confidence {low:.1f}  {number:5} messages  {share:6.1%} right"
    yield ""
    for number, meant, said in evaluate.confusions(pairs)[:12]:
        yield f"{number:4}  {meant} taken for {said}"


async def _read(given: Settings, texts: Sequence[str], found: list[Parse]) -> None:
    with bar() as bars:
        told = bars("识别")
        async with parsing.alone(given, bars("训练模型"), say) as parser:
            for first in range(0, len(texts), BATCH):
                found += await parser.parse(texts[first : first + BATCH])
                told(len(found), len(texts))
