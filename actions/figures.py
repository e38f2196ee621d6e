"""The eight figures; rules, section 6."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from storage.figures import Counts

Figures = dict[str, int | str]
NONE = "—"  # of nothing there is no rate: neither 0% nor 100%


def rate(part: int, whole: int) -> str:
    """`part` of `whole` in percent, half up to two decimals; of nothing a dash."""
    if whole == 0:
        return NONE
    percent = Decimal(100 * part) / Decimal(whole)
    return f"{percent.quantize(Decimal('0.01'), ROUND_HALF_UP)}%"


def figures(counts: Counts) -> Figures:
    """The figures under their names, counts as integers and rates as they are shown."""
    of = asdict(counts)
    return {
        "collected": of["collected"],
        "done": of["done"],
        "close_out_rate": rate(of["done"], of["collected"]),
        "on_time_rate": rate(of["on_time"], of["done"] + of["overdue"]),
        "response_rate": rate(of["in_time"], of["responded"] + of["unanswered"]),
        "satisfaction_rate": rate(of["content"], of["rated"]),
        "reopen_rate": rate(of["reopened"], of["once_done"]),
        "overdue": of["overdue"],
    }


@dataclass(frozen=True, slots=True)
class Rank:
    """A unit or district in its place; equals share one."""

    place: int
    name: str
    figures: Figures


def ranked(counts: Mapping[str, Counts]) -> list[Rank]:
    """By on-time rate, then satisfaction, then response; who has no ticket stands apart."""
    having = {name: _merit(of) for name, of in counts.items() if of.collected}
    order = sorted(having, key=lambda name: ([-share for share in having[name]], name))
    places: list[Rank] = []
    for number, name in enumerate(order, 1):
        same = places and having[order[number - 2]] == having[name]
        place = places[-1].place if same else number
        places.append(Rank(place, name, figures(counts[name])))
    return places


def _merit(of: Counts) -> list[Fraction]:
    """The three rates, exact; one of nothing is below all others."""
    pairs = (
        (of.on_time, of.done + of.overdue),
        (of.content, of.rated),
        (of.in_time, of.responded + of.unanswered),
    )
    return [Fraction(part, whole) if whole else Fraction(-1) for part, whole in pairs]
