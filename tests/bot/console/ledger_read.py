"""What a test reads off the pages of the ledger."""

import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
from openpyxl import load_workbook


async def listed(browser: httpx.AsyncClient, query: str = "") -> list[int]:
    """The numbers on a page of the ledger, as they stand there."""
    answer = await browser.get(f"/tickets{query}")
    assert answer.status_code == 200
    return numbers(answer.text)


def numbers(page: str) -> list[int]:
    """The numbers of the tickets in a table."""
    return [int(no) for no in re.findall(r'<td><a href="/tickets/(\d+)">', page)]


def links(page: str, text: str) -> Iterator[str]:
    """Where the links of this text lead to."""
    for address, inside in re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', page, re.DOTALL):
        if text in re.sub("<[^>]*>", "", inside):
            yield unescape(address)


async def sheet(browser: httpx.AsyncClient, query: str = "") -> list[dict[str, Any]]:
    """The rows of an export, by header."""
    answer = await browser.get(f"/tickets/export.xlsx{query}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment;")
    cells = load_workbook(io.BytesIO(answer.content)).active
    assert cells is not None
    for cell in (cell for row in cells.iter_rows() for cell in row):
        assert cell.data_type != "f"
    header, *rows = cells.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


HUGE = "9" * 30
