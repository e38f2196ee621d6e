"""Files that people write for the service: read whole, or refused with the line and the reason."""

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError
from yaml.nodes import MappingNode, Node, SequenceNode

#: What people write is a few pages; more than this is a mistake. In bytes.
LARGEST = 8 << 20

UNWRITABLE = re.compile("[\0\ud800-\udfff]")

#: What the checks say of a value, in the words of those who wrote it.
REASONS = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这样的一项,请核对拼写",
    "string_type": "应是文字(数字请加引号)",
    "string_too_short": "不能空着",
    "string_too_long": "太长,最多 {max_length} 个字",
    "bool_type": "应是 true 或 false",
    "int_type": "应是整数",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "list_type": "应是一份清单",
    "too_short": "一条也没有",
    "dict_type": "应由“名称: 值”组成",
    "model_type": "应由“名称: 值”组成",
    "literal_error": "应是 {expected} 之一",
    "date_type": "应是日期,例如 2027-01-01",
    "date_parsing": "应是日期,例如 2027-01-01",
    "date_from_datetime_parsing": "应是日期,例如 2027-01-01",
    "date_from_datetime_inexact": "应是日期,不带钟点",
    "timezone_aware": "要带时区,例如 2023-04-03T08:00:00+08:00",
    "datetime_parsing": "应是时刻,例如 2023-04-03T08:00:00+08:00",
    "datetime_from_date_parsing": "应是时刻,例如 2023-04-03T08:00:00+08:00",
}


class Invalid(Exception):
    """The input is not valid: the line, from 1 (0: no one line), and what is wrong."""

    def __init__(self, line: int, reason: str) -> None:
        """Say what is wrong with line number `line`."""
        super().__init__(f"第 {line} 行:{reason}" if line else reason)
        self.line, self.reason = line, reason


def contents(path: Path, largest: int = LARGEST) -> bytes:
    """The bytes of a file; Invalid where it can't be read or is larger than `largest` bytes."""
    try:
        if path.stat().st_size > largest:
            raise Invalid(0, f"文件超过 {largest >> 20} MB")
        return path.read_bytes()
    except OSError as error:
        raise Invalid(0, f"无法读取 {path}:{error.strerror}") from error


def text(content: bytes) -> str:
    """The text in bytes as Windows and others write them; Invalid for what is no text."""
    coding = "utf-8-sig"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        coding = "utf-16"
    for name in (coding, "gb18030"):
        try:
            read = content.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" not in read:
            return read
    raise Invalid(0, "不是文本文件;请把内容另存为 UTF-8 编码的文本")


@dataclass(frozen=True, slots=True)
class Document:
    """Values, and where each stands in the text."""

    values: Any
    tree: Node | None  # None where the places are not known

    def line(self, place: Sequence[Any]) -> int:
        """The line of what stands at a place of the tree, or of what is nearest to it."""
        if self.tree is None:
            return 0
        node = self.tree
        for part in place:
            inner: Node | None = None
            if isinstance(node, MappingNode):
                inner = next((value for key, value in node.value if key.value == str(part)), None)
            elif isinstance(node, SequenceNode) and isinstance(part, int):
                inner = node.value[part] if part < len(node.value) else None
            if inner is None:
                break
            node = inner
        return int(node.start_mark.line) + 1

    def read[Kind](self, shape: TypeAdapter[Kind]) -> Kind:
        """The values as what they should be; Invalid names the first that is not."""
        for place in _unwritable(self.values):
            raise Invalid(self.line(place), "有不能保存的字符(NUL 或不成对的编码),请删去")
        try:
            return shape.validate_python(self.values)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        reason = REASONS.get(fault["type"], fault["msg"]).format_map(fault.get("ctx", {}))
        raise Invalid(self.line(fault["loc"]), f"{where}:{reason}" if where else reason)


def _unwritable(values: Any) -> Iterator[list[Any]]:
    """The places of texts that no database takes."""
    if isinstance(values, str) and UNWRITABLE.search(values):
        yield []
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(values, dict):
        inner = values.items()
    elif isinstance(values, list):
        inner = enumerate(values)
    for key, value in inner:
        for place in _unwritable(value):
            yield [key, *place]


def load_yaml(content: bytes | str) -> Document:
    """A YAML text, without aliases and doubled keys; Invalid where it is none."""
    try:
        # the places come from one reading, the values from another
        tree = yaml.compose(content, Loader=_Loader)
        values = yaml.load(content, Loader=_Loader)  # noqa: S506  # a safe one, see below
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Invalid(mark.line + 1 if mark else 0, f"不是有效的 YAML:{error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise Invalid(0, f"不是有效的 YAML:{error}") from error
    return Document(values, tree)


def load_json(content: str) -> Document:
    """A JSON text, without doubled keys; Invalid where it is none."""
    try:
        values = json.loads(content)
        # YAML reads JSON, too, and knows where it read; only a tab it can't pass over
        tree = yaml.compose(content.replace("\t", " "), Loader=_Loader)
    except json.JSONDecodeError as error:
        raise Invalid(error.lineno, f"不是有效的 JSON:第 {error.colno} 列 {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise Invalid(0, f"不是有效的 JSON:{error}") from error
    except yaml.YAMLError:
        return Document(values, None)
    for key in _doubled(tree):
        raise Invalid(int(key.start_mark.line) + 1, f"键 {key.value} 重复")
    return Document(values, tree)


def _doubled(node: Node | None) -> Iterator[Node]:
    if isinstance(node, SequenceNode):
        for inner in node.value:
            yield from _doubled(inner)
    if isinstance(node, MappingNode):
        seen: set[str] = set()
        for key, inner in node.value:
            if str(key.value) in seen:
                yield key
            seen.add(str(key.value))
            yield from _doubled(inner)


class _Loader(yaml.SafeLoader):
    """Safe, and without aliases: a few lines of them can stand for a whole disk."""

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(
                None,
                None,
                "不支持别名(*)",
                self.peek_event().start_mark,  # type: ignore[no-untyped-call]  # PyYAML's stubs
            )
        return super().compose_node(parent, index)

    def flatten_mapping(self, node: MappingNode) -> None:
        super().flatten_mapping(node)
        for key in _doubled(MappingNode(node.tag, [(key, None) for key, _ in node.value])):
            raise yaml.constructor.ConstructorError(
                None, None, f"键 {key.value} 重复", key.start_mark
            )

    def construct_object(self, node: Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError) as error:  # a day or a number that there is not
            raise yaml.constructor.ConstructorError(
                None, None, str(error), node.start_mark
            ) from error
