"""The first minutes with the service, as somebody sees them who has only a browser."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, SPEAKER, Site, says
from tests.fixtures.cast import REPORT
from tests.fixtures.program import Program

pytestmark = pytest.mark.processes

PAGES = ("/groups", "/tickets", "/tickets/1", "/nothing")


async def test_the_answer_arrives_by_itself_with_number_unit_and_date(told: Page) -> None:
    answer = await told.locator(".bubble.bot .said").first.inner_text()
    assert re.match(r"@张三 已受理 #1\(\w+\),承办:天元区城管局,\d+月\d+日17:30前办结。", answer)
    assert await told.evaluate("window.stayed") is True


async def test_rasa_has_read_what_was_said_while_its_model_was_loading(
    told: Page, started: Program
) -> None:
    printed = started.printed()
    assert "模型已载入" in printed
    assert "parser away" not in printed


async def test_ones_own_words_stand_on_the_other_side(told: Page) -> None:
    mine = told.locator(".bubble.mine")
    await expect(mine.locator(".said").first).to_have_text(REPORT)
    await expect(mine.locator(".name").first).to_contain_text(SPEAKER)


async def test_the_ledger_and_the_ticket_show_it(told: Page, site: Site) -> None:
    async with site.window() as page:
        await page.get_by_role("link", name="台账", exact=True).click()
        await expect(page.get_by_role("row", name="#1")).to_contain_text("天元区城管局")
        await page.get_by_role("link", name="#1", exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("#1")
        await expect(page.locator(".timeline li")).to_contain_text(["登记", "交办"])
        await expect(page.locator(".said-list .said").first).to_have_text(REPORT)


async def test_what_is_said_arrives_in_every_open_window(told: Page, site: Site) -> None:
    async with site.window() as other:
        await expect(other.locator(".bubble.bot")).not_to_have_count(0)
        await says(told, "大家早上好")
        for page in (told, other):
            await expect(page.locator(".said", has_text="大家早上好")).to_be_visible()


async def test_a_quote_shows_what_it_answers(told: Page) -> None:
    await told.locator(".said", has_text=REPORT).first.click()
    await expect(told.locator("#quoting")).to_contain_text("引用:栗雨")
    await says(told, "多谢各位")
    said = told.locator(".bubble", has_text="多谢各位")
    await expect(said.locator("blockquote")).to_contain_text(f"{SPEAKER}:{REPORT}")
    await expect(told.locator("#quoting")).to_be_hidden()


WIDEST = """() => Math.max(document.documentElement.scrollWidth,
    ...[...document.querySelectorAll("main *, header *")].map((e) => e.getBoundingClientRect())
        .filter((box) => box.left >= 0).map((box) => Math.floor(box.right)))"""


@pytest.mark.parametrize("path", PAGES)
async def test_on_a_phone_no_page_is_wider_than_the_screen(
    told: Page, site: Site, path: str
) -> None:
    async with site.page(viewport=PHONE) as page:
        assert await _width(page, "/signin") <= PHONE["width"]
        await site.signs_in(page)
        assert await _width(page, path) <= PHONE["width"]


async def _width(page: Page, path: str) -> int:
    await page.goto(path)
    width: int = await page.evaluate(WIDEST)
    return width


async def test_on_a_phone_a_long_word_does_not_widen_the_window(told: Page, site: Site) -> None:
    async with site.window(viewport=PHONE) as page:
        await says(page, "x" * 300)
        await expect(page.locator(".said", has_text="x" * 300)).to_be_visible()
        assert await page.evaluate(WIDEST) <= PHONE["width"]


async def test_the_whole_story_needs_no_mouse(told: Page, site: Site) -> None:
    async with site.page() as page:
        await page.goto("/")
        await expect(page.get_by_label("用户名")).to_be_focused()
        await page.keyboard.type(site.login)
        await page.keyboard.press("Tab")
        await page.keyboard.type(site.password)
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{site.url}/")
        await _tabs_to(page, "nav a[href='/groups']")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/groups")
        await _tabs_to(page, "a[href='/groups/g1']")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/groups/g1")
        await _tabs_to(page, "#speaker")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowUp")
        await expect(page.locator("#speaker option:checked")).to_contain_text(SPEAKER)
        await _tabs_to(page, "#text")
        before = await page.locator(".bubble.bot").count()
        await page.keyboard.type(REPORT)
        await page.keyboard.press("Enter")
        await expect(page.locator(".bubble.bot")).to_have_count(before + 1)
        await _tabs_to(page, "nav a[href='/tickets']", "Shift+Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/tickets")
        await _tabs_to(page, "td a[href='/tickets/1']")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("#1")


async def _tabs_to(page: Page, there: str, key: str = "Tab") -> None:
    """Press a key until this has the focus."""
    for _ in range(80):
        await page.keyboard.press(key)
        if await page.evaluate("css => document.activeElement.matches(css)", there):
            return
    raise AssertionError(f"{key} never leads to {there}")


async def test_the_first_key_offers_to_skip_to_the_text(told: Page, site: Site) -> None:
    async with site.window() as page:
        await page.goto("/tickets")
        await page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="跳到正文")
        await expect(skip).to_be_focused()
        await expect(skip).to_be_in_viewport()


async def test_without_scripts_the_page_works_as_well(told: Page, site: Site) -> None:
    async with site.window(java_script_enabled=False) as page:
        speaker = await page.get_by_role("option", name=SPEAKER).get_attribute("value")
        await page.get_by_label("以谁的身份").select_option(speaker)
        await page.get_by_label("说点什么").fill("没有脚本也能说")
        await page.get_by_role("button", name="发送").click()
        said = page.locator(".said", has_text="没有脚本也能说")
        for _ in range(50):
            if await said.count():
                break
            await page.reload()
        await expect(said).to_be_visible()


async def test_a_wrong_password_is_told_and_can_be_tried_again(told: Page, site: Site) -> None:
    async with site.page() as page:
        await page.goto("/tickets/1")
        await page.get_by_label("用户名").fill(site.login)
        await page.get_by_label("密码").fill("wrong")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("用户名或密码不对")
        await expect(page.get_by_label("密码")).to_be_focused()
        await page.keyboard.type(site.password)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/tickets/1")


async def test_no_page_has_complained(told: Page, site: Site) -> None:
    async with site.window() as page:
        for path in PAGES:
            await page.goto(path)
        await page.go_back()
    # a page that is not there is one that was asked for here
    assert [line for line in site.complaints if "status of 40" not in line] == []
