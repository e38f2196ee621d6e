"""The numbers and times of the rules, each of which a city may change."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import time
from typing import Any, Self

#: More than this is a slip of the pen, and no calendar reaches so far.
MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Defaults are those of the rules; days are working days, hours are clock hours."""

    issue_respond_days: int = 3
    issue_resolve_days: int = 5
    consult_respond_days: int = 3
    consult_resolve_days: int = 3
    misconduct_respond_days: int = 3
    misconduct_resolve_days: int = 15
    reopened_respond_days: int = 1
    reopened_resolve_days: int = 3
    urgent_respond_hours: int = 2
    urgent_resolve_hours: int = 24
    close_of_business: time = time(17, 30)
    reminders_at: time = time(9, 0)
    quiet_from: time = time(20, 0)
    quiet_to: time = time(8, 0)
    silence_days: int = 3
    dispute_days: int = 15
    extension_days_max: int = 10
    extensions_max: int = 2
    detail_minutes: int = 30
    question_minutes: int = 10
    urge_hours: int = 4
    similar_days: int = 14
    confidence_threshold: float = 0.6

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Defaults with these values in their place; ValueError names what is not valid."""
        kinds: dict[str, Any] = {field.name: field.type for field in fields(cls)}
        if unknown := sorted(set(values) - set(kinds)):
            raise ValueError(f"没有名为 {unknown[0]} 的设置")
        return cls(**{name: _read(name, kinds[name], value) for name, value in values.items()})


def _read(name: str, kind: type, value: object) -> Any:
    if kind is time and isinstance(value, str):
        try:
            return time.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"设置 {name} 应是“17:30”这样的时刻") from error
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is float and number and 0 <= float(str(value)) <= 1:
        return float(str(value))
    # the day itself never counts, and nobody answers in no time
    least = 1 if name.endswith("_days") or name.startswith("urgent_") else 0
    if kind is int and isinstance(value, int) and number and least <= value <= MOST:
        return value
    shape = {int: f"{least} 到 {MOST} 之间的整数", float: "0 到 1 之间的数"}.get(
        kind, "“17:30”这样的时刻"
    )
    raise ValueError(f"设置 {name} 应是{shape}")
