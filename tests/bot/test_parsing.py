"""The twins: Rasa reads, and while it is away the keywords do; the parse says which."""

from bot.parsing import Twins
from nlu.keywords import Keywords
from nlu.rasa_http import Rasa
from tests.bot.wire import Wire
from tests.fixtures.cast import REPORT

ANSWER = b'{"intent": {"name": "chitchat", "confidence": 0.9}, "entities": []}'


async def read(url: str, keywords: Keywords) -> tuple[str, str]:
    """Which of them read a report, and who it says that it is."""
    rasa = Rasa(url, "")
    twins = Twins(rasa, keywords)
    (parse,) = await twins.parse([REPORT])
    await rasa.close()
    return parse.parser, twins.name


async def test_while_rasa_is_there_it_reads(wire: Wire, keywords: Keywords) -> None:
    wire.answer = ANSWER
    assert await read(wire.url, keywords) == ("rasa", "rasa")


async def test_while_rasa_is_away_the_keywords_read(keywords: Keywords) -> None:
    assert await read("http://127.0.0.1:1", keywords) == ("keywords", "keywords")


async def test_a_rasa_without_a_model_is_away(wire: Wire, keywords: Keywords) -> None:
    wire.status = 409
    assert await read(wire.url, keywords) == ("keywords", "keywords")


async def test_when_rasa_is_back_it_reads_again(wire: Wire, keywords: Keywords) -> None:
    rasa, wire.status, wire.answer = Rasa(wire.url, ""), 503, ANSWER
    twins, readers = Twins(rasa, keywords), []
    for status in (503, 200):
        wire.status = status
        readers += [parse.parser for parse in await twins.parse([REPORT])]
    await rasa.close()
    assert (readers, twins.name) == (["keywords", "rasa"], "rasa")
