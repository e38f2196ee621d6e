"""The working day of each who use the console, on a phone and on a desk, in a real browser."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests import demo
from tests.screenshots import SIZES

pytestmark = [pytest.mark.processes, pytest.mark.parametrize("size", SIZES)]


@asynccontextmanager
async def at_work(browser: Browser, url: str, role: str, size: str) -> AsyncIterator[Page]:
    """Somebody of this role, signed in; nothing may go wrong that nobody sees."""
    width, height = SIZES[size]
    context = await browser.new_context(
        base_url=url, locale="zh-CN", viewport={"width": width, "height": height},
        has_touch=size == "phone",
    )  # fmt: skip
    context.set_default_timeout(15_000)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    try:
        # a browser that hangs is a failure, and no reason to wait for it
        async with asyncio.timeout(180):
            await demo.signs_in(page, role)
            yield page
    finally:
        await asyncio.wait_for(context.close(), 30)
    assert complaints == []


async def opens(page: Page, part: str) -> None:
    """Go to a part of the console as people do: by the menu."""
    summary = page.locator("details.menu summary")
    if await summary.is_visible():
        await summary.click()
    await page.get_by_label("主导航").get_by_role("link", name=part, exact=True).click()
    await expect(page.get_by_label("主导航").locator("[aria-current]")).to_have_text(part)


async def takes(page: Page, step: str, button: str | None = None, **fields: str) -> None:
    """Open a step's form, fill it in, and send it."""
    form = page.locator("details.step").filter(
        has=page.locator("summary", has_text=re.compile(f"^{step}$"))
    )
    if await form.get_attribute("open") is None:
        await form.locator("summary").click()
    for name, value in fields.items():
        await form.locator(f"[name={name}]").first.fill(value)
    await form.get_by_role("button", name=button or step, exact=True).click()


async def first_ticket(page: Page, query: str) -> int:
    """The first ticket of a list of the ledger; its number."""
    await page.goto(f"/tickets?{query}")
    link = page.locator("main a[href^='/tickets/']").filter(has_text=re.compile("^#")).first
    href = await link.get_attribute("href")
    await page.goto(href or "")
    return int((href or "/0").rsplit("/", 1)[-1])


async def test_an_owner_sees_how_it_goes_and_says_that_it_is_solved(
    demo_url: str, browser: Browser, size: str
) -> None:
    async with at_work(browser, demo_url, "handler", size) as page:
        no = await first_ticket(page, "status=accepted&status=assigned")
        await takes(page, "办结", text="路灯已换新,昨晚全部亮了")
        await expect(page.locator("main")).to_contain_text("已办结待评价")
    async with at_work(browser, demo_url, "member", size) as page:
        await expect(page.locator("main")).to_contain_text(f"#{no}")
        await page.locator(f"main a[href='/tickets/{no}']").first.click()
        await expect(page.locator("main")).to_contain_text("路灯已换新")
        form = page.locator("#step-confirm")
        if await form.get_attribute("open") is None:
            await form.locator("summary").click()
        await form.get_by_label("满意", exact=True).check()
        await form.get_by_role("button").click()
        await expect(page.locator("h1")).to_contain_text("已销号")
        await expect(page.locator("main")).to_contain_text("满意")


async def test_a_handler_accepts_reports_and_answers_in_the_group(
    demo_url: str, browser: Browser, size: str
) -> None:
    async with at_work(browser, demo_url, "coordinator", size) as page:
        await page.goto("/tickets/new")
        await page.locator("[name=text]").fill(f"天元区黄山路井盖松动,{size}走访时看到")
        await page.locator("[name=category]").select_option("traffic")
        await page.locator("[name=district]").first.select_option("天元区")
        await page.get_by_role("button", name="登记").click()
        await expect(page.locator("h1")).to_contain_text("#")
        no = int(re.search(r"#(\d+)", await page.locator("h1").inner_text())[1])  # type: ignore[index]
    async with at_work(browser, demo_url, "handler", size) as page:
        await expect(page.locator("main")).to_contain_text(f"#{no}")
        await page.goto(f"/tickets/{no}")
        await takes(page, "签收", text="马上去看")
        await expect(page.locator("h1")).to_contain_text("办理中")
        await takes(page, "反馈进展", text="已围挡,明天换井盖")
        await expect(page.locator("main")).to_contain_text("已围挡,明天换井盖")
        await takes(page, "申请延期", reason="要等配件")
        await expect(page.locator("main")).to_contain_text("要等配件")
        # a handler's wish moves nothing by itself
        await expect(page.locator("h1")).to_contain_text("办理中")


