"""帮助: what one can say, in a few lines."""

import pytest

from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded


@pytest.mark.parametrize("who", ["zhang", "c1", "i1", "l1", "a1", "u7"])
async def test_who_reports_hears_how_to_report(town: Town, who: str) -> None:
    (answer,) = await town.says(who, "怎么用", "ask_help")
    assert "有问题直接在群里说就行" in answer


async def test_a_handler_hears_how_to_answer(town: Town) -> None:
    (answer,) = await town.says("h1", "怎么用", "ask_help")
    assert "——签收" in answer
