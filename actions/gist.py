"""What of a report is compared with others: the places that it names, its troubles, its words.

Written without any gazetteer, so that it serves every city: places are known by what Chinese names
of places end in, and by where in a message people put them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from nlu.addressed import behind
from nlu.text import fold

#: The nub of a report stands at its beginning; so long texts cost no more than this.
LONGEST = 200

#: The characters that every report has, most frequent first; not those that name a trouble.
EVERYWHERE = frozenset(
    "了的不一个是没工人要来上天到在有说都局月多万里下厂三就办能还业那么年去区车几点交等两大门给"
    "园报补这发哪面开单道出收快好用次时过款吗边十子产加可家号公资件建行求期务市进又什新理申调房回合"
    "中打系找看保户标查再着动场机备料怎定催同压间排规急高半设联充周外批少会项条科费许小协五通事装安"
    "对元政自城也接审被修后以们退今从员话商分马位"
)
#: Troubles that many owners tell at once, by the words that they use.
TROUBLES = {
    name: re.compile(words)
    for name, words in {
        "停电": "停电|断电|没有?电|跳闸|来电(?!话)|拉闸|限电|错峰",
        "电压": "电压",
        "停水": "停水|断水|没有?水|水压|(?<!自)来水",
        "爆管": "爆管|水管(?:爆|破|裂|断)|断水管",
        "停气": "停气|没有?气|天然气|煤气",
        "断网": "断网|没有?网|宽带|网络不通",
        "信号": "信号(?!灯)|打不[了通]电话",
        "路灯": "路灯|没有?灯|(?<![绿号转])灯不亮|照明|黑咕隆咚",
        "信号灯": "红绿灯|信号灯|[左右]转灯",
        "破路": "坑洼|坑坑|[大水]坑|路面|路烂|烂得|破损|塌|下陷|烂泥",
        "井盖": "井盖|窨井|下水盖",
        "积水": "积水|内涝|淹|倒灌|下水道|排水|成河|进水",
        "污水": "污水|脏水|排污(?!许可)",
        "堵车": "堵车|拥堵|堵得",
        "乱停": "违停|乱停|停满|占道",
        "停车": "停车难|车位|没地方停",
        "公交": "公交|末班|收班",
        "修路": "围挡|打围|通车|修路",
        "扬尘": "扬尘|粉尘|灰大|灰尘|渣土",
        "臭味": "臭|异味|怪味|刺鼻|废气|气味|味道|呛",
        "噪音": "噪音|噪声|吵|扰民",
        "黑烟": "黑烟|冒烟",
        "垃圾": "垃圾",
        "着火": "着火|起火|失火|火灾",
        "泄漏": "泄漏|漏氨|漏气|氨味|煤气味",
        "电梯": "电梯|货梯",
        "漏雨": "漏雨|渗水|漏水",
        "被盗": "被偷|被盗|偷了|小偷|盗窃",
        "野狗": "流浪狗|野狗",
        "充电": "充电",
    }.items()
}
#: What says nothing of the matter: courtesies, and the labels of a form.
NOISE = re.compile(
    r"【[^】]*】|(?:企业名称|联系[人电方][话式]?)[:：][^;；,，。\s]*|企业[:：]\S*|诉求|内容|"
    r"尊敬|领导|您好|你好|各位|请问?|麻烦|帮忙|帮我们?|反映|一下|我们|公司|企业|问题|处理|解决|尽快|"
    r"谢谢|已经|现在|还是|一直|没有?人|[\W_]+"
)
#: Two characters before such an ending tell one name from another.
KIND = "创新|工业|科技|产业|高科|服饰|循环|标准|交通|生态|物流|人才|批发|菜|职业|时间"
ROAD = re.compile(
    r"([一-鿿]{2})(?:[东南西北中支]?路(?![面灯边过况政由])|[东南西北中]?(?:大道|街)|巷|(?:大|(?<!天))桥|"
    r"隧道|立交|渡口|高速口?)"
)
AREA = re.compile(
    rf"([一-鿿]{{2}})(?:(?:{KIND})*(?:(?<!幼儿)园(?![林长])|城(?![区管市投乡镇])|谷|厂房|市场)|"
    r"镇|乡|村|社区|小区|段|公寓|大厦|广场|中心|大厅|车站|湖|河|山|塘|湾|岭|(?<!滑)坡|坪|冲|坝|港|铺|垅|垄|"
    r"墩|坳|学院|医院|国际|大楼|公园|[工开][业发]区|经开区|高新区|项目|[这那]边|这里|这?一带|附近)"
)
#: 3号楼, B区, 二期, 2022年度; and 18号 of a street
PART = re.compile(
    r"(?<=[路街道])(\d+)(号)|"
    r"(\d+|[a-z]\d*|[一二三四五六七八九十](?=期|栋|号楼))(号楼|栋|座|区|期|号门|年度)"
)
#: With one of these before it, the ending is no name: 这条路, 走人行道, 到市场.
NAMELESS = frozenset(
    "的这那条个了在是有到门修走绕进出让沿每和与从把被我你他们里外前后上下不也都就去来过着说边穿横人行通断"
    "期号路道太好很真更最没快急请已还县市区省镇"
)
UNNAMED = re.compile(rf"(?:{KIND}|.[道线铁公网时阶])$")
#: A name without ending, told at last: …很危险,贺家土
LAST = re.compile(r"。([一-鿿]{2,4})。$")


@dataclass(frozen=True, slots=True)
class Gist:
    """What of a report is compared."""

    text: str  # folded, with a 。 around every clause
    roads: frozenset[str]
    areas: frozenset[str]
    parts: dict[str, str]  # by what they are: 号楼 is 3
    last: str | None  # a short clause at the end, which may be a place
    names: frozenset[str]  # the characters of all these names
    troubles: frozenset[str]
    chars: frozenset[str]


@lru_cache(maxsize=4096)
def gist(text: str) -> Gist:
    """Read a report for comparing; whom it calls by name says nothing of it."""
    text = text[behind(text) :]
    text = NOISE.sub("。", f"。{fold(text[:LONGEST])}。").replace("。。", "。")
    roads, areas = dict(_named(ROAD, text)), dict(_named(AREA, text))
    parts = {found[2] or found[4]: found[1] or found[3] for found in PART.finditer(text)}
    last = LAST.search(text)
    return Gist(
        text,
        frozenset(roads),
        frozenset(areas),
        parts,
        last[1] if last and not NAMELESS & set(last[1]) else None,
        frozenset().union(*roads.values(), *areas.values(), *parts.items()),
        frozenset(name for name, words in TROUBLES.items() if words.search(text)),
        frozenset(char for char in text if char.isalpha()),
    )


def _named(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, str]]:
    """Names of places: what tells them from others, and the whole."""
    start = 0
    while match := pattern.search(text, start):
        if NAMELESS & set(match[1]) or UNNAMED.match(match[1]):
            start = match.start() + 1  # 到新东路 may still be 新东路
        else:
            yield match[1], match[0]
            start = match.end()
