"""What a test reads off the page of a ticket, and sends from it."""

import re
from collections.abc import Mapping

import httpx

SCRIPT = "<script>alert(1)</script>"


async def shown(browser: httpx.AsyncClient, no: int = 1) -> str:
    answer = await browser.get(f"/tickets/{no}")
    assert answer.status_code == 200
    return answer.text


def offered(page: str) -> list[str]:
    """The steps that a page has a form for, as they are called there."""
    found = re.findall(r'<details class="step"[^>]*>\s*<summary>([^<]+)</summary>\s*<form', page)
    return [str(name) for name in found]


async def sends(
    browser: httpx.AsyncClient, path: str, fields: Mapping[str, str | list[str]], no: int = 1
) -> httpx.Response:
    """Send a form of a ticket's page as it stands there now."""
    page = (await browser.get(f"/tickets/{no}")).text
    known = {
        name: found[1] if (found := re.search(rf'name="{name}" value="(\w+)"', page)) else ""
        for name in ("seal", "seq")
    }
    return await browser.post(f"/tickets/{no}/{path}", data={**known, **fields})
