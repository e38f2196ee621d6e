"""What is wrong on this machine is named, with what to do about it; and nothing is changed."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.doctor import Check, checks
from bot.models import PROMOTED, promote
from bot.settings import Settings
from nlu import training
from tests.fixtures.rasa import ROOT
from tests.nlu.handmade import compiled

#: Root may write everywhere, and looks as somebody else.
LOOK = """
import os, pwd, sys, pathlib
from bot.doctor import _folder
from tests.bot.embedded.alone import become
if os.geteuid() == 0:
    os.chown(sys.argv[1], pwd.getpwnam("nobody").pw_uid, -1)
    become("nobody")
print(next(_folder(pathlib.Path(sys.argv[1]))).ok)
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="this is about root")


def found(data: Path, name: str, *, root: Path = ROOT, **given: Any) -> Check:
    settings = Settings(data=data, **{"port": 0, **given})
    (check,) = [one for one in checks(settings, root) if one.name == name]
    return check


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_free_port_is_well(house: Path) -> None:
    assert found(house / "data", "网页端口").ok


def test_a_port_that_is_taken_is_named_with_a_way_out(house: Path, taken: int) -> None:
    check = found(house / "data", "网页端口", port=taken)
    assert (check.ok, str(taken) in check.found, "--port" in check.remedy) == (False, True, True)


def test_a_folder_that_is_still_to_be_made_is_well(house: Path) -> None:
    check = found(house / "a" / "b" / "data", "数据目录")
    assert (check.ok, "还没有" in check.found) == (True, True)
    assert list(house.iterdir()) == []


def test_a_folder_inside_a_file_can_t_be_written(house: Path) -> None:
    (house / "file").write_text("")
    check = found(house / "file" / "data", "数据目录")
    assert (check.ok, str(house / "file") in check.remedy) == (False, True)


def test_a_folder_that_can_t_be_written_is_named(house: Path) -> None:
    (house / "data").mkdir(mode=0o500)
    looked = subprocess.run(
        [sys.executable, "-P", "-c", LOOK, house / "data"], cwd=ROOT, text=True, check=True,
        capture_output=True, env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert looked.stdout.split() == ["False"]


def test_data_of_another_version_is_named(house: Path) -> None:
    mark = house / "data" / "postgres" / "PG_VERSION"
    mark.parent.mkdir(parents=True)
    mark.write_text("9\n")
    check = found(house / "data", "数据版本")
    assert (check.ok, "PostgreSQL 9" in check.found, "--data" in check.remedy) == (
        False, True, True,
    )  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_disk_that_is_full_is_named() -> None:
    check = found(Path("/proc/none"), "磁盘空间")  # a file system without any room
    assert (check.ok, "0.0 GB" in check.found, "--data" in check.remedy) == (False, True, True)


def test_more_disk_is_needed_where_the_environments_are_still_to_be_made(house: Path) -> None:
    assert "需要 2 GB" in found(house / "data", "磁盘空间", root=house).found
    assert "需要 5 GB" in found(house / "data", "磁盘空间", root=house, nlu="rasa").found


def test_without_its_environment_it_says_how_to_get_one(house: Path) -> None:
    check = found(house / "data", "运行环境 .venv", root=house)
    assert (check.ok, "./mingcheng up" in check.remedy) == (False, True)


def test_without_rasa_s_environment_it_is_well_unless_rasa_is_to_read(house: Path) -> None:
    check = found(house / "data", "Rasa 环境 nlu/rasa/.venv", root=house)
    assert (check.ok, "只有训练模型" in check.hint, "3 GB" in check.hint) == (True, True, True)
    check = found(house / "data", "Rasa 环境 nlu/rasa/.venv", root=house, nlu="rasa")
    assert (check.ok, "3 GB" in check.remedy) == (False, True)


@pytest.fixture
def models(house: Path) -> Path:
    """A folder of models, one of them promoted, which belongs to other data."""
    folder = house / "data" / "models"
    folder.mkdir(parents=True)
    compiled().save(folder / "f1.npz")
    promote(folder / "f1.npz", folder)
    return folder


def test_the_model_that_ships_can_be_read(house: Path) -> None:
    check = found(house / "data", "识别模型")
    assert (check.ok, "nlu/model.npz" in check.found) == (True, True)


def test_a_model_of_other_data_is_well_with_a_hint(house: Path, models: Path) -> None:
    check = found(house / "data", "识别模型")
    assert (check.ok, "f1,与现有训练数据不符" in check.found) == (True, True)
    assert "./mingcheng train" in check.hint


def test_a_model_of_the_present_data_needs_nothing(house: Path, models: Path) -> None:
    made = compiled()
    mark = training.fingerprint(training.PROJECT / "config.yml")
    made.about = replace(made.about, fingerprint=mark)
    made.save(models / "f1.npz")
    check = found(house / "data", "识别模型")
    assert (check.ok, f"{mark},与训练数据相符" in check.found, check.hint) == (True, True, "")


@pytest.mark.parametrize("config", ["nothing.yml", "."])
def test_a_pipeline_that_is_not_there_belongs_to_no_model(
    house: Path, models: Path, config: str
) -> None:
    check = found(house / "data", "识别模型", rasa_config=config)
    assert (check.ok, "./mingcheng train" in check.hint) == (True, True)


def test_a_model_that_can_t_be_read_is_named_with_a_way_out(house: Path, models: Path) -> None:
    (models / "f1.npz").write_bytes(b"nonsense")
    check = found(house / "data", "识别模型")
    assert (check.ok, "f1.npz" in check.found) == (False, True)
    assert str(models / PROMOTED) in check.remedy
    asked = checks(Settings(data=house / "data", port=0, nlu="keywords"), ROOT)
    assert "识别模型" not in {one.name for one in asked}


@needs_root
def test_for_root_a_folder_that_lets_nobody_through_is_named(house: Path) -> None:
    (house / "shut").mkdir(mode=0o700)
    all_ = checks(Settings(data=house / "shut" / "data", port=0), ROOT)
    first = next(check for check in all_ if check.name == "root 下的通行")
    assert (first.ok, f"chmod o+x {house / 'shut'}" in first.remedy) == (False, True)
