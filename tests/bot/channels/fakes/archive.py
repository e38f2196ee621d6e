"""An archive as Tencent's SDK shows it: a library compiled here, with real RSA and real AES.

How DecryptData really seals is not published; the form of all else is that of doc 91774.
"""

import atexit
import ctypes
import functools
import json
import secrets
import shutil
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import padding as fill
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.channels.wecom_archive.sdk import Sdk
from tests.fixtures.missing import missing

SOURCE = Path(__file__).parent / "finance.c"
CORP, SECRET = "ww0123456789abcdef", "made-up-secret-of-the-archive"


@functools.cache
def library() -> Path:
    """The library, compiled once a run."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        missing("no C compiler", "apt-get install gcc libc6-dev")
    folder = Path(tempfile.mkdtemp(prefix="mingcheng-sdk-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    built = folder / "libWeWorkFinanceSdk_C.so"
    command = [compiler, "-std=gnu11", "-Wall", "-Werror", "-O2", "-shared", "-fPIC"]
    subprocess.run([*command, str(SOURCE), "-o", str(built)], check=True)
    return built


@functools.cache
def key(version: int) -> rsa.RSAPrivateKey:
    """Our private key of a version; made once a run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(version: int) -> bytes:
    """A key as an administrator keeps it."""
    return key(version).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )


def sealed(message: bytes, random_key: str) -> str:
    """As the library opens it."""
    padder = fill.PKCS7(128).padder()
    whole = padder.update(message) + padder.finalize()
    raw = random_key.encode()
    cipher = Cipher(algorithms.AES(raw[:32]), modes.CBC(raw[:16])).encryptor()
    return b64encode(cipher.update(whole) + cipher.finalize()).decode()


class Vault:
    """What was said, and what the library is told to answer; in a folder."""

    def __init__(self, folder: Path, *versions: int) -> None:
        """Nothing is said yet; the private keys of these versions are at hand."""
        self.folder, self.keys = folder / "vault", folder / "keys"
        self.seq = 0
        for made in (self.folder, self.folder / "media", self.keys):
            made.mkdir()
        for version in versions:
            self.has_key(version)
        self.tells("records", "")
        self.library = ctypes.CDLL(str(library()))
        self.library.Stage(str(self.folder).encode())
        self._others = int(self.library.Alive())

    def has_key(self, version: int, of: int | None = None) -> None:
        """The private key of a version lies in the folder; with `of`, that of another one."""
        (self.keys / f"{version}.pem").write_bytes(pem(of or version))

    def says(self, message: Mapping[str, Any] | bytes, *, version: int = 1, **more: Any) -> int:
        """Something is said, sealed for this version of the key; returns its seq."""
        raw = message if isinstance(message, bytes) else json.dumps(message).encode()
        id_ = "" if isinstance(message, bytes) else str(message.get("msgid", ""))
        random_key = secrets.token_hex(16)
        locked = key(version).public_key().encrypt(random_key.encode(), padding.PKCS1v15())
        self.seq += 1
        record = {
            "seq": self.seq, "msgid": id_, "publickey_ver": version,
            "encrypt_random_key": b64encode(locked).decode(),
            "encrypt_chat_msg": sealed(raw, random_key),
        } | more  # fmt: skip
        with (self.folder / "records").open("a") as file:
            file.write(f"{self.seq} {json.dumps(record)}\n")
        return self.seq

    def tells(self, name: str, what: str | bytes | int | None) -> None:
        """A file of the library; None takes it away."""
        path = self.folder / name
        if what is None:
            path.unlink()
        else:
            path.write_bytes(what if isinstance(what, bytes) else str(what).encode())

    def calls(self, begin: str = "") -> list[str]:
        """What the library was called with, of calls that begin so."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in lines if line.startswith(begin)]

    def alive(self) -> int:
        """How much the library made since then and nobody freed."""
        return int(self.library.Alive()) - self._others

    def sdk(self, **more: str) -> Sdk:
        """A session with it."""
        return Sdk(library(), CORP, SECRET, **more)
