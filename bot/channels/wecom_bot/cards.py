"""Cards with buttons under what the bot says of a ticket (doc 101032), and what a tap means."""

import re
import secrets
from collections.abc import Sequence
from typing import Any

from actions.names import name, names
from bot.channels.base import Meant

#: A card shows about so many characters of a text (doc 101032: sub_title_text).
SHORT = 112
#: What a button says when it is tapped: what it means, and of which ticket.
KEY = re.compile(r"([a-z_]{1,40}):([1-9][0-9]{0,8})", re.ASCII)
SEEN = "seen:"
#: What may stand in the id of a card.
ID = re.compile(r"[^0-9A-Za-z_@-]")


def fits(text: str) -> bool:
    """Whether a card can hold the whole text."""
    return len(text) <= SHORT


def card(post_id: str, ticket_no: int, offers: Sequence[str], text: str) -> dict[str, Any]:
    """A card with a button for each intent that may be meant.

    Its id is another one in every try: the platform takes none twice (846625).
    """
    return {
        "card_type": "button_interaction",
        "main_title": {"title": f"工单 #{ticket_no}"},
        "sub_title_text": text,
        "button_list": [
            {"text": name("tap", intent), "style": 1 if place == 0 else 2,
             "key": f"{intent}:{ticket_no}"}
            for place, intent in enumerate(offers)
        ],
        "task_id": f"{ID.sub('-', post_id)[:100]}-{secrets.token_hex(8)}",
    }  # fmt: skip


def meant(key: str) -> Meant | None:
    """What the button of this key means; None where it is none of ours."""
    found = KEY.fullmatch(key)
    if found is None or found[1] not in names()["tap"]:
        return None
    return Meant(found[1], int(found[2]))


def seen(key: str) -> bool:
    """Whether it is the button of a card that has been tapped before."""
    return key.startswith(SEEN)


def words(tap: Meant) -> str:
    """A tap as a message that people read."""
    return f"【{name('tap', tap.intent)}】{tap.ticket_no}号"


def taken(tap: Meant, task_id: str, sender: str) -> dict[str, Any]:
    """The card as the one who tapped sees it from then on; the others still have their buttons."""
    label = name("tap", tap.intent)
    return {
        "response_type": "update_template_card",
        "userids": [sender],
        "template_card": {
            "card_type": "button_interaction",
            "main_title": {"title": f"工单 #{tap.ticket_no}"},
            "sub_title_text": f"已收到您点的“{label}”,处理结果会发在群里。",
            "button_list": [{"text": f"已点:{label}", "style": 2, "key": f"{SEEN}{tap.ticket_no}"}],
            "task_id": task_id,
        },
    }
