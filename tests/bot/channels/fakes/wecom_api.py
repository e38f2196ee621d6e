"""A server that answers as the documents say that Tencent's API does.

Documented shape, not recorded from production: docs 91039, 99110, 91770, 90236. It judges by itself
what it is sent: lengths in bytes, digests, members, tokens.
"""

import base64
import email.parser
import email.policy
import hashlib
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

CORP, SECRET, AGENT = "ww5ec0ffee5ec0ffee", "made-up-secret-of-the-app-0123456789", 1000002
ROBOT = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Call:
    """What was asked."""

    path: str
    query: dict[str, str]
    body: Any  # JSON, or the part of a form

    def __repr__(self) -> str:
        return f"Call({self.path})"


@dataclass(frozen=True)
class Part:
    """A file in a form."""

    field: str
    name: str
    length: str  # `filelength`, as it was given
    type: str
    content: bytes


@dataclass
class Tencent:
    """The platform. What stands in `answers` for a path is answered first, in order.

    A dict is an answer, a number an errcode, bytes a body, ("status", 502) an HTTP status, None
    hangs up without an answer, "silence" never answers, "done" does it and hangs up.
    """

    answers: dict[str, list[Any]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    said: list[dict[str, Any]] = field(default_factory=list)  # by robots and the app
    members: set[str] = field(default_factory=lambda: {"li.si", "wang@unit", "zhang"})
    unlicensed: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)
    files: dict[str, Part] = field(default_factory=dict)
    slow: float = 0.0  # seconds that gettoken takes
    url: str = ""
    over: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def asked(self, path: str) -> list[Call]:
        """What was asked there."""
        return [call for call in self.calls if call.path == path]

    def answer(self, call: Call) -> Any:
        """What is answered."""
        with self.lock:
            self.calls.append(call)
            told = self.answers.get(call.path) or []
            if told:
                first = told.pop(0)
                if first == "done":
                    self._done(call)
                    return None
                return _errcode(first) if isinstance(first, int) else first
        if call.path == "/cgi-bin/gettoken":
            self.over.wait(self.slow)
        with self.lock:
            return self._done(call)

    def _done(self, call: Call) -> dict[str, Any]:
        if call.path == "/cgi-bin/gettoken":
            return self._token(call)
        if call.path == "/cgi-bin/webhook/send":
            return self._robot(call)
        if call.path == "/cgi-bin/webhook/upload_media":
            return self._upload(call)
        if call.query.get("access_token") not in self.tokens:
            return _errcode(40014)
        if call.path == "/cgi-bin/message/send":
            return self._message(call.body)
        return {"errcode": 0, "errmsg": "ok", "ip_list": ["127.0.0.1"]}

    def _token(self, call: Call) -> dict[str, Any]:
        if call.query != {"corpid": CORP, "corpsecret": SECRET}:
            return _errcode(40001)
        token = f"token-{next(self.numbers)}"
        self.tokens.add(token)
        return {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": 7200}

    # --- robots of groups ---------------------------------------------------------------------

    def _robot(self, call: Call) -> dict[str, Any]:
        if call.query != {"key": ROBOT}:
            return _errcode(93000)
        code = _judged(call.body, self.files)
        if code == 0:
            self.said.append(call.body)
        return _errcode(code)

    def _upload(self, call: Call) -> dict[str, Any]:
        part = call.body
        if call.query != {"key": ROBOT, "type": "file"}:
            return _errcode(93000)
        if not isinstance(part, Part) or part.field != "media":
            return _errcode(40035)
        if int(part.length) != len(part.content) or len(part.content) <= 5:
            return _errcode(40035)
        media_id = f"media-{next(self.numbers)}"
        self.files[media_id] = part
        return {**_errcode(0), "type": "file", "media_id": media_id, "created_at": "1680483600"}

    # --- messages of the app ------------------------------------------------------------------

    def _message(self, body: dict[str, Any]) -> dict[str, Any]:
        if type(body["agentid"]) is not int or body["agentid"] != AGENT:
            return _errcode(40056)
        to = body["touser"].split("|")
        away = [who for who in to if who not in self.members]
        if len(away) == len(to):
            return {**_errcode(81013), "invaliduser": "|".join(away)}
        if body not in self.said:  # the same again is dropped: enable_duplicate_check
            assert body["enable_duplicate_check"] == 1
            self.said.append(body)
        unlicensed = [who for who in to if who in self.unlicensed]
        return {
            **_errcode(0), "invaliduser": "|".join(away), "unlicenseduser": "|".join(unlicensed),
            "msgid": f"msg-{next(self.numbers)}",
        }  # fmt: skip


def _errcode(code: int) -> dict[str, Any]:
    hint = ", hint: [1680483600123456], from ip: 203.0.113.7, more info at https://open.work"
    return {"errcode": code, "errmsg": "ok" if code == 0 else f"refused{hint}"}


def _judged(body: dict[str, Any], files: dict[str, Part]) -> int:
    """The errcode of what a robot is to say: by its kind, its fields and their bytes."""
    kind = body.get("msgtype")
    if kind in {"text", "markdown"}:
        content = body[kind]["content"].encode()
        if not content.strip():
            return 44004
        return 45002 if len(content) > {"text": 2048, "markdown": 4096}[kind] else 0
    if kind == "image":
        raw = base64.b64decode(body["image"]["base64"], validate=True)
        return 0 if hashlib.md5(raw).hexdigest() == body["image"]["md5"] else 40035
    if kind == "file":
        return 0 if body["file"]["media_id"] in files else 40035
    return 40008


@contextmanager
def served(tencent: Tencent) -> Iterator[Tencent]:
    """Serve on a free port of this machine, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            kind = self.headers["Content-Type"]
            self._answer(json.loads(raw) if "json" in kind else _part(kind, raw))

        def _answer(self, body: Any) -> None:
            where = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(where.query).items()}
            answer = tencent.answer(Call(where.path, query, body))
            if answer == "silence":
                tencent.over.wait()
            if answer is None or answer == "silence":
                self.close_connection = True
                return
            status = answer[1] if isinstance(answer, tuple) else 200
            whole = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    tencent.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield tencent
    finally:
        tencent.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _part(kind: str, raw: bytes) -> Part:
    """The one part of a form, as the standard library reads it."""
    whole = f"Content-Type: {kind}\r\n\r\n".encode() + raw
    read = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(whole)
    (part,) = read.iter_parts()
    about = part["Content-Disposition"].params
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return Part(
        about["name"], about["filename"], about["filelength"], part.get_content_type(), content
    )
