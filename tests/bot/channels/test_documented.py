"""Each channel has a page for administrators, which names all that can be set."""

import pytest

from bot.channels import kinds
from bot.settings import Section
from tests.fixtures.rasa import ROOT

PAGES = ROOT / "docs" / "channels"
#: What is tried out needs no page.
TRIED = {"sandbox"}


def sections() -> list[tuple[str, str]]:
    """The channel's name and the variable of every setting of every channel."""
    found = []
    for section in Section.__subclasses__():
        module = section.__module__.split(".")
        if module[:2] == ["bot", "channels"]:
            found += [
                (module[2], f"MINGCHENG_{module[2]}_{field}".upper())
                for field in section.model_fields
            ]
    return found


kinds()  # so that all of them are there


@pytest.mark.parametrize("name", sorted(set(kinds()) - TRIED))
def test_a_channel_has_a_page_and_a_line_in_the_overview(name: str) -> None:
    assert (PAGES / f"{name}.md").is_file()
    assert f"({name}.md)" in (PAGES / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("channel", "variable"), sections())
def test_a_setting_stands_on_the_page_of_its_channel(channel: str, variable: str) -> None:
    assert f"`{variable}`" in (PAGES / f"{channel}.md").read_text(encoding="utf-8")
