"""Charts as SVG: where each mark stands. Templates draw them, style sheets colour them.

No library draws them. `vl-convert` took 250 ms a chart and 750 ms the first time, held the whole
process meanwhile (threads included), 110 MB, and wrote links of another host before ours. Widths
are in percent, heights in pixels: so a chart fits any screen, and its words keep their size.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from storage.figures import Counts

#: Pixels: of the drawing, above it, below it for the words.
HEIGHT, ABOVE, BELOW = 180, 22, 26
#: Percent of the width that the numbers of the lines have for themselves, at the left.
LEFT = 5
#: So many words fit below, and so many numbers above, on the screen of a phone.
WORDS, NUMBERS = 6, 14


@dataclass(frozen=True, slots=True)
class Column:
    """One day, week or month: in percent of the width, in pixels from the top."""

    place: int  # which one
    x: float
    width: float
    middle: float
    top: float
    done: float  # where what is done begins; it stands at the bottom
    overdue: float  # how high what is overdue hangs from the top
    word: bool  # whether its name stands below
    number: bool  # whether its number stands above


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a trend, and the lines behind them."""

    columns: Sequence[Column]
    lines: Sequence[tuple[int, float]]  # number, and how far from the top
    ground: int = ABOVE + HEIGHT
    height: int = ABOVE + HEIGHT + BELOW


def columns(trend: Sequence[Counts]) -> Columns:
    """A column for each part of the time: what was collected, of it done and overdue."""
    greatest = max((of.collected for of in trend), default=0)
    step = stride(greatest)
    scale = HEIGHT / (step * -(-max(greatest, 1) // step))
    slot = (100 - LEFT) / max(len(trend), 1)
    every = -(-len(trend) // WORDS)
    few = len(trend) <= NUMBERS
    drawn = [
        Column(
            place=place,
            x=round(LEFT + slot * (place + 0.14), 3),
            width=round(slot * 0.72, 3),
            middle=round(LEFT + slot * (place + 0.5), 3),
            top=_down(of.collected, scale),
            done=_down(of.done, scale),
            overdue=round(of.overdue * scale, 1),
            word=(len(trend) - 1 - place) % every == 0,
            number=of.collected > 0 and (few or of.collected == greatest),
        )
        for place, of in enumerate(trend)
    ]
    lines = [(number, _down(number, scale)) for number in range(0, greatest + step, step)]
    return Columns(drawn, lines)


def _down(number: int, scale: float) -> float:
    return round(ABOVE + HEIGHT - number * scale, 1)


def stride(greatest: int) -> int:
    """The round step between the lines of a chart: at most five of them."""
    step = 1
    while step * 5 < greatest:
        # 1, 2, 5, 10, 20, 50 …
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return step


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar for now and one for before: in percent of the width."""

    name: str
    now: float
    past: float | None


def bars(now: dict[str, Counts], past: dict[str, Counts] | None, most: int = 10) -> Sequence[Bar]:
    """What was collected of each, most first, beside what it was before."""
    names = sorted(now, key=lambda name: (-now[name].collected, name))[:most]
    before = {name: of.collected for name, of in (past or {}).items()}
    greatest = max((max(now[name].collected, before.get(name, 0)) for name in names), default=0)

    def length(number: int) -> float:
        return round(100 * number / max(greatest, 1), 2)

    return [
        Bar(name, length(now[name].collected), length(before.get(name, 0)) if past else None)
        for name in names
    ]
