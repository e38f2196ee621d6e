"""One step on many tickets of the ledger, each with its own result."""

import re
from typing import Any

import httpx
import pytest

from tests.bot.console.conftest import Console, make_confidential, seal
from tests.bot.console.ledger_read import HUGE
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded


async def batch(browser: httpx.AsyncClient, step: str, *chosen: object, **fields: Any) -> str:
    """Take a step on these; the page that tells what came of it."""
    told = {f"{step}.{key}": value for key, value in fields.items()}
    sent = {"seal": await seal(browser), "step": step, "no": [str(no) for no in chosen], **told}
    sent["back"] = "status=assigned"
    answer = await browser.post("/tickets/batch", data=sent)
    assert answer.status_code == 303
    return (await browser.get(answer.headers["location"])).text


async def test_each_ticket_of_a_batch_has_its_own_result(console: Console, town: Town) -> None:
    for _ in range(3):
        await town.reports()
    await town.takes("h1", 2, "resolve", text="已换灯泡")
    browser = await console.visitor("c1")
    page = await batch(browser, "transfer", 1, 2, 3, 9, unit="市自规局", reason="分工<b>")
    assert "办好 2 件" in page
    assert re.findall(r"<strong>#(\d+)</strong>", page) == ["1", "3", "2", "9"]
    assert "有 2 件没有办" in page
    assert 'href="/tickets?status=assigned"' in page
    units = [(await town.ticket(no)).unit_id for no in (1, 2, 3)]
    assert units[0] == units[2] != units[1]
    assert [step for step, _ in await town.events(1)].count("transfer") == 1


async def test_what_came_of_a_batch_is_read_again_and_nothing_is_done_again(
    console: Console, town: Town
) -> None:
    await town.reports()
    browser, other = await console.visitor("c1"), await console.visitor("c2")
    await town.takes("h1", 1, "accept")
    sent = {"seal": await seal(browser), "step": "suspend", "no": "1", "suspend.reason": "等批复"}
    there = (await browser.post("/tickets/batch", data=sent)).headers["location"]
    for _ in range(2):
        assert "办好 1 件" in (await browser.get(there)).text
    assert (await other.get(there)).status_code == 404
    assert [step for step, _ in await town.events(1)].count("suspend") == 1


async def test_a_handler_asks_and_accepts_only_what_is_the_unit_s(
    console: Console, town: Town
) -> None:
    await town.reports()
    await town.reports("li", "荷塘区仙庾岭停电", category="utilities", group="g2")
    browser = await console.visitor("h1")
    page = await batch(browser, "accept", 1, 2)
    assert "办好 1 件" in page
    assert "有 1 件没有办" in page
    assert [(await town.ticket(no)).status for no in (1, 2)] == ["accepted", "assigned"]
    shown = (await browser.get("/tickets")).text
    assert "申请转办" in shown
    page = await batch(browser, "transfer", 1, unit="市自规局", reason="不属本局")
    assert "已向专班提出申请" in page
    assert (await town.ticket(1)).status == "accepted"


async def test_a_batch_does_not_tell_that_a_confidential_one_is_there(
    console: Console, town: Town
) -> None:
    await town.reports()
    await make_confidential(town, 1)
    page = await batch(await console.visitor("c1"), "suspend", 1, 9, reason="等批复")
    first, second = re.findall(r"<strong>#\d</strong>(.*?)</span>", page)
    assert first.replace("#1", "#9") == second


async def test_a_leader_urges_many_and_hears_which_were_urged_already(
    console: Console, town: Town
) -> None:
    await town.reports()
    await town.reports("li", "电压不稳,设备老跳闸")
    assert "已催办 1 件" in await batch(await console.visitor("i1"), "urge", 1)
    page = await batch(await console.visitor("l1"), "urge", 1, 2, text="本周务必办结")
    assert "已催办 1 件" in page
    assert "刚催过" in page
    assert (await town.chain(2))[-1].words == "本周务必办结"


async def test_a_member_takes_no_step_on_many(console: Console, town: Town) -> None:
    await town.reports()
    browser = await console.visitor("zhang")
    sent = {"seal": await seal(browser), "step": "urge", "no": "1"}
    assert (await browser.post("/tickets/batch", data=sent)).status_code == 404
    assert await town.told("urge") == []


async def test_nothing_odd_in_a_batch_is_a_failure_of_ours(console: Console, town: Town) -> None:
    await town.reports()
    browser = await console.visitor("c1")
    assert "没有选中工单" in await batch(browser, "suspend")
    odd = [0, -1, 2**31, HUGE, "１", "\x00", "1.0", "x"]
    assert "没有选中工单" in await batch(browser, "suspend", *odd, reason="x")
    for step, fields in (
        ("suspend", {}), ("suspend", {"reason": " \x00"}), ("assign", {"unit": "没有的单位"}),
        ("extend", {"days": HUGE, "reason": "x"}), ("extend", {"days": "x", "reason": "x"}),
        ("transfer", {"unit": "长" * 100_000}), ("transfer", {"unit": "\ud800"}),
        ("accept", {}), ("resume", {}),
    ):  # fmt: skip
        clean = {key: of.encode("utf-8", "replace").decode() for key, of in fields.items()}
        assert "有 1 件没有办" in await batch(browser, step, 1, **clean), step
    mark = await seal(browser)
    for step in ("edit", "confirm", "look", "x"):
        sent = {"seal": mark, "step": step, "no": "1"}
        assert (await browser.post("/tickets/batch", data=sent)).status_code == 404
    assert (await browser.post("/tickets/batch", data={"seal": mark})).status_code == 303
    assert (await browser.post("/tickets/batch", data={"step": "suspend"})).status_code == 403
    assert (await browser.get("/tickets/batch/none")).status_code == 404
    assert [step for step, _ in await town.events(1)] == ["open", "assign"]


@pytest.mark.parametrize("member", ["a1", "zhang"])
async def test_who_can_do_nothing_with_many_chooses_none(shared: Console, member: str) -> None:
    page = (await (await shared.visitor(member)).get("/tickets")).text
    assert 'name="no"' not in page
    assert 'action="/tickets/batch"' not in page
