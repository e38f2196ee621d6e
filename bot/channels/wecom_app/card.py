"""What a member is told by an app: cards and texts, and whether they were reached (doc 90236)."""

import re
from collections.abc import Mapping
from typing import Any

from actions.render import moment
from bot.channels.base import Permanent, Told
from bot.channels.wording import size, split

#: Bytes of a title, of a card's words, of its address, of a text; more of a text is cut away there
#: without a word.
TITLE, WORDS, ADDRESS, TEXT = 128, 512, 2048, 2048
#: The same words to the same member are dropped for so many seconds; the most that is possible.
AGAIN = 4 * 3600
MEMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.@-]{0,63}")
#: Marks that act in cards and texts: tags.
SHARP = str.maketrans({"<": "‹", ">": "›"})


def check(to: str) -> None:
    """Whether it is one member: never all, and never several."""
    if not MEMBER.fullmatch(to):
        raise Permanent("这个人在企业微信里的账号不对,请在“群与人”里改正")


def bodies(told: Told, agent_id: int, site: str) -> list[dict[str, Any]]:
    """What is sent, in order: a card, or texts where it has no room or nothing to open.

    The moment stands in it: what is told anew about a ticket is another message, and a second try
    of the same is not.
    """
    same = {
        "touser": told.to, "agentid": agent_id, "enable_duplicate_check": 1,
        "duplicate_check_interval": AGAIN,
    }  # fmt: skip
    when, text = moment(told.at), told.text.translate(SHARP).strip()
    url = page(site, told.ticket_no)
    words = f'<div class="gray">{when}</div><div class="normal">{text}</div>'
    if url and len(url) <= ADDRESS and size(words) <= WORDS:
        card = {"title": f"工单 #{told.ticket_no}", "description": words, "url": url}
        return [{**same, "msgtype": "textcard", "textcard": {**card, "btntxt": "查看工单"}}]
    link = f'\n<a href="{url}">查看工单 #{told.ticket_no}</a>' if url else ""
    parts = split(f"{when}\n{text}", TEXT - size(link) - 16)
    parts[-1] += link
    return [{**same, "msgtype": "text", "text": {"content": part}} for part in parts]


def page(site: str, ticket_no: int | None) -> str:
    """Where the ticket is shown to who signs in with 企业微信; empty where it can't be opened."""
    if not site or ticket_no is None:
        return ""
    return f"{site}/signin/with/wecom?next=/tickets/{ticket_no}"


def reached(found: Mapping[str, Any], to: str) -> None:
    """Whether they were: also where all seems well, who was not stands in the answer."""
    if found.get("unlicenseduser"):
        raise Permanent("这个人没有企业微信的接口许可:请管理员在后台“接口许可”里分配")
    if found["errcode"] or found.get("invaliduser"):
        raise Permanent("这个人不在企业微信应用的可见范围内,或已离开企业:请管理员在后台检查")
