"""What a model is made of, and how far its training is."""

import shutil
from pathlib import Path

import pytest

from nlu import training
from nlu.training import PROJECT, fingerprint, trained

MADE_OF = [
    "rasa/data/nlu/urge.yml", "rasa/data/lookups/unit.yml", "rasa/domain.yml",
    "rasa/requirements.lock", "rasa/components/spans.py", "rasa/config.yml", *training.SHARED,
]  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of all that makes a model."""
    skip = shutil.ignore_patterns(".venv", ".rasa", "__pycache__", ".mypy_cache", "tests")
    shutil.copytree(PROJECT, tmp_path / "rasa", ignore=skip)
    for name in training.SHARED:
        shutil.copy(PROJECT.parent / name, tmp_path)
    return tmp_path / "rasa"


def test_the_same_ingredients_give_the_same_print(project: Path) -> None:
    ours = fingerprint(PROJECT / "config.yml")
    assert fingerprint(project / "config.yml", project) == ours
    assert len(ours) == 16


@pytest.mark.parametrize("name", MADE_OF)
def test_a_byte_more_in_any_ingredient_gives_another(project: Path, name: str) -> None:
    before = fingerprint(project / "config.yml", project)
    with (project.parent / name).open("ab") as file:
        file.write(b"\n")
    assert fingerprint(project / "config.yml", project) != before


def test_a_new_file_of_the_data_or_the_components_gives_another(project: Path) -> None:
    before = fingerprint(project / "config.yml", project)
    (project / "data" / "nlu" / "more.yml").write_text("nlu: []\n", encoding="utf-8")
    more = fingerprint(project / "config.yml", project)
    (project / "components" / "more.py").touch()
    assert len({before, more, fingerprint(project / "config.yml", project)}) == 3


def test_what_a_run_leaves_behind_changes_nothing(project: Path) -> None:
    before = fingerprint(project / "config.yml", project)
    (project / "models").mkdir()
    (project / "models" / "model.tar.gz").touch()
    (project / "components" / "__pycache__").mkdir()
    (project / "components" / "__pycache__" / "spans.pyc").touch()
    assert fingerprint(project / "config.yml", project) == before


def test_a_model_is_named_by_what_it_is_made_of(tmp_path: Path) -> None:
    config = PROJECT / "config.yml"
    assert training.model(tmp_path, config) == tmp_path / f"{fingerprint(config)}.tar.gz"


def test_training_writes_where_it_is_told(tmp_path: Path) -> None:
    command = training.train_command(tmp_path / "config.yml", tmp_path / "out" / "abc.tar.gz")
    told = dict(zip(command[5::2], command[6::2], strict=True))
    assert told["--out"] == str(tmp_path / "out")
    assert told["--fixed-model-name"] == "abc"
    assert command[:3] == [str(training.PYTHON), "-m", "rasa"]


def test_a_model_is_served_on_loopback_with_a_token(tmp_path: Path) -> None:
    command = training.serve_command(tmp_path / "abc.tar.gz", 5005, "secret")
    for name, value in (("-i", "127.0.0.1"), ("-p", "5005"), ("--auth-token", "secret")):
        assert command[command.index(name) + 1] == value


def test_nobody_is_told_that_we_train() -> None:
    assert training.ENVIRONMENT["RASA_TELEMETRY_ENABLED"] == "false"


@pytest.mark.parametrize(
    ("printed", "done"),
    [
        ("", 0),
        ("INFO Starting to train component 'MessageClassifier'.\n", 0),
        ("INFO Finished training component 'MessageClassifier'.\n", 1),
        ("INFO Finished training component 'A'.\nINFO Finished training component 'B'.\n", 2),
    ],
)
def test_a_training_is_as_far_as_it_has_components(printed: str, done: int) -> None:
    assert trained(printed) == (done, 2)
