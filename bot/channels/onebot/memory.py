"""What our bots are called and what they said: who quotes it means the post behind it."""

from collections import OrderedDict
from collections.abc import Iterable

from bot.channels.base import Outgoing, Quoted
from bot.channels.onebot.events import Event, own
from bot.channels.onebot.said import addressed

#: So many posts, and so many messages of bots, are remembered; and bots.
MEMORY = 2000
BOTS = 100


class Memory:
    """What this process knows; what another one knows stands with the posts in the database."""

    def __init__(self, ours: Iterable[str]) -> None:
        """These are our bots from the beginning."""
        self.ours = frozenset(ours)
        self._posts: OrderedDict[str, str] = OrderedDict()  # words → id of the post
        self._said: OrderedDict[str, str | Quoted] = OrderedDict()  # id of the message → what it is

    def met(self, bot: str) -> None:
        """It is a bot of ours."""
        if bot.isdecimal() and len(self.ours) < BOTS:
            self.ours |= {bot}

    def sends(self, post: Outgoing) -> None:
        """A post leaves; every other bot in the group will hear it."""
        _remember(self._posts, _words(post.text), post.id.partition(".")[0])

    def heard(self, event: Event) -> None:
        """An event came: where a bot of ours is heard, what it says is known under a new id."""
        self.met(event.self_id)
        if own(event, self.ours) and event.message_id:
            text = event.said(frozenset()).text
            _remember(self._said, event.key, self._posts.get(_words(text)) or Quoted("", text))

    def meant(self, quote: str) -> str | Quoted:
        """What is quoted under this id."""
        return self._said.get(quote, quote)


def _words(text: str) -> str:
    """A text without whom it addresses: QQ shows them by other names than we do."""
    return "".join(addressed(text)[1].split())


def _remember[T](memory: OrderedDict[str, T], key: str, value: T) -> None:
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > MEMORY:
        memory.popitem(last=False)
