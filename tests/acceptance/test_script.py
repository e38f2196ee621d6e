"""The script at the top: what it says and does before the program takes over, without a network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.missing import missing
from tests.fixtures.rasa import ROOT

pytestmark = pytest.mark.processes

#: What the script itself calls.
TOOLS = ("sh", "dirname", "cat", "cksum", "printf", "rm")
LOCKS = ("requirements.lock", "requirements-dev.lock")


class Checkout:
    """A fresh checkout on a machine whose PATH holds no more than it is given."""

    def __init__(self, folder: Path) -> None:
        """With the script, the locks, and a folder of tools."""
        self.root, self.bin = folder / "a checkout", folder / "bin"
        self.root.mkdir()
        self.bin.mkdir()
        (self.root / "nlu" / "rasa").mkdir(parents=True)
        for name in ("mingcheng", *LOCKS, "nlu/rasa/requirements.lock"):
            shutil.copy2(ROOT / name, self.root / name)
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None
            (self.bin / tool).symlink_to(found)

    def has(self, name: str, script: str) -> None:
        """Put a program onto the machine."""
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def prepared(self, lock: str) -> None:
        """As if its environment had been made from a lock: with this run's Python."""
        (self.root / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
        python = self.root / ".venv" / "bin" / "python"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
        python.chmod(0o755)
        content = (self.root / lock).read_bytes()
        made = subprocess.run(["cksum"], input=content, capture_output=True, check=True)
        (self.root / ".venv" / "made-from").write_bytes(made.stdout)

    def runs(
        self, *arguments: str, cwd: Path | None = None, **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        """./mingcheng …, as somebody who has nothing but the PATH."""
        return subprocess.run(
            ["sh", str(self.root / "mingcheng"), *arguments], cwd=cwd or self.root,
            env={"PATH": str(self.bin), "HOME": str(self.root.parent), "LANG": "C.UTF-8",
                 **environment},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A fresh checkout, in a folder with a space in its name."""
    return Checkout(tmp_path)


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
def test_every_shell_can_read_it(shell: str) -> None:
    if shutil.which(shell) is None:
        missing(f"{shell} is not installed", f"Debian/Ubuntu: apt install {shell}")
    read = subprocess.run([shell, "-n", ROOT / "mingcheng"], capture_output=True, check=False)
    assert (read.returncode, read.stderr) == (0, b"")


def test_it_may_be_started() -> None:
    assert os.access(ROOT / "mingcheng", os.X_OK)


@pytest.mark.parametrize("lock", LOCKS)
def test_an_environment_that_fits_a_lock_is_handed_the_command(
    checkout: Checkout, lock: str
) -> None:
    checkout.prepared(lock)
    (checkout.root / "bot").mkdir()
    told = "import os, sys; print(sys.argv[1:], sys.flags.safe_path, os.getcwd())"
    (checkout.root / "bot" / "__main__.py").write_text(told, encoding="utf-8")
    elsewhere = checkout.root.parent
    ended = checkout.runs("city", "load", "my city.yaml", cwd=elsewhere)
    assert ended.stdout.strip() == f"['city', 'load', 'my city.yaml'] True {elsewhere}"
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_folder_called_bot_where_one_stands_is_not_taken_for_ours(checkout: Checkout) -> None:
    checkout.prepared(LOCKS[0])
    for folder, said in ((checkout.root, "ours"), (checkout.root.parent, "theirs")):
        (folder / "bot").mkdir()
        (folder / "bot" / "__main__.py").write_text(f"print('{said}')", encoding="utf-8")
    assert checkout.runs("doctor", cwd=checkout.root.parent).stdout == "ours\n"


def test_without_any_python_it_says_what_to_install(checkout: Checkout) -> None:
    ended = checkout.runs("doctor")
    assert ended.returncode == 1
    assert "没有找到 Python 3.13。请先安装" in ended.stderr
    assert "apt install python3.13" in ended.stderr
    assert "brew install python@3.13" in ended.stderr


def test_a_python_without_venv_is_told_not_met_with_a_traceback(checkout: Checkout) -> None:
    checkout.has("python3", 'case "$2" in *ensurepip*) exit 1;; *) echo "$0";; esac')
    ended = checkout.runs("doctor")
    assert ended.returncode == 1
    assert f"这个 Python({checkout.bin}/python3)没有 venv 或 ensurepip" in ended.stderr
    assert not (checkout.root / ".uv").exists()


@pytest.fixture
def without_310(checkout: Checkout) -> Checkout:
    """Our environment is there, and no Python 3.10 can be had for Rasa's."""
    checkout.prepared(LOCKS[0])
    checkout.has("uv", 'case "$1" in --version) echo uv;; *) exit 2;; esac')
    (checkout.root / "bot").mkdir()
    (checkout.root / "bot" / "__main__.py").write_text("print('on')", encoding="utf-8")
    return checkout


@pytest.mark.parametrize(
    "command",
    ["up", "up --port 0", "replay x", "parse", "nlu promote", "nlu evaluate", "train --help"],
)
def test_who_only_runs_it_is_not_asked_for_rasa(without_310: Checkout, command: str) -> None:
    ended = without_310.runs(*command.split())
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "on\n", "")


@pytest.mark.parametrize("command", ["up", "replay x"])
def test_where_rasa_is_to_read_and_can_not_it_says_so_and_goes_on(
    without_310: Checkout, command: str
) -> None:
    ended = without_310.runs(*command.split(), NLU="rasa")
    assert "没有找到 Python 3.10。请先安装" in ended.stderr
    assert "先由编译好的模型识别" in ended.stderr
    assert (ended.returncode, ended.stdout) == (0, "on\n")


@pytest.mark.parametrize(
    "command", ["train", "train --data x", "nlu parity", "nlu parity --fuzz 9"]
)
def test_what_needs_rasa_fails_without_it_and_says_why(without_310: Checkout, command: str) -> None:
    ended = without_310.runs(*command.split())
    assert "没有找到 Python 3.10。请先安装" in ended.stderr
    assert "训练和核对要用 Rasa" in ended.stderr
    assert (ended.returncode, ended.stdout) == (1, "")


@pytest.mark.parametrize("command", ["train", "nlu parity", "up"])
def test_what_needs_rasa_gets_its_environment_first(without_310: Checkout, command: str) -> None:
    without_310.has("uv", 'echo "uv $1 $2" >&2')
    without_310.has("python3.10", 'case "$2" in *executable*) echo "$0";; *) echo 3.10;; esac')
    python = without_310.root / "nlu" / "rasa" / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(without_310.bin / "python3.10")
    ended = without_310.runs(*command.split(), NLU="rasa")
    assert "正在准备 Rasa 环境" in ended.stderr
    assert "uv pip sync" in ended.stderr
    assert (ended.returncode, ended.stdout) == (0, "on\n")
    again = without_310.runs(*command.split(), NLU="rasa")
    assert (again.returncode, again.stdout, again.stderr) == (0, "on\n", "")


def test_the_tests_go_on_without_rasa(without_310: Checkout) -> None:
    without_310.prepared(LOCKS[1])
    (without_310.root / "pytest.py").write_text("print('tested')", encoding="utf-8")
    ended = without_310.runs("test", "-x")
    assert "用到它的测试会跳过" in ended.stderr
    assert (ended.returncode, ended.stdout) == (0, "tested\n")


def test_where_the_environment_can_not_be_made_it_says_what_to_look_at(checkout: Checkout) -> None:
    checkout.has("uv", 'case "$1" in --version) echo uv;; *) exit 2;; esac')
    checkout.has("python3.13", "echo 3.13")
    ended = checkout.runs("doctor")
    assert ended.returncode == 1
    assert "正在准备运行环境 .venv(Python 3.13" in ended.stderr
    assert "请检查网络和磁盘空间" in ended.stderr
    assert not (checkout.root / ".venv" / "made-from").exists()


def test_an_environment_of_an_older_lock_is_made_anew(checkout: Checkout) -> None:
    checkout.prepared(LOCKS[0])
    for lock in LOCKS:
        with (checkout.root / lock).open("a", encoding="utf-8") as file:
            file.write("# newer\n")
    checkout.has("uv", 'echo "uv $1 $2" >&2; [ "$1" = --version ]')
    checkout.has("python3.13", "echo 3.13")
    ended = checkout.runs("doctor")
    assert "正在准备运行环境" in ended.stderr
    assert "uv pip sync" in ended.stderr
