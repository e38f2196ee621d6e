"""The ledger as a spreadsheet: exactly what is filtered, masked, and nothing computed."""

import io

import pytest
from openpyxl import load_workbook

from bot.console import ledger_export
from storage.models import Ticket
from tests.bot.console.conftest import MASKED, PHONE, Console
from tests.bot.console.ledger_read import listed, sheet
from tests.fixtures.cast import REPORT, Town

pytestmark = pytest.mark.embedded


async def test_exactly_what_is_filtered_is_exported(shared: Console) -> None:
    for member in ("i1", "c1", "h1", "li", "visitor"):
        browser = await shared.visitor(member)
        for query in ("", "status=accepted", "q=停电", "sort=no", "figure=collected&group=g2"):
            rows = [row["编号"] for row in await sheet(browser, f"?{query}")]
            assert rows == await listed(browser, f"?{query}"), (member, query)


async def test_too_long_a_list_is_refused_and_not_cut_short(
    shared: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await shared.visitor("c1")
    monkeypatch.setattr(ledger_export, "MOST", 2)
    answer = await browser.get("/tickets/export.xlsx?sort=no")
    assert answer.status_code == 413
    assert 'href="/tickets?sort=no"' in answer.text
    assert len(await sheet(browser, "?unit=天元区城管局")) == 2


async def test_an_export_has_the_columns_of_a_ledger(shared: Console) -> None:
    (row,) = await sheet(await shared.visitor("c1"), "?q=1")
    wanted = {
        "编号": 1, "来源": "微信群", "企业": "湖南立方新能源科技有限公司", "区县": "天元区",
        "类型": "诉求",
        "类别": "道路交通", "内容": f"{REPORT},{PHONE}", "承办单位": "天元区城管局", "紧急": "否",
        "状态": "办理中",
    }  # fmt: skip
    assert {key: row[key] for key in wanted} == wanted
    assert str(row["反映时间"]) == "2023-04-03 09:00:00"


@pytest.mark.parametrize(("member", "reads"), [("c1", True), ("l1", False), ("zhang", False)])
async def test_phones_in_an_export_are_masked_by_role(
    console: Console, town: Town, member: str, reads: bool
) -> None:
    await town.reports("zhang", f"{REPORT},{PHONE}")
    async with town.database.transaction() as session:
        ticket = await session.get(Ticket, 1)
        assert ticket is not None
        ticket.contact, ticket.address = f"李四 {PHONE}", f"新马路 {PHONE}"
        session.add(ticket)
    (row,) = await sheet(await console.visitor(member))
    shown = PHONE if reads else MASKED
    assert (row["联系人"], row["联系电话"]) == ("李四", shown)
    assert row["地点"] == f"新马路 {shown}"
    assert row["内容"] == f"{REPORT},{shown}"


async def test_nothing_in_an_export_is_computed(console: Console, town: Town) -> None:
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "1e9", "0123456789012345678",
             "https://evil.example", "=HYPERLINK(\"x\")", "长" * 40_000, "a\x0bb"]  # fmt: skip
    for text in texts:
        await town.reports("zhang", text)
    answer = await (await console.visitor("c1")).get("/tickets/export.xlsx?sort=no")
    book = load_workbook(io.BytesIO(answer.content))
    cells = book.active
    assert cells is not None
    header = [cell.value for cell in cells[1]]
    column = [cells.cell(row, header.index("内容") + 1) for row in range(2, cells.max_row + 1)]
    assert {cell.data_type for cell in column} <= {"s", "inlineStr"}
    assert all(cell.hyperlink is None for cell in column)
    assert [bool(cell.quotePrefix) for cell in column[:4]] == [True] * 4
    assert str(column[7].value) == texts[7]
    assert len(str(column[10].value)) == 32_767
