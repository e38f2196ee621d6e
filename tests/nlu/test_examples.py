"""The training data as sentences with spans."""

from pathlib import Path

import pytest

from nlu.examples import Example, Examples, written
from nlu.text import Span

FILE = """\
version: "3.1"
nlu:
- intent: report_issue
  metadata: {category: traffic}
  examples: |
    - [天元区](district)[新马路](address)的路灯坏了[一周](duration)
    -   路灯 - 不亮

- intent: chitchat
  examples: |
    - 1
- lookup: district
  examples: |
    - 天元区
    - 渌口区
"""


def read(folder: Path, **files: str) -> Examples:
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return Examples.read(folder)


def test_marks_become_spans_of_the_bare_text(tmp_path: Path) -> None:
    first = read(tmp_path, a=FILE).sentences[0]
    assert first.text == "天元区新马路的路灯坏了一周"
    assert first.spans == (Span("district", 0, 3), Span("address", 3, 6), Span("duration", 11, 13))


def test_a_sentence_has_the_labels_of_its_section(tmp_path: Path) -> None:
    found = read(tmp_path, a=FILE).sentences
    labels = [("report_issue", "traffic"), ("report_issue", "traffic"), ("chitchat", None)]
    assert [(example.intent, example.category) for example in found] == labels


def test_only_the_bullet_is_taken_away(tmp_path: Path) -> None:
    assert read(tmp_path, a=FILE).sentences[1:] == (
        Example("路灯 - 不亮", "report_issue", "traffic", ()),
        Example("1", "chitchat", None, ()),
    )


def test_a_section_may_be_hard(tmp_path: Path) -> None:
    hard = FILE.replace("category: traffic", "category: traffic, hard: true")
    assert [example.hard for example in read(tmp_path, a=hard).sentences] == [True, True, False]
    assert not any(example.hard for example in read(tmp_path, a=FILE).sentences)


def test_lookups_of_several_files_are_joined(tmp_path: Path) -> None:
    more = "nlu:\n- lookup: district\n  examples: |\n    - 醴陵市\n"
    assert read(tmp_path, b=more, a=FILE).lookups == {"district": ("天元区", "渌口区", "醴陵市")}


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    of = "nlu:\n- intent: {0}\n  examples: |\n    - {0}\n"
    (tmp_path / "deep").mkdir()
    files = {"z": of.format("urge"), "a": of.format("spam"), "deep/m": of.format("praise")}
    found = read(tmp_path, **files).sentences
    assert [example.intent for example in found] == ["spam", "praise", "urge"]


@pytest.mark.parametrize("text", ["nlu: []\n", "rules: []\n", "nlu:\n- intent: urge\n"])
def test_a_file_may_hold_no_example(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, a=text) == Examples((), {})


@pytest.mark.parametrize(
    ("text", "spans", "back"),
    [
        ("新马路的路灯坏了", (Span("address", 0, 3),), "新马路的路灯坏了"),
        ("- 路灯\n不亮\t了\x07", (), "- 路灯 不亮 了"),
        ("好[强][强](真的)", (), "好[强] [强] (真的)"),
        ("a[b]c", (Span("person", 0, 5),), "a【b】c"),
    ],
)
def test_what_is_written_is_read_again(
    tmp_path: Path, text: str, spans: tuple[Span, ...], back: str
) -> None:
    examples = [Example(text, "report_issue", "traffic", spans), Example(text, "urge", None, ())]
    found = read(tmp_path, a="\n".join(written(examples))).sentences
    assert found[0] == Example(back, "report_issue", "traffic", spans)
    assert (found[1].intent, found[1].category) == ("urge", None)
