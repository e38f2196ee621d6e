"""What is possible in a group and what is not, by its channels and how they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from actions.names import name
from bot.channels.base import Powers
from bot.condition import Condition
from storage.models import Carrier, Group

#: What a group may have a channel for.
WAYS = ("reads", "answers", "pushes")
#: A channel that can do nothing, or none.
NOTHING = Powers()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a group is read, answered or pushed to.

    Args:
        code: which of the three.
        channel: by which it is; None where by none.
        power: what that can do of it: none, mention, all, auto, officer.
        condition: how the channel is; None where there is none of this name.
        lent: answers leave by the channel of pushes, or the other way round.
        nameless: the channel was not told what it calls the group.

    """

    code: str
    channel: str | None
    power: str
    condition: Condition | None
    lent: bool = False
    nameless: bool = False

    @property
    def gone(self) -> bool:
        """Whether there is no such channel."""
        return self.channel is not None and self.condition is None

    @property
    def halts(self) -> bool:
        """Whether it does not work as things are."""
        one = self.condition
        if self.channel is None:
            return False
        ails = one is None or self.nameless or one.unset or one.state == "down"
        return ails or self.power == "none"

    @property
    def whole(self) -> str:
        """What is possible, as a sentence."""
        return name("can", f"{self.code}_{self.power}")

    @property
    def brief(self) -> str:
        """What is possible, in few words."""
        return name("can_briefly", f"{self.code}_{self.power}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All of it. `also`: other channels that bring what is said; `blocked`: those that say none."""

    ways: Sequence[Way]
    also: Sequence[str]
    blocked: Sequence[Carrier]

    @property
    def brief(self) -> str:
        """What is possible, in few words."""
        return ";".join(way.brief for way in self.ways)

    @property
    def halts(self) -> bool:
        """Whether something of it does not work as things are."""
        return bool(self.blocked) or any(way.halts for way in self.ways)


def standing(
    group: Group, carriers: Sequence[Carrier], conditions: Mapping[str, Condition]
) -> Standing:
    """Of a group with these carriers."""
    named = {carrier.channel for carrier in carriers}
    ways = [_way(group, code, named, conditions) for code in WAYS]
    heard = {
        channel for channel in named - {group.reads}
        if channel in conditions and conditions[channel].channel.powers.reads != "none"
        and not conditions[channel].unset
    }  # fmt: skip
    sends = {way.channel for way in ways[1:]}
    return Standing(
        ways=ways, also=sorted(heard),
        blocked=[one for one in carriers if one.blocked and one.channel in sends],
    )  # fmt: skip


def _way(
    group: Group, code: str, named: set[str], conditions: Mapping[str, Condition]
) -> Way:  # fmt: skip
    own: str | None = getattr(group, code)
    # as posts leave: where there is but one of them, by that
    other = {"answers": group.pushes, "pushes": group.answers}.get(code)
    channel = own or other
    condition = conditions.get(channel or "")
    powers = condition.channel.powers if condition else NOTHING
    power = getattr(powers, code if own else {"answers": "pushes"}.get(code, "answers"))
    return Way(
        code=code, channel=channel, power=power if channel else "none", condition=condition,
        lent=channel is not None and own is None,
        nameless=condition is not None and channel not in named,
    )  # fmt: skip
