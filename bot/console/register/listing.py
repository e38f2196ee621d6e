"""The one list of the register: columns, rows of cells, and what narrows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.responses import Response

from bot.console.page import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in one place of a list.

    Args:
        text: what people read.
        href: where it leads.
        note: more of it, small.
        chip: the look of a chip where it is one.
        number: whether it is a number.
        personal: whether phone numbers in it are masked.

    """

    text: str
    href: str = ""
    note: str = ""
    chip: str | None = None
    number: bool = False
    personal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrow:
    """A field that narrows a list: words, or one of these."""

    name: str
    label: str
    value: str
    choices: Sequence[tuple[str, str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list as it is shown.

    Args:
        what: which sort of records; its words stand under this name in `register/words.html`.
        path: where it is; `new` below it makes another one.
        columns: their names.
        rows: of the columns each a cell; the first one leads to the record.
        narrows: what narrows it.
        further: the query of the next page.
        may: whether this person may make one.
        live: whether it changes under the reader's eyes.
        more: a template that stands before the list, and what it is told.

    """

    what: str
    path: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    narrows: Sequence[Narrow] = ()
    further: str = ""
    may: bool = False
    live: bool = False
    more: tuple[str, dict[str, Any]] | None = None


def show(visit: Visit, listing: Listing) -> Response:
    """The page of a list."""
    return visit.show(
        "register/list.html", listing=listing, here="register", tab=listing.what,
        removed="removed" in visit.request.query_params,
    )  # fmt: skip
