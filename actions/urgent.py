"""What makes a report urgent; rules, section 3: one readable rule in one place."""

import re

#: What has happened or is missing.
DANGER = re.compile(
    r"停电|断电|没电|停水|断水|没水|停气|断气|停燃气|起火|着火|失火|火灾|冒烟|爆炸|"
    r"泄漏|泄露|漏气|漏电|坍塌|塌方|垮塌|倒塌|被困|困住|困在|受伤|伤人|触电|中毒|停产|停工|停线"
)
#: Told of the past, of the future, or as a mere possibility.
NOT_NOW = re.compile(
    r"已(?:经)?(?:恢复|修好|解决|通电|来电|来水)|恢复了|昨天.{0,12}(?:恢复|好了)|"
    r"(?:计划|将|会|拟|明天|下周|下个月|下月).{0,6}(?:停[电水气产]|断[电水气])|"
    r"去年|上个月|上月|上周|前几天|以前|曾经|经常|老是|时不时|隔三差五|总是|容易|可能|怕|担心|隐患|"
    r"(?:没有|未|避免|防止)(?:造成|发生)?(?:.{0,4})(?:受伤|伤人|停产|火灾)"
)
#: Said to be going on.
NOW = re.compile(
    r"正在|现在|此刻|马上|目前还在|还在|刚刚|刚才|突然|今天|今早|今晚|凌晨|救命|紧急|十万火急"
)
#: Categories of which a bare word is enough: what they speak of is going on where it is told.
PRESENT = frozenset({"utilities", "safety"})


def urgent(text: str, category: str | None) -> bool:
    """Whether a report is urgent: a danger, going on now.

    A danger told as past, planned or feared is not. In 水电气网 and 安全治安 a report speaks of
    now unless it says otherwise; elsewhere it must say so itself.
    """
    if not DANGER.search(text) or NOT_NOW.search(text):
        return False
    return category in PRESENT or bool(NOW.search(text))
