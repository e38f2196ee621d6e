"""What other systems read: tickets, events, figures, groups and units."""

from typing import Any

import httpx
import pytest

from tests.bot.api.conftest import Systems
from tests.bot.console.conftest import MASKED, PHONE, make_confidential

pytestmark = pytest.mark.embedded


async def got(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def numbers(client: httpx.AsyncClient, path: str) -> list[int]:
    return [ticket["number"] for ticket in (await got(client, path))["tickets"]]


async def test_a_ticket_is_told_with_codes_and_names(shared: Systems) -> None:
    (ticket,) = (await got(await shared.with_key(), "/tickets?status=accepted"))["tickets"]
    assert ticket["number"] == 1
    assert ticket["status"] == {"code": "accepted", "name": "办理中"}
    assert ticket["category"] == {"code": "traffic", "name": "道路交通"}
    assert (ticket["unit"], ticket["group"]) == ("天元区城管局", "g1")
    assert ticket["reported_at"] == "2023-04-03T09:00:00+08:00"
    assert ticket["due_at"] == "2023-04-11T17:30:00+08:00"  # 04-05 was a holiday


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [4, 2, 1]), ("?status=accepted&status=assigned", [4, 2, 1]),
        ("?unit=天元区城管局", [4, 1]), ("?unit=区城管", [4, 1]), ("?district=荷塘区", [2]),
        ("?category=utilities", [2]), ("?group=g2", [2]), ("?group=none", []),
        ("?source=group", [4, 2, 1]), ("?source=api", []), ("?kind=issue", [4, 2, 1]),
        ("?enterprise=立方", [4, 1]), ("?q=停电", [2]), ("?q=停电 荷塘", [2]),
        ("?overdue=true", [4, 2, 1]), ("?overdue=false", [4, 2, 1]), ("?urgent=true", [2]),
        ("?reopened=true", []), ("?unassigned=true", []),
        ("?since=2023-04-03T09:00:00%2B08:00", [4, 2, 1]),
        ("?since=2023-04-03T09:00:00+08:00", [4, 2, 1]), ("?until=2023-04-03T01:00:00Z", []),
        ("?before=4", [2, 1]), ("?before=1", []), ("?figure=collected", [4, 2, 1]),
        ("?figure=collected&at=2023-04-03T00:00:00Z", []),
    ],
)  # fmt: skip
async def test_lists_are_filtered_like_the_ledger(
    shared: Systems, query: str, found: list[int]
) -> None:
    assert await numbers(await shared.with_key(), f"/tickets{query}") == found


async def test_lists_are_paged_by_key(shared: Systems) -> None:
    client = await shared.with_key()
    first = await got(client, "/tickets?limit=2")
    assert [ticket["number"] for ticket in first["tickets"]] == [4, 2]
    rest = await got(client, f"/tickets?limit=2&before={first['next']}")
    assert [ticket["number"] for ticket in rest["tickets"]] == [1]
    assert rest["next"] is None


async def test_the_story_of_a_ticket(shared: Systems) -> None:
    story = await got(await shared.with_key(), "/tickets/1")
    assert [event["step"]["code"] for event in story["events"]][:3] == ["open", "assign", "accept"]
    assert story["events"][0]["from"] is None
    assert story["events"][0]["to"] == {"code": "new", "name": "待交办"}
    assert (story["messages"], story["merged_into"]) == (1, None)
    assert story["lateness"].startswith("超期")
    (part,) = story["due_at"]
    assert (part["why"]["name"], part["working_days"]) == ("登记", 5)
    assert part["ends_at"] == story["ticket"]["due_at"]
    skipped = [day["day"] for day in part["days"] if not day["counted"]]
    assert skipped == ["2023-04-05", "2023-04-08", "2023-04-09"]


@pytest.mark.parametrize("path", ["/tickets?limit=200", "/tickets/1", "/events"])
async def test_phone_numbers_are_masked_but_for_who_needs_them(shared: Systems, path: str) -> None:
    plain = (await (await shared.with_key()).get(path)).text
    assert PHONE not in plain
    assert MASKED in plain
    needs = await shared.with_key("tickets:read", "events:read", "phones:read")
    assert PHONE in (await needs.get(path)).text


async def test_who_reads_no_phone_numbers_does_not_find_them(shared: Systems) -> None:
    asked = f"/tickets?q={PHONE[:7]}"
    assert await numbers(await shared.with_key(), asked) == [4, 2, 1]
    assert await numbers(await shared.with_key("tickets:read", "phones:read"), asked) == [1]


async def test_confidential_tickets_are_nowhere(systems: Systems) -> None:
    town, client = systems.town, await systems.with_key()
    await town.reports()
    await make_confidential(town, await town.reports("li", "有人要回扣"))
    await town.reports("wang")
    assert await numbers(client, "/tickets") == [3, 1]
    for query in ("q=回扣", "group=g1", "figure=collected", "unassigned=true"):
        assert 2 not in await numbers(client, f"/tickets?{query}")
    assert (await client.get("/tickets/2")).status_code == 404
    same = {
        (await client.get(f"/tickets/{number}")).text.replace(f"#{number}", "#")
        for number in (2, 99)
    }
    assert len(same) == 1
    events = (await got(client, "/events"))["events"]
    assert {event["ticket"] for event in events} == {1, 3}
    (count,) = [
        row for row in (await got(client, "/figures"))["counts"] if row["code"] == "collected"
    ]
    assert count["value"] == 2


