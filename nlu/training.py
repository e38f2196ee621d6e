"""How a model is trained and served: what it is made of, and the commands. `bot` runs them."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

#: The Rasa project.
PROJECT = Path(__file__).parent / "rasa"
PYTHON = PROJECT / ".venv" / "bin" / "python"
#: What of ours the components are made of.
SHARED = (
    "text.py", "simplified.txt", "grams.py", "linear.py", "decision.py", "crf.py", "spans.py",
)  # fmt: skip
#: Never asked for by the commands below, and wished for by nobody.
ENVIRONMENT = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}
#: What Rasa prints when it has trained a component.
ENDED = re.compile(r"Finished training component '(\w+)'")
#: How many components of ours learn something.
LEARNERS = 2


def installed() -> bool:
    """Whether Rasa's environment is there."""
    return PYTHON.exists()


def fingerprint(config: Path, project: Path = PROJECT) -> str:
    """A hash over all that makes the model what it is: data, pipeline, our components, Rasa."""
    hashed = hashlib.sha256()
    for path in sorted(_ingredients(config, project)):
        content = path.read_bytes()
        hashed.update(f"{path.name} {len(content)}\n".encode() + content)
    return hashed.hexdigest()[:16]


def _ingredients(config: Path, project: Path) -> Iterator[Path]:
    yield config
    yield project / "domain.yml"
    yield project / "requirements.lock"
    for name in SHARED:
        yield project.parent / name
    yield from (project / "data").rglob("*.yml")
    yield from (project / "components").glob("*.py")


def model(folder: Path, config: Path) -> Path:
    """Where the model of the present data lies, or will lie."""
    return folder / f"{fingerprint(config)}.tar.gz"


def compiled(folder: Path, config: Path) -> Path:
    """Where the compiled model of the present data lies, or will lie."""
    return folder / f"{fingerprint(config)}.npz"


def train_command(config: Path, out: Path) -> list[str]:
    """The command that trains into `out`; its working folder is PROJECT."""
    return [
        str(PYTHON), "-m", "rasa", "train", "nlu", "--config", str(config.absolute()),
        "--out", str(out.parent.absolute()), "--fixed-model-name", out.name.removesuffix(".tar.gz"),
    ]  # fmt: skip


def serve_command(path: Path, port: int, token: str) -> list[str]:
    """The command that serves a model on loopback; its working folder is PROJECT."""
    return [
        str(PYTHON), "-m", "rasa", "run", "--enable-api", "-m", str(path.absolute()),
        "-i", "127.0.0.1", "-p", str(port), "--auth-token", token,
    ]  # fmt: skip


def trained(printed: str) -> tuple[int, int]:
    """How far a training is, by what it printed: components done, and of how many."""
    return len(ENDED.findall(printed)), LEARNERS
