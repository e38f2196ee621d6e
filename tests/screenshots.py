"""A picture of every page, on a phone and on a desk, light and dark: `./mingcheng screenshots`.

Writes PNG files into a folder (default: screenshots/), named role-page-size-scheme.png.
"""

import argparse
import asyncio
from pathlib import Path

from playwright.async_api import Browser, async_playwright
from rich.progress import Progress

from tests import demo
from tests.fixtures.browser import ARGUMENTS, chromium

SIZES = {"phone": (390, 844), "desk": (1440, 900)}
SCHEMES = ("light", "dark")
#: Who looks at what; `{ticket}` is an open ticket of the role's, `{group}` a group.
PAGES: dict[str, tuple[str, ...]] = {
    "nobody": ("/signin", "/nothing"),
    "member": ("/", "/tickets", "/groups", "/account"),
    "handler": ("/", "/tickets", "/tickets/{ticket}", "/board"),
    "coordinator": (
        "/", "/tickets", "/tickets?overdue=1", "/tickets/new", "/tickets/{ticket}", "/reviews",
        "/board", "/groups", "/groups/g1", "/groups/g1?parse=1", "/register", "/notices",
    ),
    "inspector": ("/", "/reviews", "/confidential", "/tickets/{confidential}"),
    "leader": ("/", "/board", "/board?wall=1"),
    "admin": (
        "/", "/register", "/register/groups", "/register/members", "/register/units",
        "/register/routes", "/register/policies", "/register/calendar", "/register/articles",
        "/system", "/system/keys", "/system/hooks",
    ),
}  # fmt: skip


async def take(folder: Path) -> None:
    """All pictures, with a bar."""
    folder.mkdir(parents=True, exist_ok=True)
    async with demo.served() as (url, _), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        whole = sum(map(len, PAGES.values())) * len(SIZES) * len(SCHEMES)
        with Progress() as bar:
            task = bar.add_task("截图", total=whole)
            for size in SIZES:
                for scheme in SCHEMES:
                    for role, paths in PAGES.items():
                        await _of(browser, url, folder, role, paths, size, scheme)
                        bar.advance(task, len(paths))
        await browser.close()


async def _of(
    browser: Browser,
    url: str,
    folder: Path,
    role: str,
    paths: tuple[str, ...],
    size: str,
    scheme: str,
) -> None:
    width, height = SIZES[size]
    context = await browser.new_context(
        base_url=url, locale="zh-CN", color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
    )  # fmt: skip
    page = await context.new_page()
    places = {"ticket": "1", "confidential": "1"}
    if role != "nobody":
        await demo.signs_in(page, role)
        places = await demo.places(page)
    for path in paths:
        await page.goto(path.format(**places))
        await page.wait_for_load_state()
        name = (
            path.strip("/").replace("/", "-").translate(str.maketrans("?=&{}", "-----")) or "home"
        )
        await page.screenshot(path=folder / f"{role}-{name}-{size}-{scheme}.png", full_page=True)
    await context.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A picture of every page.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("screenshots"))
    asyncio.run(take(parser.parse_args().folder))
