"""Phone numbers, as people write them, and how they are shown; rules, section 5."""

import re

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
