"""One message of an evaluation: what was right of its parse, and what went wrong."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from nlu.evaluate import OPENING, REPORTS, Matched, Pair, matched, opens

#: Of what went wrong with a message the gravest: a report that opens nothing, talk that opens a
#: ticket, another wrong intent, or only its category or an entity; empty when nothing did.
Fault = Literal["missed", "false", "intent", "detail", ""]


@dataclass(frozen=True)
class Judged:
    """One message, and how it was read."""

    pair: Pair
    matched: Matched
    fault: Fault

    @cached_property
    def id(self) -> str:
        """Stands for the text where the text itself is not kept."""
        return hashlib.sha256(self.pair[0].text.encode()).hexdigest()[:12]

    @property
    def category(self) -> str | None:
        """The category that it was given."""
        given = self.pair[1].category
        return given.name if given else None

    @property
    def right(self) -> dict[str, bool]:
        """What of it is right: intent, category and entities; a category where there is one."""
        example, parse = self.pair
        found = {"intent": example.intent == parse.intent.name}
        if example.category:
            found["category"] = example.category == self.category
        return found | {"entities": not self.matched.missed and not self.matched.extra}

    @property
    def missed(self) -> list[tuple[str, str]]:
        """Entities that were not found: kind and words."""
        text = self.pair[0].text
        return [(span.entity, text[span.start : span.end]) for span in self.matched.missed]

    @property
    def extra(self) -> list[tuple[str, str]]:
        """Entities that were found and are not there: kind and words."""
        return [(entity.entity, entity.value) for entity in self.matched.extra]


def judge(pair: Pair, threshold: float) -> Judged:
    """What is wrong with a parse, at this threshold of confidence."""
    compared = Judged(pair, matched(*pair), "")
    return replace(compared, fault=_fault(compared, threshold))


def _fault(judged: Judged, threshold: float) -> Fault:
    example, parse = judged.pair
    if example.intent in REPORTS and not opens(parse, threshold):
        return "missed"
    if example.intent not in OPENING and opens(parse, threshold):
        return "false"
    if not judged.right["intent"]:
        return "intent"
    return "" if all(judged.right.values()) else "detail"
