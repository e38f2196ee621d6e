"""A report as lines for a terminal, by the codes that the training data uses."""

from collections.abc import Iterable, Iterator, Sequence
from string import ascii_lowercase

from nlu.judged import Judged
from nlu.report import Rates, Report

#: How many examples of a kind are shown; the page has all.
MOST = 20
#: Of a text so many characters.
CUT = 60
#: How many confusions are named one by one.
CONFUSED = 12


def lines(report: Report) -> Iterator[str]:
    """The whole report; its tables fit into 120 columns."""
    yield f"parser {report.parser}, training data {report.fingerprint}"
    yield from _scores(report)
    for title, rates in (
        ("intent", report.intents),
        ("category", report.categories),
        ("entity", report.entities),
    ):
        yield from _rates(title, rates)
    yield from _confusion(report)
    yield ""
    for low, number, share in report.reliability:
        yield f"confidence {low:.1f}  {number:5} messages  {share:6.1%} right"
    wrong = [one for one in report.judged if not one.right["intent"]]
    yield from _examples("wrong intents, the surest first", wrong)
    yield from _examples("missed reports", report.faulty("missed"))
    yield from _examples("false openings", report.faulty("false"))
    yield from _speed(report)


def cut(text: str) -> str:
    """A text on one line, its beginning only."""
    line = " ".join(text.split())
    return line if len(line) <= CUT else line[: CUT - 1] + "…"


def row(judged: Judged) -> str:
    """A message on one line: how sure, what it is, what was said, its text."""
    example, parse = judged.pair
    meant, said = example.intent, parse.intent.name
    return f"{parse.intent.confidence:.2f}  {meant:17} > {said:17}  {cut(example.text)}"


def _scores(report: Report) -> Iterator[str]:
    columns = [scores.figures() for scores in report.scores.values()]
    yield f"{'':20}" + "".join(f"{name:>9}" for name in report.scores)
    for name in columns[0]:
        yield f"{name:20}" + "".join(f"{_number(column[name]):>9}" for column in columns)


def _number(value: float | int) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _rates(title: str, rates: Iterable[Rates]) -> Iterator[str]:
    yield ""
    yield f"{title:20}    count  precision  recall     f1"
    for one in rates:
        shares = f"{one.precision:9.3f}  {one.recall:6.3f}  {one.f1:5.3f}"
        yield f"{one.name:20}  {one.count:7}  {shares}"


def _confusion(report: Report) -> Iterator[str]:
    """A letter for each column, so that twenty of them fit; the row says whose letter it is."""
    letters = dict(zip(report.confusion, ascii_lowercase, strict=False))
    yield ""
    yield "confusion: a row is what is right, a column what was said"
    yield f"{'':19}" + "".join(f"{letter:>5}" for letter in letters.values())
    for right, said in report.confusion.items():
        counts = "".join(f"{number or '.':>5}" for number in said.values())
        yield f"{letters[right]} {right:17}{counts}"
    yield ""
    for number, meant, given in report.confused[:CONFUSED]:
        yield f"{number:4}  {meant} taken for {given}"


def _examples(title: str, found: Sequence[Judged]) -> Iterator[str]:
    yield ""
    shown = f", {MOST} shown" if len(found) > MOST else ""
    yield f"{title}: {len(found)}{shown}"
    yield from (row(judged) for judged in found[:MOST])


def _speed(report: Report) -> Iterator[str]:
    speed = report.speed
    yield ""
    took = f"p50 {speed.p50:.1f} ms, p99 {speed.p99:.1f} ms"
    yield f"{speed.per_second:.0f} messages a second, one after the other; {took}"
    if speed.model_bytes is not None:
        yield f"model file {speed.model_bytes / 1e6:.1f} MB"
