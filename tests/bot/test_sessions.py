"""Browsers that are signed in, and what is known for a moment only."""

from datetime import UTC, datetime

import pytest

from bot.moments import Moments
from bot.sessions import STAY, Sessions, mark_of
from bot.streams import Away, Streams
from tests.fixtures.cast import START

pytestmark = pytest.mark.embedded


async def begin(sessions: Sessions, login: str = "wang", agent: str = "Firefox") -> str:
    now = datetime.now(UTC)
    return await sessions.begin(login, now, address="10.0.0.1", agent=agent, way="oidc", proof="p")


async def test_who_holds_the_token_is_known_by_it(streams: Streams) -> None:
    sessions = Sessions(streams)
    browser = await sessions.of(await begin(sessions))
    assert browser is not None
    assert (browser.login, browser.address, browser.agent) == ("wang", "10.0.0.1", "Firefox")
    assert (browser.way, browser.proof) == ("oidc", "p")


@pytest.mark.parametrize("token", ["", "invented", "x" * 9999, "非"])
async def test_nobody_else_is(streams: Streams, token: str) -> None:
    sessions = Sessions(streams)
    await begin(sessions)
    assert await sessions.of(token) is None


async def test_the_token_itself_is_kept_nowhere(streams: Streams) -> None:
    token = await begin(Sessions(streams))
    for key in await streams.client.keys("*"):
        assert token not in str(key)
    assert token not in str(await streams.client.zrange("mingcheng:browsers", 0, -1))
    assert mark_of(token) != token


async def test_a_browser_is_forgotten_by_itself(streams: Streams) -> None:
    token = await begin(Sessions(streams))
    left = await streams.client.ttl(f"mingcheng:browser:{mark_of(token)}")
    assert 0 < left <= STAY.total_seconds()


async def test_what_is_over_stands_in_no_list(streams: Streams) -> None:
    sessions = Sessions(streams)
    await sessions.begin("old", START, address="", agent="")  # its week is over long ago
    token = await begin(sessions)
    assert list(await sessions.all()) == [mark_of(token)]


async def test_browsers_are_ended_one_by_one(streams: Streams) -> None:
    sessions = Sessions(streams)
    first, second = await begin(sessions), await begin(sessions)
    await sessions.end([mark_of(first), "invented"])
    assert await sessions.of(first) is None
    assert list(await sessions.all()) == [mark_of(second)]
    await sessions.end([])


async def test_browsers_of_an_account_are_ended_but_for_one(streams: Streams) -> None:
    sessions = Sessions(streams)
    kept, lost, other = await begin(sessions), await begin(sessions), await begin(sessions, "li")
    await sessions.end_of("wang", but=kept)
    assert [await sessions.of(token) is not None for token in (kept, lost, other)] == [
        True, False, True,
    ]  # fmt: skip


async def test_a_long_name_of_a_browser_is_cut(streams: Streams) -> None:
    sessions = Sessions(streams)
    browser = await sessions.of(await begin(sessions, agent="x" * 9999))
    assert browser is not None
    assert len(browser.agent) == 200


async def test_where_the_server_is_away_nobody_is_taken_for_somebody() -> None:
    away = Sessions(Streams("redis://127.0.0.1:1"))
    with pytest.raises(Away):
        await away.of("token")
    with pytest.raises(Away):
        await away.all()


# --- moments -------------------------------------------------------------------------------------


async def test_what_was_left_is_looked_at_often_and_taken_once(streams: Streams) -> None:
    moments = Moments(streams)
    token = await moments.leave("half", {"login": "wang"}, 60)
    for _ in range(2):
        assert await moments.look("half", token) == {"login": "wang"}
    assert await moments.look("other", token) is None
    assert await moments.take("half", token) == {"login": "wang"}
    assert await moments.take("half", token) is None


async def test_once_is_once(streams: Streams) -> None:
    moments = Moments(streams)
    told = [await moments.once("code", of, 60) for of in ("a", "a", "b")]
    assert told == [True, False, True]


async def test_what_is_counted_is_forgotten_a_span_after_the_first(streams: Streams) -> None:
    moments = Moments(streams)
    assert await moments.counted("address", "10.0.0.1") == (0, 0)
    assert await moments.count("address", "10.0.0.1", 60) == 1
    assert await moments.count("address", "10.0.0.1", 9999) == 2
    many, seconds = await moments.counted("address", "10.0.0.1")
    assert many == 2
    assert 0 < seconds <= 60


async def test_nothing_that_was_typed_stands_in_a_key(streams: Streams) -> None:
    moments = Moments(streams)
    await moments.count("login", "a password", 60)
    assert not any("password" in str(key) for key in await streams.client.keys("*"))
