"""What other systems were told becomes tickets, each once."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.bot.api.conftest import Systems
from tests.bot.console.conftest import MASKED, PHONE, make_confidential
from tests.fixtures.cast import REPORT

pytestmark = pytest.mark.embedded

PROBLEM = "application/problem+json"


async def tells(
    client: httpx.AsyncClient, *, once: str | None = None, **report: Any
) -> httpx.Response:
    headers = {} if once is None else {"Idempotency-Key": once}
    return await client.post("/tickets", json={"text": REPORT, **report}, headers=headers)


async def test_a_report_is_opened_and_routed(systems: Systems) -> None:
    answer = await tells(
        await systems.with_key(), category="traffic", district="高新区", contact=f"李四 {PHONE}",
        enterprise="株洲宏远机械有限公司", address="新马路", group="g1",
    )  # fmt: skip
    assert answer.status_code == 201
    assert answer.headers["location"] == "/api/v1/tickets/1"
    told = answer.json()
    assert told["source"] == {"code": "api", "name": "接口"}
    assert (told["district"], told["unit"]) == ("天元区", "天元区城管局")
    assert (told["contact"], told["status"]["code"]) == (f"李四 {MASKED}", "assigned")
    ticket = await systems.town.ticket()
    assert (ticket.contact, ticket.group_id) == (f"李四 {PHONE}", "g1")
    (opened, *_) = await systems.town.chain()
    assert (opened.step, opened.by) == ("open", "接口:热线平台")
    assert "#1" in (await systems.town.posts())[0].text


@pytest.mark.parametrize("given", [{"external_id": "018"}, {"once": "6f0f"}])
async def test_the_same_twice_is_one_ticket(systems: Systems, given: dict[str, str]) -> None:
    client = await systems.with_key()
    first, second = await tells(client, **given), await tells(client, **given)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["number"] == second.json()["number"]
    another_key = await systems.with_key()  # of the same system
    assert (await tells(another_key, **given)).status_code == 200
    other_system = await systems.with_key(name="企业服务")
    assert (await tells(other_system, **given)).status_code == 201
    assert len(await systems.town.tickets()) == 2


async def test_the_same_at_once_is_one_ticket(systems: Systems) -> None:
    client = await systems.with_key()
    answers = await asyncio.gather(*(tells(client, external_id="018") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert len(await systems.town.tickets()) == 1


async def test_without_a_key_of_its_own_each_is_another(systems: Systems) -> None:
    client = await systems.with_key()
    assert [(await tells(client)).status_code for _ in range(2)] == [201, 201]


async def test_a_key_is_for_one_report_alone(systems: Systems) -> None:
    client = await systems.with_key()
    await tells(client, once="a")
    answer = await tells(client, once="a", text="荷塘区停电")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert len(await systems.town.tickets()) == 1


async def test_what_became_confidential_is_not_told_of_again(systems: Systems) -> None:
    client = await systems.with_key()
    await tells(client, external_id="018")
    await make_confidential(systems.town, 1)
    answer = await tells(client, external_id="018")
    assert answer.status_code == 409
    assert "1" not in answer.json()["detail"]


async def test_deadlines_count_from_when_it_was_told(systems: Systems) -> None:
    at = (systems.app.now() - timedelta(days=400)).replace(microsecond=0)
    answer = await tells(await systems.with_key(), at=at.isoformat(), urgent=True)
    assert answer.json()["urgent"] is True
    assert (await systems.town.ticket()).due_at == at + timedelta(hours=24)


REFUSED: list[dict[str, Any]] = [
    {"text": ""}, {"text": " "}, {"text": "\x00"}, {"text": "a\x00b"}, {"text": None},
    {"text": 7}, {"text": "长" * 5001}, {"kind": "misconduct"}, {"kind": "none"},
    {"category": "none"}, {"district": "没有"}, {"group": "没有"}, {"at": "2023-04-03T09:00:00"},
    {"at": 1680000000}, {"at": "9999-12-31T23:59:59Z"}, {"at": "2199-01-01T00:00:00Z"},
    {"at": "2001-01-01T00:00:00Z"}, {"urgent": "yes"}, {"urgent": 1}, {"unit": "市自规局"},
    {"kind": "consult", "urgent": True}, {"external_id": ""}, {"external_id": "x" * 201},
    {"external_id": "编号"}, {"contact": "x" * 101}, {"address": "\x00"}, {"source": "hotline"},
    {"enterprise": "\ud800"}, {"confidential": True}, {"no": 10**30},
]  # fmt: skip


@pytest.mark.parametrize("report", REFUSED, ids=str)
async def test_what_makes_no_sense_is_refused_and_opens_nothing(
    systems: Systems, report: dict[str, Any]
) -> None:
    client = await systems.with_key()
    body = json.dumps({"text": REPORT, **report}).encode()  # half a character as an escape
    answer = await client.post(
        "/tickets", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == PROBLEM
    assert await systems.town.tickets() == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [(b"", "application/json", 422), (b"{", "application/json", 422),
     (b"[]", "application/json", 422), (b"\xff", "application/json", 422),
     (b"{}", "text/plain", 415), (b"{}", "", 415), (b" " * 70_000, "application/json", 413),
     (b"[" * 60_000, "application/json", 422)],
)  # fmt: skip
async def test_bodies_that_are_none(systems: Systems, body: bytes, kind: str, status: int) -> None:
    client = await systems.with_key()
    answer = await client.post("/tickets", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM


async def test_who_may_only_read_tells_nothing(systems: Systems) -> None:
    reader = await systems.with_key("tickets:read")
    assert (await tells(reader)).status_code == 403
    nobody = await systems.console.stranger()
    assert (await nobody.post("/api/v1/tickets", content=b"{")).status_code == 401
    assert await systems.town.tickets() == []
