"""Every route of the program, as every role and as nobody, against the one table of rights."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from actions import rights
from bot import web
from bot.app import App
from bot.console.page import Enter, sealed
from bot.settings import Settings
from storage import people, tickets
from tests.bot.console.conftest import Console, seal

#: What is open to everybody: it asks for another proof, or signs people in.
PUBLIC = {
    ("POST", "/in/{name}"), ("GET", "/in/{name}"), ("GET", "/health"), ("GET", "/signin"),
    ("POST", "/signin"),
    ("POST", "/signin/code"), ("GET", "/signin/with/{name}"), ("GET", "/signin/back/{name}"),
    ("POST", "/signout"),
}  # fmt: skip
#: Forms without a seal: nobody is signed in yet who could be made to send them; callbacks.
UNSEALED = {("POST", "/in/{name}"), ("POST", "/signin"), ("POST", "/signin/code")}
#: Apps within the app; the API has rights of its own, and tests of them.
MOUNTED = {"/static", "/api/v1"}
#: By how its address begins, the parts to which a page can belong.
PLACES = {
    "": {"today"}, "account": {"today"}, "live": {"today"}, "notices": {"today"},
    "tickets": {"tickets"}, "reviews": {"reviews"}, "board": {"board"}, "groups": {"windows"},
    "media": {"media"},
    "register": {"register", "registrar", "articles"}, "confidential": {"confidential"},
    "system": {"system"},
}  # fmt: skip
#: Somebody of each role.
CAST = {
    "member": "zhang", "handler": "h1", "coordinator": "c1", "inspector": "i1", "leader": "l1",
    "admin": "a1",
}  # fmt: skip
#: What is there in the shared town, by the name that routes give it.
THERE = {
    "no": "1", "group_id": "g1", "day": "2023-04-05", "name": "confidence", "login": "login1",
    "step": "progress", "number": "1", "view_id": "1", "mark": "0" * 64, "key_id": "1",
    "hook_id": "1", "post_id": "1",
}  # fmt: skip
KEYS = {"groups": "g1", "members": "1", "units": "1", "districts": "天元区", "articles": "1"}
#: Narrower than its part, by who somebody is: `rights.opens`, say.
NARROWER = {"/tickets/new"}
#: Never ends.
ENDLESS = {"/live"}


@dataclass(frozen=True, slots=True)
class Way:
    """A route: its method and address, the parts that it asks for, whether it wants a seal."""

    method: str
    path: str
    parts: frozenset[str]
    sealed: bool

    @property
    def there(self) -> str:
        """Its address, of something that is there."""
        kind = self.path.split("/")[2] if self.path.count("/") > 1 else ""
        return self.path.format_map(THERE | {"key": KEYS.get(kind, "1")})

    @property
    def open(self) -> bool:
        """Whether it is for everybody."""
        return (self.method, self.path) in PUBLIC


def _asked(dependant: Any) -> Iterator[Callable[..., Any]]:
    for one in dependant.dependencies:
        yield one.call
        yield from _asked(one)


def ways() -> list[Way]:
    """Every route of the program."""
    app = App(Settings(database_url="postgresql+psycopg:///none", redis_url="redis://none"))
    found = []
    for context in iter_route_contexts(web.create(app).routes):
        dependant = getattr(context, "dependant", None)
        if dependant is None:
            assert getattr(context, "path", None) in MOUNTED
            continue
        asked = list(_asked(dependant))
        parts = frozenset(one.part for one in asked if isinstance(one, Enter))
        found += [
            Way(method, str(getattr(context, "path", "")), parts, sealed in asked)
            # a WebSocket has none; its channel asks who connects
            for method in sorted(getattr(context, "methods", None) or ())
        ]
    return found


WAYS = ways()
CLOSED = [way for way in WAYS if not way.open]
READ = [way for way in CLOSED if way.method == "GET"]
SENT = [way for way in CLOSED if way.method != "GET"]


def test_there_are_routes() -> None:
    assert len(READ) > 20
    assert len(SENT) > 20
    assert {(way.method, way.path) for way in WAYS} >= PUBLIC


def test_every_route_asks_who_may_enter_or_is_open_to_everybody() -> None:
    assert [way for way in WAYS if len(way.parts) != (0 if way.open else 1)] == []


def test_every_route_belongs_to_the_part_that_its_address_names() -> None:
    assert [way for way in CLOSED if not way.parts <= PLACES[way.path.split("/")[1]]] == []


def test_every_form_wants_a_seal() -> None:
    unsealed = {(way.method, way.path) for way in WAYS if way.method != "GET" and not way.sealed}
    assert unsealed == UNSEALED


def test_a_page_changes_nothing_by_being_looked_at() -> None:
    assert {way.method for way in WAYS} == {"GET", "POST"}


def enters(role: str, way: Way) -> bool:
    """What the table says."""
    return all(role in rights.PARTS[part] for part in way.parts)


def _wrong_page(role: str, way: Way, answer: httpx.Response) -> bool:
    if not enters(role, way):
        return answer.status_code != 403
    if way.path in NARROWER and answer.status_code == 403:
        return False
    at_the_door = answer.headers.get("location", "").startswith("/signin")
    return answer.status_code not in {200, 303, 404} or at_the_door


@pytest.mark.embedded
@pytest.mark.parametrize("role", rights.ROLES)
async def test_who_may_enter_is_let_in_and_nobody_else(shared: Console, role: str) -> None:
    browser = await shared.visitor(CAST[role])
    wrong, opened = [], 0
    for way in READ:
        if way.path in ENDLESS:
            continue
        answer = await browser.get(way.there)
        opened += answer.status_code == 200
        if _wrong_page(role, way, answer):
            wrong.append((way.path, answer.status_code))
    assert wrong == []
    # not all of them because nothing is there
    assert opened > sum(enters(role, way) for way in READ) / 2


@pytest.mark.embedded
async def test_nobody_is_let_in_nowhere(shared: Console) -> None:
    browser = await shared.stranger()
    for way in READ:
        answer = await browser.get(way.there)
        assert answer.status_code == 303, way
        assert answer.headers["location"].startswith("/signin?next=%2F"), way
    for way in SENT:
        assert (await browser.post(way.there)).status_code in {303, 403}, way


@pytest.mark.embedded
@pytest.mark.parametrize("role", rights.ROLES)
async def test_without_a_seal_nothing_is_done(shared: Console, role: str) -> None:
    browser = await shared.visitor(CAST[role])
    assert [
        way.path
        for way in SENT
        for given in ({}, {"seal": "0" * 64})
        if (await browser.post(way.there, data=given)).status_code != 403
    ] == []


@pytest.mark.embedded
@pytest.mark.parametrize("role", rights.ROLES)
async def test_with_a_seal_who_may_not_enter_does_nothing(shared: Console, role: str) -> None:
    browser = await shared.visitor(CAST[role])
    given = {"seal": await seal(browser)}
    assert [
        way.path
        for way in SENT
        if not enters(role, way) and (await browser.post(way.there, data=given)).status_code != 403
    ] == []


@pytest.mark.embedded
@pytest.mark.parametrize("role", rights.ROLES)
async def test_a_number_that_is_guessed_opens_no_ticket(shared: Console, role: str) -> None:
    browser = await shared.visitor(CAST[role])
    async with shared.app.database.transaction() as session:
        who = await people.known(session, CAST[role])
        found = await tickets.some(session, [1, 2, 3, 4])
    assert who is not None
    for no, ticket in found.items():
        sees = rights.sees(who, ticket)
        answer = await browser.get(f"/tickets/{no}")
        assert answer.status_code == (200 if sees else 404), no
        assert sees or ticket.text not in answer.text
