"""What holds in every story, whatever people say and do; rules, sections 2, 4, 5 and 8."""

from collections.abc import Sequence
from datetime import datetime, time

import pytest
from sqlmodel import col, select

from actions.deadlines import ZONE
from actions.steps import STEPS
from storage import events, states
from storage.models import Notice, Post, Reminder, State
from tests.fixtures.cast import Town
from tests.fixtures.chance import Story

pytestmark = pytest.mark.embedded

#: While its ticket is in one of these a level may fire.
FIRES = {"unanswered": {"new", "assigned"}}
OPEN = {"new", "assigned", "accepted"}


@pytest.fixture(params=range(8))
async def story(town: Town, request: pytest.FixtureRequest) -> Story:
    """A story, and then six weeks in which nobody does anything."""
    told = Story(town, 100 + request.param)
    await told.tell()
    await told.rest(days=42)
    return told


def quiet(moment: datetime) -> bool:
    local = moment.astimezone(ZONE).time()
    return local < time(8) or local >= time(20)


async def test_every_rule_that_holds_always_holds(story: Story) -> None:
    town = story.town
    tickets = {ticket.no: ticket for ticket in await town.tickets()}
    posts = await town.posts()
    await chained(town)
    await secret(story, posts)
    for post in posts:
        # the night belongs to answers and to what is urgent
        was_urgent = any(t.urgent for no in post.about for _, t in story.known[no].at)
        assert post.why == "reply" or not quiet(post.next_at) or was_urgent
    answered = [post.answers for post in posts if post.answers]
    assert len(answered) == len(set(answered))  # one reply a message
    await reminded(town)
    for ticket in tickets.values():
        state = await state_at(town, ticket.no, town.now)
        assert (state.status, state.due_at) == (ticket.status, ticket.due_at)


async def chained(town: Town) -> None:
    """The events are whole, and each leads from the status before along the table."""
    async with town.database.transaction() as session:
        assert await events.broken(session) is None
        chain = await events.after(session, 0)
    status: dict[int, str | None] = {}
    for event in chain:
        assert event.was == status.get(event.ticket_no)
        status[event.ticket_no] = event.became
        if event.step in STEPS and event.was:
            ways = {*STEPS[event.step].values(), event.was if event.step == "recheck" else ""}
            assert event.became in ways


async def secret(story: Story, posts: Sequence[Post]) -> None:
    """Of misconduct nothing is said, and nobody is told but the inspectors."""
    town = story.town
    hidden = {no for no, known in story.known.items() if known.kind == "misconduct"}
    for post in posts:
        assert not hidden & set(post.about)
        for no in hidden:
            assert f"#{no} " not in post.text
            assert f"#{no}," not in post.text.replace(f"没有找到 #{no},", "")
    told = {who for who, _, no in await town.notices() if no in hidden}
    assert told <= {"i1"}


async def reminded(town: Town) -> None:
    """A level fires at its instant, and only of what is then open."""
    async with town.database.transaction() as session:
        fired = (
            await session.exec(select(Reminder).where(col(Reminder.fired_at).is_not(None)))
        ).all()
        told = (await session.exec(select(Notice).where(Notice.level == "unanswered"))).all()
    for row in fired:
        assert row.fired_at == row.at
        state = await state_at(town, row.ticket_no, row.at)
        assert state.status in FIRES.get(row.level, OPEN)
    assert len({(row.ticket_no, row.level, row.deadline) for row in fired}) == len(fired)
    assert len({(row.ticket_no, row.member_id, row.at) for row in told}) == len(told)


async def state_at(town: Town, no: int, moment: datetime) -> State:
    async with town.database.transaction() as session:
        found = await session.exec(select(State).where(State.ticket_no == no, states.at(moment)))
        return found.one()
