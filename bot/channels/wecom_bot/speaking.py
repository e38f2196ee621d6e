"""How a post leaves over the long connection: tied to the message that it answers, else pushed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.channels import wecom, wording
from bot.channels.base import Outgoing, Sent, Shared
from bot.channels.wecom_bot import cards, faults, frames
from bot.channels.wecom_bot.link import Link

#: Answers and pushes together, in one conversation: a minute, an hour (doc 101463).
WINDOWS = ((30, 60.0), (1000, 3600.0))
#: So long a message may be answered (doc 101463); a minute less, for the way there.
ANSWERS = timedelta(hours=24, minutes=-1)
#: A text has at most 20480 bytes (doc 101463); some are left for what a cut makes of it.
ROOM = 20000
#: A card, or None for a text.
Card = Mapping[str, Any] | None
BUSY = "这个群一分钟内(或一小时内)已发满企业微信允许的条数,稍后接着发"


def parts(text: str) -> list[str]:
    """A text in parts that a message holds, each with nothing in it that acts as mark-up."""
    return wording.split(wording.markdown(text), ROOM) or [text]


def split(post: Outgoing) -> list[str]:
    """Its parts; the buttons of one that offers something hang on the last one.

    What a card can't hold whole stands before it.
    """
    texts = parts(post.text)
    if not _offers(post) or cards.fits(texts[-1]):
        return texts
    return [*texts, f"关于 #{post.about[0]},请点下面的按钮,或直接在群里 @我 说明。"]


def card(post: Outgoing) -> dict[str, Any] | None:
    """The card that this part is, or None: a text."""
    if not _offers(post) or post.part != post.parts - 1 or not cards.fits(post.text):
        return None
    return cards.card(post.id, post.about[0], post.offers, post.text)


def _offers(post: Outgoing) -> bool:
    return bool(post.offers and post.about)


#: What would not be different for a text.
_SAME = frozenset({0, faults.SILENT, wecom.BUSY, *wecom.OFTEN, *faults.CUT, *faults.LEFT})


async def send(link: Link, shared: Shared, key: str, post: Outgoing, now: datetime) -> Sent:
    """Say it. Later, Permanent or Unknown where it could not be said."""
    shown = card(post)
    code = await _say(link, shared, key, post, now, shown)
    if shown is not None and code not in _SAME:
        code = await _say(link, shared, key, post, now, None)  # buttons are an extra
    if code:
        raise faults.fault(code)
    return Sent()


async def _say(
    link: Link, shared: Shared, key: str, post: Outgoing, now: datetime, shown: Card
) -> int:
    """Answer, or push where nothing can be answered; the errcode. Each takes a turn."""
    req_id = _tied(link, post, now)
    if req_id is not None and not link.answered(req_id):
        await wecom.turn(shared, key, WINDOWS, BUSY)
        link.answers(req_id)
        code = await link.ask(
            "aibot_respond_msg", _body(post, shown, f"{post.id}-{link.id}"), req_id
        )
        if code not in faults.UNTIED:
            return code
    await wecom.turn(shared, key, WINDOWS, BUSY)
    where = {"chatid": post.group, "chat_type": 2}
    return await link.ask("aibot_send_msg", {**where, **_body(post, shown)})


def _body(post: Outgoing, shown: Card, stream: str = "") -> dict[str, Any]:
    """A card; or the text, as a stream where it answers and as markdown where it does not."""
    if shown is not None:
        return {"msgtype": "template_card", "template_card": shown}
    text = wording.markdown(post.text)
    if stream:
        return {"msgtype": "stream", "stream": frames.stream(stream, text)}
    return {"msgtype": "markdown", "markdown": {"content": text}}


def _tied(link: Link, post: Outgoing, now: datetime) -> str | None:
    """The `req_id` of the message that it answers, while that came over this connection."""
    handle = post.handle or {}
    try:
        fresh = now - datetime.fromisoformat(handle["at"]) < ANSWERS
    except (KeyError, TypeError, ValueError):
        return None
    return str(handle.get("req_id")) if fresh and handle.get("link") == link.id else None
