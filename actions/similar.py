"""Looking alike: a new report is linked to the oldest open one that it resembles; rules, 2 and 8.

Texts are compared by their character bigrams: people do not write the same words twice, and
PostgreSQL's trigrams are made for alphabets.
"""

import re
from collections import Counter
from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import tickets
from storage.models import Ticket

#: From this share on two reports are taken for the same.
THRESHOLD = 0.3
#: What every report says, and what says nothing about it.
NOISE = re.compile(
    r"领导|您好|你好|各位|请问?|麻烦|帮忙|帮我们?|反映|一下|我们|公司|企业|问题|处理|解决|尽快|谢谢|"
    r"已经|现在|还是|一直|没有?人|[\W_\d]"
)


def shares(text: str) -> Counter[str]:
    """The bigrams that tell a text from others."""
    plain = NOISE.sub("", text)
    return Counter(plain[start : start + 2] for start in range(len(plain) - 1))


def alike(one: Counter[str], other: Counter[str]) -> float:
    """How much two texts have in common: 0 to 1 (Dice's share of their bigrams)."""
    whole = one.total() + other.total()
    return 2 * (one & other).total() / whole if whole else 0.0


async def link(session: AsyncSession, ticket: Ticket, days: int) -> int | None:
    """Link a new ticket to the oldest that it resembles; its number, or None.

    Compared with those that are open and were reported within so many days in the same group or
    district; confidential ones are left out.
    """
    if ticket.confidential:
        return None
    mine = shares(ticket.text)
    since = ticket.reported_at - timedelta(days=days)
    for no, text in await tickets.near(session, ticket, since):
        if alike(mine, shares(text)) >= THRESHOLD:
            await tickets.link(session, ticket.no, no)
            return no
    return None
