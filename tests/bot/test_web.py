"""HTTP: what is taken is kept, what is not is told why, and nothing makes it fall over."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot import web
from bot.app import App
from bot.channels.base import LARGEST, Health
from bot.channels.webhook import sign
from bot.embedded.process import Child
from bot.settings import Settings
from bot.streams import partition
from nlu.keywords import Keywords
from storage import messages

pytestmark = pytest.mark.embedded

SECRET = "shared"
MESSAGE: dict[str, Any] = {
    "id": "m1", "group": "bridge", "sender": "visitor", "name": "某厂-访客", "text": "路灯坏了",
}  # fmt: skip


def made(database_url: str, redis_url: str, keywords: Keywords) -> App:
    return App(
        Settings(
            database_url=database_url, redis_url=redis_url, nlu="keywords",
            webhook_secret=SecretStr(SECRET),
        ),
        keywords,
    )  # fmt: skip


@pytest_asyncio.fixture
async def app(database_url: str, redis_url: str, keywords: Keywords) -> AsyncIterator[App]:
    app = made(database_url, redis_url, keywords)
    yield app
    await app.close()


@pytest_asyncio.fixture
async def http(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app) as opened:
        yield opened


def client(app: App) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=web.create(app))
    return httpx.AsyncClient(transport=transport, base_url="http://mingcheng")


async def say(
    http: httpx.AsyncClient,
    body: Mapping[str, Any] | bytes,
    secret: str = SECRET,
    name: str = "webhook",
) -> httpx.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(int(time.time()))
    headers = {
        "X-Mingcheng-Timestamp": stamp,
        "X-Mingcheng-Signature": sign(secret.encode(), stamp, raw),
    }
    return await http.post(f"/in/{name}", content=raw, headers=headers)


async def test_what_is_taken_lies_in_the_stream_of_its_group(
    http: httpx.AsyncClient, app: App
) -> None:
    answer = await say(http, MESSAGE)
    assert (answer.status_code, answer.json()) == (202, {"accepted": ["m1"]})
    (entry,) = await app.streams.fresh([partition("bridge")], 10, 1)
    assert json.loads(entry.payload)["text"] == "路灯坏了"


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        (b"{", 400, "body"),
        ({**MESSAGE, "colour": "red"}, 400, "colour"),
        ({**MESSAGE, "group": "g1"}, 404, "no group g1"),  # it is the sandbox's
        ({**MESSAGE, "group": "nowhere"}, 404, "no group nowhere"),
        (b" " * (LARGEST + 1), 413, str(LARGEST)),
    ],
)
async def test_what_is_not_taken_is_told_why(
    http: httpx.AsyncClient, app: App, body: Any, status: int, part: str
) -> None:
    answer = await say(http, body)
    assert answer.status_code == status
    assert part in answer.json()["error"]
    assert await app.streams.lag() == 0


async def test_the_largest_body_is_read(http: httpx.AsyncClient) -> None:
    body = json.dumps(MESSAGE).encode()
    assert (await say(http, body + b" " * (LARGEST - len(body)))).status_code == 202


async def test_a_wrong_signature_is_not_taken(http: httpx.AsyncClient, app: App) -> None:
    assert (await say(http, MESSAGE, "guessed")).status_code == 401
    assert (await http.post("/in/webhook", json=MESSAGE)).status_code == 401
    assert await app.streams.lag() == 0


async def test_who_hangs_up_in_the_middle_of_a_body_is_no_fault_of_ours(app: App) -> None:
    came: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"},
    ]  # fmt: skip

    async def receive() -> dict[str, Any]:
        return came.pop(0)

    async def send(_message: Mapping[str, Any]) -> None:
        """Nobody is there."""

    scope = {
        "type": "http", "method": "POST", "path": "/in/webhook", "query_string": b"",
        "headers": [], "scheme": "http", "server": ("mingcheng", 80), "root_path": "",
    }  # fmt: skip
    await web.create(app)(scope, receive, send)


@pytest.mark.parametrize("name", ["unknown", "sandbox", "", "%2e%2e", "webhook/x", "%00"])
async def test_other_doors_are_shut(http: httpx.AsyncClient, name: str) -> None:
    assert (await say(http, MESSAGE, name=name)).status_code == 404


async def test_a_long_message_is_kept_whole(http: httpx.AsyncClient, app: App) -> None:
    await say(http, {**MESSAGE, "text": "路灯坏了。" * 1000})
    await app.worker().step()
    async with app.database.transaction() as session:
        message = await messages.find(session, "bridge", "m1")
    assert message is not None
    assert message.text == "路灯坏了。" * 1000


async def test_while_valkey_is_away_the_sender_is_to_send_again(
    database_url: str, mortal: tuple[Child, str], keywords: Keywords
) -> None:
    server, url = mortal
    app = made(database_url, url, keywords)
    async with client(app) as http:
        assert (await say(http, MESSAGE)).status_code == 202
        await server.stop()
        answer = await say(http, {**MESSAGE, "id": "m2"})
        assert (answer.status_code, "again" in answer.json()["error"]) == (503, True)
        await server.start(lambda _: None)
        assert (await say(http, {**MESSAGE, "id": "m2"})).status_code == 202
    await app.close()


# --- health -----------------------------------------------------------------------------------


async def test_all_is_well(http: httpx.AsyncClient) -> None:
    await say(http, MESSAGE)
    answer = await http.get("/health")
    found = answer.json()
    channels = found.pop("channels")
    assert (answer.status_code, found) == (
        200, {"database": "ok", "streams": "ok", "parser": "keywords", "waiting": 1},
    )  # fmt: skip
    assert (channels["sandbox"], channels["webhook"]) == ("ok", "ok")


async def test_of_channels_nothing_is_told_but_how_they_are(
    http: httpx.AsyncClient, app: App
) -> None:
    for name, text_ in (("wecom_bot", "密钥 s3cret"), ("onebot", "不通")):
        await app.inbox.report(app.channels[name], Health("down", text_))
    answer = await http.get("/health")
    assert answer.status_code == 200
    assert set(answer.json()["channels"]) == set(app.channels)
    assert set(answer.json()["channels"].values()) <= {"ok", "warn", "down", "off"}
    assert "s3cret" not in answer.text


async def test_without_valkey_it_is_not(
    database_url: str, mortal: tuple[Child, str], keywords: Keywords
) -> None:
    server, url = mortal
    await server.stop()
    app = made(database_url, url, keywords)
    async with client(app) as http:
        answer = await http.get("/health")
    await app.close()
    assert (answer.status_code, answer.json()["database"]) == (503, "ok")
    assert "ConnectionError" in answer.json()["streams"]


async def test_without_a_database_it_is_not(redis_url: str, keywords: Keywords) -> None:
    app = made("postgresql+psycopg://u:hidden@127.0.0.1:1/x", redis_url, keywords)
    async with client(app) as http:
        answer = await http.get("/health")
        taken = await say(http, MESSAGE)
    await app.close()
    assert (answer.status_code, answer.json()["streams"]) == (503, "ok")
    assert "hidden" not in answer.text
    assert taken.status_code == 503


# --- whatever comes ---------------------------------------------------------------------------

text = st.text(st.characters(codec=None), max_size=20)
value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
field = st.sampled_from([*MESSAGE, "type", "at", "images", "quote", "mentions_bot"])
nearly = st.builds(lambda fields: {**MESSAGE, **fields}, st.dictionaries(field, value, max_size=4))
bodies = st.binary(max_size=200) | (value | nearly).map(lambda found: json.dumps(found).encode())


@given(body=bodies)
@example(body=json.dumps({**MESSAGE, "at": "0001-01-01T00:00:00+23:59"}).encode())
@example(body=json.dumps({**MESSAGE, "at": 1e300}).encode())
@example(body=json.dumps({**MESSAGE, "group": "\x00"}).encode())
@settings(
    max_examples=300, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
async def test_no_body_makes_it_fall_over(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await say(http, body)
    assert answer.status_code in {202, 400, 404}
    assert "accepted" in answer.json() or answer.json()["error"]


@pytest.mark.parametrize(
    "at",
    ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1900-01-01T00:00:00Z", 0, -1e9],
)
async def test_no_moment_stops_the_worker(http: httpx.AsyncClient, app: App, at: Any) -> None:
    await say(http, {**MESSAGE, "at": at})
    await say(http, {**MESSAGE, "id": "m2"})
    worker = app.worker()
    while await app.streams.lag():
        await worker.step()
    async with app.database.transaction() as session:
        assert await messages.find(session, "bridge", "m2") is not None