async def test_a_coordinator_judges_with_the_keyboard_and_hands_over(
    demo_url: str, browser: Browser, size: str
) -> None:
    async with at_work(browser, demo_url, "coordinator", size) as page:
        await opens(page, "待审")
        rows = page.locator("li.review")
        before = await rows.count()
        assert before > 0
        await page.keyboard.press("d")
        await expect(rows).to_have_count(before - 1)
        await opens(page, "台账")
        await page.goto("/tickets?overdue=1")
        await expect(page.locator("main")).to_contain_text("超期")
        async with page.expect_download() as saving:
            await page.get_by_role("link", name=re.compile("导出")).click()
        assert (await saving.value).suggested_filename.endswith(".xlsx")
        no = await first_ticket(page, "status=accepted&overdue=1")
        await takes(page, "转办", unit="市住建局")
        await expect(page.locator("main")).to_contain_text("市住建局")
        await page.goto(f"/tickets/{no}")
        await takes(page, "在群里回复", "发到群里", text="已转市住建局,请放心")
        await expect(page.locator("main")).to_contain_text("已转市住建局,请放心")


async def test_an_inspector_trusts_the_record(demo_url: str, browser: Browser, size: str) -> None:
    async with at_work(browser, demo_url, "inspector", size) as page:
        await opens(page, "保密")
        await page.get_by_role("button", name="开始核对").click()
        await expect(page.locator("main")).to_contain_text("环环相扣", timeout=30_000)
        no = await first_ticket(page, "kind=misconduct")
        await page.goto("/confidential")
        await expect(page.locator("main")).to_contain_text(f"#{no}")
    async with at_work(browser, demo_url, "coordinator", size) as page:
        answer = await page.request.get(f"/tickets/{no}")
        assert answer.status == 404


async def test_a_leader_reads_the_figures_down_to_the_tickets(
    demo_url: str, browser: Browser, size: str
) -> None:
    async with at_work(browser, demo_url, "leader", size) as page:
        await opens(page, "看板")
        figure = page.locator("main a.count, main a:has(.count)").first
        number = int(re.sub(r"\D", "", await figure.inner_text()))
        await figure.click()
        await expect(page.locator("main")).to_contain_text(f"{number}件")


async def test_an_administrator_sets_the_city_up(
    demo_url: str, browser: Browser, size: str
) -> None:
    async with at_work(browser, demo_url, "admin", size) as page:
        await opens(page, "群与人")
        await page.goto("/register/routes")
        await page.get_by_role("textbox").first.fill("荷塘区仙庾岭停电了")
        await page.get_by_role("button", name="试一试").click()
        await expect(page.locator("main")).to_contain_text("株洲供电公司")
        await opens(page, "系统")
        await page.goto("/system/keys")
        await page.get_by_label("给哪个系统用").fill(f"热线平台-{size}")
        await page.get_by_role("checkbox").first.check()
        await page.get_by_role("button", name="建立密钥").click()
        await expect(page.locator("main")).to_contain_text(f"热线平台-{size}")


async def test_what_somebody_else_does_appears_by_itself(
    demo_url: str, browser: Browser, size: str
) -> None:
    async with at_work(browser, demo_url, "coordinator", size) as watching:
        no = await first_ticket(watching, "unit=天元区城管局&status=accepted&status=assigned")
        await watching.evaluate("window.stayed = true")
        async with httpx.AsyncClient(base_url=demo_url, timeout=30) as handler:
            signs = {"login": "handler", "password": demo.PASSWORD}
            assert (await handler.post("/signin", data=signs)).status_code == 303
            page = (await handler.get(f"/tickets/{no}")).text
            known = {
                name: found[1]
                if (found := re.search(rf'name="{name}" value="(\w+)"', page))
                else ""
                for name in ("seal", "seq")
            }
            told = {**known, "text": f"已派车,{size}看得到"}
            taken = await handler.post(f"/tickets/{no}/steps/progress", data=told)
            assert taken.status_code == 303
        await expect(watching.locator("main")).to_contain_text(
            f"已派车,{size}看得到", timeout=15_000
        )
        assert await watching.evaluate("window.stayed") is True
