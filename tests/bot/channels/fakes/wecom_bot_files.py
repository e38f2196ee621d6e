"""Where the pictures and files of a 智能机器人 lie: sealed, behind addresses on this machine."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

#: A key as the platform tells it: base64, here without the sign at its end.
KEY = bytes(range(32))
TOLD = base64.b64encode(KEY).decode().rstrip("=")


@dataclass
class Files:
    """A real HTTP server; a status of None hangs up without an answer."""

    url: str = ""
    content: bytes = b""
    status: int | None = 200
    asked: list[str] = field(default_factory=list)

    def keeps(self, content: bytes) -> dict[str, str]:
        """Keep these bytes sealed; what a message says of them."""
        self.content = sealed(content)
        return {"url": f"{self.url}/1?sign=of-the-address", "aeskey": TOLD}


@contextmanager
def keeping() -> Iterator[Files]:
    """Serve on a free port of this machine."""
    files = Files()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            files.asked.append(self.path)
            if files.status is not None:
                self.send_response(files.status)
                self.end_headers()
                self.wfile.write(files.content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    files.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield files
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sealed(content: bytes, key: bytes = KEY) -> bytes:
    """A file as the platform keeps it: AES-256-CBC, padded to 32 bytes (doc 101463)."""
    many = 32 - len(content) % 32
    padded = content + bytes([many]) * many
    sealer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return sealer.update(padded) + sealer.finalize()
