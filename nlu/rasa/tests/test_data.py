"""Rasa's own look at the data, the domain and the pipeline."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from nlu.text import fold

PROJECT = Path(__file__).parents[1]
DOMAIN = yaml.safe_load((PROJECT / "domain.yml").read_text("utf-8"))


def test_rasa_finds_nothing_to_warn_of() -> None:
    quiet = ["-W", "ignore::DeprecationWarning"]  # of Rasa's own libraries
    done = subprocess.run(
        [sys.executable, *quiet, "-m", "rasa", "data", "validate", "--fail-on-warnings"],
        cwd=PROJECT,
        env={**os.environ, "RASA_TELEMETRY_ENABLED": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    assert "Validating intents" in printed
    assert "UserWarning" not in printed


def test_every_intent_has_a_file_of_its_own() -> None:
    # beside them may stand what coordinators judged
    files = {path.stem for path in (PROJECT / "data" / "nlu").glob("*.yml")}
    assert files >= set(DOMAIN["intents"])


@pytest.mark.parametrize("path", sorted((PROJECT / "data" / "lookups").glob("*.yml")))
def test_lookups_are_entities_of_the_domain(path: Path) -> None:
    tables = yaml.safe_load(path.read_text("utf-8"))["nlu"]
    assert [table["lookup"] for table in tables] == [path.stem]
    assert path.stem in DOMAIN["entities"]


def test_our_own_text_is_read_under_rasa_s_interpreter() -> None:
    assert sys.version_info[:2] == (3, 10)
    assert fold("＃１０２４") == "#1024"
