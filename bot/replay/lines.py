"""EVENTS.jsonl, read and checked whole before anything is done."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from actions.args import Opening, known, shaped
from actions.base import Refused
from bot.channels.base import Id, Words
from bot.documents import Invalid
from nlu.parse import Parse


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Image(_Strict):
    """A picture; its bytes are elsewhere."""

    id: Words
    name: Words | None = None
    sha256: Words | None = None


class Quote(_Strict):
    """A quoted message that has no id: who said what."""

    sender: Words
    text: Words


At = Annotated[AwareDatetime, Field(strict=False)]


class MessageLine(_Strict):
    """Something said in a group."""

    type: Literal["message"]
    at: At
    id: Id
    group: str
    sender: Id
    name: Words
    text: Words
    images: list[Image] = []
    quote: Words | Quote | None = None
    mentions_bot: bool = False
    parse: dict[str, Any] | None = None

    def parsed(self) -> Parse | None:
        """The parse that came with the message (ValueError where it fits no schema)."""
        if self.parse is None:
            return None
        return Parse.from_json({"text": self.text, **self.parse})


class RecallLine(_Strict):
    """A message taken back."""

    type: Literal["recall"]
    at: At
    id: Words
    group: str


class StepLine(_Strict):
    """What a signed-in person did in the console."""

    type: Literal["step"]
    at: At
    by: str
    ticket: int | Words | None = None
    step: str
    args: dict[str, Any] = {}


Line = MessageLine | RecallLine | StepLine

_line: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="type")])


def read(path: Path, *, start: datetime, groups: set[str], people: set[str]) -> list[Line]:
    """All lines of a file, checked against the city; Invalid names the first that is wrong."""
    lines: list[Line] = []
    last = start
    for number, text in _texts(path):
        line = _parse(number, text)
        if line.at < last:
            before = "start" if last == start and not lines else "上一行"
            raise Invalid(number, f"时间 {line.at.isoformat()} 早于{before}")
        _check(number, line, groups, people)
        last = line.at
        lines.append(line)
    return lines


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from ((number, text) for number, text in enumerate(file, 1) if text.strip())
    except UnicodeDecodeError as error:
        raise Invalid(0, f"不是 UTF-8 文本:{error}") from error
    except OSError as error:
        raise Invalid(0, f"打不开 {path}:{error.strerror}") from error


def _parse(number: int, text: str) -> Line:
    try:
        return _line.validate_json(text)
    except ValidationError as error:
        raise Invalid(number, "；".join(_faults(error))) from error


def _faults(error: ValidationError) -> Iterable[str]:
    for fault in error.errors(include_url=False, include_input=False)[:5]:
        where = ".".join(
            str(part) for part in fault["loc"] if part not in ("message", "step", "recall")
        )
        yield f"{where or '整行'}:{fault['msg']}"


def _check(number: int, line: Line, groups: set[str], people: set[str]) -> None:
    if not isinstance(line, StepLine):
        if line.group not in groups:
            raise Invalid(number, f"CITY.yaml 里没有群 {line.group}")
        if isinstance(line, MessageLine):
            _check_parse(number, line)
        return
    if line.by not in people:
        raise Invalid(number, f"CITY.yaml 里没有 {line.by} 这个人")
    if (line.step == "open") != (line.ticket is None):
        raise Invalid(number, "open 不带 ticket,其他步骤都要带")
    _check_args(number, line, groups)


def _check_args(number: int, line: StepLine, groups: set[str]) -> None:
    if any("\0" in value for value in line.args.values() if isinstance(value, str)):
        raise Invalid(number, "args:文字里不能有 NUL")
    try:
        args = shaped(line.step, line.args)
        known(line.step, args)
    except Refused as refused:
        raise Invalid(number, f"args:{refused}") from refused
    if isinstance(args, Opening) and args.group is not None and args.group not in groups:
        raise Invalid(number, f"CITY.yaml 里没有群 {args.group}")


def _check_parse(number: int, line: MessageLine) -> None:
    try:
        line.parsed()
    except ValueError as error:
        raise Invalid(number, f"parse:{error}") from error
