"""An evaluation of the parser as one page that needs nothing beside it; escaped by default."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from actions.names import name
from nlu.report import Report

TEMPLATES = Path(__file__).parent / "console" / "templates"


def page(report: Report) -> str:
    """The page, in Chinese: HTML with its style inside, and nothing to fetch."""
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    pages.globals["name"] = name
    pages.filters["share"] = lambda value: f"{value:.1%}"
    return pages.get_template("evaluation.html").render(report=report)
