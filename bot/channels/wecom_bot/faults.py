"""What the errcodes of the long connection mean for a post (doc 101463)."""

from bot.channels.base import Later, Permanent
from bot.channels.wecom import BUSY, OFTEN, PAUSE

#: The message can't be answered any more, or was: what is said goes as a push.
UNTIED = frozenset({846604, 846605, 846606, 846608})
#: What is asked for needs another connection, or better settings: see `refusal`.
CUT = frozenset({846601, 846609, 853000, 853001})
#: The group is not there for the bot any more.
LEFT = frozenset({40050, 49008, 86001, 86003, 86008, 93000, 93006, 93008})
#: Not so often, or nobody has spoken to the bot there: the platform tells them apart no further.
SILENT = 846607

REFUSALS = {
    853000: "机器人的 Bot ID 或 Secret 不对:请到管理后台的机器人页面重新复制,写入设置后重启",
    846601: "机器人没有开启长连接:请在管理后台把 API 模式改为“长连接”",
    846609: "长连接没有订阅成功,正在重连",
    853001: "企业微信只对 10 人以下的企业开放这种用法,本企业不能用",
}


def refusal(code: int) -> str:
    """Why a subscription was refused, in words."""
    return f"{REFUSALS.get(code, '企业微信没有接受长连接的订阅')}(错误码 {code})"


def fault(code: int) -> Later | Permanent:
    """What is to be done with a post that was refused so."""
    if (passes := _passing(code)) is not None:
        return passes
    if code in LEFT:
        return Permanent(
            f"机器人已不在这个群,或群已解散(错误码 {code}):请把它重新加进群,"
            "再在“群与人”里这个群的页面上点“已处理,恢复发送”",
            blocks=True,
        )
    if code == 45002:
        return Permanent(f"内容超过企业微信允许的长度(错误码 {code})")
    return Permanent(f"企业微信不接受这条消息(错误码 {code})")


def _passing(code: int) -> Later | None:
    if code == BUSY:
        return Later("企业微信系统繁忙,稍后再试")
    if code in OFTEN:
        return Later(f"企业微信说发送太频繁(错误码 {code}),一分钟后再试", after=PAUSE)
    if code == SILENT:
        return Later(
            f"企业微信暂不让机器人在这个群发言(错误码 {code}):发送太频繁,或群里还没有人 @过"
            "机器人;请在群里 @它说一句话,会自动再发"
        )
    if code in CUT:
        return Later(refusal(code), after=5 if code == 846609 else None)
    return None
