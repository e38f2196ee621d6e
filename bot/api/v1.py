"""/api/v1: what the city's other platforms may read, and tell. Keys alone let in, never cookies."""

from fastapi import FastAPI

from bot.api import city, events, figures, problems, tickets
from bot.app import App

#: Where it stands; other versions would stand beside it.
ROOT = "/api/v1"
TOLD = """
Tickets (工单), what happened to them, and figures, for the city's other platforms.

Instants are written as RFC 3339, with an offset. Lists are paged by key: `next` of a page is
`before` (tickets) or `after` (events) of the next one. What went wrong is told as
application/problem+json with a `code`. Confidential tickets (涉纪线索) are nowhere in it; phone
numbers are masked unless the key has the scope `phones:read`. One key may ask 600 times a minute.
"""


def mount(web: FastAPI, app: App) -> None:
    """Add the API to the web part."""
    api = FastAPI(
        title="诉求督办 API", version="1", description=TOLD, docs_url=None, redoc_url=None,
        redirect_slashes=False,
    )  # fmt: skip
    api.state.app = app
    for part in (tickets, events, figures, city):
        api.include_router(part.router)
    problems.add(api)
    web.mount(ROOT, api)
