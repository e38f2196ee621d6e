"""The Rasa server of this machine: trained where no model fits, started, adopted."""

import asyncio
import contextlib
import os
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from bot.embedded.folders import Folders
from bot.embedded.process import Child, Died
from nlu import rasa_http, training

#: Told how far a training is: components done, of how many.
Progress = Callable[[int, int], None]
LOOK = 0.5
#: The end of a log that is shown when a training fails, in characters.
TAIL = 2000


async def train(folders: Folders, config: Path, progress: Progress) -> Path:
    """The model that fits the present data: the one that is there, else a new one.

    Died when the training fails; half a model is never left.
    """
    path = training.model(folders.data / "models", config)
    if path.exists():
        return path
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        fresh = Path(folder) / path.name
        log = folders.data / "logs" / "train.log"
        with log.open("wb") as file:
            process = subprocess.Popen(  # noqa: ASYNC220  # starting takes no time
                training.train_command(config, fresh),
                cwd=training.PROJECT,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            while process.poll() is None:
                await asyncio.sleep(LOOK)
                progress(*training.trained(_read(log)))
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
        if process.returncode != 0 or not fresh.exists():
            raise Died(f"训练没有成功,日志 {log} 的结尾:\n{_read(log)[-TAIL:]}")
        fresh.rename(path)
    return path


def server(folders: Folders, model: Path, run: Path | None = None) -> tuple[Child, str, str]:
    """The server of a model, not yet started; its address and its token.

    With a folder `run` of its own it is another one than the one that serves.
    """
    token = folders.secret("rasa")
    run = run or folders.data / "run"
    port = _port(run)
    url = f"http://127.0.0.1:{port}"

    async def healthy() -> bool:
        return await rasa_http.ready(url, token)

    child = Child(
        name="Rasa",
        argv=training.serve_command(model, port, token),
        note=run / "rasa.json",
        log=folders.data / "logs" / "rasa.log",
        healthy=healthy,
        fingerprint=f"{model.name} {port}",
        cwd=training.PROJECT,
        env=_environment(),
        # it has nothing to lose, and while it loads it may miss that it is asked to end
        patience=5.0,
    )
    return child, url, token


def _port(run: Path) -> int:
    """A free port, the same one as long as it is free or ours: what still runs is found there."""
    note = run / "rasa.port"
    with contextlib.suppress(OSError, ValueError):
        kept = int(note.read_text(encoding="ascii"))
        if (run / "rasa.json").exists() or _free(kept):
            return kept
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    note.write_text(str(port), encoding="ascii")
    return port


def _free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False


def _environment() -> dict[str, str]:
    return {"PATH": os.defpath, "HOME": str(Path.home()), "LANG": "C.UTF-8", **training.ENVIRONMENT}


def _read(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
