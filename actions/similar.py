"""Looking alike: a new report is linked to the oldest open one that it resembles; rules, 2 and 8.

Two owners tell one trouble in different words, and two troubles in the same words: what tells them
apart is the place. Measured by `bench.similar` on 240 stories of our own, 40 of them written later;
after these the threshold was raised (at 0.32, 17 of 19 links were right there). Right are 75 of 77
and 12 of 12 links of labelled pairs, and 38% and 30% of what is the same is linked: a wrong link is
worse than a missed one. Where all reports are compared with all, 75 of 87 and 12 of 12 are right.
Of as many found by bigrams 48% would be; the parser's category and address tell nothing more.
"""

from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from actions.gist import EVERYWHERE, Gist, gist
from storage import tickets
from storage.models import Ticket

#: From this share on two reports are taken for the same.
THRESHOLD = 0.36
#: What counts of the share where no place is common, and where no owner is either.
NO_PLACE, NEITHER = 0.8, 0.4
#: What counts of it where both name a trouble of the table, and not the same.
OTHER_TROUBLE = 0.5
#: A trouble of the table weighs as much as three characters, one that everybody writes a quarter.
TROUBLE, COMMON = 3.0, 0.25
#: Categories in which two enterprises have two matters, however alike they tell them.
AFFAIRS = frozenset({"finance", "labor", "subsidy", "tax", "permit", "enforcement", "arrears"})


def alike(one: str, other: str, *, one_owner: bool = False, affair: bool = False) -> float:
    """How much two reports are the same: 0 to 1.

    Different places are different matters. Else it is the share of what both say (Dice's), names
    of places apart, and the less where no place is common. `one_owner`: of one enterprise, else
    of one sender. `affair`: a matter between an enterprise and an office; see `AFFAIRS`.
    """
    a, b = gist(one), gist(other)
    common = _place(a, b)
    if common is None:
        return 0.0
    share = _share(a, b)
    trouble = bool(a.troubles & b.troubles)
    if a.troubles and b.troubles and not trouble:
        share *= OTHER_TROUBLE
    if common:
        return share if trouble or one_owner or not affair else 0.0
    if one_owner:
        return share * NO_PLACE
    return share * NEITHER if trouble and not (a.names or b.names) else 0.0


def _place(a: Gist, b: Gist) -> bool | None:
    """Whether both name a common place; None where they name different ones."""
    common = _told(a.last, b.text) or _told(b.last, a.text)
    for mine, yours in ((a.roads, b.roads), (a.areas, b.areas)):
        both = any(name in b.text for name in mine) or any(name in a.text for name in yours)
        if mine and yours and not both:
            return None
        common |= both
    if any(a.parts[kind] != b.parts[kind] for kind in a.parts.keys() & b.parts.keys()):
        return None
    return common


def _told(name: str | None, text: str) -> bool:
    """Whether a clause of this text begins with the name, and goes on."""
    return name is not None and f"。{name}" in text and f"。{name}。" not in text


def _share(a: Gist, b: Gist) -> float:
    names = a.names | b.names
    mine, yours = a.chars - names, b.chars - names
    whole = _weight(mine, a.troubles) + _weight(yours, b.troubles)
    return 2 * _weight(mine & yours, a.troubles & b.troubles) / whole if whole else 0.0


def _weight(chars: frozenset[str], troubles: frozenset[str]) -> float:
    common = len(chars & EVERYWHERE)
    return len(chars) - common + COMMON * common + TROUBLE * len(troubles)


async def link(session: AsyncSession, ticket: Ticket, days: int) -> int | None:
    """Link a new ticket to the oldest that it resembles; its number, or None.

    Compared with those that are open and were reported within so many days in the same group or
    district; confidential ones are left out.
    """
    if ticket.confidential:
        return None
    since = ticket.reported_at - timedelta(days=days)
    for near in await tickets.near(session, ticket, since):
        own = ticket.reporter_id == near.reporter_id
        if ticket.enterprise and near.enterprise:
            own = ticket.enterprise == near.enterprise
        affair = bool(AFFAIRS & {ticket.category, near.category})
        if alike(ticket.text, near.text, one_owner=own, affair=affair) >= THRESHOLD:
            await tickets.link(session, ticket.no, near.no)
            return near.no
    return None
