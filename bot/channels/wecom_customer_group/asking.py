"""Asking the platform about customer groups: pages, errors in words, and answers read warily."""

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.channels.base import Later, Permanent, clean
from bot.channels.wecom import Api
from bot.channels.wecom import fault as general

#: No list of ours has more pages; one that has never ends.
PAGES = 1000
#: There is no such group, or there is none any more (doc 90313).
GONE = {
    40050: "企业微信里没有这个客户群:请检查登记的群编号",
    49008: "客户群已经解散",
    86001: "企业微信里没有这个客户群:请检查登记的群编号",
    86003: "企业微信里没有这个客户群:请检查登记的群编号",
    90501: "这个群不是客户群",
    90509: "这个群不是本企业的客户群",
}
#: Whoever is named as the owner can't be asked to send; the owner may have changed.
OWNER = {
    40003: "企业微信不认识群主的账号",
    40031: "群主不在应用的可见范围里",
    41048: "群主名下没有这个可以群发的客户群",
    84061: "群主不在这个客户群里",
    84083: "群主没有客户联系的权限:请在管理后台“客户联系 → 权限配置”里给群主开通",
    84084: "群主不在应用的可见范围里",
    86005: "群主的账号不对",
    86101: "只有群主才能群发",
    60111: "通讯录里没有群主的账号",
}
#: What an administrator mends about an owner; then it works for the groups of this one.
VISIBLE = {
    40205: "群主太久没有登录企业微信:请群主在手机上登录一次",
    50002: "群主不在应用的可见范围里:请在管理后台把群主加进可见范围",
    60011: "群主不在应用的可见范围里:请在管理后台把群主加进可见范围",
    60021: "群主不在应用的可见范围里:请在管理后台把群主加进可见范围",
    60030: "群主不在应用的可见范围里:请在管理后台把群主加进可见范围",
    92000: "群主不在应用的可见范围里:请在管理后台把群主加进可见范围",
}
#: What an administrator mends about the app, or what passes.
LATER = {
    41063: "企业微信还在派发群发任务,稍后再看",
    48002: "应用不能调用客户联系接口:请在管理后台“客户联系 → 可调用接口的应用”里加上这个应用",
    81017: "应用能看到的人超过 1000 个,必须写明群主:请设置 MINGCHENG_WECOM_CUSTOMER_GROUP_OWNERS",
    84074: "应用没有客户联系的权限:请在管理后台“客户联系 → 可调用接口的应用”里加上这个应用",
}
PERMANENT = {
    40201: "内容被企业微信的安全规则拦下,请改写后再发",
    40204: "内容被微信的安全规则拦下,请改写后再发",
    41047: "企业微信里没有这个群发任务",
    41093: "群发任务已被取消",
    41094: "24 小时内已经提醒过群主三次",
    44004: "没有可发的内容",
    45002: "内容太长",
    82004: "内容里有企业微信不接受的字符",
    90604: "居民上报的网格编号不对",
}
OURS = {*GONE, *OWNER, *VISIBLE, *LATER, *PERMANENT}
#: What is about one group, and stops no round over all of them.
OF_GROUP = OURS - {*LATER}


class Asking:
    """One app's questions about 客户联系 and 居民上报; all of them are POST with a body."""

    def __init__(self, api: Api) -> None:
        """Ask by this."""
        self.api = api

    async def ask(
        self, name: str, body: Mapping[str, Any], *, sends: bool = False, ours: Collection[int] = ()
    ) -> dict[str, Any]:
        """What is answered. Later, Permanent, Unknown; an errcode of `ours` is returned."""
        found = await self.api.call(
            f"/cgi-bin/{name}", json=dict(body), sends=sends, ours={*OURS, *ours}
        )
        if found["errcode"] and found["errcode"] not in ours:
            raise fault(found)
        return found

    async def pages(
        self, name: str, body: Mapping[str, Any], ours: Collection[int] = ()
    ) -> AsyncIterator[dict[str, Any]]:
        """All pages of a list; Later for one that does not end."""
        cursor, had = "", set[str]()
        for _ in range(PAGES):
            had.add(cursor)
            found = await self.ask(name, {**body, **({"cursor": cursor} if cursor else {})},
                                   ours=ours)  # fmt: skip
            yield found
            cursor = words(found, "next_cursor", 2000)
            if not cursor:
                return
            if cursor in had:
                break
        raise Later("企业微信的列表翻不到尽头,稍后再试")


def fault(found: Mapping[str, Any]) -> Later | Permanent:
    """What an errcode means for customer groups."""
    code = found["errcode"]
    passing = {**VISIBLE, **LATER}.get(code)
    if passing:
        return Later(f"{passing}(错误码 {code})")
    if code in GONE:
        return Permanent(f"{GONE[code]}(错误码 {code})", blocks=True)
    reason = {**OWNER, **PERMANENT}.get(code)
    return Permanent(f"{reason}(错误码 {code})") if reason else general(found)


# --- reading: fields may be missing, or be of another type ------------------------------------


def words(found: Mapping[str, Any], name: str, most: int = 200) -> str:
    """A text, of at most so many characters; empty where there is none."""
    value = found.get(name)
    return clean(value).strip()[:most] if isinstance(value, str) else ""


def number(found: Mapping[str, Any], name: str) -> int:
    """A number that is not negative; 0 where there is none."""
    value = found.get(name)
    sane = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if sane and isinstance(value, int) else 0


def inner(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object; an empty one where there is none."""
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def rows(found: Mapping[str, Any], name: str, most: int = 5000) -> list[dict[str, Any]]:
    """A list of objects; what else is in it is left out."""
    value = found.get(name)
    return [row for row in value[:most] if isinstance(row, dict)] if isinstance(value, list) else []


def texts(found: Mapping[str, Any], name: str, most: int = 50) -> list[str]:
    """A list of texts; what else is in it is left out."""
    value = found.get(name)
    listed = value[:most] if isinstance(value, list) else []
    return [clean(text) for text in listed if isinstance(text, str) and text]


def moment(found: Mapping[str, Any], name: str) -> datetime | None:
    """An instant of this century, told in seconds."""
    seconds = number(found, name)
    return datetime.fromtimestamp(seconds, UTC) if 946684800 <= seconds < 4102444800 else None
