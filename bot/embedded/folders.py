"""Where an installation keeps its things, and who may go there."""

import fcntl
import hashlib
import os
import pwd
import secrets
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

#: A unix socket's path ends at 104 bytes on macOS, 108 on Linux; ours stay below this.
LONGEST_SOCKET = 100


class Unusable(Exception):
    """A folder can't be used as it is; the message says which one and what to do."""


class Held(Exception):
    """Another process works on this data folder."""


@dataclass(frozen=True, slots=True)
class Folders:
    """The data folder and the short folder of its sockets."""

    data: Path
    sockets: Path

    @classmethod
    def at(cls, data: Path) -> "Folders":
        """Make what is missing. Folders that were there before keep their permissions."""
        data = data.absolute()
        passable = 0o711 if os.geteuid() == 0 else 0o700
        try:
            _make(data, passable)
            for name in ("secrets", "run", "logs", "models", "valkey"):
                _make(data / name, 0o700)
        except OSError as error:
            raise Unusable(
                f"数据目录 {data} 无法写入({error.strerror})。请换一个:--data 目录"
            ) from error
        mark = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]
        sockets = _temp() / f"mingcheng-{os.geteuid()}-{mark}"
        _make(sockets, passable)
        _ours(sockets)
        return cls(data, sockets)

    def lock(self) -> IO[str]:
        """Hold the data folder until the file is closed; Held says who does."""
        file = (self.data / "run" / "lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "?"
            file.close()
            raise Held(f"数据目录 {self.data} 正由另一个 mingcheng 使用(进程 {holder})") from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        return file

    def secret(self, name: str) -> str:
        """A password of this installation, made once; its file is readable by its owner alone."""
        path = self.data / "secrets" / name
        if not path.exists():
            keep(path, secrets.token_urlsafe(24))
        return path.read_text(encoding="ascii").strip()


def keep(path: Path, text: str) -> None:
    """Write a file that its owner alone may read: whole or not at all, whatever the umask says."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def unprivileged() -> pwd.struct_passwd | None:
    """Whom PostgreSQL runs as where we are root, which it refuses to be; None where we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unusable("以 root 运行时需要一个普通用户来运行 PostgreSQL:请先建立用户 postgres")


def impassable(path: Path, user: pwd.struct_passwd) -> Path | None:
    """The first folder on the way to `path` that does not let `user` through, or None."""
    resolved = path.resolve()
    for folder in (*reversed(resolved.parents), *([resolved] if resolved.is_dir() else [])):
        if not folder.exists():
            return None
        status = folder.stat()
        if status.st_uid == user.pw_uid:
            open_ = status.st_mode & stat.S_IXUSR
        elif status.st_gid == user.pw_gid:
            open_ = status.st_mode & stat.S_IXGRP
        else:
            open_ = status.st_mode & stat.S_IXOTH
        if not open_:
            return folder
    return None


def _make(folder: Path, mode: int) -> None:
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=mode, exist_ok=True)
    folder.chmod(mode)  # whatever the umask says


def _temp() -> Path:
    folder = Path(tempfile.gettempdir())
    return folder if len(os.fsencode(folder)) < LONGEST_SOCKET - 60 else Path("/tmp")  # noqa: S108


def _ours(folder: Path) -> None:
    """In a folder that everybody may write to, somebody else may have been first."""
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise Unusable(f"{folder} 不是我们的文件夹(属主或权限不对),请删除它后再试")
