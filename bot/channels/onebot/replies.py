"""What a bot answers to a post, and what that means: said, later, never, or nobody knows."""

import re
from collections.abc import Mapping

import httpx

from bot.channels.base import Later, Outgoing, Permanent, Sent, Unknown
from bot.channels.onebot.lines import Reply
from bot.channels.onebot.said import addressed

#: Codes of OneBot v11 that say: not even tried (messages of WebSockets; HTTP has 400 to 406).
REFUSED: Mapping[int, str] = {
    1400: "机器人程序看不懂发送请求(1400),请升级机器人程序",
    1401: "机器人程序要求访问令牌(1401),请核对两边的令牌",
    1403: "机器人程序不认这个访问令牌(1403),请核对两边的令牌",
    1404: "机器人程序不支持发群消息(1404),请换用支持 OneBot v11 的程序",
}
STATUS: Mapping[int, int] = {400: 1400, 401: 1401, 403: 1403, 404: 1404, 406: 1400}
#: These are mended by people, in their settings, and then the post still matters.
MENDABLE = frozenset({1401, 1403})
#: The program waited for QQ in vain: what it sent may stand in the group all the same.
WAITED = re.compile(r"time ?d? ?out|超时", re.IGNORECASE)
#: What words of the program mean: NapCat gives QQ's own code as "result". The rest may go later.
MUTED = re.compile(r'"result": ?120\b|禁言|muted|banned', re.IGNORECASE)
OUTSIDE = re.compile(
    r'"result": ?110\b|不在(?:该|此|这个)?群|群(?:聊|号)?不存在|已退出该群'
    r"|not in (?:the |this )?group",
    re.IGNORECASE,
)
PERSON = re.compile(r"[1-9][0-9]{4,11}")


def segments(post: Outgoing) -> list[dict[str, object]]:
    """A post as segments, so that nothing in it is a code; the first part addresses."""
    people = [one.id for one in post.to if PERSON.fullmatch(one.id)] if post.part == 0 else []
    text = addressed(post.text, len(people))[1]  # QQ shows their names itself
    at: list[dict[str, object]] = [{"type": "at", "data": {"qq": id_}} for id_ in people]
    return [*at, {"type": "text", "data": {"text": f" {text}" if at else text}}]


def settled(reply: Reply, self_id: str) -> Sent:
    """What came of a post. Raises Later, Permanent or Unknown."""
    if reply.well:
        number = reply.about.get("message_id")
        named = isinstance(number, int | str) and not isinstance(number, bool) and str(number)
        return Sent({"id": f"{self_id}:{number}"} if named and self_id else None)
    code = reply.retcode or 0
    if code in REFUSED:
        raise Later(REFUSED[code]) if code in MENDABLE else Permanent(REFUSED[code])
    if WAITED.search(reply.words):
        raise Unknown("机器人程序等 QQ 的回应超时,不知是否送达,请到群里看一眼")
    if OUTSIDE.search(reply.words):
        raise Permanent("机器人不在这个群里,请把它拉进群,再到“群与人”里恢复发送", blocks=True)
    if MUTED.search(reply.words):
        raise Later("机器人在这个群里被禁言,请群主或管理员解除")
    raise Later(f"QQ 没有接受这条消息(返回码 {code}),可能发得太快或账号被风控,请看机器人程序的日志")


async def posted(client: httpx.AsyncClient, url: str, body: Mapping[str, object]) -> Reply:
    """What an action gives over HTTP. Raises Later, Permanent or Unknown."""
    try:
        answer = await client.post(url, json=dict(body))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise Later("连不上机器人程序的 HTTP 接口,请检查 MINGCHENG_ONEBOT_API") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unknown("机器人程序没有回应,不知是否送达,请到群里看一眼") from error
    if (code := STATUS.get(answer.status_code)) is not None:
        return Reply(status="failed", retcode=code)
    if answer.status_code in (429, 502, 503):
        raise Later(f"机器人程序暂时不能接受请求(HTTP {answer.status_code})")
    if answer.status_code != 200:
        raise Unknown(f"机器人程序出错(HTTP {answer.status_code}),不知是否送达,请到群里看一眼")
    try:
        return Reply.model_validate_json(answer.content)
    except ValueError as error:
        raise Unknown("机器人程序的回应看不懂,不知是否送达,请到群里看一眼") from error
