"""What is missing or wrong on this machine, and what to do about it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.embedded.folders import Unusable, impassable, unprivileged
from bot.embedded.postgres import binaries, major, other_version
from bot.models import used
from bot.settings import Settings
from nlu import training
from nlu.compiled import SHIPPED, Compiled, Unfit

#: What our environment, Rasa's, and a year of a city's messages take, in bytes.
OURS = 1 << 30
RASA = 3 << 30
DATA = 1 << 30


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what was found, what to do where it is not well, or where it is."""

    name: str
    ok: bool
    found: str
    remedy: str = ""
    hint: str = ""


def checks(settings: Settings, root: Path) -> list[Check]:
    """Everything that `up` needs; looks only, and changes nothing."""
    serves = settings.nlu == "rasa"
    return [
        *_pythons(root, serves=serves),
        *([] if settings.nlu == "keywords" else [_model(settings)]),
        _disk(settings.data, root, serves=serves),
        _port(settings.host, settings.port),
        *_folder(settings.data),
    ]


def _pythons(root: Path, *, serves: bool) -> Iterator[Check]:
    ours = root / ".venv" / "bin" / "python"
    yield Check("运行环境 .venv", ours.exists(), _version(ours), "运行 ./mingcheng up 会自动建立")
    rasa = root / "nlu" / "rasa" / ".venv" / "bin" / "python"
    if rasa.exists():
        yield Check("Rasa 环境 nlu/rasa/.venv", ok=True, found=_version(rasa))
        return
    found = _python310(root / "nlu" / "rasa")
    command = "NLU=rasa ./mingcheng up" if serves else "./mingcheng train"
    way = (
        f"运行 {command} 会自动建立(约 3 GB)"
        if found
        else "请先安装 Python 3.10。Debian/Ubuntu: sudo apt install python3.10 python3.10-venv"
        "(源里没有时用 pyenv install 3.10);macOS: brew install python@3.10。约需磁盘 3 GB"
    )
    yield Check(
        "Rasa 环境 nlu/rasa/.venv",
        ok=not serves,
        found=f"还没有建立;Python 3.10:{found or '没有找到'}",
        remedy=f"{way}。在此之前由编译好的模型识别",
        hint=f"只有训练模型和 NLU=rasa 才需要。{way}",
    )


def _model(settings: Settings) -> Check:
    path = used(settings.data / "models")
    try:
        fingerprint = Compiled.load(path).about.fingerprint
    except Unfit as unfit:
        return Check(
            "识别模型", ok=False, found=str(unfit),
            remedy="这份程序不完整,请重新取得 nlu/model.npz;在此之前用关键词规则识别"
            if path == SHIPPED
            else f"删除 {path.with_name('promoted')} 就用随程序的模型;"
            "或者启用另一个:./mingcheng nlu promote 编号",
        )  # fmt: skip
    config = training.PROJECT / settings.rasa_config
    fits = config.is_file() and fingerprint == training.fingerprint(config)
    return Check(
        "识别模型", ok=True,
        found=f"{path}({fingerprint},{'与训练数据相符' if fits else '与现有训练数据不符'})",
        hint="" if fits else "要按现有训练数据重新训练:./mingcheng train",
    )  # fmt: skip


def _python310(folder: Path) -> str | None:
    candidates = [shutil.which("python3.10"), *Path.home().glob(".pyenv/versions/3.10*/bin/python")]
    for candidate in candidates:
        # a pyenv shim answers only where a .python-version names its version
        if candidate and _version(Path(candidate), folder).startswith("Python 3.10"):
            return str(candidate)
    return None


def _version(python: Path, folder: Path | None = None) -> str:
    try:
        shown = subprocess.run(
            [python, "--version"], capture_output=True, text=True, cwd=folder, check=False
        )
    except OSError:
        return "没有"
    return shown.stdout.strip() or "不能运行"


def _disk(data: Path, root: Path, *, serves: bool) -> Check:
    there = next(
        folder for folder in (data.absolute(), *data.absolute().parents) if folder.exists()
    )
    needed = DATA + (0 if (root / ".venv").exists() else OURS)
    needed += RASA if serves and not (root / "nlu" / "rasa" / ".venv").exists() else 0
    free = shutil.disk_usage(there).free
    return Check(
        "磁盘空间",
        free >= needed,
        f"{there} 剩余 {free / 2**30:.1f} GB,需要 {needed / 2**30:.0f} GB",
        "请清理磁盘,或用 --data 把数据放到别的磁盘",
    )


def _port(host: str, port: int) -> Check:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return Check(
                "网页端口", ok=False, found=f"{host}:{port} {error.strerror}",
                remedy=f"可能 mingcheng 已在运行,打开 http://{host}:{port}/ 看看;"
                "否则换一个端口:./mingcheng up --port 8001",
            )  # fmt: skip
    return Check("网页端口", ok=True, found=f"{host}:{port} 可用")


def _folder(data: Path) -> Iterator[Check]:
    data = data.absolute()
    there = next(folder for folder in (data, *data.parents) if folder.exists())
    yield Check(
        "数据目录",
        there.is_dir() and os.access(there, os.W_OK | os.X_OK),
        f"{data}{'' if there == data else '(还没有)'}",
        f"{there} 不能写入,请换一个:--data 目录",
    )
    if found := other_version(data):
        yield Check(
            "数据版本", ok=False, found=f"PostgreSQL {found},本程序带的是 {major()}",
            remedy="请用原来的版本导出,或换一个数据目录:--data 目录",
        )  # fmt: skip
    yield from _passage(there)


def _passage(there: Path) -> Iterator[Check]:
    try:
        user = unprivileged()
    except Unusable as unusable:
        yield Check("PostgreSQL 用户", ok=False, found="没有", remedy=str(unusable))
        return
    if user is None:
        return
    for path in (there, binaries() / "postgres"):
        closed = impassable(path, user)
        yield Check(
            "root 下的通行",
            closed is None,
            f"用户 {user.pw_name} → {path}",
            f"{closed} 不让 {user.pw_name} 通过:chmod o+x {closed},或把程序和数据放到别处",
        )
