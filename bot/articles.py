"""The articles of the knowledge base in a file; read whole or refused."""

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot import documents
from bot.documents import Invalid


class Article(BaseModel):
    """A piece of the knowledge base: what is asked, the answer, and where it stands."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: Annotated[str, Field(min_length=1, max_length=200)]
    body: Annotated[str, Field(min_length=1, max_length=20_000)]
    source: Annotated[str, Field(min_length=1, max_length=200)]
    date: Annotated[date, Field(strict=False)]


_articles: TypeAdapter[list[Article]] = TypeAdapter(Annotated[list[Article], Field(min_length=1)])


def read(path: Path) -> list[Article]:
    """The articles in a file; Invalid names the first line that is wrong, and why."""
    return parse(documents.contents(path), json=path.suffix.lower() == ".json")


def parse(content: bytes, *, json: bool) -> list[Article]:
    """The articles in a text: a list, in YAML or JSON."""
    text = documents.text(content)
    document = documents.load_json(text) if json else documents.load_yaml(text)
    if not isinstance(document.values, list):
        raise Invalid(1, "应是一份文章清单,每条有 title、body、source、date")
    found = document.read(_articles)
    seen: set[str] = set()
    for number, article in enumerate(found):
        if article.title in seen:
            raise Invalid(document.line([number, "title"]), f"题目“{article.title}”重复")
        seen.add(article.title)
    return found
