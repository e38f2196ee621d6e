"""Who is let in, to what, and how often."""

import pytest

from bot.api import keys as rules
from bot.console.page import COOKIE
from storage import keys
from tests.bot.api.conftest import Systems

pytestmark = pytest.mark.embedded

NEEDS = {
    "/tickets": "tickets:read", "/tickets/1": "tickets:read", "/events": "events:read",
    "/figures": "figures:read", "/groups": "groups:read", "/units": "groups:read",
}  # fmt: skip
PROBLEM = "application/problem+json"


@pytest.mark.parametrize("path", NEEDS)
async def test_a_key_lets_in_where_its_scope_is_and_nowhere_else(
    shared: Systems, path: str
) -> None:
    right = await shared.with_key(NEEDS[path])
    assert (await right.get(path)).status_code == 200
    others = [scope for scope in rules.SCOPES if scope != NEEDS[path]]
    answer = await (await shared.with_key(*others)).get(path)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert NEEDS[path] in answer.json()["detail"]
    assert answer.headers["content-type"] == PROBLEM


@pytest.mark.parametrize("path", [*NEEDS, "/tickets?nothing=1", "/tickets/0"])
@pytest.mark.parametrize(
    "shown",
    [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer mc1_short", "Bearer \xff",
     "Bearer mc1_" + "a" * 43, "Bearer mc9999999999_" + "a" * 43],
)  # fmt: skip
async def test_without_a_good_key_nobody_is_told_anything(
    shared: Systems, path: str, shown: str | None
) -> None:
    client = await shared.console.stranger()
    headers = [] if shown is None else [(b"Authorization", shown.encode("latin-1"))]
    answer = await client.get(f"/api/v1{path}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown_key")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == PROBLEM


async def test_a_sign_in_to_the_console_is_no_key(shared: Systems) -> None:
    browser = await shared.console.visitor("c1")
    assert browser.cookies[COOKIE]
    assert (await browser.get("/api/v1/tickets")).status_code == 401


async def test_an_ended_key_lets_nobody_in(systems: Systems) -> None:
    client = await systems.with_key("groups:read")
    assert (await client.get("/groups")).status_code == 200
    async with systems.app.database.transaction() as session:
        (row,) = await keys.every(session)
        assert row.used_at is not None
        await keys.end(session, row.id or 0, systems.app.now())
    assert (await client.get("/groups")).status_code == 401


async def test_who_hurries_is_told_when_to_come_again(
    systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST", 1)
    client, other = await systems.with_key("groups:read"), await systems.with_key("groups:read")
    answers = [await client.get("/groups") for _ in range(4)]  # a minute may end in between
    late = [answer for answer in answers if answer.status_code == 429]
    assert late
    assert late[0].json()["code"] == "too_many_requests"
    assert 1 <= int(late[0].headers["retry-after"]) <= 60
    assert (await other.get("/groups")).status_code == 200


async def test_without_the_streams_it_says_to_come_again(systems: Systems) -> None:
    client = await systems.with_key("groups:read")
    systems.app.streams.client.connection_pool.connection_kwargs["path"] = "/nowhere"
    await systems.app.streams.client.connection_pool.disconnect()
    answer = await client.get("/groups")
    assert (answer.status_code, answer.json()["code"]) == (503, "away")
    assert answer.headers["content-type"] == PROBLEM
