"""The compiled model over HTTP: as Rasa answers, what comes together is read together."""

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from bot import nlu_server
from bot.embedded.process import Died
from bot.models import promote
from bot.nlu_server import LARGEST, TOGETHER, Application
from bot.settings import Settings
from nlu.parity import Parity
from nlu.parse import Label, Parse
from nlu.rasa_http import Rasa, ready
from tests.contracts.test_parsers import ODD
from tests.fixtures.cast import REPORT
from tests.nlu.handmade import CATEGORIES, INTENTS, NAMED, compiled

TOKEN = "a token of ours"
TEXTS = [
    *(text for table in (INTENTS, CATEGORIES) for texts in table.values() for text in texts),
    *(text for text, _ in NAMED), *ODD.values(),
]  # fmt: skip
BAD = "it does not like this one"


class Reader:
    """Keeps what it was given at once; each parse says which text it is of."""

    name = "reader"

    def __init__(self) -> None:
        """Nothing was read yet."""
        self.batches: list[list[str]] = []

    async def parse(self, texts: Sequence[str]) -> list[Parse]:
        """One parse a text."""
        self.batches.append(list(texts))
        await asyncio.sleep(0.002)
        if BAD in texts:
            raise RuntimeError(BAD)
        if "too few" in texts:
            return []
        return [Parse(text, Label("chitchat", 0.5)) for text in texts]


