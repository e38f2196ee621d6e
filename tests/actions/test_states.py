"""Figures as of any instant: they agree with the lists behind them, and with the events."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

import pytest

from storage import figures
from storage.figures import VOID, Counts, Scope
from storage.models import Event
from tests.fixtures.cast import Town
from tests.fixtures.chance import Known, Story

pytestmark = pytest.mark.embedded

SECOND = timedelta(seconds=1)


def replayed(events: list[Event], known: Known, moment: datetime) -> dict[str, bool]:
    """What a ticket counts as at a moment, told by its events alone; rules, section 6."""
    status, resolved, suspended, responded, rating = "", None, None, None, None
    times = reopened = 0
    alone = False
    for event in events:
        status = event.became
        if event.step in ("accept", "resolve"):
            responded = responded or event.at
        if event.step == "resolve":
            resolved, times = event.at, times + 1
            alone = event.by == "knowledge"
        if event.step == "dispute" or (event.step == "recheck" and status == "accepted"):
            resolved, reopened, alone = None, reopened + 1, False
        if event.step == "dispute":
            rating = "dissatisfied"
        if event.step == "confirm" and event.words:
            rating = event.words
        if event.step in ("suspend", "resume"):
            suspended = event.at if event.step == "suspend" else None
    ticket = known.then(moment)
    due, respond_by = ticket.due_at, ticket.first_respond_by
    open_ = status in ("new", "assigned", "accepted")
    stood = suspended is not None and due < suspended
    done = status in ("resolved", "closed")
    return {
        "collected": status not in VOID and known.kind != "misconduct" and not alone,
        "done": done,
        "on_time": done and resolved is not None and resolved <= due,
        "overdue": due < moment and (open_ or (status == "suspended" and stood)),
        "responded": responded is not None,
        "in_time": responded is not None and responded <= respond_by,
        "unanswered": responded is None and respond_by < moment,
        "rated": rating is not None,
        "content": rating in ("satisfied", "fairly"),
        "once_done": times > 0,
        "reopened": times > 0 and reopened > 0,
    }


def recounted(
    story: Story, moment: datetime, since: datetime | None, until: datetime | None
) -> dict[str, list[int]]:
    """The tickets behind each figure at a moment, newest first."""
    found: dict[str, list[int]] = {name: [] for name in asdict(Counts())}
    for no, known in sorted(story.known.items(), reverse=True):
        events = [event for event in story.chains[no] if event.at <= moment]
        if not events or (since and events[0].at < since) or (until and events[0].at >= until):
            continue
        counts_as = replayed(events, known, moment)
        for name, so in counts_as.items():
            if so and counts_as["collected"]:
                found[name].append(no)
    return found


async def counted(story: Story, scope: Scope) -> Mapping[str, list[int]]:
    """The same by the database, which must agree with its own counts."""
    async with story.town.database.transaction() as session:
        total = asdict(await figures.total(session, scope))
        lists = {name: list(await figures.behind(session, name, scope)) for name in total}
        by = await figures.by(session, "group", scope)
    assert {name: len(numbers) for name, numbers in lists.items()} == total
    parts = [asdict(counts) for counts in by.values()]
    assert {name: sum(part[name] for part in parts) for name in total} == total
    return lists


def moments(story: Story) -> list[datetime]:
    """Instants at which something changes, and just before and after."""
    deadlines = [ticket.due_at for known in story.known.values() for _, ticket in known.at]
    those = story.chance.sample(story.moments, 5) + story.chance.sample(deadlines, 3)
    return [moment + near for moment in those for near in (-SECOND, 0 * SECOND, SECOND)]


@pytest.mark.parametrize("seed", range(10))
async def test_at_any_instant_figures_lists_and_events_agree(town: Town, seed: int) -> None:
    story = Story(town, seed)
    await story.tell()
    await story.rest(days=15)  # what stands still does so past its deadline
    for moment in [*moments(story), town.now]:
        if moment > town.now:
            continue
        since, until = sorted(story.chance.sample(moments(story), 2))
        for period in ((None, None), (since, None), (since, until)):
            scope = Scope(at=moment, since=period[0], until=period[1])
            assert await counted(story, scope) == recounted(story, moment, *period)


@pytest.mark.parametrize("seed", range(4))
async def test_what_happens_later_changes_nothing_of_what_was(town: Town, seed: int) -> None:
    story = Story(town, seed)
    await story.tell(20)
    then = town.now
    before = await counted(story, Scope(at=then))
    await town.until(then + SECOND)
    await story.tell(20)
    assert await counted(story, Scope(at=then)) == before


@pytest.mark.parametrize("seed", range(4))
async def test_the_latest_state_is_what_the_ticket_is(town: Town, seed: int) -> None:
    story = Story(town, seed)
    await story.tell()
    lists = await counted(story, Scope(at=town.now))
    tickets = {ticket.no: ticket for ticket in await town.tickets()}
    assert set(lists["done"]) == {
        no
        for no, ticket in tickets.items()
        if ticket.status in ("resolved", "closed") and not (ticket.confidential or ticket.alone)
    }
