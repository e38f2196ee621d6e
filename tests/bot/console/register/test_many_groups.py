"""A city has thousands of groups: they are listed page by page, and found by their names."""

import re

import pytest

from storage.models import Group
from tests.bot.console.conftest import Console
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded


def listed(page: str) -> list[str]:
    """The ids of the groups in the table."""
    found: list[str] = re.findall(r'<td[^>]*><a href="/register/groups/(\w+)">', page)
    return found


async def test_each_group_stands_on_one_page(console: Console, town: Town) -> None:
    async with town.database.transaction() as session:
        for number in range(230):
            session.add(Group(id=f"q{number:03}", name=f"芦淞{number:03}群", district="芦淞区"))
    browser = await console.visitor("a1")
    pages, address = [], "/register/groups"
    while address:
        page = (await browser.get(address)).text
        pages.append(listed(page))
        found = re.search(r'href="(\?[^"]*after=\d+)">下一页', page)
        address = f"/register/groups{found[1]}".replace("&amp;", "&") if found else ""
    assert [len(page) for page in pages] == [100, 100, 33]
    assert len({group for page in pages for group in page}) == 233
    assert listed((await browser.get("/register/groups?q=芦淞229群")).text) == ["q229"]
    assert listed((await browser.get("/register/groups?q=芦淞 22")).text)[0] == "q022"
    assert listed((await browser.get("/register/groups?q=q007")).text) == ["q007"]
    assert "没有" in (await browser.get("/register/groups?q=不存在的群")).text
    assert listed((await browser.get("/register/groups?after=999")).text) == []


@pytest.mark.parametrize("query", ["after=-1", "after=x", f"after={9**30}", "q=" + "长" * 101])
async def test_nothing_odd_in_an_address_is_a_failure_of_ours(shared: Console, query: str) -> None:
    browser = await shared.visitor("a1")
    assert (await browser.get(f"/register/groups?{query}")).status_code in {200, 400, 404, 422}
