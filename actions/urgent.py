"""What makes a report urgent; rules, section 3: one readable rule in one place."""

import re

#: Lives are in it, or production stands still: urgent whatever the category.
LIFE = (
    r"(?<!一)起火(?!锅)|(?<![看着接])着火(?!车)|失火|火警(?![器系电报])|(?<!真)烧起来(?!.{0,3}[都也]|怎么)|烧着了|(?<!信息)爆炸|救命|"
    r"困人|被埋|人员?.{0,3}(?:被困|困在)|电梯[里内中]?面?(?:又|还|现在|正|突然)?[困关][了着住]?.{0,3}人(?![员民])|"
    r"血流不止|从.{1,10}(?:摔|坠|跌)(?:了?下|落|倒)|(?<!没)有[人车].{0,6}(?:掉|摔|坠|跌)(?:了?[下进到]|落)|"
    r"(?<!过)桥.{0,2}[塌垮断]了|(?:塔吊|吊车|脚手架).{0,3}[倒塌垮]了|高压线.{0,3}(?:断|掉|落)了?|"
    r"(?:化学品?|危化品?|氯气|氨气?|毒气|[燃煤]气|天然气|汽油|柴油|酸液?).{0,4}泄[漏露]|"
    r"已经?(?:全[面部])?停产(?!业|整[改顿])|停产了?(?:快|将近|大?半|至今|\d|[一二两三四五六七八九十几])"
)
#: Something is cut off, leaks, has fallen down or stands still, or somebody is hurt. What only
#: begins alike is left out: 停电动车, 没电话, 没水平.
HARM = (
    r"(?:停|断|没)[了有]?[电水气](?![话梯子视脑商动瓶表费泥平泵准])|[电水气](?:又|全|都)?[停断]了|"
    r"(?:供[电水气]|[电水气]供应?).{0,4}(?:中断|停了)|(?:停止|中断|停)供[电水气应]|停燃气|跳闸|火灾|"
    r"(?<!囱)冒(?:出|着|了|起)?[浓大]?烟|(?:配电|变压器|车间|仓库|电[线缆箱柜]|机器|楼).{0,4}冒.{0,3}烟|"
    r"(?<!信息)(?<!数据)(?<!隐私)泄[漏露](?!.{0,4}(?:信息|数据|隐私|秘密))|"
    r"漏[气电水油]|爆管|管[道线网]?.{0,2}(?:爆|破裂|[挖撞压铲][断破爆])|(?<![光网])缆.{0,3}挖断|"
    r"坍塌|塌[方陷了]|[垮倒]塌|被困(?![扰惑难])|困[住在]|受伤|伤人|[夹压砸撞烫烧割轧刺灼]伤|有人被电|"
    r"触电|中毒|晕倒|昏[倒迷]|停产(?!业)|停工|停线|生产.{0,2}停了|"
    r"(?:生产线|产线|流水线|车间|全厂).{0,4}停[了下着]"
)
DANGER = re.compile(f"(?P<life>{LIFE})|{HARM}")

#: Where a clause begins, and a word from which on it speaks of now.
BREAK = re.compile(r"[,，。;；：:!！?？\s]|现在|目前|刚才|刚刚|又")
#: Before a danger, in its clause: it is feared, usual, planned or denied.
UNREAL = re.compile(
    r"差点|险些|可能|也许|恐怕|怕|担心|容易|万一|如果|要是|一旦|避免|防止|以防|预防|谨防|会不会|"
    r"经常|常常|总是|老是|动不动|时不时|隔三差五|三天两头|频繁|每次|[每天]天|"
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
#: What is over in a moment: that its traces are not repaired is not that it lasts.
BRIEF = re.compile(r"火|烧|爆炸|伤")
BURNS = re.compile(r"还在|持续|[没未]有?(?:被?扑|灭|救)")
#: Anywhere behind a danger: it is over.
OVER = re.compile(
    r"已经?(?:恢复|修好|解决|通[电水气]|来[电水气]|供[电水气]|扑灭)|"
    r"(?<![没未])(?:恢复|来[电水气]|通[电水气]|修好|扑灭|火灭)了(?![吗没])|工伤|住院|伤残"
)
#: Said to be going on.
NOW = re.compile(
    r"正在|现在|此刻|目前|马上|还在|刚刚|刚才|突然|今[天日早晚]|凌晨|紧急|十万火急|快来"
)
#: Categories of which a bare word is enough: what they speak of is going on where it is told.
PRESENT = frozenset({"utilities", "safety"})


def urgent(text: str, category: str | None) -> bool:
    """Whether a report is urgent: it tells of a danger, and of one that is going on now.

    A danger told as feared, usual, planned, denied, past or over is none. Where lives are in it or
    production stands still, and in 水电气网 and 安全治安, a report speaks of now; elsewhere it must
    say so itself.
    """
    dangers = [found for found in DANGER.finditer(text) if _lasts(text, found)]
    present = category in PRESENT or bool(NOW.search(text))
    return any(present or found["life"] for found in dangers)


def _lasts(text: str, danger: re.Match[str]) -> bool:
    before = BREAK.split(text[: danger.start()])[-1]
    after = text[danger.end() :]
    if UNREAL.search(before) or NAMED.match(after) or OVER.search(after):
        return False
    lasts = BURNS if BRIEF.search(danger[0]) else LASTS
    return not PAST.search(before) or bool(lasts.search(after))
