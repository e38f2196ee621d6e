"""What makes a report urgent; rules, section 3: one readable rule in one place."""

import re

#: Lives are in it: urgent whatever the category.
LIFE = (
    r"(?<!一)起火(?!锅)|(?<![看着接])着火(?!车)|失火|(?<!信息)爆炸|救命|"
    r"困人|被埋|人员?.{0,3}(?:被困|困在)"
)
#: Something is cut off, leaks, has fallen down or stands still, or somebody is hurt. What only
#: begins alike is left out: 停电动车, 没电话, 没水平.
HARM = (
    r"(?:停|断|没)[了有]?[电水气](?![话梯子视脑商动瓶表费泥平泵准])|[电水气](?:又|全|都)?[停断]了|"
    r"停燃气|跳闸|火灾|冒烟|(?<!信息)(?<!数据)(?<!隐私)泄[漏露](?!.{0,4}(?:信息|数据|隐私|秘密))|"
    r"漏[气电水油]|爆管|管道?(?:爆|破裂)|坍塌|塌[方陷了]|[垮倒]塌|"
    r"被困(?![扰惑难])|困[住在]|受伤|伤人|触电|中毒|停产(?!业)|停工|停线|"
    r"(?:生产线|产线|流水线|车间|全厂).{0,4}停[了下]"
)
DANGER = re.compile(f"(?P<life>{LIFE})|{HARM}")

#: Where a clause begins, and a word from which on it speaks of now.
BREAK = re.compile(r"[,，。;；：:!！?？\s]|现在|目前|刚才|刚刚|又")
#: Before a danger, in its clause: it is feared, usual, planned or denied.
UNREAL = re.compile(
    r"可能|也许|恐怕|怕|担心|容易|万一|如果|要是|一旦|避免|防止|以防|预防|谨防|会不会|"
    r"经常|常常|总是|老是|动不动|时不时|隔三差五|三天两头|频繁|每次|每天|"
    r"明[天日晚早]|后天|下周|下个?月|下星期|计划|预计|打算|准备|"
    r"(?:将|拟|要(?!求)|(?<![委员商协社])会(?![议展])|不).{0,2}$|"
    r"(?:没有?|未|无)(?:造成|发生|出现|导致|引起)?(?:任何)?(?:人员?|员工|工人)?$"
)
#: Right behind a danger: only its name is used, or it is usual.
NAMED = re.compile(
    r".{0,2}(?:频繁|是常|通知|公告|计划|补偿|赔偿|隐患|风险|报警|演练|预案|检修|审批)"
)
#: Before a danger, in its clause: it is past, unless the text goes on that it lasts.
PAST = re.compile(
    r"去年|前年|上个?月|上周|上个?星期|前[几些两]天|前段时间|昨[天日晚]|前[天日晚]|"
    r"以前|之前|曾|当时|那次"
)
LASTS = re.compile(r"到现在|到今天|至今|持续|[没未]有?(?:恢复|来[电水气]|修|好|通)")
#: Anywhere behind a danger: it is over.
OVER = re.compile(
    r"已经?(?:恢复|修好|解决|通[电水气]|来[电水气]|供[电水气]|扑灭)|"
    r"(?<![没未])(?:恢复|来[电水气]|通[电水气]|修好|扑灭|火灭)了(?![吗没])"
)
#: Said to be going on.
NOW = re.compile(
    r"正在|现在|此刻|目前|马上|还在|刚刚|刚才|突然|今[天日早晚]|凌晨|紧急|十万火急|快来"
)
#: Categories of which a bare word is enough: what they speak of is going on where it is told.
PRESENT = frozenset({"utilities", "safety"})


def urgent(text: str, category: str | None) -> bool:
    """Whether a report is urgent: it tells of a danger, and of one that is going on now.

    A danger told as feared, usual, planned, denied, past or over is none. Where lives are in it,
    and in 水电气网 and 安全治安, a report speaks of now; elsewhere it must say so itself.
    """
    dangers = [found for found in DANGER.finditer(text) if _lasts(text, found)]
    present = category in PRESENT or bool(NOW.search(text))
    return any(present or found["life"] for found in dangers)


def _lasts(text: str, danger: re.Match[str]) -> bool:
    before = BREAK.split(text[: danger.start()])[-1]
    after = text[danger.end() :]
    if UNREAL.search(before) or NAMED.match(after) or OVER.search(after):
        return False
    return not PAST.search(before) or bool(LASTS.search(after))
