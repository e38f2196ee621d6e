"""Articles of the register: written, tried, withdrawn, removed."""

import pytest
from sqlmodel import col

from storage.models import Article
from tests.bot.console.conftest import PHONE, Console
from tests.bot.console.register.sent import lines, rows, send
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded

HIGH = {
    "title": "高新技术企业认定条件", "body": f"注册一年以上,详询{PHONE}", "source": "科技局",
    "dated": "2023-03-01", "published": "yes",
}  # fmt: skip


async def test_an_article_is_written_tried_and_withdrawn(console: Console, town: Town) -> None:
    browser = await console.visitor("c1")
    assert (await send(browser, "/register/articles/new", **HIGH)).status_code == 303
    (row,) = await rows(console, Article)
    asked = "/register/articles?ask=高新技术企业认定条件"
    assert "机器人会直接用它答复" in (await browser.get(asked)).text
    shown = {**HIGH}
    del shown["published"]
    await send(browser, f"/register/articles/{row.id}", **shown)
    assert "没有沾边的文章" in (await browser.get(asked)).text
    assert [(was, became) for _, _, was, became in await lines(console, "article")][1:] == [
        ({"published": "yes"}, {"published": ""})
    ]


async def test_a_published_article_is_withdrawn_before_it_is_removed(
    console: Console, town: Town
) -> None:
    browser = await console.visitor("c1")
    await send(browser, "/register/articles/new", **HIGH)
    (row,) = await rows(console, Article)
    path = f"/register/articles/{row.id}"
    assert (await send(browser, f"{path}/remove", path)).status_code == 409
    await send(browser, path, **{**HIGH, "published": ""})
    assert (await send(browser, f"{path}/remove", path)).status_code == 303
    assert await rows(console, Article, col(Article.id) == row.id) == []


async def test_a_title_that_another_article_has_is_refused_in_its_own_form(
    console: Console, town: Town
) -> None:
    browser = await console.visitor("c1")
    for title in ("一", "二"):
        await send(browser, "/register/articles/new", **{**HIGH, "title": title})
    second = (await rows(console, Article, Article.title == "二"))[0]
    path = f"/register/articles/{second.id}"
    answer = await send(browser, path, **{**HIGH, "title": "一"})
    assert answer.status_code == 409
    assert f'action="{path}"' in answer.text
    assert "已经有同名或同编号的了" in answer.text


@pytest.mark.parametrize("dated", ["2023-02-30", "昨天", "99999-01-01"])
async def test_a_date_that_is_none_is_said(shared: Console, dated: str) -> None:
    fields = {**HIGH, "dated": dated}
    answer = await send(await shared.visitor("c1"), "/register/articles/new", **fields)
    assert answer.status_code == 422
    assert "请写成日期" in answer.text
