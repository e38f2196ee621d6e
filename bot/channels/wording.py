"""Texts as platforms take them: parts of so many bytes, and nothing that acts as mark-up."""

import re
import unicodedata

#: Signs of one byte count after a Chinese character: elsewhere they stand in addresses and numbers.
HAN = r"(?<=[\u3400-\u9fff”』」)\uff09])"
#: Where a text is cut rather than elsewhere: after a line, a sentence, a part of one.
BORDERS = (
    re.compile(r"\n"),
    re.compile(rf"(?:[。…\uff01\uff1f\uff1b]|{HAN}[!?;])+[”』」)\uff09]*"),
    re.compile(rf"[、\uff0c\uff1a]|{HAN}[,:]|\s"),
)
#: What is never cut: a mention as WeCom writes it, a code as bridges to QQ write it.
WHOLE = re.compile(r"<@[^<>\n]{1,128}>|\[CQ:[^\[\]\n]{1,1024}\]")
#: Signs that join the characters around them into one.
JOINERS = "\u200d\ufe0e\ufe0f"
#: What means something anywhere in a line of markdown.
SHARP = str.maketrans(
    {"<": "‹", ">": "›", "[": "［", "]": "］", "`": "'", "*": "＊", "~": "～", "|": "｜"}
)
#: A line each: white space that goes on over lines is looked through once for each of them.
HEADING = re.compile(r"^([^\S\n]*)(#{1,6})(?=\s|$)", re.MULTILINE)
#: A line under which, or as which, a rule is drawn.
RULE = re.compile(r"^[^\S\n]*(?:[-_=][^\S\n]*){2,}$", re.MULTILINE)
#: What stands so far from the margin is code.
FAR = re.compile(r"^(?: {4,}|[ ]*\t[^\S\n]*)(?=\S)", re.MULTILINE)


def size(text: str) -> int:
    """How long it is where lengths are bytes of UTF-8: a Chinese character has 3."""
    return len(text.encode("utf-8", "replace"))


def split(text: str, most: int) -> list[str]:
    """Its parts of at most so many bytes, in order; white space where it is cut is left out.

    It is cut between lines or sentences, else between characters, never inside a mention that
    fits into a part. What is empty has no part.
    """
    if most < 16:
        raise ValueError("a part of a text holds at least 16 bytes")
    parts, rest = [], text.strip()
    while size(rest) > most:
        cut = _cut(rest, _fitting(rest, most))
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [part for part in [*parts, rest] if part]


def _fitting(text: str, most: int) -> int:
    """How many characters from its beginning have so many bytes."""
    return len(text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore"))


def _cut(text: str, most: int) -> int:
    """Where to cut it, at most after so many characters, and after one."""
    for border in BORDERS:  # a part with little in it is worse than a cut in a sentence
        ends = [found.end() for found in border.finditer(text, most // 3, most + 8)]
        for end in reversed(ends):
            if end <= most and _outside(text, end) == end:
                return end
    cut = _outside(text, most)
    while cut > 1 and _joined(text, cut) and most - cut < 32:
        cut -= 1
    return cut


def _outside(text: str, cut: int) -> int:
    """The same place, or the beginning of the mention in which it lies."""
    for found in WHOLE.finditer(text, max(0, cut - 1100)):
        if found.start() >= cut:
            break
        if cut < found.end() and found.start() > 0:
            return found.start()
    return cut


def _joined(text: str, cut: int) -> bool:
    after, before = text[cut], text[cut - 1]
    return after in JOINERS or before == JOINERS[0] or bool(unicodedata.combining(after))


def markdown(text: str) -> str:
    """A text that says in WeCom's markdown what it says without: nothing in it is mark-up.

    There is no way to escape (doc 99110), so that what acts is replaced by what looks alike.
    """
    text = RULE.sub("——", FAR.sub("", text.translate(SHARP)))
    return HEADING.sub(lambda found: found[1] + "＃" * len(found[2]), text)


def cq(text: str, *, parameter: bool = False) -> str:
    """A text in which no bridge to QQ finds a code; as a parameter of one, also no comma."""
    text = text.replace("&", "&amp;").replace("[", "&#91;").replace("]", "&#93;")
    return text.replace(",", "&#44;") if parameter else text
