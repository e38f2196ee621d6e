"""LEDGER.xlsx: cells are text, and what is wrong is named with row and column."""

import warnings
import zipfile
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

from actions.deadlines import ZONE
from actions.intake import Fault, Row
from bot import intake
from bot.documents import Invalid

GOOD: dict[str, Any] = {"来源": "热线", "反映时间": "2026-11-20 09:30", "内容": "路灯坏了"}


def book(*rows: dict[str, Any], header: tuple[str, ...] | None = None, above: int = 0) -> bytes:
    names = header or tuple(column.header for column in intake.COLUMNS)
    made = openpyxl.Workbook()
    for _ in range(above):
        made.active.append(["2026年诉求台账"])
    made.active.append(names)
    for row in rows:
        made.active.append([row.get(name) for name in names])
    return saved(made)


def saved(made: Any) -> bytes:
    content = BytesIO()
    made.save(content)
    return content.getvalue()


def read(**cells: Any) -> Row:
    ledger = intake.parse(book({**GOOD, **cells}))
    assert ledger.faults == []
    return ledger.rows[0]


def faults(**cells: Any) -> list[Fault]:
    return intake.parse(book({**GOOD, **cells})).faults


def test_a_row_is_read_whole() -> None:
    row = read(
        编号="018", 企业="宏远机械", 联系人="李四", 联系电话="13812345678", 区县="天元", 群="g1",
        类型="咨询", 类别="税费", 地点="栗雨", 承办单位="市税务局", 紧急="否",
    )  # fmt: skip
    assert row == Row(
        number=2, own="018", source="hotline", at=datetime(2026, 11, 20, 9, 30, tzinfo=ZONE),
        enterprise="宏远机械", contact="李四 13812345678", district="天元", group="g1",
        kind="consult", category="tax", text="路灯坏了", address="栗雨", unit="市税务局",
        urgent=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "at", "timed"),
    [
        ("2026-11-20 09:30", "09:30", True),
        ("2026/11/20 9:30:15", "09:30:15", True),
        ("2026年11月20日9时30分", "09:30", True),
        ("2026年11月20日 9点", "09:00", True),
        ("２０２６-１１-２０", "00:00", False),
        ("2026.11.20", "00:00", False),
        (datetime.fromisoformat("2026-11-20T09:29:59.999999"), "09:30", True),
        (date(2026, 11, 20), "00:00", False),
    ],
)
def test_a_time_is_read_as_people_write_it(cell: Any, at: str, timed: bool) -> None:
    row = read(反映时间=cell)
    assert (row.at, row.timed) == (datetime.fromisoformat(f"2026-11-20T{at}+08:00"), timed)


@pytest.mark.parametrize(
    ("cells", "field", "value"),
    [
        ({"来源": "早餐会"}, "source", "breakfast_meeting"),
        ({"来源": "visit"}, "source", "visit"),
        ({"联系电话": 13812345678}, "contact", "13812345678"),
        ({"联系电话": 13812345678.0}, "contact", "13812345678"),
        ({"联系电话": "0731-2888 8888转5"}, "contact", "0731-2888 8888转5"),
        ({"紧急": True}, "urgent", True),
        ({"紧急": "紧急"}, "urgent", True),
        ({"紧急": None}, "urgent", None),
        ({"编号": 20260001}, "own", "20260001"),
        ({"企业": "  宏远\n机械 "}, "enterprise", "宏远 机械"),
        ({"内容": "第一行\n第二行"}, "text", "第一行\n第二行"),
        ({"类型": "涉纪线索"}, "kind", "misconduct"),
    ],
)
def test_a_cell_is_read_as_its_column_wants_it(
    cells: dict[str, Any], field: str, value: object
) -> None:
    assert getattr(read(**cells), field) == value


@pytest.mark.parametrize(
    "words",
    [
        '=HYPERLINK("http://evil.example","点我")',
        "=cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "+1+1",
        "<script>alert(1)</script>",
        "'; DROP TABLE tickets; --",
        "{{ 7 * 7 }}",
    ],
)
def test_a_formula_and_worse_is_text(words: str) -> None:
    row = read(内容=words, 企业=words)
    assert (row.text, row.enterprise) == (words, words)


def test_a_formula_of_many_cells_is_its_words() -> None:
    assert read(内容=ArrayFormula("K2", "=SUM(A1:A9)")).text == "=SUM(A1:A9)"