async def test_events_come_in_order_and_none_twice(systems: Systems) -> None:
    town, client = systems.town, await systems.with_key()
    await town.reports()
    seen: list[int] = []
    after = 0
    for round_ in range(3):
        while (page := await got(client, f"/events?limit=2&after={after}"))["events"]:
            seen += [event["seq"] for event in page["events"]]
            after = page["next"]
        assert page["next"] == after
        await town.takes("h1", 1, "progress", text=f"第{round_}次")
    assert seen == list(range(1, len(seen) + 1))
    (last,) = (await got(client, f"/events?after={after}"))["events"]
    assert (last["by"], last["words"]) == ("天元区城管局-李科", "第2次")


@pytest.mark.parametrize(
    "query",
    ["", "?unit=天元区城管局", "?district=荷塘区", "?category=traffic", "?group=g2",
     "?since=2023-04-01T00:00:00%2B08:00&until=2023-05-01T00:00:00%2B08:00",
     "?at=2023-04-04T00:00:00%2B08:00", "?since=2024-01-01T00:00:00Z"],
)  # fmt: skip
async def test_behind_every_figure_are_exactly_its_tickets(shared: Systems, query: str) -> None:
    client = await shared.with_key()
    told = await got(client, f"/figures{query}")
    values = {}
    for count in told["counts"]:
        path = count["tickets"].removeprefix("/api/v1")
        assert len(await numbers(client, path)) == count["value"], count["code"]
        values[count["code"]] = count["value"]
    for rate in told["rates"]:
        whole = sum(values[code] for code in rate["whole"])
        assert (rate["value"] == "—") is (whole == 0)
        if whole:
            assert rate["value"] == f"{100 * values[rate['part']] / whole:.2f}%"
    if not query:
        assert values["collected"] == 3
        assert values["overdue"] == 3


async def test_groups_and_units(shared: Systems) -> None:
    client = await shared.with_key()
    groups = (await got(client, "/groups"))["groups"]
    assert {
        "id": "g1",
        "name": "制造名城-天元区-1群",
        "district": "天元区",
        "reads": "sandbox",
        "answers": "sandbox",
        "pushes": "sandbox",
    } in groups
    units = (await got(client, "/units"))["units"]
    assert {"name": "天元区城管局", "aliases": ["区城管"]} in units


HUGE = "9" * 30
ODD = [
    "/tickets?stauts=new", "/tickets?status=none", "/tickets?limit=0", "/tickets?limit=201",
    f"/tickets?before={HUGE}", "/tickets?before=-1", "/tickets?before=x", "/tickets?before=",
    "/tickets?since=2023-04-03", "/tickets?since=2023-04-03T09:00:00", "/tickets?since=1680000000",
    "/tickets?since=0001-01-01T00:00:00Z", "/tickets?until=9999-12-31T23:59:59-14:00",
    "/tickets?q=%00", "/tickets?q=a%00b", f"/tickets?q={'长' * 101}", "/tickets?q=%20",
    "/tickets?unit=%00", "/tickets?overdue=perhaps", "/tickets?kind=misconduct",
    "/tickets?figure=none", "/tickets?at=2023-04-03T09:00:00Z", "/tickets/0", "/tickets/x",
    f"/tickets/{HUGE}", "/tickets/%00", "/events?after=-1", f"/events?after={HUGE}",
    "/events?before=1", "/figures?since=x", "/figures?status=new",
]  # fmt: skip


@pytest.mark.parametrize("path", ODD)
async def test_what_makes_no_sense_is_refused_with_a_sentence(shared: Systems, path: str) -> None:
    answer = await (await shared.with_key()).get(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/none", 404), ("GET", "/", 404), ("GET", "/tickets/", 404),
     ("GET", "/tickets/99", 404), ("GET", "/tickets?unit=没有", 404), ("GET", "/docs", 404),
     ("GET", "/figures?unit=没有", 404), ("PUT", "/tickets", 405), ("DELETE", "/tickets/1", 405),
     ("POST", "/events", 405), ("GET", "/tickets/%FF", 422), ("GET", "/tickets?q=%FF", 200)],
)  # fmt: skip
async def test_what_is_not_there_is_a_problem_too(
    shared: Systems, method: str, path: str, status: int
) -> None:
    answer = await (await shared.with_key()).request(method, f"http://test/api/v1{path}")
    assert answer.status_code == status
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
    if status == 405:
        assert "GET" in answer.headers["allow"]


async def test_the_description_is_complete_and_open_to_read(shared: Systems) -> None:
    told = (await (await shared.console.stranger()).get("/api/v1/openapi.json")).json()
    assert set(told["paths"]) == {
        "/tickets",
        "/tickets/{number}",
        "/events",
        "/figures",
        "/groups",
        "/units",
    }
    for path in told["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            assert operation["description"]
            assert operation["security"]
            for parameter in operation.get("parameters", []):
                about = [parameter.get("description"), parameter["schema"].get("description")]
                assert any(about), parameter["name"]
    for shape in told["components"]["schemas"].values():
        assert shape["description"]
        for field in shape.get("properties", {}).values():
            assert field.get("description"), shape["title"]
