"""LEDGER.xlsx: what was told at breakfast meetings, by hotline or on visits, a row a report.

Cells are text, whatever they hold: nothing in the file is computed, opened or followed.
"""

import re
import unicodedata
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from actions.deadlines import ZONE
from actions.intake import Fault, Row
from actions.names import names
from bot import documents
from bot.documents import UNWRITABLE, Invalid

#: While a ledger is opened nobody else opens a ticket: half a minute for so many rows.
MOST = 2000
#: In bytes: of the file, and of what it unpacks to.
LARGEST, UNPACKED = 20 << 20, 200 << 20
#: Above the header there may stand a title.
TITLES = 10
#: No cell needs more characters than these.
LONG, SHORT = 5000, 200

SOURCES = ("breakfast_meeting", "hotline", "visit")
YES = ("是", "紧急", "√", "y", "yes", "true", "1")
NO = ("否", "一般", "不紧急", "×", "n", "no", "false", "0")
PHONE = re.compile(r"[+\d][\d\s()+\-—/、,;转]{4,60}")
TIME = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[\sT]*(\d{1,2})\s*[:时点]\s*(?:(\d{1,2})\s*分?)?(?::(\d{1,2})(?:\.\d+)?)?)?"
)


class Unfit(Exception):
    """A cell does not hold what its column asks for; says what is wrong."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the ledger: its header, how a cell is read, and what people are told of it."""

    header: str
    read: Callable[[str], dict[str, Any]]
    told: str
    example: str
    needed: bool = False
    choices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """All rows, as far as they could be read, and what is wrong with them."""

    rows: list[Row]
    faults: list[Fault]


# --- the columns --------------------------------------------------------------------------------


def _words(field: str, most: int = SHORT) -> Callable[[str], dict[str, Any]]:
    def read(text: str) -> dict[str, Any]:
        if len(text) > most:
            raise Unfit(f"太长,最多 {most} 个字")
        return {field: text if most == LONG else " ".join(text.split())}

    return read


def _choice(field: str, of: str, codes: Iterable[str]) -> Callable[[str], dict[str, Any]]:
    by_name = {names()[of][code]: code for code in codes} | {code: code for code in codes}

    def read(text: str) -> dict[str, Any]:
        if text not in by_name:
            raise Unfit(f"没有“{text[:20]}”,应是:{'、'.join(names()[of][code] for code in codes)}")
        return {field: by_name[text]}

    return read


def _time(text: str) -> dict[str, Any]:
    found = TIME.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        raise Unfit(f"“{text[:30]}”不是时间,请写成 2026-11-20 09:30")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        at = datetime(year, month, day, hour, minute, second, tzinfo=ZONE)
    except ValueError as error:
        raise Unfit(f"没有“{text[:30]}”这个时间,请核对") from error
    return {"at": at, "timed": found[4] is not None}


def _phone(text: str) -> dict[str, Any]:
    plain = unicodedata.normalize("NFKC", text)
    if not PHONE.fullmatch(plain):
        raise Unfit(f"“{text[:30]}”不像电话号码,请核对")
    return {"phone": plain}


def _yes(text: str) -> dict[str, Any]:
    if text.lower() not in YES + NO:
        raise Unfit(f"“{text[:20]}”看不懂,请写“是”或“否”,或者空着")
    return {"urgent": text.lower() in YES}