def client(application: Application) -> httpx.AsyncClient:
    """Asks the application without a wire; what it raises is raised here."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://nlu")


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest_asyncio.fixture
async def open_(reader: Reader) -> AsyncIterator[httpx.AsyncClient]:
    """A service that asks for no token."""
    async with client(Application(reader, lambda: "m1", "")) as asking:
        yield asking


async def asked(asking: httpx.AsyncClient, text: str) -> httpx.Response:
    return await asking.post("/model/parse", json={"text": text})


# --- over a wire --------------------------------------------------------------------------------


class Service:
    """`nlu serve` within the test, on a port of its own."""

    def __init__(self, data: Path) -> None:
        """Not yet served."""
        (data / "models").mkdir(parents=True)
        made = compiled()
        for name in ("f1", "f2"):
            made.about = replace(made.about, fingerprint=name)
            made.save(data / "models" / f"{name}.npz")
        promote(data / "models" / "f1.npz", data / "models")
        self.settings = Settings(data=data, rasa_token=TOKEN)  # type: ignore[arg-type]  # is read
        self.said: list[str] = []

    @property
    def url(self) -> str:
        found = re.search(r"http://[0-9.]+:\d+", self.said[0])
        assert found is not None
        return found[0]


@pytest_asyncio.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """Served until the test is over."""
    made = Service(tmp_path / "data")
    task = asyncio.create_task(nlu_server.serve(made.settings, "127.0.0.1", 0, made.said.append))
    while not made.said:
        assert not task.done()
        await asyncio.sleep(0.01)
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_our_client_reads_through_it_as_in_process(service: Service) -> None:
    rasa = Rasa(service.url, TOKEN)
    through = await rasa.parse(TEXTS)
    await rasa.close()
    made = Parity()
    for one, other in zip(through, compiled().read(TEXTS), strict=True):
        made.add(one, other)
    assert (made.messages, made.differences) == (len(TEXTS), [])
    assert made.furthest < 1e-6  # sums in another order


async def test_it_says_that_it_is_ready_to_who_knows_the_token(service: Service) -> None:
    assert await ready(service.url, TOKEN)
    assert not await ready(service.url, "another")
    assert not await ready(service.url, "")


async def test_a_promoted_model_is_taken_and_told(service: Service) -> None:
    assert "f1" in service.said[0]
    models = service.settings.data / "models"
    promote(models / "f2.npz", models)
    async with httpx.AsyncClient(base_url=service.url, params={"token": TOKEN}) as asking:
        await asked(asking, REPORT)
        assert (await asking.get("/status")).json() == {"model_file": "f2"}


async def test_a_port_that_is_taken_is_a_sentence(service: Service) -> None:
    port = int(service.url.rsplit(":", 1)[1])
    with pytest.raises(Died, match=f"127.0.0.1:{port} 打不开"):
        await nlu_server.serve(service.settings, "127.0.0.1", port, service.said.append)


async def test_a_body_that_is_too_large_over_a_wire_is_refused(service: Service) -> None:
    async with httpx.AsyncClient(base_url=service.url, params={"token": TOKEN}) as asking:
        assert (await asked(asking, "x" * (1 << 20))).status_code == 400
        assert (await asked(asking, REPORT)).status_code == 200


# --- what is answered ---------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?token=", "?token=other", "?token=%ff", "?Token=t0ken"])
async def test_without_the_token_nothing_is_told(reader: Reader, query: str) -> None:
    async with client(Application(reader, lambda: "m1", "t0ken")) as asking:
        for answer in (
            await asking.get(f"/status{query}"),
            await asking.get(f"/nothing{query}"),
            await asking.post(f"/model/parse{query}", json={"text": REPORT}),
        ):
            assert answer.status_code == 401
        assert (await asking.get("/status?token=t0ken")).status_code == 200
    assert reader.batches == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/model/parse"), ("POST", "/status"), ("PUT", "/model")],
)
async def test_there_is_nothing_else(open_: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await open_.request(method, path)
    assert (answer.status_code, answer.json()["status"]) == (404, "failure")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{nonsense", b"[]", b'["text"]', b'"text"', b"7", b"null", b"{}", b'{"text": null}',
        b'{"text": 7}', b'{"text": ["x"]}', b'{"Text": "x"}', b"\xff\xfe\x00", b'{"text": "\xff"}',
        b"[" * 50_000, b'{"text": "' + b"x" * LARGEST + b'"}',
    ],
)  # fmt: skip
async def test_what_holds_no_text_is_refused(
    open_: httpx.AsyncClient, reader: Reader, body: bytes
) -> None:
    answer = await open_.post("/model/parse", content=body)
    assert (answer.status_code, answer.json()["status"]) == (400, "failure")
    assert reader.batches == []


async def test_the_longest_message_is_taken_however_it_is_written(open_: httpx.AsyncClient) -> None:
    body = json.dumps({"text": "灯" * 4000, "message_id": "m1"}).encode()
    assert (await open_.post("/model/parse", content=body)).json()["text"] == "灯" * 4000


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
async def test_odd_texts_come_back_as_they_were(open_: httpx.AsyncClient, text: str) -> None:
    body = json.dumps({"text": text}).encode()
    answer = await open_.post("/model/parse", content=body)
    assert (answer.status_code, answer.json()["text"]) == (200, text)


# --- together -----------------------------------------------------------------------------------


async def test_a_hundred_at_once_are_each_answered_with_their_own_in_few_batches(
    open_: httpx.AsyncClient, reader: Reader
) -> None:
    texts = [f"{REPORT}{n}" for n in range(100)]
    answers = await asyncio.gather(*(asked(open_, text) for text in texts))
    assert [answer.json()["text"] for answer in answers] == texts
    assert sorted(itertools.chain(*reader.batches)) == sorted(texts)
    assert len(reader.batches) < 10
    assert max(len(batch) for batch in reader.batches) <= TOGETHER


async def test_one_alone_waits_for_nobody(open_: httpx.AsyncClient, reader: Reader) -> None:
    assert (await asked(open_, REPORT)).status_code == 200
    assert (await asked(open_, "好")).status_code == 200
    assert reader.batches == [[REPORT], ["好"]]


async def statuses(asking: httpx.AsyncClient, *texts: str) -> list[int]:
    answers: list[Any] = await asyncio.gather(*(asked(asking, text) for text in texts))
    return [answer.status_code for answer in answers]


@pytest.mark.parametrize("bad", [BAD, "too few"])
async def test_a_parser_that_fails_fails_that_batch_alone(
    open_: httpx.AsyncClient, reader: Reader, bad: str
) -> None:
    assert await statuses(open_, "a", "b") == [200, 200]
    failed = await asked(open_, bad)
    assert (failed.status_code, failed.json()["status"]) == (500, "failure")
    assert await statuses(open_, "c", bad, "d") == [500, 500, 500]
    assert await statuses(open_, "e", "f") == [200, 200]


async def test_who_hangs_up_does_not_stop_the_others(
    open_: httpx.AsyncClient, reader: Reader
) -> None:
    first = asyncio.create_task(asked(open_, "gone"))
    others = [asyncio.create_task(asked(open_, f"{n}")) for n in range(5)]
    while not reader.batches:  # noqa: ASYNC110  # the reader has no event
        await asyncio.sleep(0)
    first.cancel()
    assert [answer.status_code for answer in await asyncio.gather(*others)] == [200] * 5
