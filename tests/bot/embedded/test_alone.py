"""Servers under any locale, on a long path, for any user, and after their starter was killed."""

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from bot.embedded.folders import Folders, Held
from bot.embedded.servers import start
from tests.fixtures.rasa import ROOT

pytestmark = pytest.mark.processes
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="this is about root")

NOBODY = pwd.getpwnam("nobody")
LONG = "数据" * 20 + "x" * 30  # 150 bytes


def alone(data: Path, mode: str, *user: str, **locale: str) -> subprocess.Popen[str]:
    """The servers of a folder, started by a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.bot.embedded.alone", str(data), mode, *user],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **locale},
    )  # fmt: skip


def ends(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What it found, once it ended well."""
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(printed)
    return found


def runs(pid: int) -> bool:
    """Whether it runs; a dead one whom nobody has buried does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    "locale", [{"LANG": "C"}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"LANG": "zh_CN.GB18030"}, {}]
)
def test_under_any_locale_chinese_is_chinese(house: Path, locale: dict[str, str]) -> None:
    found = ends(alone(house / LONG, "end", **locale))
    assert found["alike"] > 0.3
    assert found["lag"] == 1


async def test_what_a_killed_starter_left_is_adopted(house: Path) -> None:
    first = alone(house / "data", "stay")
    assert first.stdout is not None
    found = json.loads(first.stdout.readline())
    try:
        with pytest.raises(Held, match=str(first.pid)):
            await start(house / "data", lambda _: None)
    finally:
        first.kill()
        first.communicate()
    running = await start(house / "data", lambda _: None)
    assert [child.process and child.process.pid for child in running.children] == found["pids"]
    await running.stop()
    assert not any(runs(pid) for pid in found["pids"])


@needs_root
def test_as_somebody_without_rights_it_needs_none(house: Path) -> None:
    data = house / "data"
    data.mkdir(mode=0o700)
    os.chown(data, NOBODY.pw_uid, NOBODY.pw_gid)
    found = ends(alone(data, "end", "nobody"))
    assert found["users"] == [NOBODY.pw_uid]
    assert (found["sockets"], found["secret"]) == (0o700, 0o600)


@needs_root
def test_as_root_the_data_folder_can_be_gone_through(house: Path) -> None:
    found = ends(alone(house / "data", "end"))
    assert (found["sockets"], found["secret"]) == (0o711, 0o600)
    assert len(found["users"]) == 2
    assert Folders.at(house / "data").data.stat().st_uid == 0
