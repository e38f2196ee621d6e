"""`parse` and `nlu …`: what the bot understands, tried and judged without anything running."""

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from actions.policy import Policy
from bot import evaluation, learned, models, parsing
from bot.commands.database import with_database
from bot.commands.talk import Data, Failed, bar, console, run, say, settings, show
from bot.documents import Invalid
from bot.learning import DEV
from bot.settings import Settings
from nlu import compare, compiled, report, report_text, training
from nlu.examples import Example, Examples, written
from nlu.parse import Parse
from nlu.rasa_http import Rasa
from storage.database import Database

commands = typer.Typer(help="识别:用开发集评价。", no_args_is_help=True)

#: How many texts are parsed together.
BATCH = 64


class Text(BaseModel):
    """A line of the file: what else stands in it is not looked at."""

    model_config = ConfigDict(strict=True)

    id: str | int
    text: str


_text: TypeAdapter[Text] = TypeAdapter(Text)
_kept = TypeAdapter(compare.Saved)


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
def evaluate_(
    page: Annotated[Path | None, typer.Option("--page", help="另写成一个网页文件")] = None,
    save: Annotated[Path | None, typer.Option("--save", help="把数字存成 JSON")] = None,
    against: Annotated[Path | None, typer.Option("--against", help="与以前存的 JSON 比较")] = None,
    petitions: Annotated[
        Path | None, typer.Option("--petitions", help="改为评价类别:目录里有 petitions.csv")
    ] = None,
    data: Data = None,
) -> None:
    """在开发集上评价:意图、类别、实体,漏报和误开,可信度,速度。"""
    if petitions:
        show(_petitions(petitions))
        return
    before = _saved(against) if against else None  # a wrong file is told before the long wait
    made = _evaluated(settings(data=data), Examples.read(DEV).sentences)
    show(report_text.lines(made))
    if before:
        show(["", *compare.compare(before, made)])
    if page:
        _write(page, evaluation.page(made))
    if save:
        kept = json.dumps(asdict(compare.saved(made)), ensure_ascii=False, indent=1)
        _write(save, f"{kept}\n")


def _petitions(folder: Path) -> Iterator[str]:
    """What learns our categories, taught with petitions and tried on others."""
    if not (folder / "petitions.csv").exists():
        raise Failed(f"没有 {folder / 'petitions.csv'}")
    if not training.installed():
        raise Failed("没有 Rasa 环境,请先看 ./mingcheng doctor")
    command = [str(training.PYTHON), "-m", "components.petitions", str(folder.absolute())]
    with console.status("学习并评价(约四分钟)…"):
        done = subprocess.run(
            command, cwd=training.PROJECT, capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise Failed(f"没有评价成:{done.stderr[-1000:]}")
    for name, value in json.loads(done.stdout.splitlines()[-1]).items():
        yield f"{name:20} {value:8.4f}" if isinstance(value, float) else f"{name:20} {value:8}"


def _evaluated(given: Settings, examples: Sequence[Example]) -> report.Report:
    """Read by the parser that the settings name, and judged."""
    found: list[Parse] = []
    seconds: list[float] = []
    run(_read(given, [example.text for example in examples], found, seconds))
    if len(found) < len(examples):  # Ctrl-C
        raise Failed("中断了,没有评价")
    config = training.PROJECT / given.rasa_config
    folder = given.data / "models"
    files = {Rasa.name: training.model(folder, config), compiled.NAME: models.used(folder)}
    file = files.get(found[0].parser)
    learnt = training.fingerprint(config)
    if found[0].parser == compiled.NAME:  # it may be a model of other data
        learnt = compiled.Compiled.load(models.used(folder)).about.fingerprint
    return report.build(
        list(zip(examples, found, strict=True)),
        Policy().confidence_threshold,
        learnt,
        report.speed(seconds, file.stat().st_size if file else None),
    )


def _saved(file: Path) -> compare.Saved:
    try:
        return _kept.validate_json(file.read_bytes())
    except OSError as error:
        raise Failed(f"打不开 {file}:{error}") from error
    except ValidationError as error:
        raise Failed(f"{file} 不是 --save 存的评价结果") from error


def _write(file: Path, content: str) -> None:
    try:
        file.write_text(content, encoding="utf-8")
    except OSError as error:
        raise Failed(f"写不了 {file}:{error}") from error
    say(f"已写入 {file}")


@commands.command("export")
def export(data: Data = None) -> None:
    """把人工判断过的待审消息写成训练样例(YAML);涉纪的不写,电话改成虚构的。"""

    async def read(database: Database, _: datetime) -> None:
        async with database.transaction() as session:
            found = [example async for example in learned.examples(session)]
        show(written(found))
        say(f"{len(found)} 条。核对后放进 nlu/rasa/data/nlu/,再运行 ./mingcheng train")

    with_database(data, read)


async def _read(
    given: Settings, texts: Sequence[str], found: list[Parse], seconds: list[float] | None = None
) -> None:
    """Parse texts together; one after the other where the seconds of each are asked for."""
    size = BATCH if seconds is None else 1
    with bar() as bars:
        told = bars("识别")
        async with parsing.alone(given, bars("训练模型"), say) as parser:
            if seconds is not None:
                await parser.parse(texts[:1])  # what is loaded for the first one is no reading
            for first in range(0, len(texts), size):
                begun = time.perf_counter()
                found += await parser.parse(texts[first : first + size])
                if seconds is not None:
                    seconds.append(time.perf_counter() - begun)
                told(len(found), len(texts))
