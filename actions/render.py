"""Texts that people read, from templates: texts/zh_CN/."""

import re
from datetime import date, datetime

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from actions.deadlines import ZONE
from actions.names import TEXTS, name
from actions.phones import masked

#: What a group reads as a command: mentions of all, mark-up, codes of bridges.
SHARP = str.maketrans({"<": "‹", ">": "›", "[": "［", "]": "］", "`": "'", "*": "＊", "@": "＠"})
#: What is not seen but acts: control characters, and those that turn or hide what follows.
HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
#: What may be meant by one tap under a text, where a channel has buttons: intents.
OFFERS = {
    "resolved": ("confirm_resolved", "dispute_result"),
    "post_resolved": ("confirm_resolved", "dispute_result"),
    "opened": ("urge",),
    "status": ("urge",),
}


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