def _named(of: str, codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(names()[of][code] for code in codes)


COLUMNS = (
    Column("编号", _words("own"), "来源单位自己的编号;有编号的按编号认,改了内容也不会重复登记",
           "12345-20261120-018"),
    Column("来源", _choice("source", "source", SOURCES), "早餐会、热线或走访", "热线", needed=True,
           choices=_named("source", SOURCES)),
    Column("反映时间", _time, "企业反映的时间,时限从这里起算;紧急的要写到几点几分",
           "2026-11-20 09:30", needed=True),
    Column("企业", _words("enterprise"), "企业全称;与登记的一致时,企业可在群里确认",
           "株洲宏远机械有限公司"),
    Column("联系人", _words("contact"), "反映人姓名", "李四"),
    Column("联系电话", _phone, "手机或座机;不经手的人只看到掩码", "13800000000"),
    Column("区县", _words("district"), "区县名称或别名;空着时取群的区县", "天元区"),
    Column("群", _words("group"), "要在哪个群里跟进就写群名或群的 id;可空", "制造名城-天元区-1群"),
    Column("类型", _choice("kind", "kind", tuple(names()["kind"])), "空着就是诉求", "诉求",
           choices=tuple(names()["kind"].values())),
    Column("类别", _choice("category", "category", tuple(names()["category"])),
           "空着由专班判定", "道路交通", choices=tuple(names()["category"].values())),
    Column("内容", _words("text", LONG), "企业反映的原话", "栗雨工业园新马路的路灯坏了一周",
           needed=True),
    Column("地点", _words("address"), "可空", "栗雨工业园新马路"),
    Column("承办单位", _words("unit"), "单位名称或简称;空着按路由交办", ""),
    Column("紧急", _yes, "是或否;空着按内容判断", "否", choices=("是", "否")),
)  # fmt: skip
BY_HEADER = {column.header: column for column in COLUMNS}


# --- reading ------------------------------------------------------------------------------------


def read(path: Path) -> Ledger:
    """The ledger in a file; Invalid where it is none, or its header is not ours."""
    return parse(documents.contents(path, LARGEST))


def parse(content: bytes) -> Ledger:
    """The ledger in the bytes of a workbook: its first sheet."""
    lines = _lines(content)
    header: list[Column | None] = []
    rows: list[Row] = []
    faults: list[Fault] = []
    for number, texts in lines:
        if not header:
            header = _header(number, texts)
            continue
        if len(rows) == MOST:
            raise Invalid(number, f"超过 {MOST} 行,请分成几个文件导入")
        row, wrong = _row(number, header, texts)
        rows.append(row)
        faults.extend(wrong)
    if not header:
        raise Invalid(
            0, f"前 {TITLES} 行里没有表头;可用 ./mingcheng import --template 文件 生成模板"
        )
    return Ledger(rows, faults)


def _lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet that are not empty, each with its number."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > UNPACKED:
                raise Invalid(0, "文件展开后太大,请另存一份只留台账的")
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Invalid(0, "不是 .xlsx 文件;旧格式请在 Excel 或 WPS 里另存为 .xlsx") from error
    try:
        with warnings.catch_warnings():  # of styles and rules, which are nothing to us
            warnings.simplefilter("ignore")
            book = load_workbook(BytesIO(content), read_only=True, data_only=False)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            lines = [
                (number, [_text(cell) for cell in cells])
                for number, cells in enumerate(sheet.iter_rows(max_col=len(COLUMNS) + 40), 1)
                if any(cell.value is not None for cell in cells)
            ]
            book.close()
    except Exception as error:  # whatever a broken file makes of the library
        raise Invalid(0, f"文件损坏,读不出来({type(error).__name__});请重新另存一份") from error
    return iter([(number, texts) for number, texts in lines if any(texts)])


def _text(cell: Any) -> str:
    """What stands in a cell, as text: a formula is its own words, a date is written out."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        nearest = value.replace(tzinfo=None) + timedelta(microseconds=500_000)
        whole = nearest.replace(microsecond=0)
        dated = whole.time() == datetime.min.time()
        return whole.strftime("%Y-%m-%d") if dated else whole.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    formula = getattr(value, "text", None)  # of several cells together
    return UNWRITABLE.sub("", str(formula if isinstance(formula, str) else value)).strip()


def _header(number: int, texts: Sequence[str]) -> list[Column | None]:
    """The columns in their order; nothing where this is a line of title."""
    plain = [unicodedata.normalize("NFKC", text) for text in texts]
    found = [re.sub(r"\(.*\)|[\s*]", "", text) for text in plain]
    if "内容" not in found:
        if number >= TITLES:
            raise Invalid(number, "没有表头:要有一行写着“来源、反映时间、内容”等列名")
        return []
    for header in found:
        if header and header not in BY_HEADER:
            known = "、".join(BY_HEADER)
            raise Invalid(number, f"没有名为“{header[:20]}”的列;可用的列:{known}")
        if header and found.count(header) > 1:
            raise Invalid(number, f"“{header}”列有两个,请删去一个")
    for column in COLUMNS:
        if column.needed and column.header not in found:
            raise Invalid(number, f"缺少“{column.header}”列")
    return [BY_HEADER.get(header) for header in found]


def _row(
    number: int, header: Sequence[Column | None], texts: Sequence[str]
) -> tuple[Row, list[Fault]]:
    fields: dict[str, Any] = {"text": ""}
    faults: list[Fault] = []
    for at in range(max(len(header), len(texts))):
        column = header[at] if at < len(header) else None
        text = texts[at] if at < len(texts) else ""
        if column is None:
            if text:
                faults.append(
                    Fault(number, "", f"表头以外的一列写着“{text[:20]}”,请移到有列名的格里")
                )
        elif text:
            try:
                fields |= column.read(text)
            except Unfit as unfit:
                faults.append(Fault(number, column.header, str(unfit)))
        elif column.needed:
            faults.append(Fault(number, column.header, "空着,请补上"))
    phone = fields.pop("phone", None)
    if phone:
        fields["contact"] = f"{fields.get('contact', '')} {phone}".strip()
    return Row(number=number, **fields), faults


# --- the template -------------------------------------------------------------------------------


def template(path: Path) -> None:
    """Write an empty ledger with all columns, and a sheet that explains them."""
    book = Workbook()
    sheet = book.active
    sheet.title = "台账"
    sheet.freeze_panes = "A2"
    for number, column in enumerate(COLUMNS, 1):
        letter = get_column_letter(number)
        cell = sheet.cell(1, number, column.header + ("*" if column.needed else ""))
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DCE6F1")
        sheet.column_dimensions[letter].width = 44 if column.header == "内容" else 18
        sheet.column_dimensions[letter].number_format = "@"  # a phone stays a phone
        if column.choices:
            listed = DataValidation(type="list", formula1=f'"{",".join(column.choices)}"')
            sheet.add_data_validation(listed)
            listed.add(f"{letter}2:{letter}{MOST + 1}")
    _explained(book.create_sheet("填写说明"))
    try:
        with path.open("xb") as file:
            book.save(file)
    except FileExistsError as error:
        raise Invalid(0, f"{path} 已经存在,请换一个文件名") from error
    except OSError as error:
        raise Invalid(0, f"无法写入 {path}:{error.strerror}") from error


def _explained(sheet: Any) -> None:
    rows = [("列", "必填", "说明", "例")]
    rows += [
        (column.header, "是" if column.needed else "", column.told, column.example)
        for column in COLUMNS
    ]
    for cells in rows:
        sheet.append(cells)
    for letter, width in zip("ABCD", (12, 8, 60, 40), strict=True):
        sheet.column_dimensions[letter].width = width
    for row in sheet.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=cell.row == 1)
