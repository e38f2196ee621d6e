"""What the errcodes of 企业微信 mean for what was asked (docs 90313, 91039)."""

import re
from collections.abc import Mapping
from typing import Any

from bot.channels.base import Later, Permanent

#: The system is busy.
BUSY = -1
#: The token has ended, or another one was made: it is asked for anew, once.
ENDED = frozenset({40014, 42001})
#: Too often: a block of a minute lasts so many seconds (doc 90312).
OFTEN, PAUSE = frozenset({45009, 45033}), 60.0

#: What an administrator mends; until then it is tried again.
SETTINGS = {
    40001: "应用的 Secret 不对:请到管理后台重新复制,写入设置",
    40091: "应用的 Secret 不对:请到管理后台重新复制,写入设置",
    40013: "企业 ID 不对:请到管理后台“我的企业”复制,写入 MINGCHENG_WECOM_CORP_ID",
    40056: "应用的 AgentId 不对:请到管理后台应用详情页复制,写入设置",
    41001: "请求缺少访问凭证",
    40014: "企业微信一再不认访问凭证:请检查 Secret 是否属于这个应用",
    42001: "企业微信一再说访问凭证已过期:请检查本机的时钟和 Secret",
    48002: "应用没有调用这个接口的权限:请在管理后台给应用开通",
    50003: "应用已被停用:请在管理后台启用",
    60011: "应用没有这个权限:请检查应用的可见范围和权限",
    60020: "本机的出口 IP 不在应用的“企业可信IP”中:请在管理后台加上",
}


def fault(found: Mapping[str, Any]) -> Later | Permanent:
    """What an errcode means for what was asked."""
    code = found["errcode"]
    if code in OFTEN:
        return Later(f"企业微信说调用太频繁(错误码 {code}),一分钟后再试", after=PAUSE)
    if code == BUSY:
        return Later("企业微信系统繁忙,稍后再试")
    if code in SETTINGS:
        named = re.search(r"from ip: ?([0-9a-fA-F.:]{3,45})", str(found.get("errmsg", "")))
        from_ip = f"(出口 IP {named[1]})" if named and code == 60020 else ""
        return Later(f"{SETTINGS[code]}{from_ip}(错误码 {code})")
    return Permanent(f"企业微信不接受这个请求(错误码 {code})")
