"""Rasa's HTTP interface, with a server of the test's own as the wire."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio

from nlu.parse import Entity, Label, ParserAway
from nlu.rasa_http import AT_ONCE, Rasa, read, ready
from tests.fixtures.cast import REPORT

ANSWER: dict[str, Any] = {
    "text": REPORT,
    "intent": {"name": "report_issue", "confidence": 0.98},
    "intent_ranking": [{"name": "report_issue", "confidence": 0.98}],
    "category": {"name": "traffic", "confidence": 0.97},
    "entities": [
        {"entity": "duration", "start": 13, "end": 15, "value": "一周", "confidence_entity": 0.9}
    ],
}


class Wire:
    """What the server answers, and what it was asked."""

    def __init__(self) -> None:
        """It answers as a healthy Rasa does."""
        self.status, self.body = 200, json.dumps(ANSWER).encode()
        self.asked: list[str] = []
        self.tokens: set[str] = set()
        self.now = self.most = 0
        self.lock = threading.Lock()
        self.full: threading.Barrier | None = None
        self.url = ""

    def says(self, answer: Any) -> None:
        self.body = json.dumps(answer).encode()

    def enter(self) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def leave(self) -> None:
        with self.lock:
            self.now -= 1


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A local HTTP server."""
    wire = Wire()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            wire.enter()
            text = self.rfile.read(int(self.headers["content-length"]))
            wire.asked.append(json.loads(text)["text"])
            if wire.full is not None:
                wire.full.wait(30)
            wire.leave()
            self.answer()

        def answer(self) -> None:
            wire.tokens |= set(parse_qs(urlsplit(self.path).query).get("token", [""]))
            self.send_response(wire.status)
            self.send_header("content-length", str(len(wire.body)))
            self.end_headers()
            self.wfile.write(wire.body)

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        wire.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield wire
        server.shutdown()
        thread.join()


@pytest_asyncio.fixture
async def client(wire: Wire) -> Any:
    """Our side of the wire; closed first, so that the server's threads end."""
    found = Rasa(wire.url, "secret")
    yield found
    await found.close()


async def test_an_answer_becomes_a_parse(client: Rasa) -> None:
    (parse,) = await client.parse([REPORT])
    assert (parse.text, parse.parser) == (REPORT, "rasa")
    assert (parse.intent, parse.category) == (Label("report_issue", 0.98), Label("traffic", 0.97))
    assert parse.entities == (Entity("duration", 13, 15, "一周", 0.9),)


async def test_every_call_carries_the_token(wire: Wire, client: Rasa) -> None:
    await client.parse([REPORT, REPORT])
    assert wire.tokens == {"secret"}


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("/report_issue", "report_issue"),
        ("。/report_issue", "report_issue"),
        (" 。 // 。/ /a", "a"),
        (f"\n {REPORT}\n", REPORT),
        ("ＡＢ", "ab"),
        ("好。", "好。"),
    ],
)
async def test_rasa_sees_no_command_and_strips_nothing(
    wire: Wire, client: Rasa, text: str, sent: str
) -> None:
    await client.parse([text])
    assert wire.asked == [sent]


@pytest.mark.parametrize("before", ["", "/", " \n", "。/ \u3000"])
async def test_offsets_are_shifted_back(client: Rasa, before: str) -> None:
    (parse,) = await client.parse([f"{before}{REPORT.replace('周', '週')} "])
    start = len(before) + 13
    assert parse.entities == (Entity("duration", start, start + 2, "一週", 0.9),)


@pytest.mark.parametrize("text", ["", " \n", "/", "。/"])
async def test_of_nothing_rasa_is_not_asked(wire: Wire, client: Rasa, text: str) -> None:
    (parse,) = await client.parse([text])
    assert (parse.intent, wire.asked) == (Label("chitchat", 0.0), [])


@pytest.mark.parametrize("status", [400, 500])
async def test_a_text_that_rasa_fails_on_is_left_to_people(
    wire: Wire, client: Rasa, status: int
) -> None:
    wire.status = status
    (parse,) = await client.parse([REPORT])
    assert (parse.text, parse.intent) == (REPORT, Label("chitchat", 0.0))
    assert (parse.category, parse.entities) == (None, ())


@pytest.mark.parametrize("status", [401, 404, 409, 502, 503])
async def test_with_any_other_status_rasa_is_away(wire: Wire, client: Rasa, status: int) -> None:
    wire.status = status
    with pytest.raises(ParserAway, match=str(status)):
        await client.parse([REPORT])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>busy</html>",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"7",
        b"{}",
        b'{"intent": null}',
        b'{"intent": {"name": "report_issue"}}',
        b'{"intent": {"name": null, "confidence": 0.0}, "entities": []}',
        b'{"intent": {"name": "sing", "confidence": 1.0}, "entities": []}',
        b'{"intent": {"name": "urge", "confidence": "sure"}, "entities": []}',
        b'{"intent": {"name": "urge", "confidence": 1.0}, "entities": 7}',
        b'{"intent": {"name": "urge", "confidence": 1.0}, "entities": [{"entity": "unit"}]}',
        b'{"intent": {"name": "urge", "confidence": 1.0}, "entities": [7]}',
        b'{"intent": {"name": ["urge"], "confidence": 1.0}}',
    ],
)
async def test_with_an_answer_that_is_none_rasa_is_away(
    wire: Wire, client: Rasa, body: bytes
) -> None:
    wire.body = body
    with pytest.raises(ParserAway):
        await client.parse([REPORT])


async def test_where_nobody_listens_rasa_is_away() -> None:
    client = Rasa("http://127.0.0.1:1", "")
    with pytest.raises(ParserAway, match="ConnectError"):
        await client.parse([REPORT])
    await client.close()


async def test_one_text_that_fails_for_all_of_a_batch(wire: Wire, client: Rasa) -> None:
    wire.status = 503
    with pytest.raises(ParserAway):
        await client.parse(["", REPORT])


async def test_only_so_many_are_asked_at_once(wire: Wire, client: Rasa) -> None:
    wire.full = threading.Barrier(AT_ONCE)
    await client.parse([REPORT] * (3 * AT_ONCE))
    assert (wire.most, len(wire.asked)) == (AT_ONCE, 3 * AT_ONCE)


async def test_what_the_schema_does_not_know_is_left_out(wire: Wire, client: Rasa) -> None:
    colour = {**ANSWER["entities"][0], "entity": "colour"}
    wire.says({**ANSWER, "category": {"name": "roads", "confidence": 1.0}, "entities": [colour]})
    (parse,) = await client.parse([REPORT])
    assert (parse.category, parse.entities) == (None, ())


def test_only_reports_and_questions_have_a_category() -> None:
    assert read(REPORT, {**ANSWER, "intent": {"name": "urge", "confidence": 1}}).category is None


@pytest.mark.parametrize(
    ("status", "body", "there"),
    [
        (200, b'{"model_file": "small.tar.gz"}', True),
        (200, b'{"model_file": ""}', False),
        (200, b'{"model_file": null}', False),
        (200, b"{}", False),
        (200, b"[]", False),
        (200, b"null", False),
        (200, b"busy", False),
        (401, b'{"model_file": "small.tar.gz"}', False),
        (503, b"", False),
    ],
)
async def test_rasa_is_ready_once_it_has_a_model(
    wire: Wire, status: int, body: bytes, there: bool
) -> None:
    wire.status, wire.body = status, body
    assert await ready(wire.url, "secret") is there
    assert wire.tokens == {"secret"}


async def test_nobody_is_not_ready() -> None:
    assert not await ready("http://127.0.0.1:1", "secret")
