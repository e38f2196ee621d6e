"""The figures of an evaluation kept as JSON, and set against those of an earlier one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nlu.judged import Judged
from nlu.report import Rates, Report
from nlu.report_text import row

#: Figures are kept with so many digits.
DIGITS = 4
#: The last part of a figure's name: the lower, the better.
LOWER = frozenset({"missed", "false"})
#: And these: the higher, the better. All others are told, and judged by the reader: a count is
#: the set's, the speed is the machine's, and of a sure step more should be right than of others.
HIGHER = frozenset(
    {
        "intent_accuracy", "intent_f1", "category_accuracy", "entity_precision", "entity_recall",
        "entity_f1", "precision", "recall", "f1",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Saved:
    """What stays of an evaluation; of messages only a hash of their text.

    Args:
        figures: by names like `hard.missed` or `intents.urge.recall`.
        confusion: messages by the intent that is right, then by the one they were given.
        messages: by the hash of the text, what was right of each: `intent category entities`.
            A category is named also where there is none to be read: nothing was wrong.

    """

    parser: str
    fingerprint: str
    threshold: float
    figures: dict[str, float | int]
    confusion: dict[str, dict[str, int]]
    messages: dict[str, str]


def saved(report: Report) -> Saved:
    """What is kept of a report; the same report gives the same, in the same order."""
    return Saved(
        parser=report.parser,
        fingerprint=report.fingerprint,
        threshold=report.threshold,
        figures={name: round(value, DIGITS) for name, value in _figures(report)},
        confusion={
            right: {name: number for name, number in said.items() if number}
            for right, said in report.confusion.items()
        },
        messages={one.id: " ".join(sorted(_right(one))) for one in _by_id(report)},
    )


def compare(before: Saved, report: Report) -> Iterator[str]:
    """Lines: which figures got better and worse, and which messages."""
    after = saved(report)
    both = before.messages.keys() & after.messages.keys()
    new, gone = len(after.messages) - len(both), len(before.messages) - len(both)
    yield f"parser {before.parser} → {after.parser}"
    yield f"training data {before.fingerprint} → {after.fingerprint}"
    yield f"{len(both)} messages in both, {new} new, {gone} gone"
    changed = {
        name: (before.figures[name], value)
        for name, value in after.figures.items()
        if name in before.figures and before.figures[name] != value
    }
    for title, sign in (("better", 1), ("worse", -1), ("other changes", 0)):
        yield from _table(
            title,
            {name: pair for name, pair in changed.items() if _sign(name, *pair) == sign},
        )
    for what in ("intent", "category", "entities"):
        yield from _turned(before, report, what)


def _figures(report: Report) -> Iterator[tuple[str, float | int]]:
    for part, scores in report.scores.items():
        for name, value in scores.figures().items():
            yield f"{part}.{name}", value
    for group in ("intents", "categories", "entities"):
        rates: Sequence[Rates] = getattr(report, group)
        for one in rates:
            yield f"{group}.{one.name}.count", one.count
            yield f"{group}.{one.name}.precision", one.precision
            yield f"{group}.{one.name}.recall", one.recall
            yield f"{group}.{one.name}.f1", one.f1
    for low, number, share in report.reliability:
        yield f"reliability.{low:.1f}.messages", number
        yield f"reliability.{low:.1f}.right", share
    yield "speed.per_second", report.speed.per_second
    yield "speed.p50_ms", report.speed.p50
    yield "speed.p99_ms", report.speed.p99
    if report.speed.model_bytes is not None:
        yield "speed.model_bytes", report.speed.model_bytes


def _sign(name: str, old: float, new: float) -> int:
    """1 for better, -1 for worse, 0 where that is nobody's to say."""
    last = name.rpartition(".")[2]
    if last in LOWER:
        return 1 if new < old else -1
    if last in HIGHER:
        return 1 if new > old else -1
    return 0


def _table(title: str, rows: dict[str, tuple[float | int, float | int]]) -> Iterator[str]:
    yield ""
    yield f"{title}: {len(rows)}"
    for name, (old, new) in rows.items():
        yield f"  {name:38} {old:>9} → {new:>9}  {round(new - old, DIGITS):+}"


def _turned(before: Saved, report: Report, what: str) -> Iterator[str]:
    """Messages of which this was right and is now wrong, and the reverse."""
    was = {id_: what in right.split() for id_, right in before.messages.items()}
    known = [(one, was[one.id], what in _right(one)) for one in _by_id(report) if one.id in was]
    for title, old in (("right before, wrong now", True), ("wrong before, right now", False)):
        found = [one for one, then, now in known if then is old and now is not old]
        yield ""
        yield f"{what} {title}: {len(found)}"
        yield from (f"  {one.id}  {row(one)}{_detail(one, what)}" for one in found)


def _detail(judged: Judged, what: str) -> str:
    if what == "category":
        return f"  [{judged.pair[0].category} > {judged.category}]"
    if what == "entities":
        missed = [f"-{kind} {words}" for kind, words in judged.missed]
        extra = [f"+{kind} {words}" for kind, words in judged.extra]
        return f"  [{', '.join(missed + extra)}]" if missed or extra else ""
    return ""


def _right(judged: Judged) -> set[str]:
    return {name for name, right in ({"category": True} | judged.right).items() if right}


def _by_id(report: Report) -> list[Judged]:
    return sorted(report.judged, key=lambda one: one.id)
