"""What holds for every page: nothing is markup that people wrote, nothing is a 500."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.channels.base import Incoming, Media, Quoted
from bot.console import bounds
from tests.bot.console.conftest import PASSWORD, Console, seal
from tests.fixtures.cast import REPORT, START, Town, reads

pytestmark = pytest.mark.embedded

MARKUP = "</div><script>alert(1)</script><b onclick='x'>\"&amp;"
PAGES = ("/groups", "/groups/g1", "/groups/g1/feed", "/tickets", "/tickets/1")
HUGE = "9" * 30


@pytest.mark.parametrize("path", PAGES)
async def test_what_people_write_is_never_markup(console: Console, town: Town, path: str) -> None:
    said = Incoming(
        kind="message", channel="sandbox", group="g1", id=MARKUP, at=START, sender=MARKUP,
        name=MARKUP, text=f"{REPORT}{MARKUP}", images=(Media(MARKUP, MARKUP),),
        quote=Quoted(MARKUP, MARKUP),
    )  # fmt: skip
    await town.hears(said, reads(said.text, "report_issue", category="traffic"))
    await town.hears(replace(said, id="again"), reads(said.text, "add_detail"))
    page = (await (await console.visitor("c1")).get(path)).text
    assert "<script>alert" not in page
    assert "<b onclick" not in page
    assert ("&lt;script&gt;alert(1)" in page) is (path != "/groups")


@pytest.mark.parametrize("field", ["next", "login"])
async def test_the_sign_in_repeats_nothing_as_markup(shared: Console, field: str) -> None:
    answer = await (await shared.stranger()).post("/signin", data={field: f'/"{MARKUP}'})
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/tickets/0", "/tickets/5", "/tickets/-1", "/tickets/one", "/tickets/１",
     "/tickets/1.0", "/groups/none", "/groups/none/feed", "/groups/none/live", "/static/none.css",
     "/static/%2e%2e/page.py", "/docs", "/openapi.json", f"/tickets/{HUGE}", "/groups/%00"],
)  # fmt: skip
async def test_what_is_not_there_is_a_page_that_says_so(shared: Console, path: str) -> None:
    answer = await (await shared.visitor("c1")).get(path)
    assert answer.status_code == 404
    assert "没有这一页" in answer.text


ODD = [
    f"/tickets?before={HUGE}", "/tickets?before=-1", "/tickets?before=0", "/tickets?before=",
    "/tickets?before=%00", "/tickets?before=1.5", "/tickets?before=1&before=2",
    "/tickets?status=%00", "/tickets?unit=%00", "/tickets?district=%00", "/tickets?district=%FF",
    "/tickets?status=x' OR 1=1 --", f"/tickets?unit={'长' * 101}",
    f"/tickets?district={'x' * 9999}",
    "/tickets?district=%F0%9F%92%A1", "/tickets?nothing=1", "/tickets?%00=%00", "/tickets?&&==",
    f"/tickets/{'9' * 5000}", "/tickets/%00", "/tickets/%FF", "/tickets/1%00",
    f"/groups/g1?before={HUGE}", "/groups/g1?before=-1", "/groups/g1?before=0",
    "/groups/g1?before=", "/groups/g1?before=%00", "/groups/g1?before=9223372036854775808",
    f"/groups/g1/feed?after={HUGE}", "/groups/g1/feed?after=-9223372036854775809",
    "/groups/g1/feed?after=x", "/groups/g1/feed?after=%00", "/groups/g1/feed?after=1e9",
    "/groups/%00", "/groups/%FF", "/groups/g1%00", f"/groups/{'g' * 9999}", "/groups/%2F%2F",
    "/groups/none/live", "/signin?next=%00", f"/signin?next=/{'x' * 9999}", "/static/%00",
    "/static/", "/static", f"/static/{'x' * 300}",
]  # fmt: skip


@pytest.mark.parametrize("path", ODD)
async def test_no_odd_address_is_a_failure_of_ours(shared: Console, path: str) -> None:
    answer = await (await shared.visitor("c1")).get(path)
    assert answer.status_code < 500


FORMS = [
    ("/signin", {"login": "\x00", "password": "\x00"}),
    ("/signin", {"login": "x" * 101, "password": "x"}),
    ("/signin", {"login": "a", "password": "x" * 201}),
    ("/signin", {}),
    ("/groups/g1/messages", {"speaker": "\x00", "text": "在吗"}),
    (
        "/groups/g1/messages",
        {"speaker": "zhang", "text": "\x00", "quote": "\x00", "id": "\x00"},
    ),
    ("/groups/g1/messages", {"speaker": "zhang", "text": "在吗", "quote": "post-" + HUGE}),
    ("/groups/g1/messages", {"speaker": "zhang", "text": "在吗", "id": "x" * 101}),
    ("/groups/g1/messages", {"speaker": "zhang", "text": "长" * 100_001}),
    ("/groups/%00/messages", {"speaker": "zhang", "text": "在吗"}),
    ("/groups/none/messages", {"speaker": "zhang", "text": "在吗"}),
    ("/groups/g1/messages", {}),
    ("/tickets/1", {}),
]


@pytest.mark.parametrize(("path", "fields"), FORMS)
async def test_no_odd_form_is_a_failure_of_ours(
    shared: Console, path: str, fields: dict[str, str]
) -> None:
    browser = await shared.visitor("c1")
    answer = await browser.post(path, data={"seal": await seal(browser), **fields})
    assert answer.status_code < 500


async def test_a_login_is_what_it_is_without_what_no_database_keeps(shared: Console) -> None:
    login = await shared.account("a1")
    asked = {"login": f"{login}\x00", "password": PASSWORD}
    answer = await (await shared.stranger()).post("/signin", data=asked)
    assert answer.status_code in {303, 401}


ALL = [
    "/", "/signin", "/nothing", "/health", "/static/base.css", "/static/chat.js", "/static/none",
    "/groups", "/groups/g1", "/groups/g1/feed", "/tickets", "/tickets/1", "/tickets/",
    "/in/webhook",
]  # fmt: skip


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("member", [None, "c1"])
async def test_every_answer_tells_the_browser_what_to_refuse(
    shared: Console, path: str, method: str, member: str | None
) -> None:
    browser = await (shared.visitor(member) if member else shared.stranger())
    headers = (await browser.request(method, path)).headers
    assert headers.get("x-content-type-options") == "nosniff"
    assert headers.get("referrer-policy") == "same-origin"
    policy = headers.get("content-security-policy", "")
    for part in ("default-src 'self'", "frame-ancestors 'none'", "object-src 'none'"):
        assert part in policy


async def test_pages_are_not_kept_by_the_browser_and_files_are_asked_about(
    shared: Console,
) -> None:
    browser = await shared.visitor("c1")
    assert (await browser.get("/tickets")).headers["cache-control"] == "no-store"
    assert (await browser.get("/static/base.css")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/signin", "/tickets/new", "/register/city", "/nowhere"])
async def test_what_is_too_large_is_not_read(shared: Console, path: str) -> None:
    browser = await shared.visitor("a1")
    answer = await browser.post(path, data={"text": "x" * bounds.LARGEST})
    assert answer.status_code == 413
    assert "太大了" in answer.text
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("length", ["x", "-1", "9" * 30])
async def test_a_length_that_is_none_is_refused(shared: Console, length: str) -> None:
    headers = {"content-length": length}
    answer = await (await shared.stranger()).post("/signin", content=b"", headers=headers)
    assert answer.status_code == 413


async def test_what_does_not_say_how_large_it_is_is_refused(shared: Console) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"login=x"

    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await (await shared.stranger()).post("/signin", content=parts(), headers=headers)
    assert answer.status_code == 413


async def test_a_seal_of_half_a_character_is_no_seal(shared: Console) -> None:
    part = 'Content-Disposition: form-data; name="seal"\r\n\r\n\\ud800'
    headers = {"content-type": "multipart/form-data; boundary=b; charset=unicode_escape"}
    answer = await (await shared.visitor("a1")).post(
        "/signout", content=f"--b\r\n{part}\r\n--b--\r\n".encode(), headers=headers
    )
    assert answer.status_code == 403
