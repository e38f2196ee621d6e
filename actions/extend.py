"""延期: a handler asks for more time, a coordinator grants it; rules, sections 3 and 8."""

import re
from collections.abc import Iterator
from datetime import timedelta

from actions import spoken, steps
from actions.args import Reason
from actions.base import Action, Context
from actions.deadlines import local
from storage import people
from storage.models import Ticket

# --- how people ask -----------------------------------------------------------------------------

DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2}
WEEK = 5  # working days
WEEKS = frozenset({"周", "星期", "礼拜"})
NUMBER = r"(?P<number>\d{1,3}|[一二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
UNIT = r"\s*个?\s*(?P<unit>工作日|天|日|周|星期|礼拜)"
#: What may stand between the asking and what is asked for: it speaks of nothing else.
BETWEEN = r"(?:[\s,，:：的个]|办[理结]|时[间限]|期限?|大概|大约|最多|最晚|再|给|我们|一下|申请|约)*"
#: More time, and nothing else; and what may be said of other things too.
MORE = "延期|延长|延后|延缓|顺延|展期|宽限|放宽|延"
LESS = "推迟|推后|暂缓|缓|宽|给|再加|多加|加|再要|再等|还要|还需要?|需要?"
#: 延期3到5个工作日 asks for five.
COUNT = rf"{BETWEEN}(?:\d{{1,2}}\s*[-~～到至])?{NUMBER}{UNIT}"
#: How so many days are asked for; the row that fits first counts, what is clearest stands first.
ASKED = (
    re.compile(
        rf"(?:申请|请求|恳请|希望|能否|能不能|可否|需要?|想|请)(?:再|予以)?(?:{MORE}){COUNT}(?!前)"
    ),
    re.compile(rf"(?:{MORE}){COUNT}(?!前)"),
    re.compile(
        rf"(?<![了已等过停工花用第\d]){NUMBER}{UNIT}的?(?:{MORE}|缓冲|时间(?!才|不够|太|来不及))"
    ),
    re.compile(rf"(?:{LESS}){COUNT}(?!前|后|内|才|到货|发货|供货|交货|运|采购|生产|加工)"),
)
#: Right before it: that was earlier, or is another's delay.
OTHERS = re.compile(
    r"(?:已经?|曾|上次|拖|供货|发货|到货|交货|交付|物流|供货商|供应商|厂[家商])(?:又|再|要|将|会|需要?)?$"
)
#: Behind a day: it is when the work will be done, or nothing else is said of it.
DONE = r"[之以]?[前内]?\W*(?:再|能|可以|完|办|解决|处理|修|结|答复|回复|为止"
#: Where a day is asked for: before it, and what must follow it.
UNTIL = (
    (rf"(?:{MORE}|{LESS}){BETWEEN}[到至]", r"(?![^,，。;；]{0,4}(?:才|到货|发货|供货|交货|进场))"),
    (rf"(?:{MORE}){BETWEEN}", rf"{DONE}|$|[,，。;；!！?？])"),
    (r"[到至]", rf"{DONE})"),
)
UNTIL_ROWS = tuple((re.compile(before), re.compile(after)) for before, after in UNTIL)
#: No extension reaches so far: days beyond need no counting.
FAR = timedelta(days=366)


def asked(words: str) -> int | None:
    """How many working days the words ask for; other numbers in them are none."""
    for pattern in ASKED:
        for found in pattern.finditer(words):
            if not OTHERS.search(words[: found.start()]):
                return _number(found["number"]) * (WEEK if found["unit"] in WEEKS else 1)
    return None


def _number(text: str) -> int:
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    return 10 * (DIGITS[tens] if tens else bool(ten)) + (DIGITS[ones] if ones else 0)


def until(context: Context, ticket: Ticket) -> int | None:
    """How many working days lie between the deadline's day and the day that is asked for.

    None where no day is, or none of them counts: then the coordinators decide.
    """
    now, due = local(context.now), local(ticket.due_at).date()
    for start, after in _places(context):
        found = spoken.at(context.words, start, now, ahead=True)
        if found and after.match(context.words, start + len(found[0])):
            # a period ends where the next day begins
            last = (found[1].end - timedelta(microseconds=1)).date()
            days = context.clock.calendar.between(due, min(last, due + FAR))
            return sum(day.working for day in days) or None
    return None


def _places(context: Context) -> Iterator[tuple[int, re.Pattern[str]]]:
    """Where a day that is asked for may begin, and what must follow it."""
    words = context.words
    for before, after in UNTIL_ROWS:
        for found in before.finditer(words):
            if not OTHERS.search(words[: found.start()]):
                yield found.end(), after
    first = re.search(MORE, words)
    for entity in context.parse.entities:
        if entity.entity == "time" and first and entity.start >= first.end():
            yield entity.start, UNTIL_ROWS[1][1]


async def run(context: Context, ticket: Ticket | None) -> None:
    """Ask for so many working days; the ticket stays as it is until a coordinator decides."""
    if ticket is None:
        return
    days = asked(context.words)
    if days is None:
        days = until(context, ticket)
    if days is None and context.sender.role == "coordinator":
        await context.reply("which_days", about=[ticket.no], no=ticket.no)
        return
    # without a number the coordinators decide on it
    args = Reason(reason=context.words) if days is None else {"days": days, "reason": context.words}
    taken = await steps.take(
        context.session, ticket, "extend", by=context.sender, now=context.now, args=args,
        message=context.message,
    )  # fmt: skip
    context.acted("extend" if taken else "request", ticket)
    reporter = await people.member(context.session, ticket.reporter_id) if taken else None
    await context.reply(
        "extended" if taken else "requested", about=[ticket.no],
        also=[reporter] if reporter else [], no=ticket.no, step="extend", unit=None,
        due_at=ticket.due_at, reporter=reporter.name if reporter else "", reason=context.words,
    )  # fmt: skip


ACTION = Action(
    intent="request_extension",
    run=run,
    roles=frozenset({"handler", "coordinator"}),
    step="extend",
    of_unit=(("assigned", "accepted"),),
    asks=True,
)
