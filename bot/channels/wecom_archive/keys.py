"""Private keys by version, and what they open.

Every upload of a public key makes a new version; what was said before stays locked with the old
one. So all old keys are kept, in one folder: 1.pem, 2.pem …
"""

import base64
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bot.channels.base import clean
from bot.channels.wecom_archive.sdk import Fault, Sdk


class Locked(Exception):
    """A record can't be opened now; the message says why, in Chinese."""


class Keys:
    """The folder of keys, read again when a file in it changes."""

    def __init__(self, folder: Path) -> None:
        """Read from here."""
        self.folder = folder
        self._read: dict[int, tuple[int, rsa.RSAPrivateKey]] = {}

    def versions(self) -> dict[int, int]:
        """The versions of which there are keys, each with the moment of its file."""
        try:
            found = list(self.folder.glob("*.pem"))
            return {int(one.stem): one.stat().st_mtime_ns for one in found if _number(one.stem)}
        except OSError:  # one went away meanwhile, or we may not look
            return {}

    def key(self, version: int) -> rsa.RSAPrivateKey:
        """The key of a version (Locked)."""
        path = self.folder / f"{version}.pem"
        try:
            stamp = path.stat().st_mtime_ns
            known = self._read.get(version)
            if known is None or known[0] != stamp:
                known = self._read[version] = stamp, _private(path.read_bytes())
        except FileNotFoundError as error:
            raise Locked(f"缺少公钥版本 {version} 的私钥:请放入 {path.name}") from error
        except OSError as error:
            raise Locked(f"私钥 {path.name} 读不了:请检查文件权限") from error
        except (ValueError, TypeError) as error:
            raise Locked(f"{path.name} 不是没有密码的 RSA 私钥(PEM)") from error
        return known[1]


def _number(stem: str) -> bool:
    return stem.isascii() and stem.isdecimal() and len(stem) < 10


def _private(pem: bytes) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("not a key of RSA")
    return key


def unlock(record: dict[str, Any], keys: Keys, sdk: Sdk) -> str:
    """The message of a record, as JSON that a database takes (Locked).

    A wrong key raises nothing when it opens the random key: that call then gives random bytes, so
    that nobody can probe it (implicit rejection). It shows when the message is read with them.
    """
    version = int(record["publickey_ver"])
    key = keys.key(version)
    wrong = f"用 {version}.pem 解不开:它与公钥版本 {version} 不是一对"
    try:
        sealed = base64.b64decode(record["encrypt_random_key"], validate=True)
        opened = key.decrypt(sealed, padding.PKCS1v15())
    except ValueError as error:
        raise Locked(wrong) from error
    try:
        body = sdk.decrypt(opened, str(record["encrypt_chat_msg"]).encode())
    except Fault as fault:
        raise Locked(wrong if fault.code == 10006 else str(fault)) from fault
    try:
        text = body.decode()
        known = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Locked(wrong) from error
    if not isinstance(known, dict):
        raise Locked(wrong)
    return clean(text)
