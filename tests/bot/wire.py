"""The other end of a wire, written by hand: a server that answers as it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class Wire:
    """A real HTTP server on this machine; a status of None hangs up without an answer."""

    status: int | None = 200
    answer: bytes = b"{}"
    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def served(wire: Wire) -> Iterator[Wire]:
    """Serve on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            wire.headers.append({name.lower(): value for name, value in self.headers.items()})
            wire.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            if wire.status is not None:
                self.send_response(wire.status)
                self.end_headers()
                self.wfile.write(wire.answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    wire.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield wire
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
