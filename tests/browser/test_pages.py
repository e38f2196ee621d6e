"""Every page, as each role, on a phone and on a desk: accessible, quiet, and all from this host."""

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests import demo
from tests.screenshots import PAGES, SIZES

pytestmark = pytest.mark.processes

SERIOUS = {"serious", "critical"}


class Looked:
    """What a page did that nobody sees."""

    def __init__(self, page: Page, url: str) -> None:
        """Listen to this page of the console at `url`."""
        self.complaints: list[str] = []
        self.strangers: set[str] = set()
        host = urlsplit(url).netloc
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda told: (
                self.complaints.append(f"{page.url}: {told.text}")
                if told.type in {"error", "warning"} and "404" not in told.text
                else None
            ),
        )
        page.on(
            "request",
            lambda asked: (
                None if urlsplit(asked.url).netloc in {host, ""} else self.strangers.add(asked.url)
            ),
        )


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("desk", "dark")])
@pytest.mark.parametrize("role", PAGES)
async def test_the_pages_of_each_role(
    demo_url: str, browser: Browser, role: str, size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    context = await browser.new_context(
        base_url=demo_url, locale="zh-CN", color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
    )  # fmt: skip
    page = await context.new_page()
    places = {}
    if role != "nobody":
        await demo.signs_in(page, role)
        places = await demo.places(page)
    looked = Looked(page, demo_url)
    faults: list[str] = []
    for path in PAGES[role]:
        answer = await page.goto(path.format(**places))
        assert answer is not None
        await page.wait_for_load_state()
        if answer.status != (404 if path == "/nothing" else 200):
            faults.append(f"{path}: {answer.status}")
        wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            faults.append(f"{path}: {wide} px too wide")
        found = await Axe().run(page)
        faults += [
            f"{path}: {fault['id']} {[node['html'][:160] for node in fault['nodes'][:3]]}"
            for fault in found.response["violations"]
            if fault["impact"] in SERIOUS
        ]
    await context.close()
    assert (faults, looked.complaints, looked.strangers) == ([], [], set())
