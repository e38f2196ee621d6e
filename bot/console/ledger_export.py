"""A list as a spreadsheet: exactly the tickets that it shows, under the headers of the 台账.

Nothing in the file is computed: what people wrote is text, also where it begins like a formula.
The file is written beside the event loop, a part at a time, into a file without a name.
"""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Annotated

import xlsxwriter
from fastapi import APIRouter, Depends
from fastapi.responses import Response, StreamingResponse
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from actions.deadlines import ZONE
from actions.names import name
from actions.phones import masked
from bot.console.ledger_asked import Asked, Unknown
from bot.console.page import Enter, Missing, Visit
from bot.documents import UNWRITABLE
from storage import ledger, people
from storage.models import Ticket

router = APIRouter()

#: A list of more is refused: no spreadsheet program is at ease with it, and nothing is left out.
MOST = 200_000
#: As much as a cell holds.
CELL = 32_767
#: How a text begins that a program might compute, now or once it was saved as another file.
ACTS = tuple("=+-@\t\r")
#: Of a confidential ticket only its own page tells more: each look at it is an event.
SECRET = "涉纪线索,内容请到工单页查看"  # noqa: S105  # a sentence
PHONE = re.compile(r"[+\d][\d\s()+\-—/、,;转]{4,60}")
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHUNK = 1 << 18

Here = Annotated[Visit, Depends(Enter("tickets"))]
Cell = str | int | datetime | None


@dataclass(frozen=True, slots=True)
class Names:
    """What the rows name by id."""

    units: dict[int | None, str]
    groups: dict[str, str]


#: The columns in their order; the first ones as an import reads them: `bot.intake`.
COLUMNS: dict[str, Callable[[Ticket, Names], Cell]] = {
    "编号": lambda row, _: row.no,
    "来源": lambda row, _: name("source", row.source),
    "反映时间": lambda row, _: row.reported_at,
    "企业": lambda row, _: row.enterprise,
    "联系人": lambda row, _: _contact(row)[0],
    "联系电话": lambda row, _: _contact(row)[1],
    "区县": lambda row, _: row.district,
    "群": lambda row, names: names.groups.get(row.group_id or ""),
    "类型": lambda row, _: name("kind", row.kind),
    "类别": lambda row, _: name("category", row.category),
    "内容": lambda row, _: row.text,
    "地点": lambda row, _: row.address,
    "承办单位": lambda row, names: names.units.get(row.unit_id),
    "紧急": lambda row, _: "是" if row.urgent else "否",
    "协办单位": lambda row, _: "、".join(row.assisting),
    "状态": lambda row, _: name("status", row.status),
    "响应时限": lambda row, _: row.respond_by,
    "响应时间": lambda row, _: row.responded_at,
    "办结时限": lambda row, _: row.due_at,
    "办结时间": lambda row, _: row.resolved_at,
    "销号时间": lambda row, _: row.closed_at,
    "评价": lambda row, _: name("rating", row.rating),
    "重办次数": lambda row, _: row.reopened,
    "延期次数": lambda row, _: row.extended,
}
#: What a confidential ticket has of them.
OPEN = (
    "编号",
    "反映时间",
    "类型",
    "状态",
    "响应时限",
    "响应时间",
    "办结时限",
    "办结时间",
    "销号时间",
)
WIDE = {"内容": 60, "企业": 26, "地点": 26, "承办单位": 18, "群": 22, "编号": 9, "紧急": 6}


@router.get("/export.xlsx")
async def export(visit: Here) -> Response:
    """The list that the address asks for, as a workbook."""
    asked = Asked.read(visit.request.query_params.multi_items())
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it was sent
    try:
        whole = await _write(visit, asked, file)
    except BaseException:
        file.close()
        raise
    if not whole:
        file.close()
        return visit.show("ledger_export.html", 413, most=MOST, back=asked.query)
    day = visit.now.astimezone(ZONE).strftime("%Y%m%d")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''%E5%8F%B0%E8%B4%A6-{day}.xlsx"}
    return StreamingResponse(_sent(file), media_type=KIND, headers=headers)


async def _write(visit: Visit, asked: Asked, file: IO[bytes]) -> bool:
    """Whether the list was written: one that is too long is not."""
    async with visit.app.database.transaction() as session:
        units = {row.name: row.id for row in await people.units(session)}
        groups = {row.id: row.name for row in await people.groups(session)}
        try:
            wanted = asked.filter(visit.who, units, visit.now, phones=visit.phones)
        except Unknown as unknown:
            raise Missing from unknown
        if await ledger.longer(session, wanted, MOST):
            return False
        sheet = Sheet(file, Names({of: name_ for name_, of in units.items()}, groups), visit.phones)
        async for rows in ledger.every(session, wanted, asked.order, most=MOST):
            await asyncio.to_thread(sheet.write, rows)
    await asyncio.to_thread(sheet.close)
    return True


async def _sent(file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        file.seek(0)
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
    finally:
        file.close()


class Sheet:
    """A workbook of one sheet; what was written is on disk, not in memory."""

    def __init__(self, file: IO[bytes], names: Names, phones: bool) -> None:
        """With its header; phone numbers whole or masked."""
        self.names, self.phones, self.at = names, phones, 0
        self.book = xlsxwriter.Workbook(
            file,
            {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
             "strings_to_numbers": False},
        )  # fmt: skip
        self.time = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"})
        self.quoted = self.book.add_format({"quote_prefix": True, "valign": "top"})
        self.top = self.book.add_format({"valign": "top"})
        self.sheet: Worksheet = self.book.add_worksheet("台账")
        head = self.book.add_format({"bold": True, "bg_color": "#E9F0EC"})
        self.sheet.freeze_panes(1, 1)
        for column, header in enumerate(COLUMNS):
            self.sheet.set_column(column, column, WIDE.get(header, 16))
            self.sheet.write_string(0, column, header, head)

    def write(self, rows: Sequence[Ticket]) -> None:
        """Some more tickets."""
        for row in rows:
            self.at += 1
            for column, header in enumerate(COLUMNS):
                self._cell(column, self._value(row, header))

    def _value(self, row: Ticket, header: str) -> Cell:
        if row.confidential and header not in OPEN:
            return SECRET if header == "内容" else None
        return COLUMNS[header](row, self.names)

    def _cell(self, column: int, value: Cell) -> None:
        if isinstance(value, datetime):
            local = value.astimezone(ZONE).replace(tzinfo=None, microsecond=0)
            self.sheet.write_datetime(self.at, column, local, self.time)
        elif isinstance(value, int):
            self.sheet.write_number(self.at, column, value, self.top)
        elif value:
            text = plain(value if self.phones else masked(value))
            self.sheet.write_string(self.at, column, text, self._format(text))

    def _format(self, text: str) -> Format:
        return self.quoted if text.startswith(ACTS) else self.top

    def close(self) -> None:
        """Put the file together."""
        self.sheet.autofilter(0, 0, self.at, len(COLUMNS) - 1)
        self.book.close()


def plain(text: str) -> str:
    """As a cell can hold it."""
    return UNWRITABLE.sub("", text)[:CELL]


def _contact(row: Ticket) -> tuple[str | None, str | None]:
    """Name and phone of who told it, as they were put together when it was imported."""
    told, _, phone = (row.contact or "").rpartition(" ")
    if PHONE.fullmatch(phone):
        return told, phone
    return row.contact, None
