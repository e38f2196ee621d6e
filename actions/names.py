"""The Chinese names of what the code calls by English ones: texts/zh_CN/names.yaml."""

from functools import cache
from pathlib import Path
from typing import cast

import yaml

TEXTS = Path(__file__).parent / "texts" / "zh_CN"


@cache
def names() -> dict[str, dict[str, str]]:
    """All of them: by what they name (status, category …), then by code."""
    text = (TEXTS / "names.yaml").read_text(encoding="utf-8")
    return cast("dict[str, dict[str, str]]", yaml.safe_load(text))


def name(of: str, code: str | None) -> str:
    """The Chinese name of a status, category, step …; a code without one stays as it is."""
    return names()[of].get(code or "", code or "")
