"""Hooks against a real receiver: what it fails at is told again, in order, and nothing is lost."""

import asyncio
import hmac
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot import outside
from bot.hooks import GIVE_UP, WAITS, Hooks, signature
from bot.streams import Streams
from storage import hooks
from storage.models import Delivery, Hook
from tests.bot.conftest import Until
from tests.bot.console.conftest import MASKED, PHONE, make_confidential
from tests.fixtures.cast import REPORT, Town

pytestmark = pytest.mark.embedded


class Receiver:
    """A real server on loopback: answers with these statuses in turn, the last one for ever."""

    def __init__(self) -> None:
        self.url, self.answers = "", [200]
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.released = Event()  # what hangs is let go

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    @property
    def seqs(self) -> list[int]:
        return [told["seq"] for told in self.told]


@contextmanager
def listening(trust: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
            receiver.paths.append(self.path)
            receiver.headers.append({name.lower(): text for name, text in self.headers.items()})
            receiver.bodies.append(body)
            if answer == 0:
                receiver.released.wait(20)
                return
            self.send_response(answer)
            if 300 <= answer < 400:
                self.send_header("Location", f"{receiver.url}/moved")
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(b"x" * 100_000)  # nobody reads it

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Who hangs up, hangs up."""

    server = Server(("127.0.0.1", 0), Handler)
    if trust is not None:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    scheme = "http" if trust is None else "https"
    receiver.url = f"{scheme}://127.0.0.1:{server.server_port}/in?of=city"
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


@pytest_asyncio.fixture
async def teller(town: Town, streams: Streams) -> AsyncIterator[Hooks]:
    yield Hooks(town.database, streams, town.clock, inside=True, patience=1)


async def hook(town: Town, url: str, *steps: str) -> Hook:
    async with town.database.transaction() as session:
        return await hooks.make(session, url=url, steps=steps, by="a1", now=town.now)


async def newest(town: Town, of: Hook) -> Delivery:
    async with town.database.transaction() as session:
        return (await hooks.log(session, of.id or 0, most=1))[0][0]


async def all_told(teller: Hooks) -> None:
    while await teller.step():
        pass


async def test_each_event_is_told_in_order_signed_and_once(
    town: Town, teller: Hooks, receiver: Receiver
) -> None:
    made = await hook(town, receiver.url)
    await town.reports("zhang", f"{REPORT},{PHONE}")
    await town.takes("h1", 1, "accept", text=f"打{PHONE}")
    await all_told(teller)
    assert receiver.seqs == [1, 2, 3]
    last = receiver.told[-1]
    assert set(last) == {"seq", "at", "ticket", "step", "from", "to"}
    assert last["step"] == {"code": "accept", "name": "签收"}
    assert (last["from"]["code"], last["to"]["code"]) == ("assigned", "accepted")
    assert last["at"] == "2023-04-03T09:00:00+08:00"
    assert MASKED in last["ticket"]["text"]
    assert not any(PHONE.encode() in body for body in receiver.bodies)
    assert set(receiver.paths) == {"/in?of=city"}
    for body, headers in zip(receiver.bodies, receiver.headers, strict=True):
        at, mac = (part[2:].lstrip("=") for part in headers["x-mingcheng-signature"].split(","))
        right = hmac.new(made.secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
        assert hmac.compare_digest(mac, right)
        assert int(at) == int(town.now.timestamp())
        assert headers["content-type"] == "application/json"
        assert headers["host"] == receiver.url.split("/")[2]
        assert "cookie" not in headers
    await all_told(teller)
    assert len(receiver.bodies) == 3


async def test_of_confidential_tickets_and_other_steps_nothing_is_told(
    town: Town, teller: Hooks, receiver: Receiver
) -> None:
    await hook(town, receiver.url, "open")
    await make_confidential(town, await town.reports("li", "有人要回扣"))
    await town.reports()
    await all_told(teller)
    assert [(told["ticket"]["number"], told["step"]["code"]) for told in receiver.told] == [
        (2, "open")
    ]


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [(500, "status", 500), (404, "status", 404), (302, "moved", 302), (307, "moved", 307),
     (0, "timeout", None)],
)  # fmt: skip
async def test_what_is_not_taken_is_told_again_later_and_before_the_rest(
    town: Town, teller: Hooks, receiver: Receiver, answer: int, error: str, code: int | None
) -> None:
    receiver.answers = [answer, 200]
    made = await hook(town, receiver.url, "open")
    await town.reports()
    await town.reports("wang")
    await all_told(teller)
    assert receiver.seqs == [1]  # nor is the next told meanwhile
    async with town.database.transaction() as session:
        (*_, (first, _event)) = await hooks.log(session, made.id or 0)
    assert (first.status, first.error, first.code, first.tries) == ("waiting", error, code, 1)
    assert first.next_at == town.now + timedelta(seconds=WAITS[0])
    town.later(seconds=WAITS[0])
    await all_told(teller)
    assert [seq == receiver.seqs[0] for seq in receiver.seqs] == [True, True, False]
    assert "/moved" not in receiver.paths
    done = await newest(town, made)
    assert (done.status, done.code, done.error) == ("taken", 200, None)


async def test_after_a_day_it_is_given_up_until_people_say_so(
    town: Town, teller: Hooks, receiver: Receiver
) -> None:
    receiver.answers = [500]
    made = await hook(town, receiver.url, "open")
    begun = town.now
    await town.reports()
    waits = []
    while (await teller.step()) or (await newest(town, made)).status == "waiting":
        one = await newest(town, made)
        waits.append(one.next_at - town.now)
        town.now = one.next_at
    assert waits == sorted(waits)
    assert begun + GIVE_UP - timedelta(hours=1) < town.now <= begun + GIVE_UP + timedelta(hours=1)
    assert (await newest(town, made)).status == "given_up"
    assert 20 < len(receiver.bodies) < 40
    receiver.answers = [200]
    town.later(days=3)
    await all_told(teller)
    assert (await newest(town, made)).status == "given_up"
    async with town.database.transaction() as session:
        assert await hooks.again(session, made.id or 0, town.now) == 1
    await all_told(teller)
    assert (await newest(town, made)).status == "taken"


async def test_who_hangs_holds_up_nobody_else(
    town: Town, streams: Streams, receiver: Receiver, until: Until
) -> None:
    receiver.answers = [0]
    await hook(town, receiver.url)
    with listening() as other:
        await hook(town, other.url)
        await town.reports()
        running = asyncio.create_task(
            Hooks(town.database, streams, town.clock, inside=True, patience=25).run()
        )

        async def arrived() -> bool:
            return other.seqs == [1, 2] and len(receiver.bodies) == 1

        await until(arrived)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_several_processes_tell_each_event_once(
    town: Town, streams: Streams, receiver: Receiver, until: Until
) -> None:
    await hook(town, receiver.url)
    for who in ("zhang", "wang", "li"):
        await town.reports(who)
    running = [
        asyncio.create_task(Hooks(town.database, streams, town.clock, inside=True).run())
        for _ in range(3)
    ]

    async def arrived() -> bool:
        return len(receiver.bodies) >= 6

    await until(arrived)
    await town.takes("h1", 1, "accept")
    await streams.wake("")

    async def woken() -> bool:
        return len(receiver.bodies) >= 7

    await until(woken)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    assert receiver.seqs == list(range(1, 8))


@pytest.mark.parametrize(
    ("url", "error"),
    [("https://127.0.0.1/in", "inside"), ("https://localhost/in", "inside"),
     ("https://[::1]/in", "inside"), ("https://[::ffff:127.0.0.1]/in", "inside"),
     ("https://169.254.169.254/latest", "inside"), ("https://10.0.0.8/in", "inside"),
     ("http://127.0.0.1/in", "plain"), ("https://no-such-host.invalid/in", "unknown_host")],
)  # fmt: skip
async def test_the_own_network_is_not_called_whatever_stands_in_the_row(
    town: Town, streams: Streams, url: str, error: str
) -> None:
    made = await hook(town, url, "open")
    await town.reports()
    await Hooks(town.database, streams, town.clock, inside=False).step()
    assert (await newest(town, made)).error == error


@pytest.mark.parametrize(
    ("url", "inside", "why"),
    [
        ("https://example.com/in", False, None), ("https://example.com:8443/in?a=b", False, None),
        ("https://8.8.8.8/", False, None), ("https://[2400:3200::1]/", False, None),
        ("http://127.0.0.1:9000/in", True, None), ("https://10.1.2.3/in", True, None),
        ("http://example.com/in", False, "plain"), ("http://8.8.8.8/in", True, "plain"),
        ("https://127.0.0.1/", False, "inside"), ("https://0.0.0.0/", True, "inside"),
        ("https://169.254.169.254/", True, "inside"), ("https://[fe80::1]/", True, "inside"),
        ("https://[::ffff:169.254.169.254]/", True, "inside"),
        ("https://[fd00:ec2::254]/", True, "inside"), ("https://100.100.100.200/", True, "inside"),
        ("https://[64:ff9b::7f00:1]/", True, "inside"), ("https://224.0.0.1/", True, "inside"),
        ("https://[64:ff9b:1::a9fe:a9fe]/", True, "inside"),
        ("https://[::ffff:0:169.254.169.254]/", False, "inside"),
        ("https://[2001:0:1::5601:5601]/", True, "inside"),
        ("https://[fec0::1]/", False, "inside"),
        ("https://[2002:7f00:1::]/", False, "inside"), ("https://100.64.0.1/", False, "inside"),
        ("ftp://example.com/", False, "written"), ("https://", False, "written"),
        ("https://u:p@example.com/", False, "written"),
        ("https://example.com/#x", False, "written"),
        ("https://example.com:0/", False, "written"),
        ("https://example.com:99999/", False, "written"),
        ("https://exa mple.com/", False, "written"), ("https://例子.cn/", False, "written"),
        ("https://example.com/\r\nX: y", False, "written"),
        ("javascript:alert(1)", False, "written"),
        ("https://example.com\\@127.0.0.1/", False, "written"), ("https://[::1", False, "written"),
        (f"https://example.com/{'x' * 500}", False, "written"), ("", False, "written"),
    ],
)  # fmt: skip
def test_which_addresses_may_be_called(url: str, inside: bool, why: str | None) -> None:
    if why is None:
        assert outside.read(url, inside=inside).host in url
        return
    with pytest.raises(outside.Unfit, match=why):
        outside.read(url, inside=inside)


def _certify(name: str, key: Path, cert: Path) -> None:
    """A certificate of this name, signed by itself, good today."""
    own, now = rsa.generate_private_key(65537, 2048), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(own, hashes.SHA256())
    )  # fmt: skip
    cert.write_bytes(made.public_bytes(Encoding.PEM))
    key.write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@pytest.mark.parametrize(("named", "error"), [("localhost", None), ("elsewhere", "unreached")])
async def test_the_certificate_must_be_that_of_the_name(
    town: Town, streams: Streams, tmp_path: Path, named: str, error: str | None
) -> None:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    _certify(named, key, cert)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    trust = ssl.create_default_context(cafile=str(cert))
    teller = Hooks(town.database, streams, town.clock, inside=True, trust=trust)
    with listening(server) as receiver:
        # the name may lead to ::1 as well, where nobody listens
        made = await hook(town, receiver.url.replace("127.0.0.1", "localhost"), "open")
        await town.reports()
        await teller.step()
        assert (await newest(town, made)).error == error
        assert len(receiver.bodies) == (1 if error is None else 0)


def test_the_check_that_the_documentation_shows_is_right() -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    shown: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], shown)
    now, body = datetime.now(UTC), '{"text":"路灯"}'.encode()
    header = signature("secret", body, now)
    assert shown["genuine"]("secret", header, body)
    assert not shown["genuine"]("secret", header, body + b" ")
    assert not shown["genuine"]("other", header, body)
    assert not shown["genuine"]("secret", signature("secret", body, now - timedelta(hours=1)), body)
