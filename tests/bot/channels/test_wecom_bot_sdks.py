"""The fake server against who was not written here: the official SDKs, and captured frames."""

import asyncio
import ipaddress
import json
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.client import connect

from tests.bot.channels.fakes.wecom_bot_files import keeping
from tests.bot.channels.fakes.wecom_bot_server import BOT, SECRET, WecomBotServer, serving
from tests.fixtures.node import installed

HERE = Path(__file__).parent / "fakes"
FRAMES = Path(__file__).parents[4] / "shared" / "fixtures" / "wecom_bot_sdk_frames.log"
CARD = {"card_type": "button_interaction", "task_id": "post-1"}


class Client:
    """A process of an SDK, and the lines in which it tells what it saw."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Started already."""
        self.process, self.told = process, list[dict[str, Any]]()

    async def tells(self, what: str) -> dict[str, Any]:
        """The next line of a kind."""
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            while line := await self.process.stdout.readline():
                self.told.append(json.loads(line))
                if self.told[-1]["what"] == what:
                    return self.told[-1]
        assert self.process.stderr is not None
        raise AssertionError(f"{self.told}\n{(await self.process.stderr.read()).decode()}")


@asynccontextmanager
async def running(*command: str, **env: str) -> AsyncIterator[Client]:
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield Client(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def converse(fake: WecomBotServer, client: Client) -> None:
    """All that both SDKs do, with the fake as the other side."""
    await client.tells("authenticated")
    await fake.came("ping", 2)
    quote = {"msgtype": "text", "text": {"content": "路灯"}}
    await fake.says("@监督助手 我要投诉", quote=quote)
    assert await client.tells("text") == {
        "what": "text", "content": "@监督助手 我要投诉", "quote": quote,
    }  # fmt: skip
    assert (await client.tells("acknowledged"))["errcode"] == 0
    streams = [frame["body"]["stream"]["content"] for frame in fake.of("aibot_respond_msg")]
    assert streams == ["正在登记", "已登记"]
    assert fake.of("aibot_send_msg")[0]["body"]["chatid"] == "wr1"
    await fake.taps(CARD, "urge:12")
    assert (await client.tells("updated"))["key"] == "urge:12"
    await fake.happens("enter_chat")
    await client.tells("welcomed")
    with keeping() as files:
        link = files.keeps("灯坏了".encode())
        await fake.says("download", quote={"msgtype": "image", "image": link})
        assert (await client.tells("file"))["content"] == "灯坏了"


# --- Python -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A certificate for this machine, signed by itself: the SDK speaks to no other server."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    day = timedelta(days=1)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(named).issuer_name(named)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - day).not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName(
            [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, file


@asynccontextmanager
async def python(fake: WecomBotServer, file: Path, secret: str) -> AsyncIterator[Client]:
    script = str(HERE / "wecom_bot_sdk.py")
    async with running(sys.executable, script, fake.url, str(file), BOT, secret) as client:
        yield client


@pytest.mark.processes
async def test_the_python_sdk_works_with_the_fake(tls: tuple[ssl.SSLContext, Path]) -> None:
    async with serving(tls[0]) as fake, python(fake, tls[1], SECRET) as client:
        await converse(fake, client)


@pytest.mark.processes
async def test_the_python_sdk_is_refused_with_a_wrong_secret(
    tls: tuple[ssl.SSLContext, Path],
) -> None:
    async with serving(tls[0]) as fake, python(fake, tls[1], "wrong") as client:
        assert "853000" in (await client.tells("error"))["words"]


# --- Node -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def node() -> str:
    """Where Node's packages are."""
    return str(installed("@wecom/aibot-node-sdk@1.0.7") / "node_modules")


@asynccontextmanager
async def sdk(fake: WecomBotServer, path: str, secret: str = SECRET) -> AsyncIterator[Client]:
    script = str(HERE / "wecom_bot_sdk.js")
    async with running("node", script, fake.url, BOT, secret, NODE_PATH=path) as client:
        yield client


@pytest.mark.processes
async def test_the_node_sdk_works_with_the_fake(node: str) -> None:
    async with serving() as fake, sdk(fake, node) as client:
        await converse(fake, client)


@pytest.mark.processes
async def test_the_node_sdk_is_refused_with_a_wrong_secret(node: str) -> None:
    async with serving() as fake, sdk(fake, node, "wrong") as client:
        assert "853000" in (await client.tells("error"))["words"]


@pytest.mark.processes
async def test_the_node_sdk_gives_way_to_a_second_one(node: str) -> None:
    async with serving() as fake, sdk(fake, node) as one:
        await one.tells("authenticated")
        async with sdk(fake, node) as other:
            await other.tells("authenticated")
            await one.tells("disconnected")


# --- captured frames --------------------------------------------------------------------------


def frames() -> list[tuple[bool, dict[str, Any]]]:
    """Frames between the Node SDK and a server, in order; whether the server sent it."""
    if not FRAMES.exists():
        pytest.skip(f"no captured frames in {FRAMES.name}: they lie beside the repository")
    lines = FRAMES.read_text(encoding="utf-8").splitlines()
    return [(line.startswith("S>C"), json.loads(line[4:])) for line in lines]


async def test_the_fake_acknowledges_what_was_captured_as_it_was_acknowledged() -> None:
    captured = frames()
    async with serving() as fake, connect(fake.url) as client:
        for by_server, frame in captured:
            if not by_server:
                if frame["cmd"] == "aibot_subscribe":
                    frame["body"] |= {"bot_id": BOT, "secret": SECRET}
                await client.send(json.dumps(frame))
            elif "cmd" in frame:
                await fake.push(frame)
                assert json.loads(await client.recv()) == frame
            else:
                assert json.loads(await client.recv()) == frame
    assert len(fake.frames) == sum(not by_server for by_server, _ in captured)
