"""What comes from outside: no odd address, question, form or name is a failure of the register."""

import pytest

from tests.bot.console.conftest import Console
from tests.bot.console.register.sent import hidden, send
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded

MARKUP = "<script>alert(1)</script>"

ODD = [
    "units/0", "units/-1", "units/one", "units/９", f"units/{'9' * 30}", "units/%00",
    "members/none", "groups/none", "groups/%00", "districts/none", "articles/99999",
    "policies/none", "policies/__class__", "calendar/2023-02-30", "calendar/20230405",
    "calendar/none", "calendar/9999-12-31", "accounts/none", "accounts/%00",
    "routes/edit?category=none", "routes/edit", "routes/edit?category=traffic&district=none",
    "accounts/new?member=99999", "accounts/new", f"accounts/new?member={'9' * 30}",
    f"members?after={2**63}", "members?after=-1", "changes?before=0", f"changes?before={2**63}",
    "calendar?year=99999", "calendar?year=x",
]  # fmt: skip


@pytest.mark.parametrize("path", ODD)
async def test_what_is_not_there_is_not_found(shared: Console, path: str) -> None:
    assert (await (await shared.visitor("a1")).get(f"/register/{path}")).status_code == 404


ASKED = [
    "members?q=%00&role=%00&unit=%00", "members?q=%FF", "groups?state=%00", "changes?what=%00",
    "articles?q=%00&state=x&ask=%00", "routes?q=%00&category=%00&district=%00", "routes?q=%FF",
    "members?q=_%25\\", f"routes?q={'长' * 2000}", "calendar?year=1", "calendar?year=9998",
]  # fmt: skip


@pytest.mark.parametrize("path", ASKED)
async def test_no_odd_question_is_a_failure_of_ours(shared: Console, path: str) -> None:
    assert (await (await shared.visitor("a1")).get(f"/register/{path}")).status_code == 200


SENT = [
    "units/new", "members/new", "groups/new", "districts/new", "articles/new", "units/1",
    "members/1", "policies/silence_days", "policies/close_of_business", "calendar/2023-04-06",
    "calendar/notice", "city", "routes/edit?category=traffic", "accounts/new?member=1",
]  # fmt: skip
NAMES = (
    "name", "aliases", "head", "role", "unit", "enterprise", "channel", "external_id", "id",
    "district", "title", "body", "source", "dated", "value", "working", "why", "text", "login",
    "saw", "agreed",
)  # fmt: skip


@pytest.mark.parametrize("value", ["\x00", "长" * 100_000, str(2**63), "\udcff", "٣", "１:3０"])
@pytest.mark.parametrize("path", SENT)
async def test_no_odd_form_is_a_failure_of_ours(shared: Console, path: str, value: str) -> None:
    browser = await shared.visitor("a1")
    seal = hidden((await browser.get("/groups")).text, "seal")
    sent = value.encode("utf-8", "surrogateescape")
    answer = await browser.post(
        f"/register/{path}", data={"seal": seal.encode(), **dict.fromkeys(NAMES, sent)}
    )
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("path", ["units", "units/new", "changes"])
async def test_what_people_write_is_never_markup(console: Console, town: Town, path: str) -> None:
    browser = await console.visitor("a1")
    await send(browser, "/register/units/new", name=MARKUP, aliases=f"{MARKUP}2")
    assert (MARKUP in (await browser.get(f"/register/{path}")).text) is False
    answer = await send(browser, "/register/units/new", name=MARKUP)
    assert MARKUP not in answer.text