@pytest.mark.parametrize(
    ("cells", "column", "part"),
    [
        ({"来源": "微信"}, "来源", "早餐会、热线、走访"),
        ({"来源": None}, "来源", "空着"),
        ({"反映时间": "明天"}, "反映时间", "不是时间"),
        ({"反映时间": "2026-02-30"}, "反映时间", "没有"),
        ({"反映时间": "2026-11-20 25:00"}, "反映时间", "没有"),
        ({"反映时间": 46000.5}, "反映时间", "不是时间"),
        ({"反映时间": "=NOW()"}, "反映时间", "不是时间"),
        ({"内容": "   "}, "内容", "空着"),
        ({"内容": "长" * 5001}, "内容", "太长"),
        ({"企业": "长" * 201}, "企业", "太长"),
        ({"联系电话": "你好"}, "联系电话", "不像电话"),
        ({"类别": "唱歌"}, "类别", "没有“唱歌”"),
        ({"类型": "投诉"}, "类型", "诉求、咨询、涉纪线索"),
        ({"紧急": "也许"}, "紧急", "看不懂"),
    ],
)
def test_a_bad_cell_is_named(cells: dict[str, Any], column: str, part: str) -> None:
    (fault,) = faults(**cells)
    assert (fault.row, fault.column, part in fault.reason) == (2, column, True), fault.reason


def test_every_bad_cell_of_every_bad_row_is_named() -> None:
    bad = {**GOOD, "来源": "微信", "紧急": "也许"}
    found = intake.parse(book(GOOD, bad, GOOD, bad)).faults
    assert [(fault.row, fault.column) for fault in found] == [
        (3, "来源"), (3, "紧急"), (5, "来源"), (5, "紧急"),
    ]  # fmt: skip


def test_columns_may_stand_in_any_order_below_a_title() -> None:
    header = ("内容*", "反映时间(必填)", "来 源")
    content = book({"内容*": "路灯坏了", "反映时间(必填)": "2026-11-20", "来 源": "走访"},
                   header=header, above=2)  # fmt: skip
    (row,) = intake.parse(content).rows
    assert (row.number, row.source, row.text) == (4, "visit", "路灯坏了")


def test_empty_rows_are_passed_over() -> None:
    rows = intake.parse(book(GOOD, {}, {"企业": "  "}, GOOD)).rows
    assert [row.number for row in rows] == [2, 5]


def test_what_stands_beside_the_columns_is_not_lost_in_silence() -> None:
    made = openpyxl.load_workbook(BytesIO(book(GOOD)))
    made.active.cell(2, len(intake.COLUMNS) + 1, "请尽快")
    (fault,) = intake.parse(saved(made)).faults
    assert "请尽快" in fault.reason


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (("来源", "反映时间"), "没有表头"),
        (("来源", "内容"), "缺少“反映时间”列"),
        (("来源", "反映时间", "内容", "心情"), "没有名为“心情”的列"),
        (("来源", "反映时间", "内容", "内容"), "“内容”列有两个"),
    ],
)
def test_a_header_that_is_not_ours_is_refused(header: tuple[str, ...], part: str) -> None:
    with pytest.raises(Invalid, match=part):
        intake.parse(book(header=header))


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\xd0\xcf\x11\xe0" + b"\0" * 600])
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match=r"不是 \.xlsx 文件"):
        intake.parse(content)


def test_a_broken_workbook_is_refused() -> None:
    broken = BytesIO()
    with zipfile.ZipFile(broken, "w") as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(Invalid, match="文件损坏"):
        intake.parse(broken.getvalue())


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (intake.UNPACKED + 1))
    with pytest.raises(Invalid, match="展开后太大"):
        intake.parse(bomb.getvalue())


def test_entities_are_not_expanded() -> None:
    names = "abcdefghi"
    bomb = "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10 if before else "哈"}">'
        for before, name in zip(["", *names], names, strict=False)
    )
    content = BytesIO()
    with zipfile.ZipFile(BytesIO(book(GOOD))) as good, zipfile.ZipFile(content, "w") as packed:
        for part in good.infolist():
            text = good.read(part).decode().replace("路灯坏了", "&i;")
            if part.filename == "xl/sharedStrings.xml":
                text = text.replace("<sst", f"<!DOCTYPE sst [{bomb}]><sst")
            packed.writestr(part.filename, text)
    with pytest.raises(Invalid, match="文件损坏"):
        intake.parse(content.getvalue())


def test_a_ledger_too_long_is_refused() -> None:
    with pytest.raises(Invalid, match=f"超过 {intake.MOST} 行"):
        intake.parse(book(*[GOOD] * (intake.MOST + 1)))


def test_the_template_is_an_empty_ledger(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    intake.template(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert intake.read(path) == intake.Ledger([], [])


def test_the_template_explains_every_column(tmp_path: Path) -> None:
    intake.template(tmp_path / "x.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx")["填写说明"]
    explained = [row[0].value for row in sheet.iter_rows(min_row=2)]
    assert explained == [column.header for column in intake.COLUMNS]


def test_the_template_filled_with_its_examples_is_a_good_ledger(tmp_path: Path) -> None:
    intake.template(tmp_path / "x.xlsx")
    made = openpyxl.load_workbook(tmp_path / "x.xlsx")
    made["台账"].append([column.example for column in intake.COLUMNS])
    ledger = intake.parse(saved(made))
    assert (len(ledger.rows), ledger.faults) == (1, [])


def test_the_template_takes_the_place_of_no_file(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    path.write_text("mine", "utf-8")
    with pytest.raises(Invalid, match="已经存在"):
        intake.template(path)
    assert path.read_text("utf-8") == "mine"
