"""Texts that people read, from templates: texts/zh_CN/."""

import re
from datetime import date, datetime

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from actions.deadlines import ZONE
from actions.names import TEXTS, name

#: As long in another width: １３８－１２３４, （0731）.
NARROW = str.maketrans("０１２３４５６７８９＋（）－—–‐‑．　", "0123456789+()-----. ")
#: How the pieces of a number are set apart, if they are.
GAP = "[-. ]{0,2}"
#: What may not follow: the number goes on, counts or pays something.
UNITS = "[元万亿吨度件个块人户份次平斤米%￥¥]|千[瓦克伏米]|立方|美元"
COUNTED = rf"(?![\dA-Za-z]|\.\d|\s*(?:{UNITS}))"
#: What may not stand before it: then it is money, or the name of something.
NAMED = (
    r"(?<![\dA-Za-z#¥￥.-])(?<![款额费价欠资金元账税共])(?<![款额费价][是为])(?<!No)"
    r"(?<![单编户表证尾批文]号)(?<![单编户表证尾批文]号[:：])(?<![代编]码)(?<![代编]码[:：])"
)
DATE = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
AREA = rf"(?:\(?0\d{{2,3}}\)?|86{GAP}[1-9]\d{{1,2}})"
SERVICE = r"(?:\d{3}[- ]?(?=\d{4}(?!\d))|\d{4}[- ]?(?=\d{3}(?!\d)))"
#: Phone numbers, and the stars for what is left out between two groups: mobile ones with the
#: country's code or not, landlines with the code of the place, service numbers, bare landlines.
PHONES = (
    (rf"(?<!\d)((?:86{GAP})?1[3-9]\d){GAP}(?:\d{{4}}{GAP}|\d{{3}}{GAP}\d)(\d{{4}})(?!\d)", "****"),
    (rf"(?<!\d)({AREA}{GAP}\d{{2}})\d[- ]?\d[- ]?\d(\d{{2,3}})(?!\d)", "***"),
    (rf"(?<![\dA-Za-z])([48]00)[- ]?{SERVICE}(\d{{3,4}}){COUNTED}", "***"),
    (rf"{NAMED}(?!{DATE})([2-8]\d)\d{{3}}(\d{{3}}){COUNTED}", "***"),
)
PATTERNS = tuple((re.compile(pattern), stars) for pattern, stars in PHONES)
#: What a group reads as a command: mentions of all, mark-up, codes of bridges.
SHARP = str.maketrans({"<": "‹", ">": "›", "[": "［", "]": "］", "`": "'", "*": "＊", "@": "＠"})
#: What is not seen but acts: control characters, and those that turn or hide what follows.
HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


def masked(text: str) -> str:
    """Phone numbers as 138****5678; rules, section 5."""
    for pattern, stars in PATTERNS:
        same = text.translate(NARROW)
        shown, at = [], 0
        for found in pattern.finditer(same):
            shown += [text[at : found.end(1)], stars, text[found.start(2) : found.end(2)]]
            at = found.end()
        text = "".join(shown) + text[at:]
    return text


def plain(text: str) -> str:
    """What somebody wrote, harmless wherever the bot repeats it: one line, no mark-up, masked."""
    return masked(" ".join(HIDDEN.sub("", text).translate(SHARP).split()))


def moment(at: datetime) -> str:
    """An instant as people write it: 4月11日17:30."""
    local = at.astimezone(ZONE)
    return f"{local.month}月{local.day}日{local:%H:%M}"


def day(at: datetime | date) -> str:
    """A day as people write it: 4月11日."""
    on = at.astimezone(ZONE).date() if isinstance(at, datetime) else at
    return f"{on.month}月{on.day}日"


def month(at: datetime) -> str:
    """A month as people write it: 2023年4月."""
    local = at.astimezone(ZONE)
    return f"{local.year}年{local.month}月"


def called(nickname: str) -> str:
    """Whom the bot addresses: of 企业-姓名 the name, not a number after it; else all of it."""
    parts = re.split(r"[-—－_ ]+", nickname.strip())
    names = [part for part in parts if part and not part.isdecimal()]
    return plain(names[-1] if names else nickname)


_templates = Environment(
    loader=FileSystemLoader(TEXTS),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701  # plain text; what people wrote passes through `plain`
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters |= {"masked": masked, "plain": plain, "moment": moment, "called": called}
_templates.filters |= {"day": day, "month": month}
_templates.globals["name"] = name


def render(template: str, **values: object) -> str:
    """The text of a template, without white space around it."""
    return _templates.get_template(f"{template}.txt").render(**values).strip()
