"""The eight figures; rules, section 6."""

from dataclasses import asdict
from decimal import ROUND_HALF_UP, Decimal

from storage.figures import Counts

NONE = "—"  # of nothing there is no rate: neither 0% nor 100%


def rate(part: int, whole: int) -> str:
    """`part` of `whole` in percent, half up to two decimals; of nothing a dash."""
    if whole == 0:
        return NONE
    percent = Decimal(100 * part) / Decimal(whole)
    return f"{percent.quantize(Decimal('0.01'), ROUND_HALF_UP)}%"


def figures(counts: Counts) -> dict[str, int | str]:
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
