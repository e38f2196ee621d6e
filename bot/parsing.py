"""Which parser reads: Rasa, and its keyword twin while Rasa is away."""

from collections.abc import Sequence

import structlog

from nlu.parse import Parse, Parser, ParserAway

log = structlog.get_logger()


class Twins:
    """Reads with the first, with the second while the first is away; the parse says which."""

    def __init__(self, first: Parser, second: Parser) -> None:
        """`second` must never be away."""
        self.first, self.second = first, second
        self.name = first.name

    async def parse(self, texts: Sequence[str]) -> list[Parse]:
        """One parse a text, by whichever is there."""
        try:
            parses = await self.first.parse(texts)
        except ParserAway as away:
            if self.name != self.second.name:
                log.warning("parser away", parser=self.first.name, error=str(away))
            self.name = self.second.name
            return await self.second.parse(texts)
        self.name = self.first.name
        return parses
