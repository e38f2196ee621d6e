"""系统: keys and hooks, made and ended by administrators."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlmodel import col, select

from bot.app import App
from storage import changes, hooks, keys
from storage.models import Delivery
from tests.bot.console.conftest import Console, seal
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded

PAGES = ("/system/keys", "/system/hooks")
URL = "https://example.com/in/secret-path"


async def sends(browser: httpx.AsyncClient, path: str, **fields: object) -> httpx.Response:
    return await browser.post(path, data={"seal": await seal(browser), **fields})


async def noted(app: App) -> list[tuple[str, str, str, object, object]]:
    async with app.database.transaction() as session:
        rows = await changes.page(session, what=("key", "hook"))
    return [(row.by, row.what, row.of, row.was, row.became) for row in rows]


async def made(app: App, *steps: str, url: str = URL) -> int:
    async with app.database.transaction() as session:
        hook = await hooks.make(session, url=url, steps=steps, by="a1", now=app.now())
    return hook.id or 0


@pytest.mark.parametrize("path", [*PAGES, "/system/hooks/1"])
@pytest.mark.parametrize("member", ["zhang", "h1", "c1", "i1", "l1"])
async def test_they_are_for_administrators(shared: Console, path: str, member: str) -> None:
    assert (await (await shared.visitor(member)).get(path)).status_code == 403


@pytest.mark.parametrize("path", PAGES)
async def test_an_empty_page_says_what_to_do(shared: Console, path: str) -> None:
    page = (await (await shared.visitor("a1")).get(path)).text
    assert "先在下面" in page


async def test_a_key_is_shown_once_and_opens_the_api(console: Console) -> None:
    browser = await console.visitor("a1")
    answer = await sends(
        browser, "/system/keys", called=" 12345  热线 ", scopes=["groups:read", "none"]
    )
    assert answer.status_code == 200
    found = re.search(r"mc1_[A-Za-z0-9_-]{43}", answer.text)
    assert found is not None
    stranger = await console.stranger()
    headers = {"Authorization": f"Bearer {found[0]}"}
    assert (await stranger.get("/api/v1/groups", headers=headers)).status_code == 200
    assert (await stranger.get("/api/v1/events", headers=headers)).status_code == 403
    page = (await browser.get("/system/keys")).text
    assert found[0] not in page
    for told in ("12345 热线", "mc1_…", "读群和单位"):
        assert told in page
    assert await noted(console.app) == [("a1", "key", "12345 热线 mc1_", None, "读群和单位")]
    assert (await sends(browser, "/system/keys/1/end")).status_code == 303
    assert (await stranger.get("/api/v1/groups", headers=headers)).status_code == 401
    assert "停用</span>" in (await browser.get("/system/keys")).text
    await sends(browser, "/system/keys/1/end")  # sent twice
    assert [row[3:] for row in await noted(console.app)] == [
        ("读群和单位", "停用"), (None, "读群和单位")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "why"),
    [({"called": "", "scopes": "tickets:read"}, "请写明"), ({"called": "热线"}, "至少选一项"),
     ({"called": "热线", "scopes": "none"}, "至少选一项"), ({"called": "\x00 "}, "请写明"),
     ({"called": "长" * 100_000, "scopes": "tickets:read"}, "请写明")],
)  # fmt: skip
async def test_a_key_needs_a_name_and_a_scope(
    console: Console, fields: dict[str, str], why: str
) -> None:
    answer = await sends(await console.visitor("a1"), "/system/keys", **fields)
    assert answer.status_code == 400
    assert why in answer.text
    assert 'role="alert"' in answer.text
    async with console.app.database.transaction() as session:
        assert await keys.every(session) == []


async def test_names_are_never_markup(console: Console) -> None:
    browser = await console.visitor("a1")
    answer = await sends(
        browser, "/system/keys", called="<script>x</script>", scopes="tickets:read"
    )
    for page in (answer.text, (await browser.get("/system/keys")).text):
        assert "<script>x" not in page
        assert "&lt;script&gt;x" in page


async def test_a_hook_is_made_its_secret_shown_once_and_its_path_noted_nowhere(
    console: Console,
) -> None:
    browser = await console.visitor("a1")
    answer = await sends(
        browser, "/system/hooks", url=f" {URL} ", steps=["resolve", "look", "none"]
    )
    assert answer.status_code == 200
    async with console.app.database.transaction() as session:
        (hook,) = await hooks.every(session)
    assert (hook.url, hook.steps) == (URL, ["resolve"])
    assert hook.secret in answer.text
    for path in ("/system/hooks", "/system/hooks/1"):
        page = (await browser.get(path)).text
        assert hook.secret not in page
        assert "办结" in page
    assert "secret-path" not in (await browser.get("/system/hooks")).text
    assert await noted(console.app) == [("a1", "hook", "example.com #1", None, "办结")]
    assert (await sends(browser, "/system/hooks/1/end")).status_code == 303
    assert "停用</span>" in (await browser.get("/system/hooks")).text
    assert (await noted(console.app))[0][3:] == ("办结", "停用")


@pytest.mark.parametrize(
    ("url", "why"),
    [("http://example.com/in", "要用 https"), ("https://127.0.0.1/in", "本网内"),
     ("https://169.254.169.254/", "本网内"), ("example.com", "这不是可以推送的地址"),
     ("https://u:p@example.com/", "这不是可以推送的地址"), ("", "这不是可以推送的地址"),
     ("https://example.com/\x00", None), ("https://x/" + "x" * 100_000, "这不是可以推送的地址"),
     ("https://example.com/\ud800".encode("utf-8", "replace").decode(), None)],
)  # fmt: skip
async def test_an_address_that_is_never_called_is_refused_and_kept_to_be_mended(
    console: Console, url: str, why: str | None
) -> None:
    answer = await sends(await console.visitor("a1"), "/system/hooks", url=url)
    if why is None:
        assert answer.status_code < 500
        return
    assert answer.status_code == 400
    assert why in answer.text
    assert f'value="{url[:500]}' in answer.text
    async with console.app.database.transaction() as session:
        assert await hooks.every(session) == []


async def test_the_log_says_what_came_of_each_and_lets_it_be_sent_again(
    console: Console, town: Town
) -> None:
    number = await made(console.app)
    await town.reports()
    async with console.app.database.transaction() as session:
        await hooks.hand_over(session, town.now)
        (told,) = await hooks.claim(session, town.now, 1)
        await hooks.settle(
            session, told.delivery, status="given_up", next_at=town.now, code=502, error="status"
        )
    browser = await console.visitor("a1")
    page = (await browser.get(f"/system/hooks/{number}")).text
    for text in ("已放弃", "对方没有收下(HTTP 502)", "排队", "登记", "交办", 'href="/tickets/1"'):
        assert text in page
    assert "放弃 1 条" in (await browser.get("/system/hooks")).text
    answer = await sends(browser, f"/system/hooks/{number}/again", delivery=told.delivery.id)
    assert answer.status_code == 303
    async with console.app.database.transaction() as session:
        rows = await session.exec(select(Delivery).order_by(col(Delivery.id)))
        first = rows.all()[0]
    assert first.status == "waiting"
    assert abs(first.next_at - console.app.now()) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "path",
    ["/system/hooks/0", "/system/hooks/99", "/system/hooks/x", f"/system/hooks/{'9' * 30}",
     "/system/hooks/%00"],
)  # fmt: skip
async def test_what_is_not_there_is_a_page_that_says_so(shared: Console, path: str) -> None:
    assert (await (await shared.visitor("a1")).get(path)).status_code == 404


@pytest.mark.parametrize(
    "path", ["/system/keys", "/system/keys/1/end", "/system/hooks", "/system/hooks/1/end",
             "/system/hooks/1/again"],
)  # fmt: skip
async def test_no_other_site_and_nobody_else_sends_a_form(shared: Console, path: str) -> None:
    admin = await shared.visitor("a1")
    assert (await admin.post(path, data={"seal": "x"})).status_code == 403
    other = await shared.visitor("c1")
    assert (await sends(other, path)).status_code == 403
