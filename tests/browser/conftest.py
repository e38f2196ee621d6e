"""The console in a real browser, on a real program with a real Rasa."""

import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.fixtures.cast import REPORT
from tests.fixtures.program import Program

#: What somebody takes instead of the password that was given.
OWN = "马家河大桥上有三只鸟"
GROUP = "制造名城-天元区-1群"
SPEAKER = "立方新能源-张三"
PHONE = {"width": 390, "height": 844}
#: In milliseconds; a model has to be loaded before the first answer.
PATIENCE = 120_000


class Site:
    """Where the console is, and who may come in; its pages' complaints are gathered."""

    def __init__(self, browser: Browser, url: str, login: str, password: str) -> None:
        """The console at `url`, and its first account."""
        self.browser, self.url, self.login, self.password = browser, url, login, password
        self.complaints: list[str] = []

    @asynccontextmanager
    async def page(self, **context: Any) -> AsyncIterator[Page]:
        """A page of a browser in which nobody is signed in."""
        opened = await self.browser.new_context(base_url=self.url, locale="zh-CN", **context)
        opened.set_default_timeout(15_000)
        page = await opened.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda told: self.complaints.append(told.text) if told.type == "error" else None,
        )
        yield page
        await opened.close()

    @asynccontextmanager
    async def window(self, **context: Any) -> AsyncIterator[Page]:
        """The window of the group, opened by somebody who has signed in."""
        async with self.page(**context) as page:
            await self.signs_in(page)
            await page.goto("/groups")
            await page.get_by_role("link", name=GROUP, exact=True).click()
            await page.wait_for_url("**/groups/g1")
            yield page

    async def signs_in(self, page: Page) -> None:
        """Sign in on the first page."""
        await page.goto("/")
        await page.get_by_label("用户名").fill(self.login)
        await page.get_by_label("密码").fill(self.password)
        await page.get_by_role("button", name="登录").click()
        await page.wait_for_url(f"{self.url}/")

    async def takes_a_password(self) -> None:
        """The first sign-in: the password that was given opens nothing but the way to another."""
        async with self.page() as page:
            await page.goto("/tickets")
            await page.get_by_label("用户名").fill(self.login)
            await page.get_by_label("密码").fill(self.password)
            await page.get_by_role("button", name="登录").click()
            await page.wait_for_url("**/account/password")
            for label in ("新密码", "再填一次新密码"):
                await page.get_by_label(label, exact=True).fill(OWN)
            await page.get_by_role("button", name="保存").click()
            await page.wait_for_url("**/account?done=password")
        self.password = OWN


async def says(page: Page, text: str) -> None:
    """Somebody of an enterprise says something in the window."""
    speaker = await page.get_by_role("option", name=SPEAKER).get_attribute("value")
    await page.get_by_label("以谁的身份").select_option(speaker)
    await page.get_by_label("说点什么").fill(text)
    await page.get_by_label("说点什么").press("Enter")


@pytest.fixture(scope="module")
def started(small_model: Path) -> Iterator[Program]:
    """A program of a fresh installation."""
    with tempfile.TemporaryDirectory(prefix="mingcheng-test-") as folder:
        Path(folder).chmod(0o711)
        program = Program(Path(folder) / "data", small_model)
        program.start("up", "--port", "0")
        program.waits_for("请用浏览器打开")
        yield program
        program.close()


@pytest_asyncio.fixture(scope="module")
async def site(started: Program, browser: Browser) -> Site:
    """The console of that program."""
    printed = started.printed()
    url = re.search(r"请用浏览器打开 (http://\S+)/", printed)
    account = re.search(r"用户名 (\S+),密码 (\S+)", printed)
    assert url is not None
    assert account is not None
    site = Site(browser, url[1], account[1], account[2])
    await site.takes_a_password()
    return site


@pytest_asyncio.fixture(scope="module")
async def told(site: Site) -> AsyncIterator[Page]:
    """The window in which the first report was told and answered, never loaded again."""
    async with site.window() as page:
        await page.evaluate("window.stayed = true")
        await says(page, REPORT)
        await expect(page.locator(".bubble.bot .said")).to_be_visible(timeout=PATIENCE)
        yield page
