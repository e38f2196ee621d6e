"""How a channel is, by what was told of it and when."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Channel, Door, Health
from bot.condition import FRESH, STATES, condition, conditions
from bot.streams import Streams

NOW = datetime(2023, 4, 3, 1, tzinfo=UTC)


class Sends(Channel):
    """It needs nobody to run it."""

    name = title = "sends"


class Runs(Channel):
    """It has a loop."""

    name = title = "runs"

    async def run(self, door: Door) -> None:
        """Never asked for here."""


class Served(Channel):
    """Others connect to it."""

    name = title = "served"
    served = True


class Unset(Runs):
    """Its settings say that it is not set up."""

    def by_settings(self) -> Health:
        return Health("off", "没有设置")


class Settled(Sends):
    """Its settings say that all is well."""

    def by_settings(self) -> Health:
        return Health("ok", "设置好了")


def note(state: str, ago: timedelta = timedelta(0), words: str = "说明") -> str:
    return json.dumps({"state": state, "words": words, "at": (NOW - ago).isoformat()})


FORMERLY = FRESH + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("channel", "noted", "state", "words", "silent"),
    [
        (Runs, note("ok"), "ok", "说明", False),
        (Runs, note("warn", FRESH), "warn", "说明", False),
        (Runs, note("down"), "down", "说明", False),
        (Runs, note("ok", FORMERLY), "down", "", True),
        (Runs, "", "down", "", True),
        (Runs, note("off", FORMERLY), "off", "说明", False),  # it ended when it had said so
        (Served, "", "down", "", True),
        (Served, note("ok"), "ok", "说明", False),
        (Sends, "", "ok", "", False),
        (Sends, note("down"), "down", "说明", False),
        (Sends, note("down", FORMERLY), "ok", "", False),
        (Unset, "", "off", "没有设置", False),
        (Unset, note("ok"), "off", "没有设置", False),  # told by a process with other settings
        (Settled, "", "ok", "设置好了", False),
        (Settled, note("warn"), "warn", "说明", False),
    ],
)
def test_how_a_channel_is(
    channel: type[Channel], noted: str, state: str, words: str, silent: bool
) -> None:
    found = condition(channel(), noted, NOW)
    assert (found.state, found.words, found.silent) == (state, words, silent)


def test_one_that_has_nothing_to_do_yet_is_set_up() -> None:
    assert condition(Unset(), "", NOW).unset
    assert not condition(Runs(), note("off"), NOW).unset


ODD = st.text() | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)
    | st.dictionaries(st.sampled_from(["state", "words", "at"]) | st.text(), inner),
).map(json.dumps)  # fmt: skip


@given(ODD | st.sampled_from([
    note("none"), note("ok").replace("+00:00", ""), '{"state": "ok", "at": 5, "words": ""}',
    '{"state": ["ok"], "words": "", "at": "2023-04-03T09:00:00+08:00"}',
]))  # fmt: skip
def test_what_is_no_note_counts_as_none(noted: str) -> None:
    found = condition(Runs(), noted, NOW)
    assert (found.state in STATES, found.silent) == (True, True)


async def test_while_the_streams_are_away_nothing_was_told() -> None:
    streams = Streams("redis://127.0.0.1:1")
    found = await conditions({"runs": Runs(), "sends": Sends()}, streams, NOW)
    await streams.close()
    assert {name: one.state for name, one in found.items()} == {"runs": "down", "sends": "ok"}
