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

#: What both environments, models and a year of a city's messages take, in bytes.
ENVIRONMENTS = 4 << 30
DATA = 1 << 30


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what was found, and the remedy where it is not well."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def checks(data: Path, host: str, port: int, root: Path) -> list[Check]:
    """Everything that `up` needs; looks only, and changes nothing."""
    return [*_pythons(root), _disk(data, root), _port(host, port), *_folder(data)]


def _pythons(root: Path) -> Iterator[Check]:
    ours = root / ".venv" / "bin" / "python"
    yield Check("运行环境 .venv", ours.exists(), _version(ours), "运行 ./mingcheng up 会自动建立")
    rasa = root / "nlu" / "rasa" / ".venv" / "bin" / "python"
    if rasa.exists():
        yield Check("Rasa 环境 nlu/rasa/.venv", ok=True, found=_version(rasa))
        return
    found = _python310(root / "nlu" / "rasa")
    yield Check(
        "Rasa 环境 nlu/rasa/.venv",
        ok=False,
        found=f"还没有建立;Python 3.10:{found or '没有找到'}",
        remedy="运行 ./mingcheng up 会自动建立(约 3 GB)"
        if found
        else "请先安装 Python 3.10。Debian/Ubuntu: sudo apt install python3.10 python3.10-venv"
        "(源里没有时用 pyenv install 3.10);macOS: brew install python@3.10。约需磁盘 3 GB。"
        "在此之前用关键词规则识别",
    )


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


def _disk(data: Path, root: Path) -> Check:
    there = next(
        folder for folder in (data.absolute(), *data.absolute().parents) if folder.exists()
    )
    made = (root / ".venv").exists() and (root / "nlu" / "rasa" / ".venv").exists()
    needed = DATA if made else DATA + ENVIRONMENTS
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
