"""More examples of names: sentences that people wrote, with other names in their places.

Who is named differs from message to message, and what stands around a name does not: an extractor
that knows a sentence only with one name learns the name. Names are the training data's own, or are
made of a surname and a title, of two characters that firms like and what firms of the training data
end in.
"""

from __future__ import annotations

import random
from typing import Dict, List, Sequence, Text, Tuple

from nlu.text import Span

Sentence = Tuple[Text, List[Span]]

#: The most frequent surnames, and characters that firms and people like in their names.
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余"
    "于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙"
    "史陶贺毛郝顾龚邵万覃武钱戴严欧莫孔向常汤康易乔文"
)
LUCKY = (
    "鑫隆盛达兴和泰昌华丰裕祥源通顺安康福瑞恒宏博远光明天地正德信诚佳美新飞龙腾云海山"
    "江湘楚岳金银宝星辰阳春嘉禾润泽汇聚创智凯旋力强"
)
GIVEN = "芳伟敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红建国志文斌海波宇浩然梓涵思雨佳琪庆"
#: How often a name of a kind makes room for another one.
SHARES = {
    "person": 0.8, "enterprise": 0.8, "ticket_no": 0.8, "address": 0.6, "unit": 0.6,
    "district": 0.6, "project": 0.6,
}  # fmt: skip
#: Sentences with these are said so many times more.
TIMES = {"person": 2, "enterprise": 2, "ticket_no": 2, "project": 2, "address": 1, "unit": 1}


class Names:
    """Names by their kind, and the making of new ones."""

    def __init__(self, sentences: Sequence[Sentence], lookups: Dict[Text, List[Text]]) -> None:
        """Of the training data's own names."""
        self.known: Dict[Text, List[Text]] = {}
        for text, spans in sentences:
            for span in spans:
                self.known.setdefault(span.entity, []).append(text[span.start : span.end])
        for kind, names in lookups.items():
            self.known.setdefault(kind, []).extend(names)
        self.titles = [
            name[1:]
            for name in self.known.get("person", [])
            if 1 < len(name) <= 4 and name[0] in SURNAMES
        ]
        self.ends = [name[2:] for name in self.known.get("enterprise", []) if 4 <= len(name) <= 6]

    def other(self, kind: Text, chance: random.Random) -> Text:
        """A name of this kind."""
        if kind == "person":
            return self._person(chance)
        if kind == "ticket_no":
            return str(chance.randint(100, 9999))
        if kind == "enterprise" and self.ends and chance.random() < 0.7:
            return chance.choice(LUCKY) + chance.choice(LUCKY) + chance.choice(self.ends)
        return chance.choice(self.known[kind])

    def _person(self, chance: random.Random) -> Text:
        surname, how = chance.choice(SURNAMES), chance.random()
        if how < 0.55 and self.titles:
            return surname + chance.choice(self.titles)
        if how < 0.7:
            return chance.choice("小老") + surname
        return surname + "".join(chance.choice(GIVEN) for _ in range(chance.choice((1, 2, 2))))


def with_others(
    sentences: Sequence[Sentence], lookups: Dict[Text, List[Text]], seed: int
) -> List[Sentence]:
    """The sentences, and those with names again with other names; the same seed, the same ones."""
    names, chance = Names(sentences, lookups), random.Random(seed)
    more = [
        _renamed(text, spans, names, chance)
        for text, spans in sentences
        for _ in range(max((TIMES.get(span.entity, 0) for span in spans), default=0))
    ]
    return [*sentences, *more]


def _renamed(text: Text, spans: Sequence[Span], names: Names, chance: random.Random) -> Sentence:
    out, last, moved = "", 0, []
    for span in spans:
        out += text[last : span.start]
        name = text[span.start : span.end]
        if chance.random() < SHARES.get(span.entity, 0):
            name = names.other(span.entity, chance)
        moved.append(Span(span.entity, len(out), len(out) + len(name)))
        out, last = out + name, span.end
    return out + text[last:], moved
