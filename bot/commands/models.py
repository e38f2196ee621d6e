"""`train` and `nlu promote|parity`: how a model comes about, is taken and checked."""

import asyncio
import csv
import json
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import learning, models, rasa
from bot.commands.reading import commands
from bot.commands.talk import Data, Failed, bar, say, settings, show
from bot.embedded.folders import Folders
from bot.settings import Settings
from nlu import training
from nlu.compiled import SHIPPED, Compiled, Unfit
from nlu.compiler import compile_
from nlu.examples import Examples
from nlu.parity import Parity, fuzzed

#: How many texts both are asked for together.
BATCH = 64
#: Petitions are long; a message is not.
CUT = 500
#: So many differences are shown.
SHOWN = 20


def train(data: Data = None) -> None:
    """按现有训练数据训练并编译模型(已有相符的就不重训);启用要另外运行 nlu promote。"""
    found = settings(data=data)
    if not training.installed():
        raise Failed("没有 Rasa 环境,请先看 ./mingcheng doctor")
    folders = Folders.at(found.data)
    config = _config(found)
    with bar() as bars:
        path = _whole(learning.learn(folders, config, bars("训练模型"), say))
    say(f"模型:{path}")
    show(_changes(_present(path.parent), Compiled.load(path)))
    say(f"启用:./mingcheng nlu promote {path.stem}")


@commands.command("promote")
def promote(
    model: Annotated[
        str | None, typer.Argument(metavar="模型", help="编号;不写就是现有训练数据的那一个")
    ] = None,
    ship: Annotated[bool, typer.Option("--ship", help="随程序发布:写进 nlu/model.npz")] = False,
    data: Data = None,
) -> None:
    """启用训练好的模型:正在运行的服务会自己换上,不漏消息。"""
    found = settings(data=data)
    folder = found.data / "models"
    config = _config(found)
    path = folder / f"{model}.npz" if model else training.compiled(folder, config)
    if not path.exists():
        raise Failed(f"没有 {path},请先运行 ./mingcheng train")
    show(_changes(_present(folder), Compiled.load(path)))
    models.promote(path, folder)
    say(f"已启用 {path.stem}")
    if ship:
        Compiled.load(path).save(SHIPPED)
        say(f"已写入 {SHIPPED}")


def _whole[T](work: Coroutine[Any, Any, T]) -> T:
    """What comes of the work. Asked to end, it ends all that it started; Failed then."""

    async def whole() -> T:
        working = asyncio.ensure_future(work)
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, working.cancel)
        return await working

    try:
        return asyncio.run(whole())
    except asyncio.CancelledError as error:
        raise Failed("中断了") from error


def _config(found: Settings) -> Path:
    config = training.PROJECT / found.rasa_config
    if not config.is_file():
        raise Failed(f"没有流水线文件 {config},请核对 RASA_CONFIG")
    return config


def _present(folder: Path) -> Compiled | None:
    """The model that reads now; None where there is none yet."""
    try:
        return Compiled.load(models.used(folder))
    except Unfit:
        return None


def _changes(before: Compiled | None, after: Compiled) -> Iterator[str]:
    """The figures of both on the development set."""
    old = before.about.figures if before else {}
    yield f"{'':20} {before.about.fingerprint if before else '':>16} {after.about.fingerprint:>16}"
    for name, value in after.about.figures.items():
        change = f"{value - old[name]:+.4f}" if name in old else ""
        yield f"{name:20} {old.get(name, ''):>16} {value:>16} {change}"


@commands.command("parity")
def parity(
    texts: Annotated[
        list[Path] | None, typer.Option("--texts", help="另外的文字:JSON 行或 CSV,可以多次")
    ] = None,
    fuzz: Annotated[int, typer.Option(help="另加多少条乱写的", min=0)] = 1000,
    data: Data = None,
) -> None:
    """把编译的模型与 Rasa 自己的回答逐条比较;有一条不同就以状态 1 结束。"""
    found = settings(data=data)
    if not training.installed():
        raise Failed("没有 Rasa 环境,请先看 ./mingcheng doctor")
    wanted = [example.text for example in Examples.read(learning.DEV).sentences]
    wanted += [text for file in texts or () for text in _texts(file)]
    wanted += fuzzed(wanted, fuzz, seed=2109)
    folders = Folders.at(found.data)
    config = _config(found)
    with bar() as bars:
        made = _whole(_compared(folders, config, wanted, bars))
    show(_told(made))
    if made.differences:
        raise typer.Exit(1)


async def _compared(
    folders: Folders,
    config: Path,
    texts: Sequence[str],
    bars: Callable[[str], rasa.Progress],
) -> Parity:
    archive = await rasa.train(folders, config, bars("训练模型"))
    model = compile_(archive, training.fingerprint(config))
    made = Parity()
    told = bars("核对")
    say("正在载入 Rasa 模型(约半分钟)…")
    async with learning.serving(folders, archive) as stock:
        for first in range(0, len(texts), BATCH):
            batch = texts[first : first + BATCH]
            for one, other in zip(await stock.parse(batch), model.read(batch), strict=True):
                made.add(one, other)
            told(made.messages, len(texts))
    return made


def _told(made: Parity) -> Iterator[str]:
    yield f"{made.messages} 条,不同 {len(made.differences)} 处,置信度最多相差 {made.furthest:.1e}"
    for text, what, one, other in made.differences[:SHOWN]:
        yield json.dumps(
            {"text": text[:80], "what": what, "rasa": one, "compiled": other},
            ensure_ascii=False, default=str,
        ).encode("utf-8", "replace").decode()  # fmt: skip  # half a surrogate pair can't be printed


def _texts(file: Path) -> Iterator[str]:
    """The texts of a file: `text`, or `title` and `body`, of JSON lines or of a CSV."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = csv.DictReader(opened) if file.suffix == ".csv" else map(json.loads, opened)
            for row in rows:
                whole = row.get("text") or f"{row.get('title', '')}{row.get('body', '')}"
                yield str(whole)[:CUT]
    except (OSError, ValueError, AttributeError) as error:
        raise Failed(f"读不了 {file}:{error}", code=2) from error
